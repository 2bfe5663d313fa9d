"""RSS and Atom feeds: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option

INFO = ConnectorInfo(
    name="feed",
    summary="an RSS or Atom feed: news, forums, Google Alerts, Reddit .rss, YouTube channels",
    needs="only the address; free",
    options=(
        Option(key="url", help="the feed's http(s) address", required=True),
        Option(key="platform", help="the name its mentions bear", default="feed"),
        Option(key="allow_private", help="permit addresses of the local network", kind=Kind.FLAG, default=False),
        TIMEOUT,
        DEADLINE,
    ),
)

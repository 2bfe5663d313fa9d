"""Hacker News: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option

INFO = ConnectorInfo(
    name="hackernews",
    summary="stories and comments on Hacker News that contain a phrase",
    needs="nothing; free, read only",
    options=(
        Option(key="query", help="the phrase to search for", required=True),
        Option(key="days", help="days read on the first run", kind=Kind.NUMBER, default=7.0, low=0, high=3650),
        Option(key="page_size", help="hits a call (at most 1000)", kind=Kind.WHOLE, default=200, low=1, high=1000),
        Option(key="api_base", help="another host that speaks the search API, such as a test server"),
        TIMEOUT,
        DEADLINE,
    ),
)

"""RSS and Atom feeds: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

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
    capabilities=Capabilities(edits=True, cost="free: a call a poll, none within a wait that its host asked for"),
    setup=(
        "Find the feed's address: most sites name it in their pages, as RSS or Atom.",
        "Reddit: https://www.reddit.com/search.rss?q=WORDS&sort=new, or https://www.reddit.com/r/NAME/comments/.rss",
        'With platform = "reddit" its posts are those of the API. Reddit allows few such calls: poll them seldom.',
        "Google Alerts: deliver the alert to an RSS feed, and copy that address.",
        "YouTube: https://www.youtube.com/feeds/videos.xml?channel_id=ID shows a channel's videos.",
        "A feed shows its newest entries only: poll it often enough, or what has scrolled past is a gap.",
        "Nobody can reply through a feed: an answer is written in a browser, at the address that its case shows.",
    ),
    keyless="everything",
)

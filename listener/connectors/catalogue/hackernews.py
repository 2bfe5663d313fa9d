"""Hacker News: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

INFO = ConnectorInfo(
    name="hackernews",
    summary="stories and comments on Hacker News that contain a phrase",
    needs="nothing; free, read only",
    options=(
        Option(key="query", help="the phrase to search for", required=True),
        Option(key="days", help="days read on the first run", kind=Kind.NUMBER, default=7.0, low=0, high=3650),
        Option(key="page_size", help="hits a call (at most 1000)", kind=Kind.WHOLE, default=200, low=1, high=1000),
        Option(key="api_base", help="another host that speaks the search API, such as a test server"),
        Option(key="items_base", help="another host that shows single items, such as a test server"),
        TIMEOUT,
        DEADLINE,
    ),
    capabilities=Capabilities(
        backfill=True,
        recheck=True,
        cost="free: 10,000 searches an hour for each address that asks; a call for each item looked up again",
    ),
    setup=(
        "Choose a phrase: it is searched for as it stands, in stories and in comments.",
        "There is no key, no account and no approval.",
        "Nobody can reply by API: an answer is written in a browser, at the address that its case shows.",
    ),
    keyless="everything",
)

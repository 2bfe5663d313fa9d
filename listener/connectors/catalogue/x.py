"""X: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option

INFO = ConnectorInfo(
    name="x",
    summary="posts on X: a keyword search, or the mentions of an account",
    needs="a bearer token of a pay-per-use app; reads cost $0.005 a post, so set x_monthly_cap_usd",
    extra="x",
    secrets={"bearer_token": "create an app at developer.x.com and copy its bearer token"},
    options=(
        Option(key="query", help="a search query of at most 512 characters, such as '@acme -from:acme'"),
        Option(key="user_id", help="the numeric id of the account whose mentions are read, instead of query"),
        Option(key="handles", help="the brand's handles on X without @: who may be replied to", kind=Kind.TEXTS),
        Option(key="page_size", help="posts a call (10 to 100)", kind=Kind.WHOLE, default=100, low=10, high=100),
        Option(
            key="users",
            help="read names and followers, at $0.010 a user; without, keep own posts out by -from: in the query",
            kind=Kind.FLAG,
            default=True,
        ),
        Option(key="first_hours", help="hours read on the first run", kind=Kind.NUMBER, default=24.0, low=0, high=168),
        Option(
            key="overlap_minutes",
            help="minutes read again now and then",
            kind=Kind.NUMBER,
            default=2.0,
            low=0,
            high=1440,
        ),
        Option(
            key="overlap_every", help="every how many polls they are read again", kind=Kind.WHOLE, default=12, low=1
        ),
        Option(key="api_base", help="another host that speaks X's API, such as a test server"),
        TIMEOUT,
        DEADLINE,
    ),
)

"""X: what its connector reads, needs, costs and can do."""

from datetime import timedelta

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

INFO = ConnectorInfo(
    name="x",
    summary="posts on X: a keyword search, or the mentions of an account",
    needs="a bearer token of a pay-per-use app; reads cost $0.005 a post, so set x_monthly_cap_usd",
    extra="x",
    secrets={"bearer_token": "create an app at developer.x.com and copy its bearer token"},
    optional_secrets={
        "api_key": "of the same app, under Keys and tokens; for replies",
        "api_secret": "beside the API key",
        "access_token": "of the account that replies, made once the app may read and write",
        "access_secret": "beside the access token",
    },
    capabilities=Capabilities(
        stream=True,
        backfill=True,
        reach=timedelta(days=7),
        reply=True,
        reply_needs="the author @mentioned or quoted the brand (X's rule for apps since 2026-02-23); "
        "280 characters, links cost twenty times as much",
        recheck=True,
        edits=True,
        cost="$0.005 a post read, $0.001 a mention of the app owner's own account, $0.010 an author, "
        "$0.010 a reply, $0.20 a reply with a link",
    ),
    setup=(
        "sign in at developer.x.com, create a project with an app, and choose pay-per-use: no approval is needed today",
        "buy credits there and set a spending limit: a post costs $0.005, an author $0.010, a reply $0.010 or $0.20",
        "copy the app's bearer token: it is enough for reading, streaming and rechecking",
        "set x_monthly_cap_usd in listener.toml: without it nothing is ever read",
        "name the brand's handles in options.handles: X lets an app reply only to who mentioned or quoted them",
        "for replies, let the app read and write, then make an access token and secret of the account that replies",
        "give those with the app's API key and secret, and set reply = true for the source",
    ),
    keyless="",
    options=(
        Option(key="query", help="a search query of at most 512 characters, such as '@acme -from:acme'"),
        Option(key="user_id", help="the numeric id of the account whose mentions are read, instead of query"),
        Option(key="handles", help="the brand's handles on X without @: who may be replied to", kind=Kind.TEXTS),
        Option(
            key="own_account",
            help="user_id is the account that owns the app: its mentions cost $0.001 instead of $0.005",
            kind=Kind.FLAG,
            default=False,
        ),
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
        Option(
            key="gather_seconds",
            help="streamed posts that come within so many seconds are stored together",
            kind=Kind.NUMBER,
            default=1.0,
            low=0,
            high=10,
        ),
        Option(
            key="max_length",
            help="characters the replying account may write (280; up to 25,000 with X Premium)",
            kind=Kind.WHOLE,
            default=280,
            low=1,
            high=25_000,
        ),
        Option(key="api_base", help="another host that speaks X's API, such as a test server"),
        TIMEOUT,
        DEADLINE,
    ),
)

"""The connectors that ship: what each reads, needs and costs, without importing any platform's library."""

from listener.connectors.options import ConnectorInfo, Kind, Option

_TIMEOUT = Option(
    key="timeout",
    help="seconds of silence before a call is given up",
    kind=Kind.NUMBER,
    default=10.0,
    low=0.05,
    high=300,
)
_DEADLINE = Option(
    key="deadline", help="seconds one call may take in all", kind=Kind.NUMBER, default=30.0, low=0.05, high=300
)

X = ConnectorInfo(
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
        _TIMEOUT,
        _DEADLINE,
    ),
)

REDDIT = ConnectorInfo(
    name="reddit",
    summary="Reddit posts found by search, comments of subreddits, and mentions in the inbox",
    needs="an app approved by Reddit (no self-service since 2025); without one, use feed with a Reddit .rss address",
    extra="reddit",
    secrets={
        "client_id": "register an app at reddit.com/prefs/apps after approval",
        "client_secret": "register an app at reddit.com/prefs/apps after approval",
    },
    optional_secrets={"username": "of a script app; needed for the inbox", "password": "of that account, without 2FA"},
    options=(
        Option(key="user_agent", help="<platform>:<app id>:<version> (by /u/<you>)", required=True),
        Option(key="query", help="search words for posts; comments can't be searched"),
        Option(key="search_in", help="subreddits joined by +, searched for query", default="all"),
        Option(key="syntax", help="query syntax", default="lucene", choices=("lucene", "cloudsearch", "plain")),
        Option(key="subreddits", help="subreddits whose comments are all read", kind=Kind.TEXTS),
        Option(key="inbox", help="read mentions of the account too", kind=Kind.FLAG, default=False),
        Option(key="first_hours", help="hours read on the first run", kind=Kind.NUMBER, default=24.0, low=0, high=720),
        Option(key="keep_raw", help="keep Reddit's JSON beside the text", kind=Kind.FLAG, default=False),
        Option(key="api_base", help="another host that speaks Reddit's API, such as a test server"),
        _TIMEOUT,
        _DEADLINE,
    ),
)

FEED = ConnectorInfo(
    name="feed",
    summary="an RSS or Atom feed: news, forums, Google Alerts, Reddit .rss, YouTube channels",
    needs="only the address; free",
    options=(
        Option(key="url", help="the feed's http(s) address", required=True),
        Option(key="platform", help="the name its mentions bear", default="feed"),
        Option(key="allow_private", help="permit addresses of the local network", kind=Kind.FLAG, default=False),
        _TIMEOUT,
        _DEADLINE,
    ),
)

MASTODON = ConnectorInfo(
    name="mastodon",
    summary="Mastodon and what speaks its API: posts under hashtags, or the mentions of an account",
    needs="the instance's address; an access token for mentions, and where the instance shows hashtags to members only",
    optional_secrets={"access_token": "of an application under Preferences, Development; the scope read is enough"},
    options=(
        Option(key="instance", help="the instance's address, such as https://mastodon.social", required=True),
        Option(key="hashtags", help="hashtags without #; a post with any of them is read", kind=Kind.TEXTS),
        Option(key="mentions", help="read the account's mentions instead", kind=Kind.FLAG, default=False),
        Option(key="page_size", help="posts a call (at most 40)", kind=Kind.WHOLE, default=40, low=1, high=40),
        Option(key="first_hours", help="hours read on the first run", kind=Kind.NUMBER, default=24.0, low=0, high=720),
        Option(
            key="overlap_minutes",
            help="minutes before the last post that are read again, for posts that arrive late from other servers",
            kind=Kind.NUMBER,
            default=15.0,
            low=0,
            high=1440,
        ),
        _TIMEOUT,
        _DEADLINE,
    ),
)

YOUTUBE = ConnectorInfo(
    name="youtube",
    summary="comments on all videos of a channel, or on one video",
    needs="an API key of Google Cloud; a page of 100 comments costs 1 of 10,000 free units a day",
    secrets={
        "api_key": "create a project at console.cloud.google.com, enable the YouTube Data API v3, make an API key"
    },
    options=(
        Option(key="channel_id", help="the channel's id (UC…): all its videos are read"),
        Option(key="video_id", help="one video's id, instead of a channel"),
        Option(key="query", help="only comments that contain these words"),
        Option(key="page_size", help="threads a call (at most 100)", kind=Kind.WHOLE, default=100, low=1, high=100),
        Option(key="first_hours", help="hours read on the first run", kind=Kind.NUMBER, default=72.0, low=0, high=8760),
        Option(
            key="recheck_days",
            help="days looked through now and then for replies and edits",
            kind=Kind.NUMBER,
            default=3.0,
            low=0,
            high=60,
        ),
        Option(key="recheck_every", help="every how many polls that is", kind=Kind.WHOLE, default=12, low=1),
        Option(key="api_base", help="another host that speaks the API, such as a test server"),
        _TIMEOUT,
        _DEADLINE,
    ),
)

HACKERNEWS = ConnectorInfo(
    name="hackernews",
    summary="stories and comments on Hacker News that contain a phrase",
    needs="nothing; free, read only",
    options=(
        Option(key="query", help="the phrase to search for", required=True),
        Option(key="days", help="days read on the first run", kind=Kind.NUMBER, default=7.0, low=0, high=3650),
        Option(key="page_size", help="hits a call (at most 1000)", kind=Kind.WHOLE, default=200, low=1, high=1000),
        Option(key="api_base", help="another host that speaks the search API, such as a test server"),
        _TIMEOUT,
        _DEADLINE,
    ),
)

FILE = ConnectorInfo(
    name="file",
    summary="posts from a JSON-lines or CSV file",
    needs="only the file; free",
    options=(
        Option(key="path", help="the file's path", required=True),
        Option(key="platform", help="the name for rows without a platform of their own", default="file"),
        Option(
            key="columns",
            help="which column holds what, such as {text = 'message', author = 'user.name'}",
            kind=Kind.TABLE,
        ),
        Option(key="format", help="jsonl or csv", default="auto", choices=("auto", "jsonl", "csv")),
        Option(key="encoding", help="such as utf-8, utf-16 or cp1252", default="auto"),
        Option(key="delimiter", help="what separates CSV columns, if it isn't , ; or tab"),
        Option(key="page_size", help="rows a page", kind=Kind.WHOLE, default=256, low=1, high=10_000),
        Option(key="hourly", help="end a page with each clock hour, as a replay needs", kind=Kind.FLAG, default=False),
    ),
)

BUILT_IN = {info.name: info for info in (X, REDDIT, MASTODON, YOUTUBE, FEED, HACKERNEWS, FILE)}

"""Reddit: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option

INFO = ConnectorInfo(
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
        TIMEOUT,
        DEADLINE,
    ),
)

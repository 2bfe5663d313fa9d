"""Reddit: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

INFO = ConnectorInfo(
    name="reddit",
    summary="Reddit posts found by search, comments of subreddits, and an account's inbox: mentions and answers to it",
    needs="an app approved by Reddit (no self-service since 2025); without one, use feed with a Reddit .rss address",
    extra="reddit",
    secrets={
        "client_id": "register an app at reddit.com/prefs/apps after approval",
        "client_secret": "register an app at reddit.com/prefs/apps after approval",
    },
    optional_secrets={
        "username": "of the account that owns the script app; for the inbox and replies",
        "password": "of that account, without 2FA",
    },
    options=(
        Option(key="user_agent", help="<platform>:<app id>:<version> (by /u/<you>)", required=True),
        Option(key="query", help="search words for posts; comments can't be searched"),
        Option(key="search_in", help="subreddits joined by +, searched for query", default="all"),
        Option(key="syntax", help="query syntax", default="lucene", choices=("lucene", "cloudsearch", "plain")),
        Option(key="subreddits", help="subreddits whose comments are all read", kind=Kind.TEXTS),
        Option(key="inbox", help="read who mentions or answers the account too", kind=Kind.FLAG, default=False),
        Option(key="first_hours", help="hours read on the first run", kind=Kind.NUMBER, default=24.0, low=0, high=720),
        Option(key="keep_raw", help="keep Reddit's JSON beside the text", kind=Kind.FLAG, default=False),
        Option(key="api_base", help="another host that speaks Reddit's API, such as a test server"),
        TIMEOUT,
        DEADLINE,
    ),
    capabilities=Capabilities(
        backfill=True,
        reply=True,
        reply_needs="username and password of the script app's owner; only to who mentioned or answered the account",
        recheck=True,
        live_deletes=True,
        edits=True,
        cost="free for approved uses that aren't commercial, 100 calls a minute; others pay what Reddit asks",
    ),
    setup=(
        "Ask Reddit for access: since November 2025 no key comes without approval (Responsible Builder Policy).",
        "A brand's use is commercial: say so, and expect an agreement and a price. It may take weeks, or be declined.",
        "Once approved, make an app at reddit.com/prefs/apps. Kind: script, owned by the account that is to reply.",
        "Put the id under its name into the secret client_id, and its secret into client_secret.",
        "For the inbox and replies: that account's username and password. It must not have 2FA.",
        'Set user_agent as Reddit asks: "<platform>:<app id>:<version> (by /u/<you>)"; others are slowed down.',
        "Reddit's terms: answer only who wrote to you, tie nobody to an account elsewhere, delete what is deleted.",
    ),
    keyless="Reddit's .rss pages, through the connector feed: searches and a subreddit's posts and comments, read only",
)

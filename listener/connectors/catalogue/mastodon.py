"""Mastodon: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

MOST_HASHTAGS = 4
"""`TagFeed::LIMIT_PER_MODE` of Mastodon's source: further ones are ignored without a word."""

INFO = ConnectorInfo(
    name="mastodon",
    summary="Mastodon and what speaks its API: posts under hashtags, the mentions of an account, or a search",
    needs="the instance's address; an access token for mentions, search, streams and replies",
    optional_secrets={
        "access_token": "of an application under Preferences, Development; scopes read, and write:statuses to reply"
    },
    options=(
        Option(key="instance", help="the instance's address, such as https://mastodon.social", required=True),
        Option(key="hashtags", help="at most 4 hashtags without #; a post with any of them is read", kind=Kind.TEXTS),
        Option(key="mentions", help="read the account's mentions instead", kind=Kind.FLAG, default=False),
        Option(
            key="query",
            help="search for these words instead: only on instances with a search index, only what authors let in",
        ),
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
        TIMEOUT,
        DEADLINE,
    ),
    capabilities=Capabilities(
        stream=True,
        backfill=True,
        reply=True,
        reply_needs="a token with write:statuses; only under posts that mention its account",
        recheck=True,
        live_deletes=True,
        edits=True,
        cost="free, 300 calls in 5 minutes",
    ),
    setup=(
        "Choose the instance: the one that hosts the brand's account sees all that mentions it.",
        "For hashtags choose a large one: an instance shows what its members follow or boost.",
        "Sign in there as the brand, and mark the account as automated under Preferences, Profile.",
        "Under Preferences, Development, make an application: tick read, and write:statuses to reply. It is free.",
        "Put its access token into the secret access_token.",
        "Read the instance's rules: many forbid answering people who didn't write to you, and so does this program.",
        "A search needs an instance with an index (Elasticsearch), and finds only what authors let in.",
    ),
    keyless="posts under hashtags, polled, where the instance shows them to everybody; most do",
)

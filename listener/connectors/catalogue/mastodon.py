"""Mastodon: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option

INFO = ConnectorInfo(
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
        TIMEOUT,
        DEADLINE,
    ),
)

"""What platforms allow: what a source may do there, what their terms ask of us, and what comes of asking them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from listener.domain.mention import Mention, MentionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector can do, given the credentials it names."""

    stream: bool = False
    """Hears posts as they appear, not only when it asks."""
    backfill: bool = False
    """Reads a stretch of the past on a cursor of its own."""
    reach: timedelta | None = None
    """How far back a backfill goes; None where there is no bound, or no backfill."""
    reply: bool = False
    reply_needs: str = ""
    """On what condition a reply is taken, in words that follow "Replies: "."""
    recheck: bool = False
    """Tells whether a stored post still stands, and how it reads now."""
    live_deletes: bool = False
    """Tells of deletions by itself, while it polls or streams."""
    edits: bool = False
    """Tells of edits of posts already read, while it polls or streams."""
    cost: str = "free"
    """Per unit, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a platform's terms ask of whoever keeps its posts; the core holds to them."""

    keep_raw: bool = True
    """Whether its JSON may be kept beside the text."""
    link_accounts: bool = True
    """Whether an account may be tied to one elsewhere."""
    message_unasked: bool = True
    """Whether somebody who didn't write to the brand may be answered."""
    delete_within: timedelta = timedelta(hours=24)
    """How soon what was deleted there must be gone here."""
    why: str = ""
    """Which terms, for a person who is refused."""


TERMS: Mapping[str, Terms] = {
    "x": Terms(
        message_unasked=False,
        delete_within=timedelta(hours=24),
        why="X takes replies by API only to authors who mentioned or quoted the account",
    ),
    "reddit": Terms(
        link_accounts=False,
        message_unasked=False,
        delete_within=timedelta(hours=48),
        why="Reddit's terms for developers forbid tying a redditor to an identity elsewhere, and unasked messages",
    ),
    "bluesky": Terms(delete_within=timedelta(hours=24)),
    "mastodon": Terms(message_unasked=False, why="bots on Mastodon answer only those who mention them"),
    "youtube": Terms(delete_within=timedelta(days=7)),
    "facebook": Terms(delete_within=timedelta(hours=24)),
    "instagram": Terms(delete_within=timedelta(hours=24)),
}
"""By platform, as `MentionKey` names it; what stands nowhere has the defaults."""

_PLAIN = Terms()


def terms_of(platform: str) -> Terms:
    return TERMS.get(platform, _PLAIN)


def may_answer(post: Mention) -> bool:
    """Whether its author may be written to under it: their platform allows it unasked, or they wrote to us."""
    return post.can_reply or terms_of(post.key.platform.casefold()).message_unasked


class Fate(StrEnum):
    """What became of a stored post at its source."""

    ALIVE = "alive"
    DELETED = "deleted"
    """Gone for good, or hidden in a way whose terms ask us to delete it."""
    UNAVAILABLE = "unavailable"
    """Can't be seen now: nothing is concluded from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """A stored post, looked up again."""

    key: MentionKey
    fate: Fate
    mention: Mention | None = None
    """As it reads now, where the platform says; the store sees by itself whether that is an edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A reply that stands on its platform."""

    key: MentionKey
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The platform will never take this reply; nothing was sent."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What reading a stretch of the past would take, as far as the platform lets one know before."""

    posts: int | None = None
    calls: int | None = None
    micro_usd: int = 0
    note: str = ""

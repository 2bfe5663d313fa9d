"""What people say in public: mentions, their authors, and the pages connectors yield them in."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class MentionKey:
    """The platform's own id: the only identity a mention has."""

    platform: str
    native_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The public account that wrote a mention."""

    platform: str
    native_id: str
    """The platform's stable id; the handle where the platform gives none."""
    handle: str
    name: str = ""
    followers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Public counts at the time of reading."""

    likes: int = 0
    replies: int = 0
    reposts: int = 0

    @property
    def engagement(self) -> int:
        return self.likes + self.replies + self.reposts


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One public post or comment that may concern a brand."""

    key: MentionKey
    author: Author
    text: str
    """Plain text, already cleaned by `domain.text.clean`."""
    created_at: datetime
    """Aware, UTC: when the author posted it."""
    url: str = ""
    """Permalink, http(s) only, or empty."""
    thread: str = ""
    """The platform's conversation id; empty where it has none."""
    parent: str = ""
    """Native id of the post this answers; empty for a first post."""
    lang: str = ""
    """BCP 47 tag as the platform states it; empty if unknown."""
    is_repost: bool = False
    version: str = ""
    """The platform's id of this edit, empty where it has none; an edit is also seen by its changed text."""
    metrics: Metrics = field(default_factory=Metrics)
    can_reply: bool = False
    reply_note: str = ""
    """Why a reply can or can't be sent through the platform."""
    ref: str = ""
    """What its connector needs besides the key to look it up or answer it; empty where the key is enough."""
    raw: str = ""
    """The platform's JSON, at most 64 KiB; empty where the platform's terms forbid keeping it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A record that could not be read: kept aside with its reason, never dropped silently."""

    reason: str
    raw: str
    """At most 64 KiB of what came."""
    native_id: str = ""
    position: str = ""
    """Where it stood: line number, page, offset; for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of time of one source known to be unseen."""

    since: datetime
    until: datetime
    reason: str


STREAMED = "stream: "
"""Begins the reason of a gap in what a stream heard; the next poll that comes to its end closes it."""
BEYOND = "can't be had: "
"""Begins the reason of a gap that a backfill met: no other will be tried for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one call to a platform gave; stored with its cursor in one transaction or not at all."""

    mentions: tuple[Mention, ...]
    cursor: str
    """Versioned JSON from which the connector resumes after this page; it also describes a half-finished run."""
    done: bool
    """Nothing more to read now."""
    rejects: tuple[Reject, ...] = ()
    deleted: tuple[MentionKey, ...] = ()
    """Ours, or what may yet come to be: none of them is ever stored again."""
    overheard: tuple[MentionKey, ...] = ()
    """Deleted anywhere on the platform, as those tell that tell of everything: what isn't stored leaves no trace."""
    gaps: tuple[Gap, ...] = ()

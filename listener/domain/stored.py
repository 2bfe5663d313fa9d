"""Rows as the store gives them back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from listener.domain.brand import Match
from listener.domain.case import Case, CaseEvent, CaseLink
from listener.domain.mention import Mention, MentionKey
from listener.domain.sending import Send
from listener.domain.verdict import Label, Sentiment, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownText:
    """What the store already holds of a mention: enough to tell a repeat from an edit."""

    mention_id: int
    digest: str
    """SHA-256 of the text, hex."""
    version: str
    scored_by: str
    """Model id of its verdict, empty if it is still unscored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredMention:
    """A mention on its way into the store, with why it matched and what the classifier said (None: unscored)."""

    mention: Mention
    matches: tuple[Match, ...]
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMention:
    """A mention that a transaction has just written."""

    id: int
    author_id: int
    scored: ScoredMention
    is_new: bool
    """False for an edit of a known mention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMention:
    """A mention as read back, with everything an agent wants to know of it."""

    id: int
    author_id: int
    mention: Mention
    matches: tuple[Match, ...]
    verdict: Verdict | None
    """The latest: an agent's correction outranks the model."""
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorHistory:
    """What is known of an author on one brand, up to now."""

    author_id: int
    handle: str
    name: str
    platform: str
    followers: int | None
    mentions: int
    complaints: int
    praises: int
    cases: int
    open_cases: int
    first_seen: datetime
    value_percentile: float | None
    """Customer value among known customers, 0 to 1; None where nothing was imported."""
    value: float | None = None
    """Money a year."""
    tier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCard:
    """Everything shown on one case."""

    case: Case
    mentions: tuple[StoredMention, ...]
    """Oldest first."""
    events: tuple[CaseEvent, ...]
    author: AuthorHistory
    links: tuple[CaseLink, ...] = ()
    sends: tuple[Send, ...] = ()
    """Its answers that are sent from here, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilter:
    """Which cases a list shows; empty fields don't restrict."""

    queue: str = ""
    brand: str = ""
    platform: str = ""
    states: tuple[str, ...] = ("open",)
    assignee: str | None = None
    """A name; the empty string for unassigned only; None for any."""
    after: tuple[bool, datetime, int] | None = None
    """Only what comes after a case with this (escalated, rank_at, id): the next page of a long list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyCell:
    """Counts of one hour, brand, platform and language for one label.

    `label` is a `Label`, a `Sentiment`, or one of `all`, `repost`, `abstained`, `unscored`.
    Reposts count under `repost` alone.
    """

    hour: datetime
    brand: str
    platform: str
    lang: str
    """ISO 639; empty if unknown."""
    label: str
    mentions: int
    engagement: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorStand:
    """One author's latest stand on one brand in a window."""

    author_id: int
    handle: str
    platform: str
    followers: int | None
    mentions: int
    labels: frozenset[Label]
    """Of the author's latest mention in the window that has any label."""
    sentiment: Sentiment | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What happened to one case, for the digest."""

    id: int
    brand: str
    queue: str
    reason: str
    handle: str
    headline: str
    url: str
    opened_at: datetime
    due_at: datetime | None
    first_reply_at: datetime | None
    resolved_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """How a source fares."""

    source: str
    platform: str
    last_attempt: datetime | None
    last_success: datetime | None
    last_mention: datetime | None
    failures: int
    """In a row; 0 when healthy."""
    error: str
    paused_until: datetime | None
    credential: str = ""
    """Whose calls it counts among; empty where nothing is counted."""
    stream: str = ""
    """How it is heard besides polling: `streaming`, or `polling: ` and why; empty where it only polls."""
    stream_until: datetime | None = None
    """Before when its stream is not to be tried again."""
    warning: str = ""
    """What a person should look at though it is read without an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGap:
    id: int
    source: str
    since: datetime
    until: datetime
    reason: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    id: int
    source: str
    native_id: str
    position: str
    reason: str
    raw: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStats:
    """For `doctor` and the demo."""

    mentions: int
    authors: int
    cases: Mapping[str, int]
    """By state."""
    quarantined: int
    open_gaps: int
    size_bytes: int
    engine: str
    """Name and version of the database, such as "SQLite 3.53.4"."""
    journal_mode: str
    """`wal` or `truncate` on SQLite; on PostgreSQL always `wal`."""
    schema: str


Known = Mapping[MentionKey, KnownText]

"""The unscheduled notice that needs action now, its life among people, and the outbox row that carries it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AlertKind(StrEnum):
    SPIKE = "spike"
    SILENCE = "silence"
    PRAISE = "praise"
    BLIND = "blind"
    """We don't hear: a connector fails, a gap grows, a quota or money is nearly gone."""
    BACKLOG = "backlog"
    """Posts wait for a verdict."""
    COLD = "cold"
    """A series too new to be judged."""


class Severity(StrEnum):
    """How much of a hurry there is."""

    PAGE = "page"
    """Somebody must look now, at night too."""
    NOTICE = "notice"
    """Can wait for the morning."""


class AlertStep(StrEnum):
    """What happened to an alert; each is an event that is never changed."""

    OPENED = "opened"
    ESCALATED = "escalated"
    """Grew by a level, by itself or because somebody said so."""
    HELD = "held"
    """Nobody is told for now: a mute, a window, or its subject was told of just before."""
    TOLD = "told"
    """Messages to everybody whom it concerns were written; sending them is another matter."""
    PASSED_ON = "passed on"
    """Nobody acknowledged it: the next of the rota is told."""
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    UNMUTED = "unmuted"
    RESOLVED = "resolved"
    SENT = "sent"
    """A target took a message."""
    UNDELIVERED = "undelivered"
    """A message was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What people did about an alert, and what they were told; a new one begins with nothing."""

    severity: Severity | None = None
    """Said by hand; else the settings decide."""
    acked_by: str = ""
    acked_at: datetime | None = None
    acked_level: int = 0
    """Level up to which somebody has taken it on."""
    muted_until: datetime | None = None
    told_level: int = 0
    """Highest level that anybody was told of."""
    told_at: datetime | None = None
    """When somebody was last told, or it was last passed on."""
    held: str = ""
    """Why nobody is told; empty once they are."""
    closed_by: str = ""
    closed_why: str = ""
    """Empty where it ended by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Opened once, escalated when it grows, closed with hysteresis."""

    key: str
    """Stable identity: kind, subject and the instant it opened; a second insert of the same key changes nothing."""
    kind: AlertKind
    subject: str
    """`brand/queue` of a spike, source of a silence."""
    opened_at: datetime
    title: str
    body: str
    """Plain text: why, in a few lines."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """JSON-able: rate, baseline, top terms, sample links. `brand` where the subject doesn't begin with it."""
    closed_at: datetime | None = None
    level: int = 1
    """Grows with each escalation."""
    handling: Handling = Handling()
    """Kept by the store beside it: what is opened brings none."""

    @property
    def brand(self) -> str:
        """Whom it is about; empty where it is about a source or the listener itself."""
        said = self.facts.get("brand")
        if isinstance(said, str):
            return said
        return self.subject.rpartition("/")[0] if self.kind in _OF_BRANDS else ""

    @property
    def unacknowledged(self) -> bool:
        """Whether nobody has taken it on as it stands now."""
        return self.handling.acked_level < self.level


_OF_BRANDS = (AlertKind.SPIKE, AlertKind.PRAISE, AlertKind.COLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """One step of an alert's life, with what it changes."""

    step: AlertStep
    agent: str
    at: datetime
    detail: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    """Fields of `Alert` and `Handling` by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """A step as it was written down."""

    id: int
    """Grows with time: a reader that remembers the last one misses none."""
    at: datetime
    agent: str
    subject: str
    """`alert:` and the alert's key, or `alert:brand:` and a brand."""
    step: AlertStep
    detail: Mapping[str, str]
    alert: Alert | None = None
    """As it stands now; None for a brand's mute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A brand of which nothing is told for a while."""

    brand: str
    until: datetime
    agent: str
    why: str


DESK = "desk"
"""What a target lists among its kinds to be told of promises about to break and of what rules pass on."""


DIGEST = "digest"
"""What a target lists among its kinds to be sent digests; and the step of such a message, put together when sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message from the desk: sent once, with no life of its own."""

    key: str
    """Unique; a second one of the same key is dropped."""
    title: str
    body: str
    """Plain text; lines that quote a stranger begin with `> `."""
    targets: frozenset[str] = frozenset()
    """Names of targets; empty means all that list `desk`."""


class OutboxState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """Given up; `listener alerts retry` tries again."""
    FOLDED = "folded"
    """Told of in a summary."""


CLOSED = "closed"
"""The step of a message that says it is over."""
SUMMARY = "summary"
"""The step of a message that stands for many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A message that must reach a target once."""

    id: int
    key: str
    """Unique: what is sent again after a crash carries the same key."""
    target: str
    """Name of a configured target; never its URL, which may hold a secret."""
    title: str
    body: str
    attempts: int
    created_at: datetime
    not_before: datetime
    alert: str = ""
    """Key of the alert it is about; empty for what the desk says."""
    step: str = ""
    """Of that alert's life: `level1`, `passed…`, `closed`; or `summary`."""
    severity: Severity = Severity.NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message as people look it up: what became of it."""

    row: OutboxRow
    state: OutboxState
    error: str
    sent_at: datetime | None
    folded_into: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxDraft:
    key: str
    target: str
    title: str
    body: str
    alert: str = ""
    step: str = ""
    severity: Severity = Severity.NOTICE
    not_before: datetime | None = None
    """None: at once."""

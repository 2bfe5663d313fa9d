"""The unit of staff work: one author's problem in one thread, from open to resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from listener.domain.sla import SlaClock

PROGRAM = "listener"
"""Who acts, in an event, where no person does."""


class CaseState(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Reason(StrEnum):
    """Why a case was opened."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    PRAISE = "praise"
    UNSURE = "unsure"
    UNSCORED = "unscored"


class EventKind(StrEnum):
    OPENED = "opened"
    ATTACHED = "attached"
    EDITED = "edited"
    DELETED = "deleted"
    REOPENED = "reopened"
    ROUTED = "routed"
    CLAIMED = "claimed"
    RELEASED = "released"
    LEASE_EXPIRED = "lease_expired"
    ASSIGNED = "assigned"
    NOTED = "noted"
    REPLIED = "replied"
    SNOOZED = "snoozed"
    WOKE = "woke"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    RELABELLED = "relabelled"
    UNDONE = "undone"
    MERGED = "merged"
    SPLIT = "split"
    LINKED = "linked"
    TAGGED = "tagged"
    RULED = "ruled"
    """A rule acted on it."""
    DISTRIBUTED = "distributed"
    """Given to an agent by the program."""
    RETURNED = "returned"
    """Taken back from an agent who stayed silent or went away."""
    WARNED = "warned"
    """A promise is about to be broken."""
    BREACHED = "breached"
    GROUPED = "grouped"
    """Joined an incident."""
    UNGROUPED = "ungrouped"
    DRAFTED = "drafted"
    """An answer waits for a second person's word."""
    APPROVED = "approved"
    DECLINED = "declined"
    SENT = "sent"
    """Our reply stands on its platform."""
    SEND_FAILED = "send_failed"
    """It will never stand there: the customer has no answer."""
    SEND_CANCELLED = "send_cancelled"
    REVALUED = "revalued"
    """Its author's customer value was imported, or forgotten."""


REVOKES = frozenset({EventKind.UNDONE, EventKind.SEND_FAILED, EventKind.SEND_CANCELLED})
"""Kinds whose detail names another event that counts no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A row of the queue. `version` grows by one at every change and fences stale writers."""

    id: int
    version: int
    brand: str
    platform: str
    author_id: int
    handle: str
    thread: str
    queue: str
    state: CaseState
    reason: Reason
    priority: float
    terms: Mapping[str, float]
    """Priority's named terms; they sum to `priority`."""
    rank_at: datetime
    """Orders the queue, earliest first: when the case began to wait, less the head start its priority is worth."""
    escalated: bool
    assignee: str
    """Agent's name, empty if none."""
    lease_until: datetime | None
    """Until when a claim holds; None for a case assigned by hand or not at all."""
    opened_at: datetime
    updated_at: datetime
    due_at: datetime | None
    first_reply_at: datetime | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    resolution: str
    mentions: int
    """How many posts it holds."""
    headline: str
    """Text of the post that weighs most, for the list."""
    url: str
    abusive: bool = False
    """Whether the classifier hears abuse in `headline`."""
    tags: tuple[str, ...] = ()
    """Sorted, each once."""
    clocks: Mapping[str, SlaClock] = field(default_factory=dict)
    """By `Promise`; those that were started and not yet kept, and what was told of them."""
    sla_at: datetime | None = None
    """The earliest due instant of the clocks that run; None if none does."""
    alarm_at: datetime | None = None
    """When the clocks next have something to tell: a warning or a breach."""
    wrote_at: datetime | None = None
    """When its author's latest post was taken in."""
    answered_at: datetime | None = None
    """When we last replied."""
    assigned_at: datetime | None = None
    """Since when the present assignee has it."""
    incident_id: int | None = None
    merged_into: int | None = None
    """The case that took over its posts; such a case is resolved."""

    @property
    def awaits_author(self) -> bool:
        """Our word was the last."""
        return self.answered_at is not None and (self.wrote_at is None or self.wrote_at <= self.answered_at)

    def holder(self, now: datetime) -> str:
        """Who has it now: the assignee, unless the claim's lease ran out."""
        if self.lease_until is not None and self.lease_until <= now:
            return ""
        return self.assignee


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """Append-only: who did what, when, why."""

    case_id: int
    at: datetime
    agent: str
    """Agent's name; `listener` for what the program did."""
    kind: EventKind
    detail: Mapping[str, str] = field(default_factory=dict)
    id: int = 0
    before: Mapping[str, object] = field(default_factory=dict)
    """What the fields that this event changed were until then, as stored: what undoing it restores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLink:
    """Another case that an agent put beside this one."""

    other_id: int
    kind: str
    """`related`, or `split`: one of the two came out of the other."""
    agent: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraft:
    """A case about to be opened."""

    brand: str
    author_id: int
    thread: str
    mention_id: int
    queue: str
    reason: Reason
    priority: float
    terms: Mapping[str, float]
    escalated: bool
    due_at: datetime | None
    opened_at: datetime
    rank_at: datetime | None = None
    """None counts as `opened_at`."""
    detail: Mapping[str, str] = field(default_factory=dict)
    """Goes into the `opened` event: the route that chose the queue, say."""
    clocks: Mapping[str, SlaClock] = field(default_factory=dict)
    sla_at: datetime | None = None
    alarm_at: datetime | None = None
    tags: tuple[str, ...] = ()
    assignee: str = ""
    """Whoever a rule gave it to; empty leaves it in its queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """What to change and the event that says so."""

    kind: EventKind
    agent: str
    at: datetime
    detail: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    """Case field name → new value (None empties it): queue, state, reason, priority, terms, rank_at, escalated,
    assignee, lease_until, due_at, first_reply_at, snoozed_until, resolved_at, resolution, tags, clocks, sla_at,
    alarm_at, wrote_at, answered_at, assigned_at, incident_id, merged_into."""
    add_mention: int | None = None
    """Id of a stored mention that joins the case."""

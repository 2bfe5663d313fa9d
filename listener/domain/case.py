"""The unit of staff work: one author's problem in one thread, from open to resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """What to change and the event that says so."""

    kind: EventKind
    agent: str
    at: datetime
    detail: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    """Case field name → new value (None empties it): queue, state, reason, priority, terms, rank_at, escalated,
    assignee, lease_until, due_at, first_reply_at, snoozed_until, resolved_at, resolution."""
    add_mention: int | None = None
    """Id of a stored mention that joins the case."""

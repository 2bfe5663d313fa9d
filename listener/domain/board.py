"""The lead's view: what a board counts, of which stretch of time, and the cases behind each figure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from listener.domain.case import Case

SOON = timedelta(minutes=15)
"""A promise that breaks within this is `breaching`."""


class BoardBy(StrEnum):
    """What a line of the board is."""

    QUEUE = "queue"
    AGENT = "agent"
    BRAND = "brand"
    PLATFORM = "platform"


class Figure(StrEnum):
    """What a board counts; every one is a set of cases. The first seven are of now, the others of the stretch."""

    OPEN = "open"
    UNASSIGNED = "unassigned"
    """Open, and nobody holds it."""
    SNOOZED = "snoozed"
    WAITING = "waiting"
    """Not resolved, and our word was the last."""
    BREACHED = "breached"
    """Not resolved, and a promise that runs is overdue."""
    BREACHING = "breaching"
    """Not resolved, and a promise breaks within `SOON`."""
    OLDEST = "oldest"
    """The one open case that was opened first."""
    OPENED = "opened"
    ANSWERED = "answered"
    """First answered in the stretch."""
    RESOLVED = "resolved"
    """Resolved by a person in the stretch, whatever became of it."""
    REOPENED = "reopened"
    """Of those resolved in the stretch: came back since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """Which cases a board looks at, and the stretch [since, until) of its second half; empty fields don't restrict."""

    now: datetime
    since: datetime
    until: datetime
    queue: str = ""
    brand: str = ""
    platform: str = ""
    agent: str | None = None
    """Who holds it, who first answered, who resolved it, as the figure has it; the empty string: nobody."""

    def narrowed(self, by: BoardBy, key: str) -> "BoardView":
        """To one line of the board."""
        match by:
            case BoardBy.QUEUE:
                return replace(self, queue=key)
            case BoardBy.AGENT:
                return replace(self, agent=key)
            case BoardBy.BRAND:
                return replace(self, brand=key)
            case BoardBy.PLATFORM:
                return replace(self, platform=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one line stands now."""

    key: str
    """The queue, agent, brand or platform; empty for cases that nobody holds."""
    open: int = 0
    unassigned: int = 0
    snoozed: int = 0
    waiting: int = 0
    breached: int = 0
    breaching: int = 0
    oldest_at: datetime | None = None
    """When the oldest open case was opened."""
    oldest_id: int | None = None


class Wait(NamedTuple):
    """How long one case waited, from its opening: for the first answer, or for its last resolution in the stretch.

    A tuple, since a board is made of them by the ten thousand.
    """

    key: str
    queue: str
    """Whose working hours count."""
    since: datetime
    until: datetime
    reopened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What passed through in the stretch."""

    opened: dict[str, int]
    """By key; empty where a line is an agent, for nobody opens a case."""
    answered: list[Wait]
    resolved: list[Wait]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCase:
    """A case as the board counts it."""

    case: Case
    answered_by: str
    """Who first answered; empty if nobody did."""
    settled_at: datetime | None
    """Its last resolution in the stretch, else the present one."""
    settled_by: str
    reopened: int
    """How often it came back since it was first resolved in the stretch."""
    breached: tuple[str, ...]
    """Promises that were broken, in order of name."""

"""Who works the queue: skills, hours, how much at a time; and what giving out needs to know of cases and people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from listener.domain.calendar import WorkingHours


class Mode(StrEnum):
    """Who moves first: the agent, or the program."""

    PULL = "pull"
    """Cases wait until somebody takes them."""
    PUSH = "push"
    """The program gives each case to somebody."""


class Order(StrEnum):
    """Whom the program gives the next case to, of all who could have it."""

    ROUND_ROBIN = "round_robin"
    """Whoever was given nothing for longest."""
    BALANCED = "balanced"
    """Whoever has the smallest part of their capacity in hand."""


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    """Is given nothing by the program, and takes what they like."""


class Cause(StrEnum):
    """Why a case that the program had given was taken back."""

    SILENT = "silent"
    """Its agent did nothing at all."""
    UNTOUCHED = "untouched"
    """Its agent worked on others."""
    AWAY = "away"
    """Its agent said they were going."""
    OFF_SHIFT = "off shift"
    """Its agent's working hours ended before they began with it."""
    GONE = "gone"
    """Its agent isn't named in agents.toml any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skills:
    """Which cases somebody can work; an empty field restricts nothing."""

    queues: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    """In lower case, as connectors name them."""
    langs: tuple[str, ...] = ()
    """In lower case; `de` means every German, `de-at` that one. A post of no stated language is everybody's."""
    reasons: tuple[str, ...] = ()
    """Of `Reason`."""


ANYTHING = Skills()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    """One agent of agents.toml."""

    name: str
    skills: Skills = ANYTHING
    capacity: int = 8
    """Open cases at a time up to which the program gives more; 0: never any."""
    hours: WorkingHours = field(default_factory=WorkingHours)
    role: Role = Role.AGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWay:
    """How one queue's cases are given out."""

    mode: Mode = Mode.PULL
    order: Order = Order.BALANCED


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody who works the queue, and how cases are given out."""

    agents: tuple[AgentProfile, ...] = ()
    way: QueueWay = field(default_factory=QueueWay)
    queues: Mapping[str, QueueWay] = field(default_factory=dict)
    """Those that have a way of their own."""
    sticky: bool = True
    """Whether an author's case goes to whoever last answered or resolved one of theirs."""
    sticky_within: timedelta = timedelta(days=30)
    return_after: timedelta = timedelta(minutes=30)
    """Working time of an agent without any act of theirs, after which what they were given returns."""
    untouched_after: timedelta = timedelta(hours=4)
    """Working time after which a case that its agent never touched returns, however busy they are with others."""
    count_waiting: bool = False
    """Whether cases that await their author, or are snoozed, count towards the capacity."""

    def agent(self, name: str) -> AgentProfile | None:
        """The profile of this name; None for somebody agents.toml doesn't name."""
        return next((one for one in self.agents if one.name == name), None)

    def way_of(self, queue: str) -> QueueWay:
        """A queue's own way, else everybody's."""
        return self.queues.get(queue, self.way)

    @property
    def pushes(self) -> bool:
        """Whether any queue is given out by the program."""
        return any(way.mode is Mode.PUSH for way in (self.way, *self.queues.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What the store knows of somebody's being there."""

    agent: str
    available: bool
    changed_at: datetime
    """When they last said that they were there, or going; the first case given counts as their saying so."""
    given_at: datetime | None
    """When the program last gave them a case: whose turn it is."""
    acted_at: datetime | None
    """Their latest act on anything."""
    silent_at: datetime | None
    """When the program last took cases back because they were silent."""

    @property
    def seen_at(self) -> datetime:
        """Their latest sign of life."""
        return self.changed_at if self.acted_at is None else max(self.acted_at, self.changed_at)

    @property
    def silent(self) -> bool:
        """Taken for gone, until they act or are said to be available."""
        return self.silent_at is not None and self.silent_at > self.seen_at


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """An agent at this moment."""

    profile: AgentProfile
    presence: Presence | None = None
    """None for somebody who was given nothing yet, and never said that they were going."""
    load: int = 0
    """Open cases in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Which agent last dealt with an author."""

    agent: str
    case_id: int
    did: str
    """`replied` or `resolved`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCase:
    """What giving out needs to know of a case that nobody holds."""

    id: int
    version: int
    queue: str
    brand: str
    platform: str
    reason: str
    lang: str
    """Of the post that stands for it; empty where the platform doesn't say."""
    author_id: int
    lapsed: str = ""
    """Whose claim ran out; empty if nobody's."""
    passed_by: frozenset[str] = frozenset()
    """Agents who had it, left it untouched while they worked on others, and haven't come and gone since."""
    known: Known | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCase:
    """A case that the program gave to somebody, and that is theirs to answer still."""

    id: int
    version: int
    agent: str
    given_at: datetime
    touched_at: datetime | None
    """Their latest act on it since."""
    wrote_at: datetime | None
    """When its author last wrote."""

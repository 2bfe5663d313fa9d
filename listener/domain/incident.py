"""Many cases with one cause: one owner, one agreed answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from listener.domain.case import Case


class IncidentKind(StrEnum):
    ALIKE = "alike"
    """Opened by the program: several people posted nearly the same words."""
    THEME = "theme"
    """A person agreed that the cases which hold certain words have one cause."""
    BY_HAND = "by_hand"
    """A person named the cases."""


class IncidentState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Themes(StrEnum):
    """What becomes of a matter that many more people than usual write of."""

    PROPOSE = "propose"
    OPEN = "open"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPolicy:
    """How alike complaints must be to count as one incident."""

    alike: bool = True
    """Whether near-duplicates become incidents by themselves."""
    likeness: float = 85.0
    """rapidfuzz's token set ratio that two posts need, 0 to 100."""
    min_cases: int = 3
    """Distinct authors of near-duplicates that open an incident."""
    within: timedelta = timedelta(hours=24)
    """Posts further apart are not one incident; how far back a theme is looked for."""
    themes: Themes = Themes.PROPOSE
    min_people: int = 6
    """Distinct authors that a theme needs."""
    rise: float = 1.5
    """Times its usual number, or its usual share, that a theme needs."""
    ignore: tuple[str, ...] = ()
    """Words that name no matter in this trade: flight, to an airline."""
    second_person: bool = True
    """Whether somebody other than its writer must approve an incident's answer."""
    returns_within: timedelta = timedelta(hours=24)
    """A new wave this long after closing reopens an incident of near-duplicates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One cause. `version` grows by one at every change and fences stale writers."""

    id: int
    version: int
    brand: str
    title: str
    """In staff's words, or a theme's terms; never the words of one post."""
    kind: IncidentKind
    state: IncidentState
    owner: str
    answer: str
    """With variables; empty until somebody writes one."""
    answer_by: str
    approved_by: str
    terms: tuple[str, ...]
    """What new cases are known by, weightiest first; empty where the likeness of whole posts decides."""
    first: int | None
    """The post that an incident of near-duplicates began with."""
    apart: frozenset[int]
    """Cases taken out by hand, which don't join again by themselves."""
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDraft:
    """An incident about to be opened."""

    brand: str
    title: str
    kind: IncidentKind
    owner: str = ""
    terms: tuple[str, ...] = ()
    first: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChange:
    """What to change, and the event that says so."""

    kind: str
    """Of the event: owned, answered, approved, sent, closed, reopened, titled, apart."""
    agent: str
    at: datetime
    detail: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    """Incident field name → new value: title, owner, answer, answer_by, approved_by, terms, apart, state, closed_at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """An incident in a list."""

    incident: Incident
    cases: int
    people: int
    live: int
    """Cases not resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """What was done to an incident as a whole."""

    at: datetime
    agent: str
    kind: str
    detail: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A case of an incident, with what decides whether it can be answered together with the others."""

    case: Case
    name: str
    """The author's display name, empty if unknown."""
    text: str
    """Of the latest post that stands."""
    url: str
    standing: bool
    """Whether any post is left of it."""
    can_reply: bool
    reply_note: str
    grouped_at: datetime | None
    wrote_again_at: datetime | None
    """Latest post or edit after it joined and after our last reply."""
    answered: Mapping[str, datetime]
    """By digest of the answer, when this incident's answers were recorded on it."""
    answered_apart_at: datetime | None
    """When somebody answered it by itself, if that was our last reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A complaint that stands in a case, as grouping looks at it."""

    mention_id: int
    case: int
    version: int
    live: bool
    """Its case isn't resolved."""
    incident: int | None
    brand: str
    author: int
    text: str
    at: datetime
    """When it was posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A post to read before one agrees."""

    case: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A matter that many people write of, in their own words."""

    brand: str
    key: str
    """Its weightiest term: how a person names it."""
    terms: tuple[str, ...]
    """As matched: roots of words, weightiest first."""
    shown: tuple[str, ...]
    """The same as people write them."""
    cases: tuple[int, ...]
    people: int
    usual: float | None
    """People in a usual stretch of this length; None where there is too little record."""
    times: float
    """How many times its usual number or share, whichever grew more."""
    risen: bool
    """Whether that is beyond chance."""
    samples: tuple[Sample, ...] = ()

"""Who is on call when: people in turn, handed over at one time of the week, and whoever stands in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WEEK = timedelta(days=7)
_FAR = 200
"""Changes looked through for the next one; a rota of one person has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of a rota, and the target that reaches them."""

    name: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Somebody else than the turn says, in [since, until)."""

    since: datetime
    until: datetime
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """People who are on call in turn."""

    name: str
    people: tuple[Person, ...]
    """In the order of their turns, at least one."""
    weekday: int = 0
    """Of the handover; Monday is 0."""
    at: time = time(9)
    """Of the handover, as the zone's wall clock shows it."""
    zone: str = "UTC"
    weeks: int = 1
    """How long a turn is."""
    starts: date = date(2024, 1, 1)
    """The first person's first turn begins at the first handover from this day on."""
    brands: tuple[str, ...] = ()
    """Whose alerts it is for; empty: everybody's."""
    stand_ins: tuple[StandIn, ...] = ()
    """Of two at the same time the later in the list counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who is on call, since when they are and until when."""

    person: Person
    until: datetime | None = None
    """None where nobody ever takes over."""
    then: Person | None = None
    standing_in: bool = False


def on_call(rota: Rota, at: datetime) -> Person:
    """Whose turn it is."""
    return _stand_in(rota, at) or rota.people[_turn(rota, at) % len(rota.people)]


def order(rota: Rota, at: datetime) -> list[Person]:
    """Whoever is on call, then the others in the order of their coming turns."""
    turn = _turn(rota, at)
    coming = [rota.people[(turn + n) % len(rota.people)] for n in range(len(rota.people))]
    first = on_call(rota, at)
    return [first, *(person for person in coming if person != first)]


def turn_of(rota: Rota, at: datetime) -> Turn:
    """Who it is, until when, and who then."""
    now = on_call(rota, at)
    change = at
    for _ in range(_FAR):
        change = _next_change(rota, change)
        then = on_call(rota, change)
        if then != now:
            return Turn(person=now, until=change, then=then, standing_in=_stand_in(rota, at) is not None)
    return Turn(person=now, standing_in=_stand_in(rota, at) is not None)


def of_brand(rotas: Sequence[Rota], brand: str) -> list[Rota]:
    """Those that concern a brand's alerts; what is about no brand concerns them all."""
    return [rota for rota in rotas if not rota.brands or not brand or brand in rota.brands]


def _stand_in(rota: Rota, at: datetime) -> Person | None:
    names = [one.person for one in rota.stand_ins if one.since <= at < one.until]
    return next((person for person in rota.people if names and person.name == names[-1]), None)


def _turn(rota: Rota, at: datetime) -> int:
    """Number of the turn that runs at an instant; negative before the first."""
    local = at.astimezone(ZoneInfo(rota.zone)).replace(tzinfo=None)
    near = (local - _first(rota)) // (rota.weeks * _WEEK)
    return next(turn for turn in (near + 1, near, near - 1) if _handover(rota, turn) <= at)


def _first(rota: Rota) -> datetime:
    day = rota.starts + timedelta(days=(rota.weekday - rota.starts.weekday()) % 7)
    return datetime.combine(day, rota.at)


def _handover(rota: Rota, turn: int) -> datetime:
    """When a turn begins: a time that comes twice means its first coming."""
    local = _first(rota) + turn * rota.weeks * _WEEK
    return local.replace(tzinfo=ZoneInfo(rota.zone), fold=0).astimezone(UTC)


def _next_change(rota: Rota, at: datetime) -> datetime:
    edges = [edge for one in rota.stand_ins for edge in (one.since, one.until) if edge > at]
    return min([_handover(rota, _turn(rota, at) + 1), *edges])

"""Whose custom is in danger, and what it is worth. Pure: from what people said, who they are, and unresolved cases.

- **Valuable and unhappy**: customers at or above a percentile of value who complained in the window or have an
  unresolved case.
- **At risk of leaving**: whoever talks of leaving in the window, and whoever complained at least so many times in it
  and has an unresolved case. Those who talk of leaving stand first, then by value, then by complaints.
- **Value at stake**: the sum of the values of distinct customers with an unresolved complaint, or who talk of leaving
  in the window; each once. People of whom no value is known are counted beside it: the sum is a lower bound.

Whoever asked not to be contacted stands on no list, but counts in the value at stake.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from listener.domain.case import Reason
from listener.domain.loyalty import Person, Saying
from listener.domain.themes import Act, ThemeKind, tag
from listener.domain.worth import AtStake, Danger, Unresolved, WorthLine, WorthList

LEAVE = tag(ThemeKind.ACT, Act.LEAVE)

RISK = "talks of leaving in the window, or complained {repeated} times or more in it with a case unresolved"
"""The rule in words, for people who look at the list."""
UNHAPPY = "worth more than {floor:.0%} of customers, and complained in the window or has an unresolved case"

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Trouble:
    """What one customer said and waits for, all accounts together."""

    person: Person
    complaints: int = 0
    leaving: int = 0
    last: Saying | None = None
    cases: list[Unresolved] = field(default_factory=list)

    @property
    def complaint_open(self) -> bool:
        return any(case.reason == Reason.COMPLAINT for case in self.cases)


def authors_in(sayings: Iterable[Saying], unresolved: Iterable[Unresolved]) -> set[int]:
    """Whom the lists must know: ask the store for `people` of these."""
    troubled = {one.author_id for one in sayings if one.complaint or _leaves(one)}
    return troubled | {case.author_id for case in unresolved}


def unhappy(
    sayings: Sequence[Saying], people: Mapping[int, Person], unresolved: Sequence[Unresolved], *, floor: float
) -> WorthList:
    """Valuable customers who complained or wait; the most valuable first."""

    def belongs(one: _Trouble) -> bool:
        valuable = one.person.percentile is not None and one.person.percentile >= floor
        return valuable and bool(one.complaints or one.cases)

    return _listed(sayings, people, unresolved, belongs, lambda one: (_worth(one), one.complaints))


def at_risk(
    sayings: Sequence[Saying], people: Mapping[int, Person], unresolved: Sequence[Unresolved], *, repeated: int
) -> WorthList:
    """Customers, and people who may be, at risk of leaving."""

    def belongs(one: _Trouble) -> bool:
        return one.leaving > 0 or (one.complaints >= repeated and bool(one.cases))

    def weight(one: _Trouble) -> tuple[float, ...]:
        return (float(one.leaving > 0), _worth(one), one.complaints)

    return _listed(sayings, people, unresolved, belongs, weight, repeated=repeated)


def at_stake(sayings: Sequence[Saying], people: Mapping[int, Person], unresolved: Sequence[Unresolved]) -> AtStake:
    """What may be lost: see the head of this module."""
    threatened = [one for one in _troubles(sayings, people, unresolved) if one.leaving or one.complaint_open]
    values = [one.person.value for one in threatened if one.person.value is not None]
    return AtStake(customers=len(values), value=sum(values), unknown=len(threatened) - len(values))


def _listed(
    sayings: Sequence[Saying],
    people: Mapping[int, Person],
    unresolved: Sequence[Unresolved],
    belongs: Callable[[_Trouble], bool],
    weight: Callable[[_Trouble], tuple[float, ...]],
    *,
    repeated: int = 0,
) -> WorthList:
    found = [one for one in _troubles(sayings, people, unresolved) if belongs(one)]
    shown = [one for one in found if not one.person.no_contact]
    shown.sort(key=lambda one: (weight(one), one.last.at if one.last else _NEVER), reverse=True)
    return WorthList(lines=tuple(_line(one, repeated) for one in shown), unnamed=len(found) - len(shown))


def _troubles(
    sayings: Sequence[Saying], people: Mapping[int, Person], unresolved: Sequence[Unresolved]
) -> list[_Trouble]:
    """By customer; whoever isn't among `people` was erased."""
    found: dict[str, _Trouble] = {}
    for one in sorted(sayings, key=lambda one: (one.at, one.mention_id)):
        leaves = _leaves(one)
        if (one.complaint or leaves) and one.author_id in people:
            trouble = _of(found, people[one.author_id])
            trouble.complaints += one.complaint
            trouble.leaving += leaves
            trouble.last, trouble.person = one, people[one.author_id]
    for case in sorted(unresolved, key=lambda case: (case.opened_at, case.case_id)):
        if case.author_id in people:
            _of(found, people[case.author_id]).cases.append(case)
    return list(found.values())


def _leaves(saying: Saying) -> bool:
    """Whom a post that only names the brand beside another leaves is the other."""
    return saying.addressed and LEAVE in saying.tags


def _of(found: dict[str, _Trouble], person: Person) -> _Trouble:
    return found.setdefault(_key(person), _Trouble(person=person))


def _key(person: Person) -> str:
    """All accounts of one imported customer are one; of others, each is."""
    return f"c{person.customer}" if person.customer else f"a{person.author_id}"


def _worth(one: _Trouble) -> float:
    return -1.0 if one.person.value is None else one.person.value


def _line(one: _Trouble, repeated: int) -> WorthLine:
    reasons = (
        (Danger.LEAVING, one.leaving > 0),
        (Danger.REPEATED, 0 < repeated <= one.complaints and bool(one.cases)),
        (Danger.COMPLAINT, one.complaints > 0),
        (Danger.UNRESOLVED, bool(one.cases)),
    )
    return WorthLine(
        person=one.person,
        reasons=tuple(reason for reason, holds in reasons if holds),
        complaints=one.complaints,
        leaving=one.leaving,
        case_id=one.cases[0].case_id if one.cases else None,
        cases=len(one.cases),
        last_post=one.last.mention_id if one.last else None,
        last_at=one.last.at if one.last else None,
    )

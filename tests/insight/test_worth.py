"""Whose custom is in danger, and what it is worth: each customer once, the erased never, the opted-out unnamed."""

from datetime import timedelta
from typing import Any

import pytest

from listener.domain.loyalty import Person, Saying
from listener.domain.worth import AtStake, Danger, Unresolved
from listener.insight.worth import at_risk, at_stake, authors_in, unhappy
from tests.builders import NOON


def saying(author_id: int, *, day: int = 0, **more: Any) -> Saying:
    defaults: dict[str, Any] = {
        "mention_id": 100 * author_id + day,
        "platform": "x",
        "lang": "en",
        "at": NOON + timedelta(days=day),
        "addressed": True,
        "scored": True,
        "sentiment": None,
        "complaint": False,
        "praise": False,
        "question": False,
        "engagement": 0,
        "queue": "",
        "tags": frozenset(),
    }
    return Saying(**{**defaults, "author_id": author_id, **more})


def person(author_id: int, value: float | None = None, **more: Any) -> Person:
    defaults: dict[str, Any] = {"platform": "x", "handle": f"a{author_id}", "name": "", "followers": None}
    known = {} if value is None else {"customer": f"c{author_id}", "value": value, "percentile": min(1.0, value / 100)}
    return Person(**{**defaults, **known, "author_id": author_id, **more})


def waits(author_id: int, case_id: int = 1, reason: str = "complaint") -> Unresolved:
    return Unresolved(case_id=case_id, author_id=author_id, reason=reason, opened_at=NOON + timedelta(minutes=case_id))


LEAVES = frozenset({"act:leave"})


def by_id(*people: Person) -> dict[int, Person]:
    return {one.author_id: one for one in people}


def test_valuable_and_unhappy_are_those_above_the_floor_who_complained_or_wait() -> None:
    people = by_id(person(1, 90), person(2, 95), person(3, 99), person(4, 50), person(5))
    sayings = [saying(1, complaint=True), saying(3, praise=True), saying(4, complaint=True), saying(5, complaint=True)]
    found = unhappy(sayings, people, [waits(2, 7, "question")], floor=0.8)
    assert [line.person.author_id for line in found.lines] == [2, 1]
    assert [line.reasons for line in found.lines] == [(Danger.UNRESOLVED,), (Danger.COMPLAINT,)]
    assert (found.lines[0].case_id, found.lines[0].last_at, found.lines[1].last_post) == (7, None, 100)


def test_a_customer_at_the_floor_is_valuable() -> None:
    assert unhappy([saying(1, complaint=True)], by_id(person(1, 80)), [], floor=0.8).lines


def test_at_risk_is_who_talks_of_leaving_or_complains_again_with_a_case_unresolved() -> None:
    people = by_id(*(person(n, 10.0 * n) for n in range(1, 5)), person(5))
    sayings = [
        saying(1, tags=LEAVES),
        saying(2, complaint=True),
        saying(2, complaint=True, day=1),
        saying(3, complaint=True),
        saying(4, complaint=True),
        saying(4, complaint=True, day=1),
        saying(5, tags=LEAVES),
    ]
    found = at_risk(sayings, people, [waits(2), waits(3)], repeated=2)
    # Two complaints without a case, or a case with one complaint, are no danger yet; leaving stands first.
    assert [line.person.author_id for line in found.lines] == [1, 5, 2]
    assert found.lines[2].reasons == (Danger.REPEATED, Danger.COMPLAINT, Danger.UNRESOLVED)


def test_whoever_asked_not_to_be_contacted_is_counted_and_not_named() -> None:
    people = by_id(person(1, 90, no_contact=True), person(2, 90))
    sayings = [saying(1, complaint=True, tags=LEAVES), saying(2, complaint=True, tags=LEAVES)]
    for found in (unhappy(sayings, people, [], floor=0.5), at_risk(sayings, people, [], repeated=2)):
        assert ([line.person.author_id for line in found.lines], found.unnamed) == ([2], 1)
    assert at_stake(sayings, people, []) == AtStake(customers=2, value=180, unknown=0)


def test_what_is_at_stake_counts_each_customer_once_and_says_of_whom_nothing_is_known() -> None:
    shared = {"customer": "c1", "value": 90.0}
    people = by_id(person(1, 90), person(2, **shared), person(3), person(4, 40), person(5, 70))
    sayings = [
        saying(1, tags=LEAVES),
        saying(1, tags=LEAVES, day=1),
        saying(2, tags=LEAVES),
        saying(3, tags=LEAVES),
        saying(5, complaint=True),
    ]
    cases = [waits(1, 1), waits(1, 2), waits(4, 3, "question"), waits(5, 4)]
    # 1 and 2 are one customer; 4 only asks; 5 complained and waits.
    assert at_stake(sayings, people, cases) == AtStake(customers=2, value=160.0, unknown=1)


def test_the_erased_are_in_no_list() -> None:
    sayings, cases = [saying(1, complaint=True, tags=LEAVES)], [waits(1)]
    assert authors_in(sayings, cases) == {1}
    assert unhappy(sayings, {}, cases, floor=0.0).lines == ()
    assert at_risk(sayings, {}, cases, repeated=2).lines == ()
    assert at_stake(sayings, {}, cases) == AtStake(customers=0, value=0, unknown=0)


def test_a_brand_that_is_only_named_beside_another_is_not_the_one_that_is_left() -> None:
    sayings = [saying(1, tags=LEAVES, addressed=False)]
    assert at_risk(sayings, by_id(person(1)), [], repeated=2).lines == ()
    assert authors_in(sayings, []) == set()


@pytest.mark.parametrize("value", [0.0, None])
def test_a_customer_worth_nothing_is_known_and_one_of_unknown_value_is_not(value: float | None) -> None:
    found = at_stake([saying(1, tags=LEAVES)], by_id(person(1, customer="c", value=value)), [])
    assert (found.customers, found.unknown) == ((1, 0) if value == 0.0 else (0, 1))

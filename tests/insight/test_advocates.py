"""Who speaks up for us: by their latest word, by days and not by posts, and whom to thank next."""

import math
from datetime import timedelta
from typing import Any

import pytest

from listener.domain.advocates import Kept
from listener.insight.advocates import advocates, supporters, thank_queue
from tests.insight.test_worth import by_id, person, saying

ADVISES = frozenset({"act:recommend"})
WARNS = frozenset({"act:warn"})
LEAVES = frozenset({"act:leave"})


def test_an_advocate_recommended_or_praised() -> None:
    sayings = [saying(1, tags=ADVISES), saying(2, praise=True), saying(3, question=True), saying(4, complaint=True)]
    assert supporters(sayings) == {1, 2}
    found = advocates(sayings, by_id(*map(person, range(1, 5))))
    assert [(one.person.author_id, one.recommendations, one.praises) for one in found] == [(1, 1, 0), (2, 0, 1)]


@pytest.mark.parametrize("later", [{"tags": WARNS}, {"tags": LEAVES}, {"complaint": True}])
def test_the_latest_word_that_takes_a_side_decides(later: dict[str, Any]) -> None:
    people = by_id(person(1))
    assert advocates([saying(1, tags=ADVISES), saying(1, day=1, **later)], people) == ()
    assert len(advocates([saying(1, tags=ADVISES, day=2), saying(1, day=1, **later)], people)) == 1
    # Both at once take no side.
    both = saying(1, day=3, praise=True, **later)
    assert len(advocates([saying(1, tags=ADVISES, day=2), both], people)) == 1


def test_a_brand_that_is_only_named_beside_another_is_not_the_one_that_is_recommended() -> None:
    assert advocates([saying(1, tags=ADVISES, addressed=False)], by_id(person(1))) == ()


def test_the_score_counts_days_reach_and_what_people_did_with_it() -> None:
    sayings = [
        *(saying(1, tags=ADVISES, mention_id=n) for n in range(1, 11)),
        saying(2, tags=ADVISES, engagement=9),
        saying(2, praise=True, day=1),
    ]
    one, two = advocates(sayings, by_id(person(1, followers=999), person(2)))
    known = {found.person.author_id: found for found in (one, two)}
    assert known[1].score == pytest.approx(2 * (1 + math.log10(1000) / 3))
    assert known[2].score == pytest.approx((2 + 1) * 1 + math.log10(10))
    assert (known[1].reach, known[2].reach, known[2].engagement) == (999, None, 9)


def test_the_post_to_thank_for_is_a_recommendation_before_praise() -> None:
    sayings = [
        saying(1, praise=True, engagement=99, mention_id=1),
        saying(1, tags=ADVISES, engagement=1, mention_id=2),
        saying(1, tags=ADVISES, engagement=5, mention_id=3),
        saying(1, tags=ADVISES | WARNS, engagement=500, mention_id=4),
        saying(1, praise=True, day=1, mention_id=5),
    ]
    (one,) = advocates(sayings, by_id(person(1)))
    assert (one.best_post, one.recommendations, one.praises) == (3, 2, 2)


def test_accounts_of_one_customer_are_one_advocate() -> None:
    shared = {"customer": "c1", "followers": 10}
    sayings = [saying(1, tags=ADVISES), saying(2, tags=ADVISES, day=1)]
    (one,) = advocates(sayings, by_id(person(1, **shared), person(2, **shared)))
    assert (one.recommendations, one.reach) == (2, 20)


def test_the_erased_are_no_advocates() -> None:
    assert advocates([saying(1, tags=ADVISES)], {}) == ()


def test_the_queue_leaves_out_whom_it_must_and_says_how_many() -> None:
    people = by_id(person(1, no_contact=True), *map(person, range(2, 5)))
    found = advocates([saying(n, tags=ADVISES, at=saying(n).at + timedelta(hours=n)) for n in range(1, 5)], people)
    queue = thank_queue(found, had_already={2}, may_answer=lambda one: one.person.author_id != 3)
    assert [one.person.author_id for one in queue.lines] == [4]
    assert queue.kept == Kept(opted_out=1, not_allowed=1, had_already=1)

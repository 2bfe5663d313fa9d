"""How often a credential may call: counted before it calls, corrected by the answer; replies starve last."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.budget import Purpose, Quota, Rate, heard, take
from tests.builders import NOON

LATER = NOON + timedelta(minutes=10)
WINDOW = Rate(capacity=100, left=100, resets_at=LATER)


def test_nothing_known_grants_every_call() -> None:
    assert take(Rate(), 1, Purpose.READ, None, NOON) == (Rate(), None)


def test_a_call_is_taken_from_what_is_left() -> None:
    rate, until = take(WINDOW, 3, Purpose.READ, None, NOON)
    assert (rate.left, until) == (97, None)


@pytest.mark.parametrize(("purpose", "reached"), [(Purpose.REPLY, 0), (Purpose.READ, 10), (Purpose.RECHECK, 30)])
def test_each_purpose_leaves_some_to_those_before_it(purpose: Purpose, reached: int) -> None:
    rate = WINDOW
    while (after := take(rate, 1, purpose, None, NOON))[1] is None:
        rate = after[0]
    assert rate.left == reached
    assert after == (rate, LATER)


def test_a_declared_pause_holds_for_everybody() -> None:
    blocked = Rate(blocked_until=LATER)
    for purpose in Purpose:
        assert take(blocked, 1, purpose, None, NOON) == (blocked, LATER)
    assert take(blocked, 1, Purpose.READ, None, LATER)[1] is None


def test_what_was_said_of_an_ended_window_says_nothing_any_more() -> None:
    spent = Rate(capacity=100, left=0, resets_at=NOON)
    assert take(spent, 1, Purpose.READ, None, NOON)[1] is None


def test_a_documented_quota_is_counted_down_and_begins_anew() -> None:
    quota = Quota(units=10, period=timedelta(days=1))
    rate, until = take(Rate(), 4, Purpose.REPLY, quota, NOON)
    assert (rate.left, rate.resets_at, until) == (6, NOON + timedelta(days=1), None)
    rate, until = take(rate, 7, Purpose.REPLY, quota, NOON)
    assert until == NOON + timedelta(days=1)
    assert take(rate, 7, Purpose.REPLY, quota, NOON + timedelta(days=1))[0].left == 3


def test_what_an_answer_does_not_say_stays() -> None:
    assert heard(WINDOW, Rate(left=40)) == Rate(capacity=100, left=40, resets_at=LATER)
    assert heard(WINDOW, Rate(blocked_until=LATER)).left == 100


@given(
    capacity=st.integers(1, 200),
    calls=st.lists(st.tuples(st.sampled_from(list(Purpose)), st.integers(1, 20)), max_size=60),
)
def test_no_order_of_calls_passes_the_window(capacity: int, calls: list[tuple[Purpose, int]]) -> None:
    rate, made = Rate(capacity=capacity, left=capacity, resets_at=LATER), 0
    for purpose, units in calls:
        after, until = take(rate, units, purpose, None, NOON)
        assert (until is None) == (after != rate)
        made += units if until is None else 0
        rate = after
    assert made <= capacity
    assert rate.left == capacity - made

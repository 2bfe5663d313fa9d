"""The promise of a first answer."""

from datetime import timedelta

from listener.triage.sla import due_at, left, tightened
from tests.builders import NOON, minutes
from tests.triage.builders import POLICY, case, resolved


def test_each_band_has_its_promise_and_a_band_left_out_has_none() -> None:
    assert due_at(NOON, "urgent", POLICY) == NOON + minutes(30)
    assert due_at(NOON, "whenever", POLICY) is None


def test_a_case_that_gets_worse_is_due_sooner_and_never_later() -> None:
    promised = case(due_at=NOON + minutes(60))
    assert tightened(promised, NOON + minutes(30)) == NOON + minutes(30)
    assert tightened(promised, NOON + minutes(90)) == NOON + minutes(60)
    assert tightened(promised, None) == NOON + minutes(60)
    assert tightened(case(due_at=None), NOON + minutes(90)) == NOON + minutes(90)


def test_once_answered_the_promise_stays_as_it_was() -> None:
    answered = case(due_at=NOON + minutes(60), first_reply_at=NOON)
    assert tightened(answered, NOON + minutes(1)) == NOON + minutes(60)


def test_time_left_turns_negative_at_the_breach_and_ends_with_an_answer() -> None:
    owed = case(due_at=NOON + minutes(60))
    assert left(owed, NOON) == timedelta(hours=1)
    assert left(owed, NOON + minutes(90)) == -minutes(30)
    assert left(case(due_at=NOON, first_reply_at=NOON), NOON) is None
    assert left(resolved(due_at=NOON), NOON) is None
    assert left(case(due_at=None), NOON) is None

"""Whose time has come is found by index, the earliest first."""

from datetime import datetime

import pytest

from listener.domain.case import Case, CaseState
from listener.ports import Store
from tests.builders import NOON, author, minutes, scored
from tests.store.steps import apply, change, open_case, save


def three_cases(store: Store) -> list[Case]:
    posts = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(3)))
    return [open_case(store, post) for post in posts]


def asleep(store: Store, case: Case, until: datetime) -> None:
    apply(store, case, change(set={"state": CaseState.SNOOZED, "snoozed_until": until}))


def test_sleepers_are_found_from_the_instant_their_snooze_ends(store: Store) -> None:
    one, two, three = three_cases(store)
    for case, wait in ((one, 9), (two, 5), (three, 10)):
        asleep(store, case, NOON + minutes(wait))
    with store.read() as reads:
        assert [case.id for case in reads.sleepers_due(NOON + minutes(9), 9)] == [two.id, one.id]
        assert [case.id for case in reads.sleepers_due(NOON + minutes(99), 2)] == [two.id, one.id]
        assert reads.sleepers_due(NOON + minutes(4), 9) == []


@pytest.mark.parametrize("state", list(CaseState))
def test_alarms_are_found_of_every_case_but_a_resolved_one(store: Store, state: CaseState) -> None:
    one, two, three = three_cases(store)
    apply(store, one, change(set={"alarm_at": NOON + minutes(9)}))
    sleeps = {"snoozed_until": NOON} if state is CaseState.SNOOZED else {}
    ends = {"resolved_at": NOON} if state is CaseState.RESOLVED else {}
    apply(store, two, change(set={"alarm_at": NOON + minutes(5), "state": state, **sleeps, **ends}))
    apply(store, three, change(set={"alarm_at": NOON + minutes(10)}))
    with store.read() as reads:
        found = [case.id for case in reads.alarms_due(NOON + minutes(9), 9)]
    assert found == ([one.id] if state is CaseState.RESOLVED else [two.id, one.id])

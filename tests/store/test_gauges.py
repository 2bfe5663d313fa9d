"""What monitors are told of cases agrees with a count of all of them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from listener.domain.case import CaseState, EventKind
from listener.errors import ListenerError
from listener.ports import Store
from listener.store.desk_tables import cases
from tests.builders import NOON, author, scored
from tests.store.steps import apply, change, draft, open_case, save


def _counted(store: Store) -> dict[str, int]:
    with store.read() as reads:
        db = reads._db  # type: ignore[attr-defined]
        return {
            row.state: row.n
            for row in db.execute(select(cases.c.state, func.count().label("n")).group_by(cases.c.state))
        }


def _told(store: Store) -> dict[str, int]:
    with store.read() as reads:
        return dict(reads.gauges().cases)


def _three_states(store: Store) -> None:
    posts = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(6)))
    _, snoozed, *resolved = [open_case(store, post) for post in posts[:5]]
    asleep = {"state": CaseState.SNOOZED, "snoozed_until": NOON + timedelta(hours=1)}
    apply(store, snoozed, change(EventKind.SNOOZED, set=asleep))
    done = {"state": CaseState.RESOLVED, "resolved_at": NOON, "resolution": "done"}
    for case in resolved:
        apply(store, case, change(EventKind.RESOLVED, set=done))


def test_no_case_is_no_count(store: Store) -> None:
    assert _told(store) == _counted(store) == {}


def test_the_resolved_are_the_rest(store: Store) -> None:
    _three_states(store)
    assert _told(store) == _counted(store) == {"open": 1, "snoozed": 1, "resolved": 3}


def test_a_case_that_was_taken_back_with_its_page_leaves_no_hole_in_the_count(store: Store) -> None:
    _three_states(store)
    last = save(store, scored(native_id="9", author=author("late")))[0]
    with pytest.raises(ListenerError), store.write() as tx:
        tx.open_case(draft(last))
        raise ListenerError("the page is given up")
    open_case(store, last)
    assert _told(store) == _counted(store)


@pytest.mark.sqlite
def test_control_a_hole_in_the_numbers_would_be_noticed(store: Store) -> None:
    _three_states(store)
    post = save(store, scored(native_id="9", author=author("late")))[0]
    case = open_case(store, post)
    with store.write() as tx:
        db = tx._db  # type: ignore[attr-defined]
        db.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        db.execute(cases.update().where(cases.c.id == case.id).values(id=case.id + 10))
        told, counted = tx.gauges().cases, {"open": 2, "snoozed": 1, "resolved": 3}
        db.execute(cases.update().where(cases.c.id == case.id + 10).values(id=case.id))
    assert told != counted

"""Which complaint cases were resolved, as recovery asks it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from listener.domain.case import Case, CaseState, EventKind, Reason
from listener.domain.recovery import Resolution
from listener.domain.themes import Tagging
from listener.domain.verdict import Label
from listener.ports import Store
from tests.builders import NOON, author, scored, verdict
from tests.store.steps import apply, change, open_case, save

DAY = timedelta(days=1)


def resolve(store: Store, case: Case, at: int = 1, agent: str = "ada") -> Case:
    when = NOON + at * DAY
    settled = {"state": CaseState.RESOLVED, "resolved_at": when, "resolution": "refund"}
    return apply(store, case, change(EventKind.RESOLVED, agent, when, set=settled))


def asked(store: Store, since: int = 0, until: int = 9) -> list[Resolution]:
    with store.read() as reads:
        return reads.resolutions("Acme", NOON + since * DAY, NOON + until * DAY)


def test_a_resolved_complaint_has_its_author_agent_queue_and_touchpoints(store: Store) -> None:
    tagging = Tagging(tagger="t", tags=(("touchpoint:deliver", 1.0), ("motivator:order", 1.0), ("touchpoint:buy", 0.5)))
    (saved,) = save(store, scored(said=verdict(Label.COMPLAINT, tagging=tagging)))
    case = resolve(store, open_case(store, saved))
    assert asked(store) == [
        Resolution(
            case_id=case.id,
            author_id=saved.author_id,
            brand="Acme",
            queue="support",
            agent="ada",
            at=NOON + DAY,
            touchpoints=("buy", "deliver"),
        )
    ]


def test_the_window_is_by_when_it_was_resolved(store: Store) -> None:
    (saved,) = save(store)
    resolve(store, open_case(store, saved))
    assert asked(store, 0, 1) == []
    assert len(asked(store, 1, 2)) == 1
    assert asked(store, 2, 9) == []


def test_a_case_that_its_author_opened_anew_was_resolved_too(store: Store) -> None:
    (saved,) = save(store)
    case = resolve(store, open_case(store, saved))
    opened = {"state": CaseState.OPEN, "resolved_at": None, "resolution": ""}
    apply(store, case, change(EventKind.REOPENED, "listener", NOON + 2 * DAY, set=opened))
    assert len(asked(store)) == 1


def test_a_resolution_that_was_taken_back_never_was(store: Store) -> None:
    (saved,) = save(store)
    case = resolve(store, open_case(store, saved))
    with store.read() as reads:
        card = reads.case_card(case.id)
    assert card is not None
    done = next(one for one in card.events if one.kind is EventKind.RESOLVED)
    opened = {"state": CaseState.OPEN, "resolved_at": None, "resolution": ""}
    apply(store, case, change(EventKind.UNDONE, "ada", NOON + DAY, set=opened, detail={"event": str(done.id)}))
    assert asked(store) == []


def test_questions_other_brands_and_cases_that_another_took_in_are_left_out(store: Store) -> None:
    first, second, third = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(3)))
    resolve(store, open_case(store, first, reason=Reason.QUESTION))
    kept = resolve(store, open_case(store, second))
    taken = open_case(store, third)
    when = NOON + DAY
    settled = {"state": CaseState.RESOLVED, "resolved_at": when, "merged_into": kept.id}
    apply(store, taken, change(EventKind.RESOLVED, "ada", when, set=settled))
    assert [one.case_id for one in asked(store)] == [kept.id]
    with store.read() as reads:
        assert reads.resolutions("Bolt", NOON, NOON + 9 * DAY) == []


@pytest.mark.sqlite
def test_it_is_asked_along_indexes(store: Store) -> None:
    (saved,) = save(store)
    resolve(store, open_case(store, saved))
    with store.read() as reads:
        db: Any = reads._db  # type: ignore[attr-defined]
        statements: list[tuple[str, Any]] = []

        def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:
            statements.append((sql, values))

        event.listen(db, "before_cursor_execute", note)
        reads.resolutions("Acme", NOON, NOON + 9 * DAY)
        event.remove(db, "before_cursor_execute", note)
        plans = [
            row[3] for sql, values in statements for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        ]
    assert len(statements) == 2
    assert [plan for plan in plans if plan.startswith("SCAN")] == []

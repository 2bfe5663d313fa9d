"""The audit on a real file: what is sealed, what the file refuses, and what a check finds once somebody forced it."""

import sqlite3
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event

from listener.domain.audit import Act, ActFilter, Anchor
from listener.domain.case import EventKind
from listener.ports import Store
from listener.store import open_store
from listener.store.desk_log import record
from listener.triage.auditing import Verification, verify
from tests.builders import NOON, minutes
from tests.store.steps import apply, change, open_case, save

TRIGGERS = [
    f"{table}_keep_{what}"
    for table in ("case_events", "desk_events", "alert_events", "audit")
    for what in ("update", "delete")
]


@pytest.fixture
def worked(store: Store) -> Store:
    """A case that Ana and Ben worked in six acts, with one by the program between, and an incident's event."""
    case = open_case(store, save(store)[0])
    for number in range(5):
        agent = ("ana", "ben")[number % 2]
        text = {"text": f"note {number}", "named": "Zoë \U0001f600"}
        case = apply(store, case, change(agent=agent, at=NOON + minutes(number), detail=text, set={"priority": 0.1}))
        if number == 1:
            case = apply(store, case, change(EventKind.EDITED, "listener", NOON + minutes(1)))
    with store.write() as tx:
        record(tx._db, at=NOON + minutes(9), agent="ana", subject="incident:1", kind="opened", detail={"title": "x"})  # type: ignore[attr-defined]
        record(tx._db, at=NOON + minutes(9), agent="listener", subject="incident:1", kind="grown", detail={})  # type: ignore[attr-defined]
    return store


def checked(store: Store, anchor: Anchor | None = None) -> Verification:
    with store.read() as reads:
        return verify(reads.sealed(), reads.unsealed(9), anchor)


def forced(path: Path, *statements: str) -> Verification:
    """Somebody opens the file with other means, and takes its triggers away first."""
    db = sqlite3.connect(path)
    for name in TRIGGERS:
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    again = open_store(path)
    try:
        return checked(again)
    finally:
        again.close()


def test_every_act_of_a_person_is_sealed_and_none_of_the_program(worked: Store) -> None:
    found = checked(worked)
    assert (found.end.count, found.erased, found.first) == (6, 0, None)
    with worked.read() as reads:
        assert [row.agent for row in reads.sealed()] == ["ana", "ben", "ana", "ben", "ana", "ana"]
        assert reads.anchor() == found.end


def test_what_an_act_overwrote_is_sealed_with_its_words(worked: Store) -> None:
    with worked.read() as reads:
        first = next(iter(reads.sealed())).event
    assert first is not None
    assert first.before == {"priority": 30.0}


def test_an_instant_given_in_another_zone_is_sealed_as_it_is_kept(store: Store) -> None:
    case = open_case(store, save(store)[0])
    apply(store, case, change(at=NOON.astimezone(timezone(timedelta(hours=9)))))
    assert checked(store).first is None


def test_an_act_is_sealed_or_undone_together_with_what_it_changed(store: Store) -> None:
    case = open_case(store, save(store)[0])
    with pytest.raises(RuntimeError), store.write() as tx:
        tx.change_case(case.id, case.version, change())
        raise RuntimeError
    assert checked(store).end.count == 0


def test_a_case_has_a_history_of_its_own(store: Store) -> None:
    with pytest.raises(ValueError, match="history of its own"), store.write() as tx:
        record(tx._db, at=NOON, agent="ana", subject="case:1", kind="x", detail={})  # type: ignore[attr-defined]


FORGERIES: dict[str, tuple[str, str]] = {
    "an edited note": ("""UPDATE case_events SET detail = '{"text":"never said"}' WHERE agent = 'ben'""", "words"),
    "what was overwritten": ("""UPDATE case_events SET before = '{"priority":1.0}' WHERE agent = 'ben'""", "words"),
    "another's name on an event": ("UPDATE case_events SET agent = 'eve' WHERE agent = 'ben'", "agent was ben"),
    "another's name on a row": ("UPDATE audit SET agent = 'eve' WHERE id = 2", "link"),
    "another's name on both": (
        "UPDATE audit SET agent = 'eve' WHERE id = 2; UPDATE case_events SET agent = 'eve' WHERE agent = 'ben'",
        "link",
    ),
    "another time": ("UPDATE case_events SET at = at + 1 WHERE agent = 'ben'", "time was"),
    "another case": ("UPDATE audit SET subject = 'case:7' WHERE id = 2", "link"),
    "a deleted row": ("DELETE FROM audit WHERE id = 2", "row 2 is missing"),
    "a deleted beginning": ("DELETE FROM audit WHERE id < 3", "rows 1 to 2 are missing"),
    "a deleted event": ("DELETE FROM case_events WHERE agent = 'ben'", "is gone"),
    "a deleted end": ("DELETE FROM audit WHERE id > 5", "isn't in the audit"),
    "swapped rows": (
        "UPDATE audit SET id = -id WHERE id < 3; UPDATE audit SET id = 3 + id WHERE id < 0",
        "link",
    ),
    "an inserted row": (
        "INSERT INTO audit SELECT 7, at, 'eve', kind, subject, event_id, salt, digest, link FROM audit WHERE id = 6",
        "link",
    ),
    "an event that nobody sealed": (
        "INSERT INTO case_events SELECT 99, case_id, at, 'eve', kind, detail, before FROM case_events WHERE id = 2",
        "isn't in the audit",
    ),
    "a desk event that nobody sealed": (
        "INSERT INTO desk_events SELECT 99, at, 'eve', subject, kind, detail FROM desk_events WHERE id = 1",
        "isn't in the audit",
    ),
    "a salt taken away": ("UPDATE audit SET salt = x'' WHERE id = 2", "salt"),
    "words emptied, salt kept": ("UPDATE case_events SET detail = '{}', before = '{}' WHERE agent = 'ben'", "emptied"),
    "an event of the desk renamed": ("UPDATE desk_events SET subject = 'incident:2' WHERE id = 1", "subject was"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_whatever_is_forged_is_found_and_named(worked: Store, path: Path, forgery: str) -> None:
    statements, word = FORGERIES[forgery]
    found = forced(path, *statements.split("; "))
    assert found.first is not None
    assert word in found.first.what


def test_control_a_file_opened_by_other_means_and_left_alone_is_whole(worked: Store, path: Path) -> None:
    assert forced(path, "SELECT 1").first is None


def test_an_end_cut_off_with_its_events_shows_only_against_an_anchor(worked: Store, path: Path) -> None:
    with worked.read() as reads:
        anchor = reads.anchor()
    cut = "DELETE FROM audit WHERE id > 3; DELETE FROM case_events WHERE id > 5; DELETE FROM desk_events"
    assert forced(path, *cut.split("; ")).first is None
    again = open_store(path)
    found = checked(again, anchor).first
    again.close()
    assert found is not None
    assert "cut off" in found.what


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET agent = 'eve' WHERE id = 1",
        "UPDATE audit SET salt = x'00' WHERE id = 1",
        "UPDATE audit SET salt = x'', link = 'x' WHERE id = 1",
        "DELETE FROM audit WHERE id = 1",
        "UPDATE case_events SET agent = 'eve' WHERE id = 2",
    ],
)
def test_the_file_itself_refuses_to_change_what_was_sealed(worked: Store, path: Path, statement: str) -> None:
    db = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    db.close()


def test_words_can_be_erased_with_their_salt_and_the_chain_holds(worked: Store, path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("UPDATE case_events SET detail = '{}', before = '{}' WHERE agent = 'ben'")
    db.execute("UPDATE audit SET salt = x'' WHERE agent = 'ben'")
    db.commit()
    db.close()
    found = checked(worked)
    assert (found.first, found.erased) == (None, 2)
    with worked.read() as reads:
        assert [act.erased for act in reads.acts(ActFilter(agent="ben"), 9)] == [True, True]


def test_acts_of_an_older_store_are_counted_and_not_missed(worked: Store, path: Path) -> None:
    db = sqlite3.connect(path)
    older = "SELECT -1, case_id, at, 'ann', kind, detail, before FROM case_events WHERE id = 1"
    db.execute(f"INSERT INTO case_events {older}")
    db.commit()
    db.close()
    assert checked(worked).first is None
    with worked.read() as reads:
        assert reads.acts_before_audit() == 1


def test_acts_are_listed_newest_first_by_agent_subject_and_day(worked: Store) -> None:
    def ask(want: ActFilter) -> list[int]:
        return [act.id for act in _acts(worked, want)]

    assert ask(ActFilter()) == [6, 5, 4, 3, 2, 1]
    assert ask(ActFilter(agent="ben")) == [4, 2]
    assert ask(ActFilter(subject="case:1", agent="ana")) == [5, 3, 1]
    assert ask(ActFilter(subject="incident:1")) == [6]
    assert ask(ActFilter(subject="case:2")) == []
    assert ask(ActFilter(since=NOON + minutes(4))) == [6, 5]
    assert len(_acts(worked, ActFilter(), 2)) == 2


def _acts(store: Store, want: ActFilter, limit: int = 99) -> list[Act]:
    with store.read() as reads:
        return reads.acts(want, limit)


@pytest.mark.sqlite
def test_what_is_read_and_written_here_is_served_by_an_index(worked: Store) -> None:
    asked: list[tuple[str, object]] = []
    with worked.read() as reads:
        db = reads._db  # type: ignore[attr-defined]
        event.listen(db, "before_cursor_execute", lambda c, u, sql, values, x, m: asked.append((sql, values)))
        for want in (ActFilter(agent="ana"), ActFilter(subject="case:1"), ActFilter(since=NOON), ActFilter()):
            reads.acts(want, 5)
        explained = [db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values) for sql, values in list(asked)]
        plans = [row[3] for rows in explained for row in rows]
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan] == []

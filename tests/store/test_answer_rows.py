"""Drafts: one a case that waits, decided once, by two people, and forgotten with their customer."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from listener.domain.answers import Draft, DraftState
from listener.domain.case import CaseState, EventKind
from listener.domain.mention import MentionKey
from listener.errors import Conflict, NotFound
from listener.ports import Store
from listener.store.team_tables import replies
from tests.builders import NOON, author, scored
from tests.store.steps import apply, change, open_case, save, write
from tests.store.test_plans import _scans, _statements

CANARY = "canary-7d2e"


def _draft(store: Store, case_id: int, agent: str = "zoe", text: str = "sorry", minutes: int = 0) -> Draft:
    made: Draft = write(store, lambda tx: tx.add_draft(case_id, agent, text, NOON + timedelta(minutes=minutes)))
    return made


def test_a_draft_is_kept_as_it_was_written(store: Store) -> None:
    case = open_case(store, *save(store))
    made = _draft(store, case.id)
    assert made == Draft(
        id=made.id, case_id=case.id, agent="zoe", text="sorry", state=DraftState.WAITING, created_at=NOON
    )
    with store.read() as reads:
        assert reads.draft(made.id) == reads.waiting_draft(case.id) == made
        with pytest.raises(NotFound):
            reads.draft(made.id + 1)
        assert reads.waiting_draft(case.id + 1) is None


def test_a_case_has_one_at_a_time(store: Store) -> None:
    case = open_case(store, *save(store))
    first = _draft(store, case.id)
    with pytest.raises(Conflict, match=f"draft {first.id}, by zoe at 2026-03-02 12:00 UTC"):
        _draft(store, case.id, "bob")
    write(store, lambda tx: tx.decide_draft(first.id, DraftState.DECLINED, "bob", NOON, "no"))
    assert _draft(store, case.id, "bob").id != first.id


def test_a_draft_is_decided_once(store: Store) -> None:
    case = open_case(store, *save(store))
    made = _draft(store, case.id)
    done = write(store, lambda tx: tx.decide_draft(made.id, DraftState.DECLINED, "bob", NOON, "no sums"))
    assert (done.state, done.decided_by, done.decided_at, done.why) == (DraftState.DECLINED, "bob", NOON, "no sums")
    with pytest.raises(Conflict, match="was declined by bob"):
        write(store, lambda tx: tx.decide_draft(made.id, DraftState.APPROVED, "cleo", NOON))
    with pytest.raises(NotFound):
        write(store, lambda tx: tx.decide_draft(99, DraftState.APPROVED, "cleo", NOON))


def test_the_file_itself_refuses_an_approval_by_the_writer(store: Store) -> None:
    case = open_case(store, *save(store))
    made = _draft(store, case.id)
    with pytest.raises(IntegrityError, match="two_people"):
        write(store, lambda tx: tx.decide_draft(made.id, DraftState.APPROVED, "zoe", NOON))
    with store.read() as reads:
        assert reads.draft(made.id).state is DraftState.WAITING


def test_what_waits_is_listed_with_its_case_oldest_first(store: Store) -> None:
    first, second, third = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(3)))
    cases = [open_case(store, one) for one in (first, second, third)]
    _draft(store, cases[0].id, minutes=9)
    _draft(store, cases[1].id, minutes=3)
    gone = _draft(store, cases[2].id)
    write(store, lambda tx: tx.decide_draft(gone.id, DraftState.WITHDRAWN, "zoe", NOON))
    with store.read() as reads:
        found = reads.waiting_drafts(9)
        assert [(one.draft.case_id, one.case.handle) for one in found] == [(cases[1].id, "a1"), (cases[0].id, "a0")]
        assert len(reads.waiting_drafts(1)) == 1


def test_resolving_a_case_withdraws_its_draft_and_no_other(store: Store) -> None:
    first, second = save(store, scored(), scored(native_id="2", author=author("bob")))
    here, there = open_case(store, first), open_case(store, second)
    mine, other = _draft(store, here.id), _draft(store, there.id)
    settled = {"state": CaseState.RESOLVED, "resolved_at": NOON}
    apply(store, here, change(EventKind.RESOLVED, set=settled))
    with store.read() as reads:
        assert (reads.draft(mine.id).state, reads.draft(mine.id).decided_by) == (DraftState.WITHDRAWN, "listener")
        assert reads.draft(other.id).state is DraftState.WAITING


def test_a_change_that_resolves_nothing_leaves_it(store: Store) -> None:
    case = open_case(store, *save(store))
    made = _draft(store, case.id)
    apply(store, case, change(EventKind.ROUTED, set={"queue": "press"}))
    with store.read() as reads:
        assert reads.draft(made.id).state is DraftState.WAITING


def test_G2_drafts_go_with_the_last_post_of_their_customer(store: Store) -> None:
    first, _, stays = save(store, scored(), scored(native_id="2"), scored(native_id="3", author=author("bob")))
    mine, other = open_case(store, first), open_case(store, stays)
    declined = _draft(store, mine.id, text=CANARY)
    write(store, lambda tx: tx.decide_draft(declined.id, DraftState.DECLINED, "bob", NOON, f"{CANARY} is her name"))
    waiting, kept = _draft(store, mine.id, text=CANARY), _draft(store, other.id, text="keep")
    key = [MentionKey(platform="x", native_id=native_id) for native_id in "12"]
    write(store, lambda tx: tx.delete_mentions(key[:1], NOON))
    with store.read() as reads:
        assert reads.draft(waiting.id).text == CANARY  # the customer is still there
    write(store, lambda tx: tx.delete_mentions(key[1:], NOON))
    with store.read() as reads:
        rows = {row.id: row for row in reads._db.execute(select(replies))}  # type: ignore[attr-defined]
    assert [(rows[n].text, rows[n].why) for n in (declined.id, waiting.id)] == [("", ""), ("", "")]
    assert (rows[declined.id].state, rows[waiting.id].state) == ("declined", "withdrawn")
    assert (rows[kept.id].text, rows[kept.id].state) == ("keep", "waiting")


@pytest.mark.sqlite
def test_nothing_is_found_by_reading_every_draft(store: Store) -> None:
    case = open_case(store, *save(store))
    made = _draft(store, case.id)
    with store.write() as tx:
        db = tx._db  # type: ignore[attr-defined]
        with _statements(db) as asked:
            tx.waiting_draft(case.id)
            tx.waiting_drafts(9)
            tx.draft(made.id)
            tx.change_case(case.id, case.version, change(set={"state": CaseState.RESOLVED, "resolved_at": NOON}))
            tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON)
        plans = [row[3] for sql, values in asked for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert [plan for plan in plans if _scans(plan) or plan.startswith("SCAN replies")] == []
        db.execute(update(replies).values(text="a"))  # the control: this one does read them all
        scan = db.exec_driver_sql("EXPLAIN QUERY PLAN UPDATE replies SET text = 'a'").fetchall()
        assert any(row[3].startswith("SCAN replies") for row in scan)

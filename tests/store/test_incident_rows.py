"""Incidents and signatures as rows: fenced, found by index, forgotten with the post."""

from datetime import timedelta
from typing import Any

import pytest

from listener.domain.case import EventKind
from listener.domain.incident import IncidentChange, IncidentDraft, IncidentKind, IncidentState
from listener.domain.mention import MentionKey
from listener.errors import Conflict, NotFound
from listener.ports import Store
from tests.builders import NOON, author, scored
from tests.store.steps import apply, change, open_case, save, write
from tests.store.test_plans import _scans, _statements

DRAFT = IncidentDraft(brand="Acme", title="Lockers", kind=IncidentKind.THEME, terms=("lock", "code"), owner="ada")
DAY = timedelta(days=1)


def altered(**more: Any) -> IncidentChange:
    return IncidentChange(kind="titled", agent="ben", at=NOON, set=more)


def test_an_incident_comes_back_as_it_was_opened(store: Store) -> None:
    made = write(store, lambda tx: tx.open_incident(DRAFT, "ada", NOON))
    assert (made.id, made.version, made.state, made.terms) == (1, 1, IncidentState.OPEN, ("lock", "code"))
    with store.read() as reads:
        assert reads.incident(1) == made
        with pytest.raises(NotFound, match="no incident 2"):
            reads.incident(2)


def test_a_stale_writer_is_refused(store: Store) -> None:
    write(store, lambda tx: tx.open_incident(DRAFT, "ada", NOON))
    changed = write(store, lambda tx: tx.change_incident(1, 1, altered(title="Lockers down", apart=frozenset({4, 2}))))
    assert (changed.version, changed.title, changed.apart, changed.terms) == (2, "Lockers down", {2, 4}, DRAFT.terms)
    with pytest.raises(Conflict, match="incident 1 was changed"):
        write(store, lambda tx: tx.change_incident(1, 1, altered(title="Mine")))


def test_only_named_fields_can_be_set(store: Store) -> None:
    write(store, lambda tx: tx.open_incident(DRAFT, "ada", NOON))
    with pytest.raises(ValueError, match="version"):
        write(store, lambda tx: tx.change_incident(1, 1, altered(version=9)))


def test_what_a_person_does_is_sealed_and_what_the_program_does_is_not(store: Store) -> None:
    write(store, lambda tx: tx.open_incident(DRAFT, "listener", NOON))
    write(store, lambda tx: tx.change_incident(1, 1, altered(title="Down")))
    sealed = write(store, lambda tx: tx._db.exec_driver_sql("SELECT agent, kind, subject FROM audit").all())
    assert sealed == [("ben", "titled", "incident:1")]


def test_closed_ones_are_listed_from_when_they_closed(store: Store) -> None:
    for _ in range(2):
        write(store, lambda tx: tx.open_incident(DRAFT, "ada", NOON))
    write(store, lambda tx: tx.change_incident(1, 1, altered(state=IncidentState.CLOSED, closed_at=NOON)))
    with store.read() as reads:
        assert [one.id for one in reads.incidents()] == [2]
        assert [one.id for one in reads.incidents(closed_since=NOON)] == [1, 2]
        assert [one.id for one in reads.incidents("Zeta", closed_since=NOON)] == []


def test_its_cases_are_counted_by_person(store: Store) -> None:
    write(store, lambda tx: tx.open_incident(DRAFT, "ada", NOON))
    for saved in save(store, *(scored(native_id=str(n), author=author(f"a{n % 2}")) for n in range(3))):
        case = open_case(store, saved)
        apply(store, case, change(EventKind.GROUPED, detail={"incident": "1"}, set={"incident_id": 1}))
    with store.read() as reads:
        (line,) = reads.incident_lines(reads.incidents())
        assert (line.cases, line.people, line.live) == (3, 2, 3)
        assert [member.case.id for member in reads.incident_members(1)] == [1, 2, 3]


def test_signatures_are_found_by_band_and_brand_and_replaced(store: Store) -> None:
    one, two = save(store, scored(native_id="1"), scored(native_id="2"))
    write(store, lambda tx: tx.save_signatures("Acme", {one.id: (5, 6), two.id: (5, 7)}))
    with store.read() as reads:
        assert sorted(reads.sharing("Acme", [(0, 5), (1, 6)])) == [(0, 5, one.id), (0, 5, two.id), (1, 6, one.id)]
        assert reads.sharing("Zeta", [(0, 5)]) == []
    write(store, lambda tx: tx.save_signatures("Acme", {one.id: (8, 9)}))
    with store.read() as reads:
        assert reads.sharing("Acme", [(0, 5)]) == [(0, 5, two.id)]


def test_an_erased_post_leaves_no_signature_and_no_words_in_its_incident(store: Store) -> None:
    (saved,) = save(store, scored("@acme my secret word is Rumpelstilzchen", "1"))
    case = open_case(store, saved)
    write(store, lambda tx: tx.save_signatures("Acme", {saved.id: (5, 6)}))
    alike = IncidentDraft(brand="Acme", title="the same words", kind=IncidentKind.ALIKE, first=saved.id)
    write(store, lambda tx: tx.open_incident(alike, "listener", NOON))
    apply(store, case, change(EventKind.GROUPED, detail={"incident": "1"}, set={"incident_id": 1}))
    write(store, lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON))
    with store.read() as reads:
        assert reads.sharing("Acme", [(0, 5)]) == []
        (member,) = reads.incident_members(1)
        assert (member.standing, member.text) == (False, "")
        assert "Rumpel" not in repr((reads.incident(1), reads.incident_history(1), member))


QUESTIONS = {
    "incidents": lambda tx: tx.incidents("Acme", closed_since=NOON),
    "lines": lambda tx: tx.incident_lines(tx.incidents()),
    "members": lambda tx: tx.incident_members(1),
    "history": lambda tx: tx.incident_history(1),
    "heard since": lambda tx: tx.heard_since(0, 9),
    "event before": lambda tx: tx.event_before(NOON),
    "heard in": lambda tx: tx.heard_in([1, 2], "Acme"),
    "sharing": lambda tx: tx.sharing("Acme", [(0, 5), (1, 6)]),
    "complaints": lambda tx: tx.complaints("Acme", NOON, NOON + DAY, 9),
    "save signatures": lambda tx: tx.save_signatures("Acme", {1: (5, 6)}),
    "forget signatures": lambda tx: tx.forget_signatures([1]),
}
GROWING = ("incidents", "signatures", "desk_events")


@pytest.mark.sqlite
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_scans_a_table_that_grows(store: Store, question: str) -> None:
    first, *_ = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(1, 9)))
    open_case(store, first)
    with store.write() as tx:
        tx.open_incident(DRAFT, "ada", NOON)
        db = tx._db  # type: ignore[attr-defined]
        with _statements(db) as asked:
            QUESTIONS[question](tx)
        plans = [row[3] for sql, values in asked for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plans
    assert [plan for plan in plans if _scans(plan) or plan.split()[:2] in [["SCAN", name] for name in GROWING]] == []

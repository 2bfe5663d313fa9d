"""Accounts, their handles, and the links that staff made between them."""

import json
import sqlite3
from pathlib import Path

import pytest

from listener.domain.customer import Basis
from listener.domain.mention import MentionKey
from listener.domain.verdict import Label
from listener.errors import Conflict, NotFound
from listener.ports import Store
from tests.builders import NOON, author, customer, minutes, scored, verdict
from tests.store.steps import apply, change, open_case, save, write
from tests.store.test_plans import _scans, _statements


def _people(store: Store, *handles: str) -> list[int]:
    """Each wrote once."""
    posts = [scored(native_id=f"{n}", author=author(handle)) for n, handle in enumerate(handles)]
    return [saved.author_id for saved in save(store, *posts)]


def _link(store: Store, one: int, two: int, agent: str = "zoe") -> None:
    write(store, lambda tx: tx.link_authors(one, two, Basis.TOLD, agent, NOON))


def _together(store: Store, author_id: int) -> list[int]:
    with store.read() as reads:
        return [account.id for account in reads.customer(author_id).accounts]


def _erase(store: Store, *native_ids: str) -> None:
    write(store, lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id=n) for n in native_ids], NOON))


@pytest.mark.parametrize("handle", ["Ann_B", "ann_b", "ANN_B"])
def test_a_handle_is_found_however_it_is_written(store: Store, handle: str) -> None:
    (wanted,) = _people(store, "Ann_B")
    with store.read() as reads:
        assert [one.id for one in reads.accounts_named(handle)] == [wanted]
        assert [one.id for one in reads.accounts_named(handle, "x")] == [wanted]
        assert reads.accounts_named(handle, "reddit") == []
        assert reads.accounts_named("ann") == []


def test_nobody_erased_is_found_or_has_a_card(store: Store) -> None:
    (gone,) = _people(store, "ann")
    _erase(store, "0")
    with store.read() as reads:
        assert reads.accounts_named("") == []
        assert reads.accounts_named("ann") == []
        for author_id in (gone, gone + 1, 99):
            with pytest.raises(NotFound):
                reads.customer(author_id)


def test_a_card_has_what_was_said_cases_and_notes(store: Store) -> None:
    late, _ = save(
        store,
        scored("late", "1"),
        scored("thanks", "2", said=verdict(Label.PRAISE), created_at=NOON + minutes(5)),
    )
    save(store, scored("again", "3", is_repost=True))
    case = open_case(store, late)
    apply(store, case, change(detail={"text": "a regular"}))
    write(store, lambda tx: tx.save_customers([customer()], NOON))
    with store.read() as reads:
        facts = reads.customer(late.author_id)
    assert [(one.brand, one.complaint, one.praise) for one in facts.said] == [
        ("Acme", True, False),
        ("Acme", False, True),
    ]
    assert [one.id for one in facts.cases] == [case.id]
    assert [(note.agent, note.text) for note in facts.notes] == [("ben", "a regular")]
    (account,) = facts.accounts
    assert (account.author.handle, account.first_seen, account.value_percentile) == ("ann", NOON, 0.5)
    assert (account.linked_by, account.linked_at) == ("", None)


def test_linked_accounts_share_one_card_whoever_is_asked_for(store: Store) -> None:
    ann, ben, cleo, dan = _people(store, "ann", "ben", "cleo", "dan")
    _link(store, ben, ann)
    _link(store, cleo, dan)
    assert _together(store, ann) == _together(store, ben) == [ann, ben]
    _link(store, dan, ben, "bob")
    for one in (ann, ben, cleo, dan):
        assert _together(store, one) == [ann, ben, cleo, dan]
    with store.read() as reads:
        by = {account.id: account.linked_by for account in reads.customer(ann).accounts}
    assert by == {ann: "zoe", ben: "zoe", cleo: "zoe", dan: "zoe"}  # who linked first stays named


def test_what_is_linked_is_not_linked_again(store: Store) -> None:
    ann, ben = _people(store, "ann", "ben")
    _link(store, ann, ben)
    for one, two in ((ann, ben), (ben, ann), (ann, ann)):
        with pytest.raises(Conflict, match="one customer already"):
            _link(store, one, two)


def test_an_account_leaves_and_the_others_stay_together(store: Store) -> None:
    ann, ben, cleo = _people(store, "ann", "ben", "cleo")
    _link(store, ann, ben)
    _link(store, ben, cleo)
    write(store, lambda tx: tx.unlink_author(ann, "bob", NOON))
    assert _together(store, ann) == [ann]
    assert _together(store, ben) == [ben, cleo]
    write(store, lambda tx: tx.unlink_author(ben, "bob", NOON))
    assert _together(store, cleo) == [cleo]
    for one in (ann, ben, cleo):
        with pytest.raises(Conflict, match="linked to nobody"):
            write(store, lambda tx, one=one: tx.unlink_author(one, "bob", NOON))


def test_G2_erasing_an_author_ends_the_link_and_leaves_no_name(path: Path, store: Store) -> None:
    ann, ben, cleo = _people(store, "ann-canary", "ben", "cleo")
    _link(store, ann, ben)
    _link(store, ben, cleo)
    _erase(store, "0")
    assert _together(store, ben) == [ben, cleo]
    _erase(store, "1")
    assert _together(store, cleo) == [cleo]
    store.close()
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM author_links").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM desk_events WHERE subject LIKE 'author:%'").fetchone() == (2,)
    db.close()
    assert b"ann-canary" not in path.read_bytes()


def test_each_link_is_in_the_audit_by_number_and_not_by_name(path: Path, store: Store) -> None:
    ann, ben = _people(store, "ann", "ben")
    _link(store, ann, ben)
    write(store, lambda tx: tx.unlink_author(ben, "bob", NOON))
    store.close()
    db = sqlite3.connect(path)
    rows = db.execute("SELECT agent, kind, subject FROM audit ORDER BY id").fetchall()
    details = db.execute("SELECT detail FROM desk_events ORDER BY id").fetchall()
    db.close()
    assert rows == [("zoe", "linked", f"author:{ann}"), ("bob", "unlinked", f"author:{ben}")]
    assert [json.loads(row[0]) for row in details] == [{"with": f"author:{ben}", "basis": "told"}, {}]


@pytest.mark.sqlite
def test_no_question_about_a_customer_scans_a_table_that_grows(store: Store) -> None:
    saved = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(8)))
    open_case(store, saved[0])
    with store.write() as tx:
        db = tx._db  # type: ignore[attr-defined]
        with _statements(db) as asked:
            tx.accounts_named("A1")
            tx.accounts_named("A1", "x")
            tx.link_authors(saved[0].author_id, saved[1].author_id, Basis.PUBLIC, "zoe", NOON)
            tx.customer(saved[0].author_id)
            tx.unlink_author(saved[0].author_id, "zoe", NOON)
        plans = [row[3] for sql, values in asked for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any("ix_authors_handle" in plan for plan in plans)
    assert [plan for plan in plans if _scans(plan) or plan.startswith("SCAN author_links")] == []

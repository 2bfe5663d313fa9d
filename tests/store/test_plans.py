"""No question scans a table that grows: SQLite's own plans say so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event

from listener.domain.loyalty import Gift
from listener.domain.mention import MentionKey
from listener.domain.stored import InboxFilter
from listener.domain.verdict import Label
from listener.domain.watched import Dimension
from listener.ports import Store
from tests.builders import NOON, author, customer, scored
from tests.store.steps import gift_of, open_case, save

DAY = timedelta(days=1)
GROWING = ("mentions", "voices", "verdicts", "matches", "cases", "case_mentions", "case_events", "authors", "tallies")


def _hourly_by(dimension: Dimension, tx: Any) -> object:
    return tx.hourly_by("Acme", dimension, Label.COMPLAINT, NOON, NOON + DAY)


QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "inbox": lambda tx: tx.inbox(InboxFilter(), NOON, 20),
    "inbox of a queue": lambda tx: tx.inbox(InboxFilter(queue="support", assignee=""), NOON, 20),
    "inbox of every state": lambda tx: tx.inbox(InboxFilter(states=("open", "snoozed", "resolved")), NOON, 20),
    "next page of the inbox": lambda tx: tx.inbox(InboxFilter(after=(True, NOON, 1)), NOON, 20),
    "latest event": lambda tx: tx.latest_event(),
    "queue counts": lambda tx: tx.queue_counts(NOON),
    "case card": lambda tx: tx.case_card(1),
    "cases of authors": lambda tx: tx.cases_of_authors([1, 2], NOON),
    "cases holding": lambda tx: tx.cases_holding([1, 2]),
    "histories": lambda tx: tx.author_histories("Acme", [1, 2]),
    "known": lambda tx: tx.known([MentionKey(platform="x", native_id="1")]),
    "unscored": lambda tx: tx.unscored(9),
    "tallies": lambda tx: tx.tallies(NOON, NOON + DAY),
    "tallies of a brand": lambda tx: tx.tallies(NOON, NOON + DAY, "Acme"),
    "stands": lambda tx: tx.stands("Acme", NOON, NOON + DAY),
    "distinct authors": lambda tx: tx.distinct_authors(NOON, NOON + DAY, "Acme", "complaint"),
    "hourly authors": lambda tx: tx.hourly_authors("Acme", "", NOON, NOON + DAY),
    "hourly authors of a queue": lambda tx: tx.hourly_authors("Acme", "support", NOON, NOON + DAY),
    "spike series": lambda tx: tx.spike_series(),
    "first mention": lambda tx: tx.first_mention_hour("Acme"),
    "samples": lambda tx: tx.samples("Acme", "complaint", NOON, NOON + DAY, 3),
    "case facts": lambda tx: tx.case_facts(NOON, NOON + DAY),
    "outbox": lambda tx: tx.outbox_due(NOON, 9),
    "alerts": lambda tx: (tx.open_alerts(), tx.alerts(NOON, 9)),
    "claim": lambda tx: tx.claim_next("ann", ["support"], NOON, DAY),
    "sleepers": lambda tx: tx.sleepers_due(NOON, 9),
    "alarms": lambda tx: tx.alarms_due(NOON, 9),
    "posts of open cases to look up": lambda tx: tx.recheck_open("x", NOON + DAY, 9),
    "stored posts to look up": lambda tx: tx.recheck_stored("x", NOON + DAY, 9),
    "posts not to look up any more": lambda tx: tx.ask_no_more("x", NOON + DAY, NOON + DAY, 9),
    "noting that posts stand": lambda tx: tx.mark_checked([MentionKey(platform="x", native_id="1")], NOON),
    **{f"hourly by {dimension}": partial(_hourly_by, dimension) for dimension in Dimension},
    "hourly praise": lambda tx: tx.hourly_by("Acme", Dimension.WHOLE, Label.PRAISE, NOON, NOON + DAY),
    "hourly posts": lambda tx: tx.hourly_posts("Acme", NOON, NOON + DAY),
    "hours of platforms": lambda tx: tx.platform_hours(NOON, NOON + DAY),
    "words of a window": lambda tx: tx.worded("Acme", Label.COMPLAINT, NOON, NOON + DAY, 9),
    "repeats": lambda tx: tx.repeats("Acme", Label.COMPLAINT, NOON, NOON + DAY),
    "backlog": lambda tx: tx.backlog(),
    "unresolved cases": lambda tx: tx.unresolved("Acme"),
    "cases by value": lambda tx: tx.ranked_by_value(0, 9),
    "people": lambda tx: tx.people([1, 2]),
    "a person's ledger": lambda tx: tx.rewards(author_id=1),
    "who had a gift": lambda tx: tx.had_gift(Gift.REWARD, NOON - DAY),
    "delete": lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id="3")], NOON),
    "save": lambda tx: tx.save_mentions([scored("edited", "2", author=author("bob"))], NOON),
}


@pytest.mark.sqlite
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_scans_a_table_that_grows(store: Store, question: str) -> None:
    first, *_ = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(1, 9)))
    open_case(store, first)
    with store.write() as tx:
        tx.save_customers([customer("a1")], NOON)
        tx.add_reward(gift_of(first.author_id))
        db = tx._db
        with _statements(db) as asked:
            QUESTIONS[question](tx)
        plans = [row[3] for sql, values in asked for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plans
    assert [plan for plan in plans if _scans(plan)] == []


@pytest.mark.sqlite
def test_the_unanswered_cases_of_a_week_are_not_looked_for_among_all_that_were_never_answered(store: Store) -> None:
    with store.read() as reads:
        db = reads._db  # type: ignore[attr-defined]
        with _statements(db) as asked:
            reads.unanswered("Acme", NOON, NOON + DAY)
        plans = [row[3] for sql, values in asked for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any("SEARCH cases USING INDEX ix_cases_opened_at" in plan for plan in plans), plans


@pytest.mark.sqlite
def test_queues_are_counted_in_the_order_of_a_narrow_index_and_resolved_cases_not_at_all(store: Store) -> None:
    with store.read() as reads:
        db = reads._db  # type: ignore[attr-defined]
        with _statements(db) as asked:
            reads.queue_counts(NOON)
            reads.gauges()
        plans = [row[3] for sql, values in asked for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert "SEARCH cases USING COVERING INDEX ix_cases_queue_counts (state=?)" in plans
    assert [plan for plan in plans if plan.startswith("SCAN cases")] == []


@pytest.mark.sqlite
def test_control_a_scan_is_noticed(store: Store) -> None:
    with store.read() as reads:
        db = reads._db
        rows = db.exec_driver_sql("EXPLAIN QUERY PLAN SELECT * FROM mentions WHERE text = 'x'")
        assert any(_scans(row[3]) for row in rows)


def test_a_page_costs_as_many_statements_as_a_single_mention(store: Store) -> None:
    costs = []
    for start, count in ((0, 1), (100, 256)):
        page = [scored(native_id=str(start + n), author=author(f"a{start + n}")) for n in range(count)]
        with store.write() as tx, _statements(tx._db) as asked:
            tx.save_mentions(page, NOON)
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 10


def _scans(plan: str) -> bool:
    words = plan.split()
    if words[:2] == ["SEARCH", "authors"] and plan.endswith("(platform=?)"):
        # All of a platform is as good as all.
        return True
    # What waits for the classifier has an index of its own, which is normally empty.
    return words[0] == "SCAN" and words[1] in GROWING and words[-1] != "ix_voices_unscored"


@contextmanager
def _statements(db: Any) -> Iterator[list[tuple[str, Any]]]:
    """What is executed meanwhile; of many rows' values, the first."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        asked.append((sql, values[0] if isinstance(values, list) else values))

    event.listen(db, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db, "before_cursor_execute", note)

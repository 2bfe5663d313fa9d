"""Cursors, gaps, rejects and the health of sources."""

from listener.domain.mention import Gap, Reject
from listener.ports import Store
from tests.builders import NOON, minutes
from tests.store.steps import write

GAP = Gap(since=NOON, until=NOON + minutes(30), reason="page cap")
REJECT = Reject(reason="no id", raw='{"text": "\\ud800"}', native_id="", position="line 7")


def test_a_cursor_is_the_last_saved_of_its_source(store: Store) -> None:
    for cursor in ("one", "two"):
        write(store, lambda tx, c=cursor: tx.save_cursor("x", c, NOON))
    with store.read() as reads:
        assert (reads.cursor("x"), reads.cursor("reddit")) == ("two", "")


def test_a_gap_stays_open_until_it_is_closed(store: Store) -> None:
    write(store, lambda tx: tx.add_gap("x", GAP, NOON))
    write(store, lambda tx: tx.add_gap("x", GAP, NOON))
    with store.read() as reads:
        (gap,) = reads.open_gaps("x")
        assert (gap.source, gap.since, gap.until, gap.reason) == ("x", GAP.since, GAP.until, GAP.reason)
        assert reads.open_gaps("reddit") == []
    write(store, lambda tx: tx.close_gap(gap.id, NOON))
    with store.read() as reads:
        assert reads.open_gaps() == []


def test_a_gap_found_again_is_open_again(store: Store) -> None:
    write(store, lambda tx: tx.add_gap("x", GAP, NOON))
    write(store, lambda tx: tx.close_gap(1, NOON))
    write(store, lambda tx: tx.add_gap("x", GAP, NOON))
    with store.read() as reads:
        assert [gap.id for gap in reads.open_gaps()] == [1]


def test_A4_a_reject_is_kept_once_with_its_reason(store: Store) -> None:
    write(store, lambda tx: tx.quarantine("x", REJECT, NOON))
    write(store, lambda tx: tx.quarantine("x", REJECT, NOON + minutes(5)))
    write(store, lambda tx: tx.quarantine("feed", REJECT, NOON))
    with store.read() as reads:
        newest, first = reads.quarantined(5)
        assert len(reads.quarantined(1)) == 1
        assert reads.stats().quarantined == 2
    assert (newest.source, first.source) == ("feed", "x")
    assert (first.reason, first.raw, first.position, first.at) == ("no id", REJECT.raw, "line 7", NOON)


def test_a_sources_failures_are_counted_until_it_succeeds(store: Store) -> None:
    def attempt(minute: float, **more: object) -> None:
        write(store, lambda tx: tx.record_attempt("x", "x", NOON + minutes(minute), **more))

    attempt(0, last_mention=NOON - minutes(9))
    attempt(1, error="timeout", paused_until=NOON + minutes(15))
    attempt(2, error="timeout again", last_mention=NOON - minutes(30))
    with store.read() as reads:
        (ill,) = reads.health()
    assert (ill.failures, ill.error, ill.paused_until) == (2, "timeout again", None)
    assert (ill.last_attempt, ill.last_success) == (NOON + minutes(2), NOON)
    assert ill.last_mention == NOON - minutes(9)
    attempt(3)
    with store.read() as reads:
        (well,) = reads.health()
    assert (well.failures, well.error, well.last_success) == (0, "", NOON + minutes(3))
    assert well.last_mention == NOON - minutes(9)

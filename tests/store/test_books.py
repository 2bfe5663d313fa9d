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


def test_what_is_heard_live_leaves_what_polls_met(store: Store) -> None:
    until = NOON + minutes(15)
    write(
        store,
        lambda tx: tx.record_attempt("x", "x", NOON, error="RateLimited: 429", paused_until=until, credential="a"),
    )
    write(store, lambda tx: tx.record_heard("x", "x", NOON + minutes(1), last_mention=NOON))
    with store.read() as reads:
        (row,) = reads.health()
    assert (row.failures, row.error, row.paused_until) == (1, "RateLimited: 429", until)
    assert (row.last_success, row.last_mention, row.credential) == (NOON + minutes(1), NOON, "a")


def test_a_stream_and_a_warning_stand_beside_the_attempts(store: Store) -> None:
    write(store, lambda tx: tx.record_stream("x", "x", "polling: Retry: reset", NOON + minutes(5)))
    write(store, lambda tx: tx.warn_of("x", "x", "look at this"))
    write(store, lambda tx: tx.record_attempt("x", "x", NOON))
    with store.read() as reads:
        (row,) = reads.health()
    assert (row.stream, row.stream_until, row.warning) == ("polling: Retry: reset", NOON + minutes(5), "look at this")
    write(store, lambda tx: (tx.record_stream("x", "x", "streaming", None), tx.warn_of("x", "x", "")))
    with store.read() as reads:
        (row,) = reads.health()
    assert (row.stream, row.stream_until, row.warning, row.last_success) == ("streaming", None, "", NOON)


def test_an_outage_that_goes_on_is_one_gap_that_grows(store: Store) -> None:
    gap = Gap(since=NOON, until=NOON + minutes(1), reason="deaf")
    write(store, lambda tx: tx.add_gap("x", gap, NOON))
    for minute in (5, 9, 7):
        write(store, lambda tx, at=minute: tx.stretch_gap(1, NOON + minutes(at), NOON))
    with store.read() as reads:
        (grown,) = reads.open_gaps("x")
    assert (grown.id, grown.until) == (1, NOON + minutes(9))


def test_a_gap_that_grows_into_one_that_was_closed_opens_that_one_again(store: Store) -> None:
    for minute in (9, 1):
        gap = Gap(since=NOON, until=NOON + minutes(minute), reason="deaf")
        write(store, lambda tx, gap=gap: tx.add_gap("x", gap, NOON))
    write(store, lambda tx: tx.close_gap(1, NOON))
    write(store, lambda tx: tx.stretch_gap(2, NOON + minutes(9), NOON))
    write(store, lambda tx: tx.stretch_gap(99, NOON + minutes(9), NOON))
    with store.read() as reads:
        assert [(gap.id, gap.until) for gap in reads.open_gaps("x")] == [(1, NOON + minutes(9))]


def test_a_cursor_can_be_forgotten(store: Store) -> None:
    write(store, lambda tx: (tx.save_cursor("a", "1", NOON), tx.save_cursor("b", "2", NOON)))
    write(store, lambda tx: tx.forget_cursor("a"))
    with store.read() as reads:
        assert (reads.cursor("a"), reads.cursor("b")) == ("", "2")


def test_A8_gaps_that_touch_a_stretch_are_found_also_closed_ones(store: Store) -> None:
    write(store, lambda tx: tx.add_gap("x", GAP, NOON))
    write(store, lambda tx: tx.close_gap(1, NOON))
    write(
        store, lambda tx: tx.add_gap("x", Gap(since=NOON + minutes(40), until=NOON + minutes(50), reason="503"), NOON)
    )
    write(store, lambda tx: tx.add_gap("reddit", GAP, NOON))

    def within(begin: float, end: float) -> list[int]:
        with store.read() as reads:
            return [gap.id for gap in reads.gaps_within("x", NOON + minutes(begin), NOON + minutes(end))]

    assert within(-10, 60) == [1, 2]
    assert (within(29, 40), within(30, 41), within(30, 40), within(50, 60)) == ([1], [2], [], [])

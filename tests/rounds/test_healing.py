"""What was missed is read by itself where the platform still shows it and it costs no more than it may."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener.clock import VirtualClock
from listener.domain.mention import Gap, Page
from listener.domain.platform import Capabilities, Estimate
from listener.domain.rereading import GapPolicy
from listener.errors import BadCursor, NotPermitted, RateLimited, Retry
from listener.ports import Store
from listener.rounds import Job, backfilling, one_round
from listener.rounds.backfilling import EVERY, PAGES, Healing
from tests.builders import NOON, author, mention
from tests.pipeline.parts import SOURCE, Scripted, page, stages

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Past(Scripted):
    """A post an hour, five to a page."""

    asked: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    price: Estimate = field(default_factory=Estimate)
    estimated: int = 0
    gaps: tuple[Gap, ...] = ()

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        self.estimated += 1
        return self.price

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        self.asked.append((since, until, cursor))
        hours = (until - since) // HOUR
        for at in range(int(cursor or 0), hours, 5):
            if self.errors:
                raise self.errors.pop(0)
            times = [since + hour * HOUR for hour in range(at, min(at + 5, hours))]
            found = [mention("@acme", f"{at:%d%H}", author=author(f"{at:%d%H}"), created_at=at) for at in times]
            yield Page(mentions=tuple(found), cursor=str(at + 5), done=at + 5 >= hours, gaps=self.gaps)


class Bench:
    def __init__(self, store: Store, folder: Path, policy: GapPolicy, can: Capabilities) -> None:
        self.store, self.clock, self.past = store, VirtualClock(NOON), Past([page(cursor=1, done=True)])
        self.stages = replace(stages(store, folder, clock=self.clock), gaps=policy)
        self.job = Job(source=SOURCE, connector=self.past, can=can)
        self.healing = Healing(self.stages, [self.job])

    def missed(self, since: timedelta, until: timedelta, reason: str = "page cap") -> None:
        with self.store.write() as tx:
            tx.save_cursor(SOURCE.name, "live", NOON)
            tx.add_gap(SOURCE.name, Gap(since=NOON - since, until=NOON - until, reason=reason), NOON)

    def look(self, later: timedelta = EVERY) -> None:
        self.clock.sleep(later.total_seconds())
        self.healing.look()

    def open(self) -> list[tuple[float, float, str]]:
        """Gaps as (hours before noon, hours before noon, reason)."""
        with self.store.read() as reads:
            gaps: Sequence[Gap] = reads.open_gaps(SOURCE.name)  # type: ignore[assignment]
        return [(round((NOON - g.since) / HOUR, 1), round((NOON - g.until) / HOUR, 1), g.reason) for g in gaps]

    def mentions(self) -> int:
        with self.store.read() as reads:
            return reads.stats().mentions


def bench_of(store: Store, folder: Path, policy: GapPolicy | None = None, **can: object) -> Bench:
    return Bench(store, folder, policy or GapPolicy(), Capabilities(backfill=True, **can))  # type: ignore[arg-type]


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    return bench_of(store, tmp_path)


def test_a_gap_is_read_and_closed_and_the_place_of_polls_stays(bench: Bench) -> None:
    bench.missed(9 * HOUR, 2 * HOUR)
    bench.look()
    assert (bench.open(), bench.mentions()) == ([], 7)
    with bench.store.read() as reads:
        assert reads.cursor(SOURCE.name) == "live"
        assert reads.health() == [], "reading the past says nothing of how the source fares"


def test_a_long_gap_is_read_a_few_pages_at_a_time(bench: Bench) -> None:
    bench.missed(9 * DAY, HOUR)
    bench.look()
    assert bench.mentions() == PAGES * 5
    bench.healing = Healing(bench.stages, [bench.job])  # a restart goes on where it was
    for _ in range(3):
        bench.look()
    assert (bench.open(), bench.mentions()) == ([], 9 * 24 - 1)
    assert [cursor for _, _, cursor in bench.past.asked] == ["", "100", "200"]


@dataclass
class Deep(Past):
    """Lists from its newest post down each time; a cursor says below what it goes on."""

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        self.asked.append((since, until, cursor))
        below = datetime.fromisoformat(cursor) if cursor else now
        for at in range(0, (now - since) // HOUR + 1, 5):
            times = [now - hour * HOUR for hour in range(at, at + 5)]
            found = [
                mention("@acme", f"{one:%d%H}", author=author(f"{one:%d%H}"), created_at=one)
                for one in times
                if since <= one < min(until, below)
            ]
            reached = min(below, times[-1])
            yield Page(mentions=tuple(found), cursor=reached.isoformat(), done=times[-1] < since)
            if times[-1] < since:
                return


def test_a_gap_that_lies_deeper_than_one_look_is_reached(bench: Bench) -> None:
    bench.past = Deep([page(cursor=1, done=True)])
    bench.job = replace(bench.job, connector=bench.past)
    bench.healing = Healing(bench.stages, [bench.job])
    bench.missed(9 * DAY, 8 * DAY)
    for _ in range(4):
        bench.look()
    assert (bench.open(), bench.mentions()) == ([], 24)


def test_a_look_that_counts_what_it_only_passes_never_reaches_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfilling, "moved", lambda cursor, page: True)
    with pytest.raises(AssertionError):
        test_a_gap_that_lies_deeper_than_one_look_is_reached(bench)


def test_one_gap_after_the_other(bench: Bench) -> None:
    bench.missed(9 * HOUR, 8 * HOUR)
    bench.missed(5 * HOUR, 4 * HOUR)
    bench.look()
    assert len(bench.open()) == 1
    bench.look()
    assert bench.open() == []


def test_what_lies_beyond_the_platforms_reach_stays_a_gap_and_is_not_tried_again(store: Store, tmp_path: Path) -> None:
    bench = bench_of(store, tmp_path, reach=DAY)
    bench.missed(3 * DAY, HOUR)
    bench.look()
    assert bench.open() == [(72.0, pytest.approx(23.9, abs=0.1), "can't be had: page cap")]
    bench.look(HOUR)
    assert len(bench.past.asked) == 1
    bench.missed(9 * DAY, 8 * DAY)
    bench.look(HOUR)
    assert len(bench.past.asked) == 1


def test_what_a_backfill_could_not_reach_is_not_tried_again(bench: Bench) -> None:
    bench.missed(9 * HOUR, 2 * HOUR)
    bench.past.gaps = (Gap(since=NOON - 9 * HOUR, until=NOON - 2 * HOUR, reason="the newest 800 only"),)
    bench.look()
    assert bench.open() == [(9.0, 2.0, "can't be had: the newest 800 only")]
    bench.look(HOUR)
    assert len(bench.past.asked) == 1


def test_what_a_poll_will_close_is_left_to_it(bench: Bench) -> None:
    bench.missed(9 * HOUR, 2 * HOUR, reason="stream: neither streamed nor polled")
    bench.look()
    assert bench.past.asked == []


def test_a_fresh_gap_waits_until_its_posts_can_be_found(bench: Bench) -> None:
    bench.missed(HOUR, timedelta(0))
    bench.look()
    assert bench.past.asked == []
    bench.look(timedelta(minutes=5))
    assert len(bench.past.asked) == 1


@pytest.mark.parametrize(
    ("most", "price", "read"),
    [
        (0, Estimate(posts=1, micro_usd=1), False),
        (100_000, Estimate(posts=20, micro_usd=100_000), True),
        (100_000, Estimate(posts=21, micro_usd=105_000), False),
        (100_000, Estimate(note="can't be known before"), False),
    ],
)
def test_where_it_costs_money_only_a_known_and_small_price_is_paid(
    store: Store, tmp_path: Path, most: int, price: Estimate, read: bool
) -> None:
    bench = bench_of(store, tmp_path, GapPolicy(most_micro_usd=most), cost="$0.005 a post")
    bench.past.price = price
    bench.missed(9 * HOUR, 2 * HOUR)
    for _ in range(5):
        bench.look()
    assert bool(bench.past.asked) is read
    assert bench.past.estimated == (1 if most else 0), "an estimate may cost, too"


@pytest.mark.parametrize(
    ("error", "rests"),
    [(RateLimited("slow down", until=NOON + 2 * HOUR), 115), (NotPermitted("no"), 300), (Retry("503"), 0)],
)
def test_a_failure_is_waited_out(bench: Bench, error: Exception, rests: int) -> None:
    bench.missed(9 * HOUR, 2 * HOUR)
    bench.past.errors = [error] * (3 if type(error) is Retry else 1)
    bench.look()
    asked = len(bench.past.asked)
    while bench.clock.now() < NOON + timedelta(minutes=rests):
        bench.look()
        assert len(bench.past.asked) == asked
    bench.look(2 * HOUR)
    assert bench.open() == []


def test_a_refused_cursor_begins_anew(bench: Bench) -> None:
    bench.missed(9 * DAY, HOUR)
    bench.look()
    bench.past.errors = [BadCursor("expired")]
    for _ in range(4):
        bench.look()
    assert (bench.open(), bench.mentions()) == ([], 9 * 24 - 1)


def test_a_paused_source_is_left_alone(bench: Bench) -> None:
    bench.missed(9 * HOUR, 2 * HOUR)
    with bench.store.write() as tx:
        tx.record_attempt(SOURCE.name, "x", NOON, error="RateLimited: 429", paused_until=NOON + HOUR)
    bench.look()
    assert bench.past.asked == []


def test_it_can_be_switched_off(store: Store, tmp_path: Path) -> None:
    bench = bench_of(store, tmp_path, GapPolicy(heal=False))
    bench.missed(9 * HOUR, 2 * HOUR)
    bench.look()
    assert bench.past.asked == []


def test_a_round_reads_what_was_missed_too(bench: Bench) -> None:
    bench.missed(9 * HOUR, 2 * HOUR)
    one_round(bench.stages, [bench.job], {})
    assert bench.open() == []

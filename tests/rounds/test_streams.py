"""A source that is heard loses nothing: polls close every hole, and what neither covered is a gap."""

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from listener.clock import VirtualClock
from listener.domain.mention import Gap, Page
from listener.domain.policy import AlertPolicy
from listener.errors import BudgetSpent, NotPermitted, RateLimited, Reauthorize, Retry
from listener.ports import Store
from listener.rounds.streams import Stream
from tests.builders import NOON, minutes
from tests.rounds.live import Blind, Hand, Live, Platform, cursor, job, keys, stages, stored


class Bench:
    """One stream, its platform, and hands on both."""

    def __init__(self, store: Store, folder: Path, *, name: str = "live", seed: int = 1, room: int = 5000) -> None:
        self.clock = VirtualClock(NOON)
        self.world = Platform(self.clock, prefix=f"{name}-")
        self.store, self.name, self.chance, self.room = store, name, random.Random(seed), room
        self.stages, self.calm = stages(store, folder, self.clock), False
        self.begin()

    def begin(self) -> None:
        """As a process begins."""
        self.hand = Hand(self.room)
        with self.store.read() as reads:
            row = next((row for row in reads.health() if row.source == self.name), None)
        self.stream = Stream(
            self.stages, job(Live(self.world), self.name), row, start=self.hand.start, chance=self.chance
        )

    def step(self, seconds: float = 0.5, cranks: int = 1, *, held: bool = False) -> None:
        self.clock.sleep(seconds)
        self.hand.crank(cranks)
        self.stream.turn(held=held)

    def stand(self) -> None:
        """Until the platform listens and the poll behind is done."""
        for _ in range(60):
            self.step()
            if self.stream.stands and self.stream._unbroken:
                return
        raise AssertionError("the stream doesn't stand")

    def stored(self) -> set[str]:
        return stored(self.store, self.world.posts)

    def all(self) -> set[str]:
        return {post.key.native_id for post in self.world.posts}

    def gaps(self) -> list[str]:
        with self.store.read() as reads:
            return [gap.reason for gap in reads.open_gaps(self.name)]

    def row(self) -> str:
        with self.store.read() as reads:
            return next(row.stream for row in reads.health() if row.source == self.name)


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    return Bench(store, tmp_path)


def test_posts_are_stored_as_they_appear_and_the_cursor_follows(bench: Bench) -> None:
    bench.world.publish(3)
    bench.stand()
    polled = bench.world.polled
    bench.world.publish(2)
    bench.step()
    assert bench.stored() == bench.all()
    assert (bench.world.polled, cursor(bench.store)) == (polled, 5)
    assert bench.row() == "streaming"


def test_what_appears_between_the_poll_and_the_connection_is_brought_by_a_second_poll(bench: Bench) -> None:
    bench.step()  # polls, and begins to connect
    bench.world.publish(3)  # nobody hears this
    bench.hand._steps = bench.stream._reader.steps()  # type: ignore[union-attr]
    bench.stand()
    assert bench.stored() == bench.all()


def test_before_the_second_poll_has_ended_pages_are_stored_without_their_cursors(bench: Bench) -> None:
    bench.world.publish(3)
    bench.step()
    assert cursor(bench.store) == 3
    bench.world.publish(1)
    bench.world.polls_fail_after = 0
    bench.step(cranks=2)
    bench.world.publish(1)
    bench.step(cranks=2)
    assert bench.stream.stands
    assert "live-4" in bench.stored()
    assert cursor(bench.store) == 3
    bench.world.polls_fail_after = None
    bench.step(3600, cranks=1)
    bench.step()
    assert bench.stored() == bench.all()
    assert cursor(bench.store) == 5


def test_an_outage_of_both_is_a_gap_until_a_poll_has_covered_it(bench: Bench) -> None:
    bench.stand()
    bench.world.polls_fail_after = 0
    bench.world.stream_error = Retry("reset by peer")
    bench.step()
    bench.step()
    bench.world.publish(4)
    assert bench.gaps() == ["stream: neither streamed nor polled"]
    assert bench.row() == "polling: Retry: reset by peer"
    for _ in range(5):
        bench.step(3600)
    assert len(bench.gaps()) == 1, "one outage is one gap"
    bench.world.polls_fail_after, bench.world.stream_error = None, None
    bench.step(3600)
    assert bench.gaps() == []
    bench.stand()
    assert bench.stored() == bench.all()


def test_a_broken_stream_is_polled_at_once_and_connected_again_later(bench: Bench) -> None:
    bench.stand()
    bench.world.stream_error = Retry("reset by peer")
    bench.step()
    polled = bench.world.polled
    bench.world.stream_error = None
    bench.world.publish(2)
    bench.step(0.1)
    assert (bench.world.polled, bench.stored() == bench.all()) == (polled + 1, True)
    bench.stand()
    assert bench.world.connected == 2


def test_attempts_to_connect_grow_rare_but_never_rarer_than_five_minutes(bench: Bench) -> None:
    bench.world.stream_error = Retry("connection refused")
    waits, last = [], 0
    for second in range(6 * 3600):
        bench.step(1)
        if bench.world.connected > last:
            last = bench.world.connected
            waits.append(second)
    gaps = [b - a for a, b in itertools.pairwise(waits)]
    assert max(gaps) <= 300 + 3
    assert 6 * 3600 / 300 <= len(waits) <= 400


@pytest.mark.parametrize(
    ("error", "earliest", "latest"),
    [
        (RateLimited("too many connections", until=NOON + minutes(20)), 20, 21),
        (Reauthorize("refused"), 60, 62),
        (NotPermitted("members only"), 60, 62),
        (BudgetSpent("spent", until=NOON + minutes(60 * 24 * 9)), 0, 6),
    ],
)
def test_a_stream_is_left_alone_for_as_long_as_its_end_asks(
    bench: Bench, error: Exception, earliest: int, latest: int
) -> None:
    bench.world.stream_error = error
    bench.step(), bench.step()
    assert bench.world.connected == 1
    bench.begin()  # a restart doesn't forget
    while bench.world.connected == 1:
        bench.step(10)
    assert minutes(earliest) <= bench.clock.now() - NOON <= minutes(latest)
    assert bench.world.polled > 1, "polls go on meanwhile"


def test_a_stream_that_says_nothing_for_ninety_seconds_counts_as_broken(bench: Bench) -> None:
    bench.stand()
    bench.step(91, cranks=0)
    assert not bench.stream.stands
    assert "silent" in bench.row()


def test_a_stream_that_is_never_let_in_counts_as_broken(bench: Bench) -> None:
    bench.step(cranks=0)
    bench.step(91, cranks=0)
    assert "no page" in bench.row()


def test_while_a_stream_stands_polls_are_rare(bench: Bench) -> None:
    bench.stand()
    polled = bench.world.polled
    for _ in range(60 * 60):
        bench.step(1)
    assert bench.world.polled - polled in (3, 4)


def test_a_pause_of_polls_holds_back_the_stream_too(bench: Bench) -> None:
    bench.world.poll_error = RateLimited("slow down", until=NOON + minutes(15))
    bench.world.polls_fail_after = 0
    bench.step()
    bench.begin()
    bench.world.polls_fail_after = None
    for _ in range(14):
        bench.step(60)
    assert (bench.world.polled, bench.world.connected) == (1, 0)
    bench.step(60)
    assert (bench.world.polled, bench.world.connected) == (2, 0)
    bench.step()
    assert bench.world.connected == 1


def test_what_a_stream_hears_does_not_end_a_pause_of_polls(bench: Bench) -> None:
    bench.stand()
    until = bench.clock.now() + minutes(60)
    bench.world.poll_error, bench.world.polls_fail_after = RateLimited("slow down", until=until), 0
    for _ in range(16):
        bench.step(60)
    bench.world.publish(1)
    bench.step()
    assert bench.stored() == bench.all()
    with bench.store.read() as reads:
        (row,) = reads.health()
    assert (row.paused_until, row.failures) == (until, 1)


def test_while_polls_fail_no_cursor_is_kept(bench: Bench) -> None:
    bench.world.publish(1)
    bench.stand()
    bench.world.publish(9)
    bench.world.polls_fail_after = 1
    reader = bench.stream._reader
    assert reader is not None
    for _ in range(16):
        bench.step(60, cranks=0), bench.hand.crank()
        reader.waiting.take(bench.clock.now())  # what was heard is lost: only the poll has it
    bench.world.publish(1)
    bench.step()
    assert {f"live-{n}" for n in range(cursor(bench.store))} <= bench.stored()


def test_more_than_there_is_room_for_is_a_gap_that_a_poll_closes(bench: Bench) -> None:
    bench.stand()
    reader = bench.stream._reader
    assert reader is not None
    reader.waiting._most_pages = 3
    for _ in range(6):
        bench.world.publish(1)
        bench.clock.sleep(1)
        bench.hand.crank()
    seen: list[list[str]] = []
    bench.world.while_polling = lambda: seen.append(bench.gaps())
    bench.stream.turn()
    assert bench.gaps() == ["stream: more came than there was room for"]
    assert bench.stored() == {"live-0", "live-1", "live-2"}
    assert cursor(bench.store) == 3
    bench.step()
    assert seen[0] == ["stream: more came than there was room for"]
    assert bench.gaps() == []
    assert bench.stored() == bench.all()


def test_a_page_heard_while_a_poll_ran_does_not_take_its_cursor_back(bench: Bench) -> None:
    bench.step()

    def busy() -> None:
        if len(bench.world.posts) < 12:
            bench.world.publish(1)
            bench.hand.crank()
            bench.world.publish(2)

    bench.world.while_polling = busy
    bench.step()
    bench.clock.sleep(6)
    reached = []
    bench.stream._stages = replace(bench.stages, on_page=lambda _: reached.append(cursor(bench.store)))
    bench.stream.turn()
    assert reached == sorted(reached)
    assert len(reached) > 5


def test_a_stream_of_nothing_costs_a_commit_every_half_minute(bench: Bench, store: Store) -> None:
    bench.stand()
    kept = []
    idle = Page(mentions=(), cursor="0", done=False, overheard=keys(*map(str, range(1000))))
    reader = bench.stream._reader
    assert reader is not None
    for _ in range(600):
        bench.clock.sleep(0.5)
        reader.waiting.put(idle, bench.clock.now())
        reader.heard_at = bench.clock.now()
        bench.stream.turn()
        kept.append(bench.stream._kept_at)
    assert len(set(kept)) <= 11


def test_deletions_of_strangers_leave_no_trace_and_ours_are_followed(bench: Bench) -> None:
    bench.world.publish(2)
    bench.stand()
    reader = bench.stream._reader
    assert reader is not None
    gone = Page(mentions=(), cursor="", done=False, overheard=keys("live-1", "stranger"))
    reader.waiting.put(gone, bench.clock.now())
    bench.step()
    assert bench.stored() == {"live-0"}
    reader.waiting.put(Page(mentions=(), cursor="", done=False, deleted=keys("live-0")), bench.clock.now())
    bench.step()
    assert bench.stored() == set()


def test_a_stop_keeps_what_was_heard(bench: Bench) -> None:
    bench.stand()
    bench.world.publish(3)
    bench.hand.crank()
    bench.stream.close()
    assert bench.stored() == bench.all()
    assert bench.row() == ""


def test_a_gap_in_a_stream_is_closed_by_whoever_polls_next(bench: Bench) -> None:
    with bench.store.write() as tx:
        gap = Gap(since=NOON - minutes(9), until=NOON - minutes(1), reason="stream: neither streamed nor polled")
        tx.add_gap("live", gap, NOON)
        tx.add_gap("live", replace(gap, reason="page cap", until=NOON - minutes(2)), NOON)
    bench.step()
    assert bench.gaps() == ["page cap"]


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> int:
    """60, and more where more kills are asked for: 100 kills make it 300."""
    return 3 * int(request.config.getoption("--crash-kills"))


def test_nothing_is_lost_or_stored_twice_whatever_breaks_when(store: Store, tmp_path: Path, seeds: int) -> None:
    """After each step: what lies behind the cursor is stored, so that a restart there would lose nothing."""
    met = dict.fromkeys(("connected", "die", "poll", "held", "full"), 0)
    for seed in range(seeds):
        chance = random.Random(seed)
        bench = Bench(store, tmp_path, name=f"s{seed}", seed=seed, room=3)
        busy = _busy(bench, chance)
        bench.stages = replace(bench.stages, watch=Blind(AlertPolicy().spike), on_page=lambda _, busy=busy: busy())
        bench.begin()
        before = 0
        for _ in range(25):
            act = chance.choice(ACTS)
            _act(bench, act, chance)
            met[act] = met.get(act, 0) + 1
            behind = {post.key.native_id for post in bench.world.posts[: cursor(store, bench.name)]}
            assert behind <= bench.stored(), f"seed {seed}: lost behind the cursor after {act}"
            assert before <= (before := cursor(store, bench.name)), f"seed {seed}: read again after {act}"
        met["connected"] += bench.world.connected
        bench.world.stream_error, bench.world.polls_fail_after = None, None
        bench.calm = True
        bench.step(4000), bench.stand(), bench.step(), bench.step()
        assert bench.stored() == bench.all(), f"seed {seed}: lost"
        assert bench.gaps() == [], f"seed {seed}: a gap that was covered is open"
    with store.read() as reads:
        assert reads.stats().mentions == len(_distinct(store))
    assert min(met.values()) > seeds / 2


ACTS = ("publish", "publish", "step", "step", "crank", "break", "mend", "poll", "die", "long", "held", "full")


def _act(bench: Bench, act: str, chance: random.Random) -> None:  # noqa: C901 - a list of what can happen
    match act:
        case "publish":
            bench.world.publish(chance.randint(1, 4))
        case "step" | "held":
            bench.step(chance.choice((0.5, 2, 20)), cranks=chance.randint(0, 3), held=act == "held")
        case "crank":
            bench.hand.crank(2)
        case "break":
            bench.world.stream_error = Retry("reset")
        case "mend":
            bench.world.stream_error, bench.world.polls_fail_after = None, None
        case "poll":
            bench.world.polls_fail_after = chance.randint(0, 2)
        case "die":
            bench.begin()
        case "long":
            bench.step(chance.choice((100, 1000, 4000)), cranks=chance.randint(0, 2))
        case "full":
            for _ in range(4):
                bench.world.publish(1)
                bench.hand.crank()


def _busy(bench: Bench, chance: random.Random) -> Callable[[], None]:
    """Posts appear, and are heard, while others are being stored."""

    def busy() -> None:
        bench.clock.sleep(0.1)
        if bench.calm:
            return
        if chance.random() < 0.4:
            bench.world.publish(1)
        if chance.random() < 0.4:
            bench.hand.crank()

    return busy


def _distinct(store: Store) -> list[tuple[str, str]]:
    """Keys of what is stored."""
    with store.read() as reads:
        rows = reads._db.exec_driver_sql("SELECT DISTINCT platform, native_id FROM mentions")  # type: ignore[attr-defined]
        return [tuple(row) for row in rows]

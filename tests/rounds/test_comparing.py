"""What sources list is compared with what is stored: what was missed is found, stored, and counted once."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from listener.domain.brand import Brand
from listener.domain.budget import Rate
from listener.domain.comparing import Compared, compared, load_standing
from listener.domain.mention import Gap, MentionKey, Page
from listener.domain.platform import Estimate
from listener.domain.rereading import ComparePolicy
from listener.domain.run import SourceReport
from listener.errors import BadCursor, ConfigError, NotPermitted, RateLimited, Retry
from listener.insight.digest import build
from listener.matching import Matcher
from listener.pipeline import pages, run_source
from listener.pipeline.pages import nothing_more
from listener.ports import Store
from listener.rounds import Job, comparing, comparison, one_round, run_forever
from listener.rounds.comparing import PAGES, compare_now
from listener.rounds.comparison import Beside
from tests.pipeline.parts import SOURCE
from tests.rounds.listing import DAY, HOUR, SIZE, Bench, Listing


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    return Bench(store, tmp_path)


def test_A8_what_was_read_whole_lacks_nothing(bench: Bench) -> None:
    bench.live(24, posts=40)
    bench.compare()
    assert bench.counts() == {"listed": 23 * 40, "stored": 23 * 40}
    found = compared([bench.standing()], bench.clock.now())
    assert found is not None
    assert (found.sources, found.posts, found.missing, found.one_in) == (1, 23 * 40, 0, None)


def test_A8_control_polls_that_drop_one_post_in_a_hundred_are_found_out(bench: Bench) -> None:
    bench.world.unpolled = {f"p{n}" for n in range(7, 4_000, 100)}
    bench.live(48, posts=50)
    absent = bench.world.unpolled & {post.key.native_id for post in bench.world.posts}
    assert len(absent) == 24
    assert not absent & bench.ids()
    bench.compare()
    # The last hour is left to polls, which read a little again.
    assert bench.counts() == {"listed": 47 * 50, "stored": 47 * 50 - 24, "missing": 24}
    assert absent <= bench.ids(), "what was missed is stored"
    found = compared([bench.standing()], bench.clock.now())
    assert found is not None
    assert (found.posts, found.missing, found.one_in) == (47 * 50, 24, 98)


def test_A8_control_a_comparison_that_trusts_what_it_has_is_caught(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = comparison.beside

    def trusting(*args: object, **more: object) -> Beside:
        return replace(blind(*args, **more), unexplained=())  # type: ignore[arg-type]

    monkeypatch.setattr(comparison, "beside", trusting)
    with pytest.raises(AssertionError):
        test_A8_control_polls_that_drop_one_post_in_a_hundred_are_found_out(bench)


def test_A8_each_post_counts_once_over_all_comparisons(bench: Bench) -> None:
    bench.world.unpolled = {f"p{n}" for n in range(0, 4_000, 10)}
    for _ in range(3):
        bench.live(24)
        bench.compare()
    found = compared([bench.standing()], bench.clock.now())
    assert found is not None
    assert found.posts == 3 * 240 - 10, "all but the last hour's"
    assert found.one_in == 10, "a day's misses, over all posts of a week, would seem few"


def test_A8_a_weeks_comparisons_are_told(bench: Bench) -> None:
    bench.live(24)
    bench.compare()
    now = bench.clock.now()
    assert compared([bench.standing()], now) is not None
    assert compared([bench.standing()], now + 8 * DAY) is None
    assert compared([], now) is None


def test_A8_it_is_done_once_a_day_for_as_far_back_as_settings_say(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, ComparePolicy(back=2 * DAY))
    bench.live(72)
    bench.compare()
    first = bench.standing().last
    assert first is not None
    # An hour before the latest poll, which every hour ends with.
    assert (first.began - first.since, first.until) == (2 * DAY, bench.clock.now() - HOUR - comparing.EVERY)
    asked = len(bench.world.asked)
    bench.live(22)
    assert (bench.look(), len(bench.world.asked)) == ([], asked)
    bench.live(3)
    bench.compare()
    assert len(bench.world.asked) > asked


def test_A8_what_was_before_the_source_is_not_asked_for(bench: Bench) -> None:
    bench.live(24)
    bench.compare()
    last = bench.standing().last
    assert last is not None
    assert last.since == bench.standing().began


def test_A8_what_was_not_polled_to_its_end_is_not_missing(bench: Bench) -> None:
    bench.live(24)
    bench.world.publish(30, over=DAY)  # a day without a poll
    bench.compare()
    assert bench.counts() == {"listed": 230, "stored": 230}
    assert not {"p245", "p260"} & bench.ids(), "polls will bring it"


def test_A8_a_poll_that_was_cut_short_moves_nothing(bench: Bench) -> None:
    bench.live(24)
    bench.world.publish(3 * SIZE)
    stopped = replace(bench.stages, stopping=lambda: True)
    run_source(stopped, SOURCE, bench.world)
    bench.compare()
    last = bench.standing().last
    assert last is not None
    assert bench.counts() == {"listed": 230, "stored": 230}


def test_A8_a_gap_explains_what_was_not_stored(bench: Bench) -> None:
    bench.live(10)
    began = bench.clock.now()
    bench.world.unpolled = {f"p{n}" for n in range(100, 120)}
    bench.live(2)
    with bench.store.write() as tx:
        tx.add_gap(SOURCE.name, Gap(since=began, until=bench.clock.now(), reason="page cap"), began)
        tx.close_gap(1, bench.clock.now())
    bench.live(12)
    bench.compare()
    assert bench.counts() == {"listed": 230, "stored": 210, "in_gaps": 20}
    assert bench.world.unpolled <= bench.ids()


def test_A8_what_was_erased_stays_so_and_is_not_missing(bench: Bench) -> None:
    bench.live(8)
    gone = [MentionKey(platform="x", native_id=f"p{n}") for n in (3, 47, 60)]
    with bench.store.write() as tx:
        tx.delete_mentions(gone, bench.clock.now())
    bench.compare()
    assert bench.counts() == {"listed": 70, "stored": 67, "refused": 3}
    with bench.store.read() as reads:
        assert reads.known(gone) == {}


def test_A8_posts_older_than_the_settings_that_find_them_are_not_missing(bench: Bench) -> None:
    bench.live(10)
    bench.world.publish(5, text="rivals are late")
    bench.poll()
    bench.compare()
    bench.stages = replace(
        bench.stages,
        matcher=Matcher([*bench.stages.brands.values(), Brand(name="Rival", names=("rivals",))]),
        brands={**bench.stages.brands, "Rival": Brand(name="Rival", names=("rivals",))},
    )
    bench.restart()
    bench.look()
    bench.world.publish(5, text="rivals again")
    bench.poll()
    bench.live(24)
    bench.compare()
    assert bench.counts() == {"listed": 340, "stored": 335, "younger": 5}
    assert "p102" not in bench.ids(), "nobody asked for it then: that is what backfill is for"
    assert "p107" in bench.ids()


def test_A8_a_comparison_is_left_where_settings_change_meanwhile(bench: Bench) -> None:
    bench.live(13, posts=100)
    bench.look()
    assert bench.standing().running is not None
    bench.job = Job(source=replace(SOURCE, options={"query": "another"}), connector=bench.world, can=bench.job.can)
    bench.restart()
    bench.compare()
    assert bench.counts()["stored"] == 1_200
    assert [cursor for _, _, cursor in bench.world.asked][1] == ""


def test_A8_one_killed_in_the_middle_goes_on_where_it_stopped(bench: Bench) -> None:
    bench.world.unpolled = {f"p{n}" for n in range(0, 1_300, 100)}
    bench.live(13, posts=100)
    bench.look()
    assert bench.world.pages == PAGES
    bench.restart()
    bench.compare()
    assert [cursor for _, _, cursor in bench.world.asked][:2] == ["", str(PAGES * SIZE)]
    assert bench.counts() == {"listed": 1_200, "stored": 1_188, "missing": 12}


class Killed(BaseException):
    """No part of a program catches it."""


PLACES = ((pages, "_book"), (comparison, "_note"), (comparison, "_end"))
"""Done in a page's commit, one after the other; the last of them at the last page alone."""


@pytest.mark.parametrize("place", [*PLACES, None], ids=["cursor", "counts", "end", "after the commit"])
@pytest.mark.parametrize("page", [1, 5])
def test_A8_a_page_counts_once_however_it_dies(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, page: int, place: tuple[ModuleType, str] | None
) -> None:
    bench.world.unpolled = {f"p{n}" for n in range(0, 600, 100)}
    bench.live(6, posts=100)
    dies_at(bench, monkeypatch, page, place)
    with suppress(Killed):
        bench.look()
    monkeypatch.undo()
    bench.restart()
    while bench.standing().last is None:
        bench.look()
    assert bench.counts() == {"listed": 500, "stored": 495, "missing": 5}


def dies_at(bench: Bench, monkeypatch: pytest.MonkeyPatch, page: int, place: tuple[ModuleType, str] | None) -> None:
    if place is None:

        def after(report: SourceReport) -> None:
            if report.pages == page:
                raise Killed

        bench.comparing = comparing.Comparing(replace(bench.stages, on_page=after), [bench.job])
        return
    whole, times = getattr(*place), [0]

    def dying(*args: object, **more: object) -> None:
        times[0] += 1
        whole(*args, **more)
        if times[0] == page or place[1] == "_end":
            raise Killed

    monkeypatch.setattr(*place, dying)


def test_A8_control_counts_that_are_not_committed_with_their_page_are_caught(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = comparison.pipeline.store_page

    def apart(*args: object) -> None:
        *others, booking = args
        with bench.store.write() as tx:
            booking.at_last(tx, bench.clock.now())  # type: ignore[attr-defined]
        stored(*others, replace(booking, at_last=nothing_more))  # type: ignore[arg-type, type-var]

    with pytest.MonkeyPatch.context() as lasting, pytest.raises(AssertionError):
        lasting.setattr(comparison.pipeline, "store_page", apart)
        test_A8_a_page_counts_once_however_it_dies(bench, monkeypatch, 1, PLACES[0])


@pytest.mark.parametrize(
    ("error", "rests"),
    [(RateLimited, 115), (NotPermitted("no"), 300), (Retry("503"), 0), (BadCursor("expired"), 0)],
    ids=["rate limit", "refusal", "failure", "bad cursor"],
)
def test_A8_a_failure_is_waited_out(bench: Bench, error: Exception | type[RateLimited], rests: int) -> None:
    bench.world.unpolled = {"p5"}
    bench.live(8)
    told = error if isinstance(error, Exception) else RateLimited("slow down", until=bench.clock.now() + 2 * HOUR)
    bench.world.errors = [told] * (3 if type(told) is Retry else 1)
    (report,) = bench.look()
    assert report.code == type(told).__name__
    asked, began = len(bench.world.asked), bench.clock.now()
    while bench.clock.now() < began + timedelta(minutes=rests):
        bench.look()
        assert len(bench.world.asked) == asked
    bench.look(3 * HOUR)
    bench.look(3 * HOUR)
    assert bench.counts() == {"listed": 70, "stored": 69, "missing": 1}
    with bench.store.read() as reads:
        (row,) = reads.health()
    assert (row.failures, row.error) == (0, ""), "how the source fares is for polls to say"


def test_A8_a_paused_source_is_left_alone(bench: Bench) -> None:
    bench.live(8)
    with bench.store.write() as tx:
        until = bench.clock.now() + 2 * HOUR
        tx.record_attempt(SOURCE.name, "x", bench.clock.now(), error="RateLimited: 429", paused_until=until)
    bench.look(HOUR)
    assert bench.world.asked == []
    bench.look(2 * HOUR)
    assert len(bench.world.asked) == 1


def test_A8_half_of_the_calls_are_left_to_others(bench: Bench) -> None:
    bench.world.credential = "x:acme"
    bench.live(8)
    now = bench.clock.now()
    with bench.store.write() as tx:
        tx.heard("x:acme", "search", Rate(capacity=100, left=49, resets_at=now + HOUR), now)
    bench.look()
    assert bench.world.asked == []
    bench.look(HOUR)
    assert len(bench.world.asked) == 1, "a new window has begun"


@pytest.mark.parametrize(
    ("most", "price", "read"),
    [
        (0, Estimate(posts=1, micro_usd=1), False),
        (100_000, Estimate(posts=20, micro_usd=100_000), True),
        (100_000, Estimate(posts=21, micro_usd=105_000), False),
        (100_000, Estimate(note="can't be known before"), False),
    ],
)
def test_A8_where_it_costs_money_only_a_known_and_small_price_is_paid(
    store: Store, tmp_path: Path, most: int, price: Estimate, read: bool
) -> None:
    bench = Bench(store, tmp_path, ComparePolicy(most_micro_usd=most), cost="$0.005 a post")
    bench.world.price = price
    bench.live(8)
    for _ in range(5):
        bench.look()
    assert bool(bench.world.asked) is read
    assert bench.world.estimated == (1 if most else 0), "an estimate may cost, too"


def test_A8_it_can_be_switched_off(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path)
    bench.stages = replace(bench.stages, compares=ComparePolicy(enabled=False))
    bench.restart()
    bench.live(48)
    assert bench.look() == []
    assert bench.world.asked == []


def test_A8_what_a_platform_does_not_list_opens_no_gap(bench: Bench) -> None:
    bench.live(8)
    now = bench.clock.now()
    bench.world.unlisted = (Gap(since=now - 6 * HOUR, until=now - HOUR, reason="the newest 800 only"),)
    bench.compare()
    last = bench.standing().last
    assert last is not None
    assert last.cut
    with bench.store.read() as reads:
        assert reads.open_gaps() == []


def test_A8_a_round_compares_too(bench: Bench) -> None:
    bench.live(8)
    one_round(bench.stages, [bench.job], {})
    assert bench.counts() == {"listed": 70, "stored": 70}


def test_A8_a_long_comparison_holds_up_no_other(bench: Bench) -> None:
    other = Listing(bench.clock, posts=bench.world.posts)
    bench.live(13, posts=100)
    jobs = [bench.job, Job(source=replace(SOURCE, name="other"), connector=other, can=bench.job.can)]
    both = comparing.Comparing(bench.stages, jobs)
    with bench.store.write() as tx:
        tx.set_mark("polled:other", bench.clock.now().isoformat())
        tx.set_mark("compared:other", tx.mark(f"compared:{SOURCE.name}"))
    for _ in range(4):
        bench.clock.sleep(60)
        both.look()
    assert (len(bench.world.asked), len(other.asked)) == (2, 2)


def test_A8_a_person_may_ask_for_one_now(bench: Bench) -> None:
    bench.world.unpolled = {"p5", "p7"}
    bench.live(8)
    told: list[object] = []
    report = SourceReport(source=SOURCE.name)
    found = compare_now(bench.stages, bench.job, 7 * DAY, report, told.append)
    assert found is not None
    assert (found.counts.missing, found.counts.stored, len(told)) == (2, 68, 1)
    assert bench.standing().last == found
    assert {"p5", "p7"} <= bench.ids()


def test_A8_one_that_was_asked_for_and_stopped_goes_on(bench: Bench) -> None:
    bench.world.unpolled = {f"p{n}" for n in range(0, 1_300, 100)}
    bench.live(13, posts=100)
    told: list[object] = []
    halting = replace(bench.stages, stopping=lambda: bench.world.pages % 7 == 0)
    first, found = (
        compare_now(halting, bench.job, 7 * DAY, SourceReport(source=SOURCE.name), told.append) for _ in range(2)
    )
    assert first is None
    assert found is not None
    assert (found.counts.stored, found.counts.missing) == (1_188, 12)
    assert len(told) == 1, "asked for consent once"


def test_A8_what_was_never_polled_cannot_be_compared(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path)
    with bench.store.write() as tx:
        tx.set_mark(f"polled:{SOURCE.name}", "")
    with pytest.raises(ConfigError, match="wasn't read to its end"):
        compare_now(bench.stages, bench.job, 7 * DAY, SourceReport(source=SOURCE.name), lambda _: None)


@pytest.mark.parametrize("kept", ["", "no JSON", "[]", '{"v": 2}', '{"v": 1}', '{"v": 1, "began": "2026-01-01T00:00"}'])
def test_what_is_kept_and_cannot_be_read_begins_anew(kept: str) -> None:
    assert load_standing(kept) is None


def test_A8_a_run_compares_by_itself(bench: Bench) -> None:
    bench.live(8)
    ready = replace(bench.stages, stopping=lambda: bench.standing().last is not None)
    run_forever(ready, [bench.job], {})
    assert bench.counts() == {"listed": 70, "stored": 70}


def test_A8_the_digest_tells_what_was_found_until_the_morning_after(bench: Bench) -> None:
    bench.world.unpolled = {"p5"}
    bench.live(24)
    bench.compare()

    def told(later: timedelta) -> Compared | None:
        now = bench.clock.now() + later
        with bench.store.read() as reads:
            yesterday = (now - DAY).date()
            brands = tuple(bench.stages.brands.values())
            return build(reads, brands=brands, timezone="UTC", day=yesterday, now=now).trust.compared

    assert told(timedelta(0)) == Compared(sources=1, posts=230, missing=1)
    assert told(6 * DAY) == Compared(sources=1, posts=230, missing=1)
    assert told(8 * DAY) is None


def test_A8_one_that_fails_for_two_days_begins_anew(bench: Bench) -> None:
    bench.live(13, posts=100)
    bench.look()
    first = bench.standing().running
    assert first is not None
    bench.world.errors = [NotPermitted("no")] * 9
    while bench.world.errors:
        bench.look(7 * HOUR)
    while (last := bench.standing().last) is None:
        bench.look(HOUR)
    assert last.began > first.began + comparing.GIVEN_UP
    assert bench.counts() == {"listed": 1_200, "stored": 1_200}
    assert [cursor for _, _, cursor in bench.world.asked].count("") >= 2


def test_A8_posts_that_are_listed_twice_count_once(bench: Bench) -> None:
    bench.live(8)
    listed = bench.world.backfill

    def twice(since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        for page in listed(since, until, cursor, now):
            yield replace(page, done=False)
            yield replace(page, cursor="")

    bench.world.backfill = twice  # type: ignore[method-assign]
    bench.compare()
    assert bench.counts() == {"listed": 70, "stored": 70}

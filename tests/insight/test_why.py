"""The reasons in an alert: range, record, chart, copies, shares; and who has it in hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from listener.domain.watched import HourPosts
from listener.insight.chart import bars
from listener.insight.copies import heaped, spread
from listener.insight.rhythm import rhythm
from listener.insight.share import drive, share_tail
from listener.insight.tails import tail
from listener.insight.why import highest_since, usual_range
from listener.insight.windows import HOUR
from tests.builders import NOON
from tests.insight.test_watch import reading


def test_a_bar_an_hour_the_tallest_for_the_most() -> None:
    assert bars([0, 1, 4, 8]) == "·▁▄█"
    assert bars([1, 1000]) == "▁█"
    assert bars([0, 0]) == "··"
    assert bars([]) == ""


def test_the_spread_is_the_one_under_which_the_count_is_as_rare_as_was_said() -> None:
    one = replace(reading(tail(30, 4.0, 0.37)), observed=30, usual=4.0)
    assert spread(one) == pytest.approx(0.37, rel=1e-3)


def test_the_usual_range_holds_ninety_five_in_a_hundred() -> None:
    one = replace(reading(tail(30, 10.0, 0.1)), observed=30, usual=10.0)
    low, high = usual_range(one)
    assert tail(high + 1, 10.0, 0.1) <= 0.025 < tail(high, 10.0, 0.1)
    assert 1 - tail(low, 10.0, 0.1) <= 0.025


def test_highest_since_names_the_latest_earlier_window_of_as_many() -> None:
    counts = {NOON - n * HOUR: 3 for n in range(100)} | {NOON: 30, NOON - 50 * HOUR: 31, NOON - 70 * HOUR: 90}
    assert highest_since(counts, replace(reading(1e-5), observed=30)) == NOON - 50 * HOUR
    assert highest_since(counts, replace(reading(1e-5), observed=91)) is None


def test_near_copies_heap_and_short_posts_do_not() -> None:
    copies = [f"@acme you stole my money give it back https://t.co/{n}" for n in range(9)]
    assert heaped([*copies, "my parcel from acme came late and wet", "the driver rang and never waited"]) == 9
    assert heaped(["so late"] * 50) == 0
    assert heaped([]) == 0


def hours(posts: int, complaints: int, many: int) -> list[HourPosts]:
    return [HourPosts(NOON - (n + 1) * HOUR, posts, complaints, 0) for n in range(many)]


def test_a_share_beyond_its_habit_drives_and_more_posts_at_the_same_share_do_not() -> None:
    usual = hours(50, 10, 200)
    risen = drive([HourPosts(NOON, 50, 30, 0)], usual, 50.0)
    more = drive([HourPosts(NOON, 250, 50, 0)], usual, 50.0)
    assert risen is not None
    assert more is not None
    assert (risen.tag, more.tag) == ("complaint-driven", "volume-driven")
    assert drive([HourPosts(NOON, 5, 5, 0)], [], 0.0) is None


def test_a_share_that_wanders_by_itself_drives_later() -> None:
    steady = drive([HourPosts(NOON, 50, 20, 0)], hours(50, 10, 200), 50.0)
    restless = drive([HourPosts(NOON, 50, 20, 0)], hours(50, 0, 100) + hours(50, 20, 100), 50.0)
    assert steady is not None
    assert restless is not None
    assert steady.p < 0.01 < restless.p


def test_the_beta_binomials_tail_sums_to_one_and_falls() -> None:
    tails = [share_tail(k, 12, 3.0, 5.0) for k in range(13)]
    assert tails[0] == 1.0
    assert tails == sorted(tails, reverse=True)
    assert share_tail(6, 12, 3e5, 3e5) == pytest.approx(0.6128, abs=1e-3)


def test_silence_is_measured_in_posts_that_should_have_come() -> None:
    begin = NOON - timedelta(days=14)
    all_hours = [begin + n * HOUR for n in range(14 * 24)]
    counts = {hour: 0 if hour.hour < 6 else 10 for hour in all_hours}
    usual = rhythm(counts, all_hours)
    assert usual is not None
    midnight = NOON.replace(hour=0)
    assert not usual.quiet(midnight, midnight + 6 * HOUR)
    assert usual.quiet(NOON, NOON + HOUR)
    assert not usual.quiet(NOON, NOON + 0.5 * HOUR)
    assert rhythm(counts, all_hours[:24]) is None

"""The spike rule on made-up series: what pages, what doesn't, how an alarm grows and ends."""

import random
from collections.abc import Callable
from datetime import timedelta
from math import exp, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.policy import SpikePolicy
from listener.insight.spikes import HOUR, Detector, Reading
from tests.builders import NOON

START = NOON - timedelta(hours=12)
"""A Monday's midnight."""


def poisson(rng: random.Random, mean: float) -> int:
    left, count = exp(-mean), 0
    product = rng.random()
    while product > left:
        product *= rng.random()
        count += 1
    return count


def usual_day(hour: int) -> float:
    """Twelve complaints an hour, fewer at night."""
    return 12 * exp(0.6 * sin((hour % 24 - 9) / 24 * 6.283))


def run(
    detector: Detector,
    hours: int,
    mean: Callable[[int], float] = usual_day,
    *,
    seed: int = 1,
    covered: Callable[[int], bool] = lambda _: True,
) -> list[Reading]:
    rng = random.Random(seed)
    return [detector.update(poisson(rng, mean(h)), at=START + h * HOUR, covered=covered(h)) for h in range(hours)]


def alarms(readings: list[Reading]) -> list[int]:
    return [(r.at - START) // HOUR for r in readings if r.alarm]


def spiked(begins: int, lasts: int, times: float) -> Callable[[int], float]:
    return lambda h: usual_day(h) * (times if begins <= h < begins + lasts else 1)


@pytest.mark.parametrize("seed", range(5))
def test_six_usual_weeks_never_page(seed: int) -> None:
    assert alarms(run(Detector(SpikePolicy()), 42 * 24, seed=seed)) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_fivefold_afternoon_pages_once_within_two_hours(seed: int) -> None:
    readings = run(Detector(SpikePolicy()), 32 * 24, spiked(28 * 24 + 14, 5, 5), seed=seed)
    [hour] = alarms(readings)
    assert hour - (28 * 24 + 14) in (0, 1)


def test_a_tripled_half_day_pages_and_tells_its_rate() -> None:
    readings = run(Detector(SpikePolicy()), 30 * 24, spiked(28 * 24 + 8, 12, 3))
    [alarm] = [r for r in readings if r.alarm]
    assert alarm.observed > alarm.usual
    assert alarm.ratio > 2
    assert alarm.p <= SpikePolicy().max_p
    assert alarm.novelty >= 1


def test_a_series_that_only_begins_does_not_page() -> None:
    """Fifty complaints an hour out of nothing: a source that was just connected."""
    two_strays = {10, 40}
    readings = run(Detector(SpikePolicy()), 120, lambda h: 50 if h >= 80 else 0.0, seed=3)
    assert alarms(readings) == []
    detector = Detector(SpikePolicy())
    begun = [detector.update(1 if h in two_strays else 50 if h >= 80 else 0, at=START + h * HOUR) for h in range(140)]
    assert alarms(begun) == []
    assert all(r.cold for r in begun)


def test_a_truly_quiet_brand_pages_after_two_covered_weeks() -> None:
    detector = Detector(SpikePolicy())
    counts = [8 if h >= 15 * 24 else 1 if h % 60 == 30 else 0 for h in range(15 * 24 + 3)]
    readings = [detector.update(n, at=START + h * HOUR) for h, n in enumerate(counts)]
    assert alarms(readings) == [15 * 24]


def test_fewer_than_the_floor_never_page_however_improbable() -> None:
    detector = Detector(SpikePolicy(min_count=5))
    readings = [detector.update(4 if h == 500 else 0, at=START + h * HOUR) for h in range(520)]
    assert alarms(readings) == []


def test_an_open_spike_pages_no_second_time_but_escalates_when_it_grows() -> None:
    at = 28 * 24 + 8

    def growing(h: int) -> float:
        return usual_day(h) * (4 if at <= h < at + 4 else 12 if at + 4 <= h < at + 8 else 1)

    readings = run(Detector(SpikePolicy()), at + 30, growing)
    assert len(alarms(readings)) == 1
    assert any(r.escalated for r in readings)
    assert not any(r.escalated and r.alarm for r in readings)


def test_a_spike_closes_when_complaints_are_back_and_stays_closed() -> None:
    readings = run(Detector(SpikePolicy()), 30 * 24, spiked(28 * 24 + 10, 4, 6))
    [opened] = alarms(readings)
    closed = [(r.at - START) // HOUR for r in readings if r.closed]
    assert len(closed) == 1
    assert opened < closed[0] <= 28 * 24 + 10 + 4 + 10
    assert not readings[-1].open


def test_a_second_burst_within_the_refractory_time_is_the_same_story() -> None:
    at = 28 * 24 + 1
    bursts = {at: 60, at + 1: 60, at + 8: 60}
    readings = run(Detector(SpikePolicy()), at + 11, lambda h: float(bursts.get(h, 0)) or usual_day(h))
    assert len(alarms(readings)) == 1


def test_a_bigger_burst_within_the_refractory_time_pages_again() -> None:
    at = 28 * 24 + 1
    quiet = dict.fromkeys(range(at + 2, at + 8), 1.0)
    bursts = {at: 50.0, at + 1: 50.0, **quiet, at + 8: 300.0}
    readings = run(Detector(SpikePolicy()), at + 11, lambda h: bursts.get(h) or usual_day(h))
    assert alarms(readings) == [at, at + 8]


def test_a_huge_crisis_does_not_mute_a_smaller_one_two_weeks_later() -> None:
    """x5 for half a day, x3 for half a day a fortnight later (spikes of the same clock hours)."""

    def two(h: int) -> float:
        first, second = 28 * 24 + 8, 42 * 24 + 8
        return usual_day(h) * (5 if first <= h < first + 12 else 3 if second <= h < second + 12 else 1)

    days = {h // 24 for h in alarms(run(Detector(SpikePolicy()), 45 * 24, two))}
    assert days == {28, 42}


def test_J2_an_outage_is_not_calm_and_its_end_is_not_a_spike() -> None:
    def dead(h: int) -> bool:
        return 20 * 24 + 3 <= h < 23 * 24

    with_outage = Detector(SpikePolicy())
    readings = run(with_outage, 30 * 24, covered=lambda h: not dead(h))
    assert alarms(readings) == []
    before = readings[20 * 24 - 12].expected
    after = readings[23 * 24 + 12].expected
    assert after == pytest.approx(before, rel=0.25)


def test_J2_an_outage_counted_as_zeros_would_have_dragged_the_baseline_down() -> None:
    """Negative control of the fact above."""

    def silent(h: int) -> float:
        return 0.0 if 20 * 24 + 3 <= h < 23 * 24 else usual_day(h)

    readings = run(Detector(SpikePolicy()), 24 * 24, silent)
    assert readings[23 * 24 + 12].expected < 0.8 * readings[20 * 24 - 12].expected


def test_bins_left_out_count_as_not_covered() -> None:
    told, skipped = Detector(SpikePolicy()), Detector(SpikePolicy())
    for detector in (told, skipped):
        run(detector, 200)
    for h in range(200, 210):
        told.update(0, at=START + h * HOUR, covered=False)
    assert told.update(7, at=START + 210 * HOUR) == skipped.update(7, at=START + 210 * HOUR)


def test_time_never_runs_backwards() -> None:
    detector = Detector(SpikePolicy())
    detector.update(1, at=START)
    with pytest.raises(ValueError, match="later"):
        detector.update(1, at=START)


def test_a_peek_at_the_running_hour_says_what_its_end_will_and_changes_nothing() -> None:
    detector = Detector(SpikePolicy())
    run(detector, 28 * 24 + 14)
    at = START + (28 * 24 + 14) * HOUR
    assert not detector.peek(9, at).alarm
    early = detector.peek(90, at)
    assert early.alarm
    assert detector.update(90, at=at) == early


def test_a_peek_never_closes_a_spike_for_half_an_hour_is_always_low() -> None:
    detector = Detector(SpikePolicy())
    begins = 28 * 24 + 10
    run(detector, begins + 2, spiked(begins, 3, 6))
    detector.update(90, at=START + (begins + 2) * HOUR)
    assert detector.peek(0, START + (begins + 3) * HOUR).open
    assert not any(detector.peek(0, START + (begins + 3) * HOUR + n * HOUR).closed for n in range(3))


@given(counts=st.lists(st.integers(0, 500), min_size=30, max_size=150), cut=st.integers(1, 29))
@settings(max_examples=60, deadline=None)
def test_no_reading_depends_on_what_comes_later(counts: list[int], cut: int) -> None:
    def readings(n: int) -> list[Reading]:
        detector = Detector(SpikePolicy(warm_up=timedelta(hours=24)))
        return [detector.update(c, at=START + h * HOUR) for h, c in enumerate(counts[:n])]

    assert readings(len(counts))[:cut] == readings(cut)


def test_a_quiet_weekend_is_learnt_within_weeks() -> None:
    def weekly(h: int) -> float:
        return usual_day(h) * (0.4 if h // 24 % 7 >= 5 else 1.0)

    detector = Detector(SpikePolicy())
    readings = run(detector, 42 * 24, weekly)
    monday = sum(r.expected for r in readings[35 * 24 : 36 * 24])
    sunday = sum(r.expected for r in readings[41 * 24 : 42 * 24])
    assert 0.3 < sunday / monday < 0.65
    assert alarms(readings) == []


def test_five_minute_bins_find_a_spike_within_the_hour() -> None:
    width = timedelta(minutes=5)
    detector = Detector(SpikePolicy(), width)
    rng = random.Random(2)
    begins = 10 * 288 + 150
    found = []
    for n in range(begins + 24):
        mean = usual_day(n // 12) / 12 * (6 if n >= begins else 1)
        if detector.update(poisson(rng, mean), at=START + n * width).alarm:
            found.append(n)
    assert len(found) == 1
    assert 0 <= found[0] - begins < 12

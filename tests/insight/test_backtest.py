"""A history replayed through the spike rule: what it would have said, and how that compares with labels."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.policy import PRESETS, SpikePolicy
from listener.insight.backtest import (
    Bin,
    Outcome,
    Series,
    alarms_a_week,
    dial,
    judged,
    replay,
    score,
)
from listener.insight.spikes import HOUR, Detector, Reading

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
POLICY = SpikePolicy()


def series(counts: list[int | None], width: timedelta = HOUR) -> Series:
    return Series(bins=[Bin(at=MONDAY + n * width, count=count) for n, count in enumerate(counts)], width=width)


def calm(hours: int, seed: int = 1, rate: float = 5) -> list[int | None]:
    return [int(n) for n in np.random.default_rng(seed).poisson(rate, hours)]


CRISIS = [*calm(24 * 14), 40, 60, 50, *calm(48, seed=2)]


def test_the_replay_is_the_detector_fed_bin_by_bin() -> None:
    detector = Detector(POLICY)
    fed = [detector.update(count or 0, at=MONDAY + n * HOUR) for n, count in enumerate(CRISIS)]
    assert replay(series(CRISIS), POLICY) == fed


def test_a_score_is_one_or_more_exactly_where_an_alarm_opens() -> None:
    readings = replay(series(CRISIS), POLICY)
    assert [reading.alarm for reading in readings] == [score(reading) >= 1 for reading in readings]
    assert sum(score(reading) >= 1 for reading in readings) == 1


@settings(deadline=None, max_examples=20)
@given(cut=st.integers(1, len(CRISIS)))
def test_no_score_looks_ahead(cut: int) -> None:
    whole = [score(reading) for reading in replay(series(CRISIS), POLICY)]
    assert [score(reading) for reading in replay(series(CRISIS[:cut]), POLICY)] == whole[:cut]


def test_a_bin_that_nobody_counted_is_no_calm() -> None:
    known = calm(24 * 14, rate=50)
    blind = [*known[:200], *[None] * 48, *known[248:]]
    zeros = [*known[:200], *[0] * 48, *known[248:]]
    usual = [replay(series(counts), POLICY)[300].expected for counts in (known, blind, zeros)]
    assert usual[1] == pytest.approx(usual[0], rel=0.1)
    assert usual[2] < 0.95 * usual[0]


def test_hits_delays_and_false_alarms_are_told_by_the_windows() -> None:
    readings = replay(series(CRISIS), POLICY)
    [at] = [reading.at for reading in readings if reading.alarm]
    hit = judged(readings, HOUR, [(at - 2 * HOUR, at + HOUR), (MONDAY, MONDAY + HOUR)])
    assert (hit.labelled, hit.delays, hit.false_alarms) == (2, [3 * HOUR], 0)
    missed = judged(readings, HOUR, [(MONDAY + 100 * HOUR, MONDAY + 110 * HOUR)])
    assert (missed.labelled, missed.delays, missed.false_alarms) == (1, [], 1)
    warm = sum(not reading.cold for reading in readings)
    assert missed.outside == (warm - 11) * HOUR
    assert missed.false_a_week == pytest.approx(7 * 24 / (warm - 11))
    assert missed.median_delay is None


def test_with_nothing_watched_there_is_no_rate() -> None:
    assert Outcome(labelled=0, delays=(), false_alarms=0, outside=timedelta(0)).false_a_week == 0
    assert alarms_a_week([], HOUR) == 0


def test_the_dial_is_the_least_novelty_that_keeps_the_promise() -> None:
    rng = np.random.default_rng(3)
    wild = series([int(n) for n in rng.negative_binomial(0.4, 0.05, 24 * 7 * 10)])

    def replayed(policy: SpikePolicy) -> list[Reading]:
        return replay(wild, policy)

    eager = SpikePolicy(max_p=0.5, refractory=timedelta(hours=1))
    most = alarms_a_week(replayed(eager), HOUR)
    found = dial(replayed, eager, most / 2, HOUR)
    assert found is not None
    novelty, had = found
    assert novelty > 1
    assert had <= most / 2
    assert alarms_a_week(replayed(replace(eager, novelty=round(novelty - 0.1, 1))), HOUR) > most / 2
    assert dial(replayed, eager, most, HOUR) == (1.0, most)
    assert dial(replayed, replace(eager, novelty=4.0), 0.0, HOUR) in (None, (4.0, 0.0))


def test_both_presets_find_a_crisis_and_stay_calm_before_it() -> None:
    for policy in PRESETS.values():
        alarms = [n for n, reading in enumerate(replay(series(CRISIS), policy)) if reading.alarm]
        assert alarms == [24 * 14]

"""How often the spike rule cries wolf, what it finds, how late, and what it costs; every setting is the default.

Real traffic is five brands' mentions per five minutes over eight weeks with labelled windows (`data/mention_volume`),
synthetic traffic comes from `tools/brand_traffic.py`, both in the folder of shared test data beside the checkout.
"""

import importlib.util
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from listener.domain.policy import SpikePolicy
from listener.insight.spikes import HOUR, Detector

SHARED = Path(__file__).parents[2] / "shared"
FIVE = timedelta(minutes=5)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = timedelta(days=7)
WEEK_BINS = WEEK // FIVE
RUNS = 6
WARM, QUIET = 3, 6
"""Weeks that teach the detector, and weeks in which every alarm is false."""
SPIKES = ((2, 12), (3, 3), (3, 12), (5, 3))
"""Injected: times usual, hours."""


def run() -> dict[str, object]:
    """Flat figures; rates are per series and week, delays count to the end of the hour that alarmed."""
    if not SHARED.is_dir():
        return {"skipped": "needs the shared test data"}
    return {**_real(), **_synthetic()}


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SHARED / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _watch(counts: Sequence[int], start: datetime, width: timedelta) -> list[bool]:
    detector = Detector(SpikePolicy(), width)
    return [detector.update(int(n), at=start + i * width).alarm for i, n in enumerate(counts)]


def _hourly(counts: Sequence[int]) -> list[int]:
    return [int(sum(counts[i : i + 12])) for i in range(0, len(counts) - 11, 12)]


def _real() -> dict[str, object]:
    nab = _load("nab_score")
    folder = SHARED / "data" / "mention_volume"
    series: dict[str, Any] = nab.load_corpus(str(folder), str(folder / "windows.json"))
    began = time.perf_counter()
    fine = {name: _watch(values, stamps[0].replace(tzinfo=UTC), FIVE) for name, (stamps, values, _) in series.items()}
    seconds = time.perf_counter() - began
    coarse = {
        name: _watch(_hourly(values), stamps[0].replace(tzinfo=UTC, minute=0), HOUR)
        for name, (stamps, values, _) in series.items()
    }
    corpus = nab.Corpus(series)
    scores = {name: [float(hit) for hit in hits] for name, hits in fine.items()}
    figures: dict[str, object] = {
        f"NAB score, {profile}": round(corpus.score(scores, 0.5, profile), 1) for profile in nab.PROFILES
    }
    figures["microseconds an update"] = round(seconds / sum(map(len, fine.values())) * 1e6)
    return {**figures, **_outside(series, fine, 1, "5 min"), **_outside(series, coarse, 12, "hourly")}


def _outside(series: dict[str, Any], hits: dict[str, list[bool]], step: int, bins: str) -> dict[str, object]:
    """Alarms outside labelled windows, after the benchmark's probation, and windows that were found."""
    false, weeks, found, labelled = 0, 0.0, 0, 0
    for name, (_, values, windows) in series.items():
        inside = np.zeros(len(values), dtype=bool)
        for first, last in windows:
            inside[first : last + 1] = True
            found += any(hits[name][first // step : last // step + 1])
        labelled += len(windows)
        begin = min(int(0.15 * len(values)), 750)
        weeks += float((~inside[begin:]).sum()) * (FIVE / WEEK)
        false += sum(hit and i * step >= begin and not inside[i * step] for i, hit in enumerate(hits[name]))
    return {
        f"real, {bins}: false alarms a week": round(false / weeks, 2),
        f"real, {bins}: windows found": f"{found}/{labelled}",
    }


def _synthetic() -> dict[str, object]:
    make = _load("brand_traffic")
    figures: dict[str, object] = {}
    for bursty in (False, True):
        for per_hour in (2, 30, 1000):
            cell = f"{'bursty' if bursty else 'calm'} {per_hour}/h"
            false = sum(
                _false(make.traffic(_rng(n), WEEK_BINS * (WARM + QUIET), per_hour, bursty)) for n in range(RUNS)
            )
            figures[f"{cell}: false alarms a week"] = round(false / RUNS / QUIET, 2)
            for times, hours in SPIKES:
                delays = [_delay(make, n, per_hour, times, hours, bursty=bursty) for n in range(RUNS)]
                found = [late for late in delays if late is not None]
                middle = f", median {statistics.median(found):.0f} h" if found else ""
                figures[f"{cell}: x{times} for {hours} h"] = f"{100 * len(found) / RUNS:.0f} % found{middle}"
    return figures


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _false(counts: Sequence[int]) -> int:
    return sum(_watch(_hourly(counts), MONDAY, HOUR)[WARM * 168 :])


def _delay(make: ModuleType, seed: int, per_hour: int, times: int, hours: int, *, bursty: bool) -> float | None:
    """Hours from the spike's begin to its alarm; None if an hour after its end there was none."""
    rng = _rng(1000 + seed)
    start = 4 * WEEK_BINS + 12 * int(rng.integers(0, 72))
    bins = start + 12 * (hours + 1)
    counts = make.traffic(rng, bins, per_hour, bursty, make.spike(bins, start, hours, times))
    alarms = _watch(_hourly(counts), MONDAY, HOUR)
    return next((i + 1 - start / 12 for i, hit in enumerate(alarms) if hit and i >= start // 12), None)

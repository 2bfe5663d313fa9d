"""How often the spike rule cries wolf, what it finds, how late, and what it costs, in bins of five minutes.

Real traffic is five brands' mentions over eight weeks with labelled windows (`data/mention_volume`), synthetic traffic
comes from `tools/brand_traffic.py`, both in the folder of shared test data beside the checkout. `make bench` makes few
runs a cell; what docs/spikes.md tells is `python -m benchmarks.bench_spikes --runs 100 --seed 7001`.
"""

import argparse
import importlib.util
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from listener.domain.policy import PRESETS, SpikePolicy
from listener.insight.spikes import HOUR, Detector

SHARED = Path(__file__).parents[2] / "shared"
FIVE = timedelta(minutes=5)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = timedelta(days=7)
Counts = Sequence[int] | NDArray[Any]
DAY, WEEK_BINS = 288, WEEK // FIVE
BALANCED = PRESETS["balanced"]
WARM, QUIET = 3, 6
"""Weeks that teach the detector, and weeks in which every alarm is false."""
VOLUMES = (2, 30, 1000)
SPIKES = ((30, 5, 3), (1000, 5, 3), (30, 3, 3), (1000, 3, 3), (2, 5, 12))
"""Injected into bursty traffic: complaints an hour, times usual, hours."""
SHIFTS = ("step", "ramp", "dip", "outage")


def run(runs: int = 4, seed: int = 1) -> dict[str, object]:
    """Flat figures; rates are per series and week, delays count to the end of the bin that alarmed."""
    if not SHARED.is_dir():
        return {"skipped": "needs the shared test data"}
    made = _Made(_load("brand_traffic"), runs, seed)
    return {**_cost(), **_real(), **made.false_alarms(), **made.found(), **made.shifts(), **made.after_a_crisis()}


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SHARED / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _alarms(
    counts: Sequence[int] | NDArray[Any], policy: SpikePolicy = BALANCED, start: datetime = MONDAY
) -> list[int]:
    """The bins that alarm."""
    detector = Detector(policy, FIVE)
    return [i for i, n in enumerate(counts) if detector.update(int(n), at=start + i * FIVE).alarm]


def _cost() -> dict[str, object]:
    counts = np.random.default_rng(0).poisson(3, 20_000)
    began = time.perf_counter()
    _alarms(counts)
    each = (time.perf_counter() - began) / len(counts)
    tracemalloc.start()
    detector = Detector(BALANCED, FIVE)
    for i, n in enumerate(counts[: 8 * WEEK_BINS]):
        detector.update(int(n), at=MONDAY + i * FIVE)
    held = tracemalloc.get_traced_memory()[0]
    many = [Detector(BALANCED) for _ in range(10_000)]
    for hour in range(24 * 4):
        for one in many:
            one.update(3, at=MONDAY + hour * HOUR)
    hourly = (tracemalloc.get_traced_memory()[0] - held) / len(many)
    tracemalloc.stop()
    return {
        "microseconds an update": round(each * 1e6, 1),
        "kB a series": round(held / 1000, 1),
        "kB a series of hours, 10,000 at once": round(hourly / 1000, 1),
    }


def _real() -> dict[str, object]:
    nab = _load("nab_score")
    folder = SHARED / "data" / "mention_volume"
    series: dict[str, Any] = nab.load_corpus(str(folder), str(folder / "windows.json"))
    corpus = nab.Corpus(series)
    figures: dict[str, object] = {}
    for preset, policy in PRESETS.items():
        hits = {
            name: _alarms(values, policy, stamps[0].replace(tzinfo=UTC)) for name, (stamps, values, _) in series.items()
        }
        scores = {name: [float(i in set(hits[name])) for i in range(len(series[name][1]))] for name in series}
        for profile in nab.PROFILES:
            figures[f"{preset}: NAB score, {profile}"] = round(corpus.score(scores, 0.5, profile), 1)
        for name in series:
            others = nab.Corpus({other: one for other, one in series.items() if other != name})
            left = {other: one for other, one in scores.items() if other != name}
            figures[f"{preset}: NAB score without {Path(name).stem.split('_')[-1]}"] = round(
                others.score(left, 0.5, "standard"), 1
            )
        figures |= {f"{preset}: {key}": value for key, value in _outside(series, hits).items()}
    return figures


def _outside(series: dict[str, Any], hits: dict[str, list[int]]) -> dict[str, object]:
    """Alarms outside labelled windows, after the benchmark's probation, and windows that were found."""
    false, weeks, found, labelled = 0, 0.0, 0, 0
    for name, (_, values, windows) in series.items():
        inside = np.zeros(len(values), dtype=bool)
        for first, last in windows:
            inside[first : last + 1] = True
            found += any(first <= hit <= last for hit in hits[name])
        labelled += len(windows)
        begin = min(int(0.15 * len(values)), 750)
        weeks += float((~inside[begin:]).sum()) * (FIVE / WEEK)
        false += sum(hit >= begin and not inside[hit] for hit in hits[name])
    return {"false alarms a week, real": round(false / weeks, 2), "windows found": f"{found}/{labelled}"}


class _Made:
    """Synthetic traffic under the balanced preset."""

    def __init__(self, make: ModuleType, runs: int, seed: int) -> None:
        self._make, self._runs, self._seed = make, runs, seed

    def _rng(self, *cell: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *cell])

    def false_alarms(self) -> dict[str, object]:
        figures: dict[str, object] = {}
        for bursty in (False, True):
            for volume in VOLUMES:
                false = 0
                for n in range(self._runs):
                    counts = self._make.traffic(self._rng(1, volume, n), WEEK_BINS * (WARM + QUIET), volume, bursty)
                    false += sum(hit >= WARM * WEEK_BINS for hit in _alarms(counts))
                kind = "bursty" if bursty else "calm"
                figures[f"{kind} {volume}/h: false alarms a week"] = round(false / self._runs / QUIET, 2)
        return figures

    def found(self) -> dict[str, object]:
        figures: dict[str, object] = {}
        for volume, times, hours in SPIKES:
            delays = [self._delay(self._rng(2, volume, times, n), volume, times, hours) for n in range(self._runs)]
            figures[f"bursty {volume}/h: x{times} for {hours} h"] = _said(delays)
        return figures

    def _delay(self, rng: np.random.Generator, volume: int, times: int, hours: int, crisis: int = 0) -> float | None:
        """Minutes to the alarm; None without one by an hour after the end. `crisis` days before, x5 for 12 hours."""
        start = 4 * WEEK_BINS + int(rng.integers(0, 3 * DAY))
        bins = start + 12 * (hours + 1)
        shape = self._make.spike(bins, start, hours, times)
        if crisis:
            shape = shape * self._make.spike(bins, start - crisis * DAY, 12, 5)
        hits = _alarms(self._make.traffic(rng, bins, volume, True, shape))
        return next(((hit + 1 - start) * 5.0 for hit in hits if hit >= start), None)

    def shifts(self) -> dict[str, object]:
        """What isn't a crisis: alarms in its first 48 hours, then a week, for 19 days."""
        figures: dict[str, object] = {}
        start = 4 * WEEK_BINS + 100
        bins = start + 21 * DAY
        for number, kind in enumerate(SHIFTS):
            first = later = 0
            for volume in VOLUMES:
                for n in range(self._runs):
                    rng = self._rng(3, number, volume, n)
                    hits = _alarms(self._make.traffic(rng, bins, volume, True, _shift(kind, bins, start)))
                    first += sum(start <= hit < start + 2 * DAY for hit in hits)
                    later += sum(hit >= start + 2 * DAY for hit in hits)
            cells = self._runs * len(VOLUMES)
            figures[f"{kind}: alarms in 48 h, then a week"] = f"{first / cells:.2f}, {later / cells / (19 / 7):.2f}"
        return figures

    def after_a_crisis(self) -> dict[str, object]:
        figures: dict[str, object] = {}
        for volume, hours in ((30, 3), (30, 12), (1000, 3), (1000, 12)):
            for days in (0, 14):
                seeds = [self._rng(4, volume, hours, n) for n in range(self._runs)]
                delays = [self._delay(rng, volume, 3, hours, crisis=days) for rng in seeds]
                before = "14 days after x5 for 12 h" if days else "with no crisis before"
                figures[f"{volume}/h: x3 for {hours} h, {before}"] = _said(delays)
        return figures


def _shift(kind: str, bins: int, start: int) -> NDArray[np.float64]:
    """A step to twice; a ramp there within 14 days; two days at 0.4; six hours of nothing."""
    shape = np.ones(bins)
    if kind == "step":
        shape[start:] = 2
    elif kind == "ramp":
        end = start + 14 * DAY
        shape[start:end] = np.linspace(1, 2, end - start)
        shape[end:] = 2
    elif kind == "dip":
        shape[start : start + 2 * DAY] = 0.4
    else:
        shape[start : start + 72] = 0
    return shape


def _said(delays: Sequence[float | None]) -> str:
    found = [late for late in delays if late is not None]
    middle = f", median {statistics.median(found):.0f} min" if found else ""
    return f"{100 * len(found) / len(delays):.0f} % found{middle}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=4, help="a cell")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    json.dump(run(asked.runs, asked.seed), sys.stdout, indent=1)

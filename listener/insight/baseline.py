"""What a series of counts usually does: level × hour of day × weekend, and how far it strays from that.

Streaming, in memory that doesn't grow. The caller cuts counts far above expectation before they are learnt, so that a
spike teaches the baseline little, and hands them over a day late (`Guard`), so that a slow rise isn't taken for the
new normal while it is still rising.
"""

import math
from collections import deque
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Generic, TypeVar

T = TypeVar("T")

LEVEL_HALF_LIFE = timedelta(days=5)
"""Long enough that a two-day crisis moves the level by a quarter, short enough to follow a growing brand."""

RHYTHM_HALF_LIFE = timedelta(days=28)
"""Four weekends; a brand's rhythm hardly changes faster."""

WINSOR = 3.0
"""Standard deviations beyond which a count is cut before it is learnt."""

WEEKEND_PSEUDO_HOURS = 48
"""A whole flat weekend holds the weekend's factor back: one loud Sunday isn't what Sundays are."""

SATURDAY = 5

_LEAST_SHARE = 1e-3
"""Of a day; less is an hour in which nothing ever happens."""

_LEAST_FACTOR = 0.05
"""Keeps a dead hour's stray complaint from being blown up when the hour's factor is taken out."""


class Baseline:
    """Expected count of a bin of `width`; the hours' factors start flat, each held back by a day of pseudo-data."""

    def __init__(self, width: timedelta, zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._per_hour = timedelta(hours=1) / width
        self._level_keep = 0.5 ** (width / LEVEL_HALF_LIFE)
        self._rhythm_keep = 0.5 ** (width / RHYTHM_HALF_LIFE)
        self._level_sum = self._level_exposure = 0.0
        self._hour_sum = [0.0] * 24
        self._hour_bins = [0.0] * 24
        self._mean = 0.0
        # Working days and weekend: counts with the hour's factor taken out.
        self._part_sum = [0.0, 0.0]
        self._part_bins = [0.0, 0.0]

    def expected(self, at: datetime) -> float:
        """Of the bin that starts at `at`; 0 before anything was learnt."""
        if self._level_exposure == 0.0:
            return 0.0
        return self._level_sum / self._level_exposure * self._season(at)

    def doubt(self, usual: float) -> float:
        """Dispersion that the expectation's own uncertainty adds to a window where `usual` is expected.

        Gamma-Poisson: a level that rests on n complaints is uncertain by 1/n; the share s of a day that the window's
        hours hold, told from m complaints, by (1 - s) / (s m), the multinomial's.
        """
        level, rhythm = max(self._level_sum, 1.0), max(sum(self._hour_sum), 1.0)
        day = 24 * self._per_hour * self._level_sum / self._level_exposure if self._level_exposure else 0.0
        share = min(1.0, usual / day) if day > 0 else 1.0
        return 1 / level + (1 - share) / (max(share, _LEAST_SHARE) * rhythm)

    def learn(self, count: float, at: datetime) -> None:
        """Move towards `count` in the bin that starts at `at`."""
        local = at.astimezone(self._zone)
        self._level_sum = self._level_sum * self._level_keep + count
        self._level_exposure = self._level_exposure * self._level_keep + self._season(at)
        self._learn_part(count / max(self._hour_factor(local.hour), _LEAST_FACTOR), _part(local))
        self._learn_hour(count, local.hour)

    def _learn_hour(self, count: float, hour: int) -> None:
        self._hour_sum = [s * self._rhythm_keep for s in self._hour_sum]
        self._hour_bins = [n * self._rhythm_keep for n in self._hour_bins]
        self._hour_sum[hour] += count
        self._hour_bins[hour] += 1
        means = [s / n for s, n in zip(self._hour_sum, self._hour_bins, strict=True) if n > 0]
        self._mean = sum(means) / len(means)

    def _learn_part(self, count: float, part: int) -> None:
        self._part_sum = [s * self._rhythm_keep for s in self._part_sum]
        self._part_bins = [n * self._rhythm_keep for n in self._part_bins]
        self._part_sum[part] += count
        self._part_bins[part] += 1

    def _season(self, at: datetime) -> float:
        local = at.astimezone(self._zone)
        factor = self._smooth_factor(local)
        return factor * self._weekend_factor() if _part(local) else factor

    def _smooth_factor(self, local: datetime) -> float:
        """The hour's, interpolated between the middles of two hours where bins are shorter."""
        if self._per_hour <= 1:
            return self._hour_factor(local.hour)
        place = local.hour + (local.minute + 30 / self._per_hour) / 60 - 0.5
        first = math.floor(place)
        share = place - first
        return (1 - share) * self._hour_factor(first % 24) + share * self._hour_factor((first + 1) % 24)

    def _hour_factor(self, hour: int) -> float:
        if self._mean <= 0:
            return 1.0
        pseudo = max(self._per_hour, 1.0)
        return (self._hour_sum[hour] / self._mean + pseudo) / (self._hour_bins[hour] + pseudo)

    def _weekend_factor(self) -> float:
        if self._part_sum[0] <= 0:
            return 1.0
        usual = self._part_sum[0] / self._part_bins[0]
        pseudo = WEEKEND_PSEUDO_HOURS * self._per_hour
        return (self._part_sum[1] / usual + pseudo) / (self._part_bins[1] + pseudo)


def _part(local: datetime) -> int:
    return int(local.weekday() >= SATURDAY)


class Spread:
    """How much a window's count strays beyond Poisson: the negative binomial's dispersion, by moments, robustly."""

    def __init__(self, prior_sd: float, pseudo: float, keep: float) -> None:
        """`prior_sd` relative to the expectation weighs as much as `pseudo` windows; `keep` is the weight's decay."""
        self._prior = prior_sd * prior_sd
        self._pseudo = pseudo
        self._keep = keep
        self._excess = self._square = self._seen = 0.0

    @property
    def dispersion(self) -> float:
        if self._square == 0.0:
            return self._prior
        weight = self._pseudo * self._square / self._seen
        return max(0.0, (self._excess + self._prior * weight) / (self._square + weight))

    def sd(self, expected: float) -> float:
        return math.sqrt(expected + self.dispersion * expected * expected)

    def learn(self, observed: float, expected: float) -> None:
        wide = reach(self.sd(expected))
        error = min(max(observed - expected, -wide), wide)
        self._excess = self._excess * self._keep + error * error - expected
        self._square = self._square * self._keep + expected * expected
        self._seen = self._seen * self._keep + 1


def reach(sd: float) -> float:
    """How far from expectation a count is believed; never under three, for a silent series must be able to wake."""
    return WINSOR * max(1.0, sd)


class Guard(Generic[T]):
    """Holds the newest back: gives out, in order, what is older than the last `hold`."""

    def __init__(self) -> None:
        self._held: deque[T] = deque()

    def pass_through(self, item: T, hold: int) -> list[T]:
        self._held.append(item)
        return [self._held.popleft() for _ in range(len(self._held) - hold)]

"""What a series of counts usually does: level × hour of day × weekend, and how far it strays from that.

Streaming, in memory that doesn't grow. The caller cuts counts far above expectation before they are learnt, so that a
spike teaches the baseline little, and hands them over a day late, so that a slow rise isn't taken for the new normal
while it is still rising.
"""

import math
from array import array
from datetime import UTC, datetime, timedelta, tzinfo

LEVEL_HALF_LIFE = timedelta(days=5)
"""Long enough that a two-day crisis moves the level by a quarter, short enough to follow a growing brand."""

RISE_HALF_LIFE = timedelta(days=1)
"""Of the level that follows a rise: the higher of the two counts, so that a brand that doubles within two weeks isn't
above its usual all the while, and a quiet day isn't yet the usual."""

RHYTHM_HALF_LIFE = timedelta(days=28)
"""Four weekends; a brand's rhythm hardly changes faster."""

WINSOR = 3.0
"""Standard deviations beyond which a count is cut before it is learnt."""

WEEKEND_PSEUDO_HOURS = 48
"""A whole flat weekend holds the weekend's factor back: one loud Sunday isn't what Sundays are."""

SATURDAY = 5
_DAY = 24 * 60
"""Minutes."""

_LEAST_SHARE = 1e-3
"""Of a day; less is an hour in which nothing ever happens."""

_LEAST_FACTOR = 0.05
"""Keeps a dead hour's stray complaint from being blown up when the hour's factor is taken out."""

_MOST_WEIGHT = 1e9


class Baseline:
    """Expected count of a bin of `width`; the hours' factors start flat, each held back by a day of pseudo-data.

    The rhythm's sums fade by letting newer counts weigh more; that way a bin touches one hour, not twenty-four.
    """

    __slots__ = (
        "_half_bin", "_hour_bins", "_hour_sum", "_level_exposure", "_level_keep", "_level_sum", "_mean_sum", "_means",
        "_part_bins", "_part_sum", "_per_hour", "_pseudo", "_rise_exposure", "_rise_keep", "_rise_sum", "_seen_hours",
        "_total", "_weight", "_weight_grows", "_zone",
    )  # fmt: skip

    def __init__(self, width: timedelta, zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._per_hour = timedelta(hours=1) / width
        self._pseudo = max(self._per_hour, 1.0)
        self._half_bin = 30 / self._per_hour if self._per_hour > 1 else 30.0
        self._level_keep = 0.5 ** (width / LEVEL_HALF_LIFE)
        self._level_sum = self._level_exposure = 0.0
        self._rise_keep = 0.5 ** (width / RISE_HALF_LIFE)
        self._rise_sum = self._rise_exposure = 0.0
        self._weight, self._weight_grows = 1.0, 2.0 ** (width / RHYTHM_HALF_LIFE)
        self._hour_sum = array("d", bytes(8 * 24))
        self._hour_bins = array("d", bytes(8 * 24))
        self._total = 0.0
        self._means = array("d", bytes(8 * 24))
        self._mean_sum, self._seen_hours = 0.0, 0
        # Working days and weekend: counts with the hour's factor taken out.
        self._part_sum = [0.0, 0.0]
        self._part_bins = [0.0, 0.0]

    def place(self, at: datetime) -> int:
        """Where in the week's rhythm a bin that starts at `at` stands: minute of the day, a day added on weekends."""
        local = at.astimezone(self._zone)
        minute = local.minute if self._per_hour > 1 else 0
        return local.hour * 60 + minute + (_DAY if local.weekday() >= SATURDAY else 0)

    def expected(self, place: int) -> float:
        """Of the bin at this place; 0 before anything was learnt."""
        if self._level_exposure == 0.0:
            return 0.0
        level = self._level_sum / self._level_exposure
        if self._rise_sum > level * self._rise_exposure:
            level = self._rise_sum / self._rise_exposure
        return level * self._season(place)

    def doubt(self, usual: float) -> float:
        """Dispersion that the expectation's own uncertainty adds to a window where `usual` is expected.

        Gamma-Poisson: a level that rests on n complaints is uncertain by 1/n; the share s of a day that the window's
        hours hold, told from m complaints, by (1 - s) / (s m), the multinomial's.
        """
        level, rhythm = max(self._level_sum, 1.0), max(self._total / self._weight, 1.0)
        day = 24 * self._per_hour * self._level_sum / self._level_exposure if self._level_exposure else 0.0
        share = min(1.0, usual / day) if day > 0 else 1.0
        return 1 / level + (1 - share) / (max(share, _LEAST_SHARE) * rhythm)

    def learn(self, count: float, place: int) -> None:
        """Move towards `count` in the bin at this place."""
        season = self._season(place)
        self._level_sum = self._level_sum * self._level_keep + count
        self._level_exposure = self._level_exposure * self._level_keep + season
        self._rise_sum = self._rise_sum * self._rise_keep + count
        self._rise_exposure = self._rise_exposure * self._rise_keep + season
        self._weight *= self._weight_grows
        part, minute = divmod(place, _DAY)
        hour = minute // 60
        self._part_sum[part] += self._weight * count / max(self._hour_factor(hour), _LEAST_FACTOR)
        self._part_bins[part] += self._weight
        self._learn_hour(count, hour)
        if self._weight > _MOST_WEIGHT:
            self._rescale()

    def _learn_hour(self, count: float, hour: int) -> None:
        self._seen_hours += self._hour_bins[hour] == 0.0
        self._hour_sum[hour] += self._weight * count
        self._hour_bins[hour] += self._weight
        self._total += self._weight * count
        mean = self._hour_sum[hour] / self._hour_bins[hour]
        self._mean_sum += mean - self._means[hour]
        self._means[hour] = mean

    def _rescale(self) -> None:
        for sums in (self._hour_sum, self._hour_bins, self._part_sum, self._part_bins):
            for n in range(len(sums)):
                sums[n] /= self._weight
        self._total /= self._weight
        self._mean_sum = sum(self._means)  # forgets what rounding has gathered
        self._weight = 1.0

    def _season(self, place: int) -> float:
        part, minute = divmod(place, _DAY)
        # Interpolated between the middles of two hours where bins are shorter.
        after = minute + self._half_bin - 30
        first = math.floor(after / 60)
        share = after / 60 - first
        factor = self._hour_factor(first % 24)
        if share > 0:
            factor += share * (self._hour_factor((first + 1) % 24) - factor)
        return factor * self._weekend_factor() if part else factor

    def _hour_factor(self, hour: int) -> float:
        if self._mean_sum <= 0:
            return 1.0
        mean = self._mean_sum / self._seen_hours * self._weight
        return (self._hour_sum[hour] / mean + self._pseudo) / (self._hour_bins[hour] / self._weight + self._pseudo)

    def _weekend_factor(self) -> float:
        if self._part_sum[0] <= 0:
            return 1.0
        usual = self._part_sum[0] / self._part_bins[0] * self._weight
        pseudo = WEEKEND_PSEUDO_HOURS * self._per_hour
        return (self._part_sum[1] / usual + pseudo) / (self._part_bins[1] / self._weight + pseudo)


class Spread:
    """How much a window's count strays beyond Poisson: the negative binomial's dispersion, by moments, robustly."""

    __slots__ = ("_excess", "_keep", "_prior", "_pseudo", "_seen", "_square", "dispersion")

    def __init__(self, prior_sd: float, pseudo: float, keep: float) -> None:
        """`prior_sd` relative to the expectation weighs as much as `pseudo` windows; `keep` is the weight's decay."""
        self._prior = prior_sd * prior_sd
        self._pseudo = pseudo
        self._keep = keep
        self._excess = self._square = self._seen = 0.0
        self.dispersion = self._prior

    def sd(self, expected: float) -> float:
        """Of a count around `expected`; never under one, for counts come in ones."""
        variance = expected + self.dispersion * expected * expected
        return math.sqrt(variance) if variance > 1 else 1.0

    def learn(self, observed: float, expected: float) -> None:
        wide = reach(self.sd(expected))
        error = min(max(observed - expected, -wide), wide)
        self._excess = self._excess * self._keep + error * error - expected
        self._square = self._square * self._keep + expected * expected
        self._seen = self._seen * self._keep + 1
        if self._square > 0:
            weight = self._pseudo * self._square / self._seen
            self.dispersion = max(0.0, (self._excess + self._prior * weight) / (self._square + weight))


def reach(sd: float) -> float:
    """How far from expectation a count is believed; with an sd of one at least, a silent series is able to wake."""
    return WINSOR * sd


class Guard:
    """Holds the newest rows of numbers back: gives out, in order, what is older than the last `hold`."""

    __slots__ = ("_columns", "_held")

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._held = array("d")

    def pass_through(self, row: tuple[float, ...], hold: int) -> list[tuple[float, ...]]:
        self._held.extend(row)
        given = []
        while len(self._held) > hold * self._columns:
            given.append(tuple(self._held[: self._columns]))
            del self._held[: self._columns]
        return given

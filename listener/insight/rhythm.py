"""How often a platform usually brings posts, and whether its silence is longer than that; pure.

The yardstick is what should have come meanwhile, by hour of day and weekend: three silent hours at night may be
worth one post, and three at noon ninety.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.domain.hours import hour_of
from listener.insight.windows import HOUR

HISTORY = timedelta(days=28)
LEAST_HISTORY = timedelta(days=7)
"""A rhythm shorter than a week isn't one."""

SURE = 9.2
"""Posts that should have come: fewer than one in ten thousand such stretches stays empty by chance, e^-9.2."""

BEYOND = 1.5
"""Times the emptiest stretch of the last weeks: traffic comes in bursts, and only its own record says how much so."""

SHORTEST = timedelta(hours=1)
"""Platforms index late, and counts are kept by the hour."""

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Posts expected by the hour of a working day or of the weekend."""

    rates: Mapping[tuple[bool, int], float]
    longest: float
    """Posts that the emptiest stretch should have brought."""

    def expected(self, since: datetime, until: datetime) -> float:
        """Between two instants."""
        total, at = 0.0, since
        while at < until:
            end = min(hour_of(at) + HOUR, until)
            total += self.rates.get(_place(at), 0.0) * ((end - at) / HOUR)
            at = end
        return total

    def quiet(self, last: datetime, now: datetime) -> bool:
        """Whether nothing since `last` is more than chance and habit explain."""
        return now - last >= SHORTEST and self.expected(last, now) >= max(SURE, BEYOND * self.longest)


def rhythm(counts: Mapping[datetime, int], hours: Sequence[datetime]) -> Rhythm | None:
    """From an hour's posts over the hours that were heard; None where there are too few of them."""
    if len(hours) < LEAST_HISTORY // HOUR:
        return None
    sums: dict[tuple[bool, int], list[int]] = {}
    for hour in hours:
        sums.setdefault(_place(hour), []).append(counts.get(hour, 0))
    rates = {place: sum(seen) / len(seen) for place, seen in sums.items()}
    return Rhythm(rates, _longest(rates, counts, hours))


def _longest(
    rates: Mapping[tuple[bool, int], float], counts: Mapping[datetime, int], hours: Sequence[datetime]
) -> float:
    longest = empty = 0.0
    before = None
    for hour in hours:
        silent = counts.get(hour, 0) == 0 and (before is None or hour - before == HOUR)
        empty = empty + rates[_place(hour)] if silent else 0.0
        longest, before = max(longest, empty), hour
    return longest


def _place(at: datetime) -> tuple[bool, int]:
    return at.weekday() >= SATURDAY, at.hour

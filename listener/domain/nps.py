"""The Net Promoter Score of a survey, and what scores are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from listener.domain.shares import MIN_N

PROMOTES = 9
"""From this score on."""
DETRACTS = 6
"""Up to this score."""


class Band(StrEnum):
    """What a score is worth beside other companies' scores."""

    BELOW = "below average"
    AVERAGE = "average"
    ABOVE = "above average"
    LEGENDARY = "legendary"


_FROM = ((50.0, Band.LEGENDARY), (10.0, Band.ABOVE), (5.0, Band.AVERAGE))
"""Points from which a band begins; the founding texts call 5 to 10 average and 50 to 80 legendary."""


def band_of(points: float) -> Band:
    return next((band for begin, band in _FROM if points >= begin), Band.BELOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nps:
    """Promoters % − detractors % of those who answered, each with the latest answer in the window."""

    promoters: int
    passives: int
    detractors: int
    low: float
    high: float
    """95 % interval in points, -100 to 100."""

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def points(self) -> float:
        return 100 * (self.promoters - self.detractors) / self.n if self.n else 0.0

    @property
    def telling(self) -> bool:
        return self.n >= MIN_N

    @property
    def bands(self) -> Sequence[Band]:
        """Every band that the interval touches, lowest first; the score may lie in any of them."""
        ordered = list(Band)
        return ordered[ordered.index(band_of(self.low)) : ordered.index(band_of(self.high)) + 1]

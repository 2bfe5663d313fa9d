"""Shares and balances, with what says how far they may be trusted."""

from dataclasses import dataclass

MIN_N = 30
"""Under so many, a share is too few to tell: it is neither ranked nor drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a whole with its 95 % interval (Wilson)."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 0.0

    @property
    def telling(self) -> bool:
        return self.whole >= MIN_N


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Advocacy balance: promoters % − detractors % of distinct authors, by each one's latest stand.

    It is inferred from talk, not asked: few customers post, and the vocal ones.
    """

    promoters: int
    passives: int
    detractors: int
    unknown: int
    """Authors of whom nothing could be told; not in n."""
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

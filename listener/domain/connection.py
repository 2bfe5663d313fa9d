"""Emotional connection: who is moved by what a brand stands for, how these differ, and whether a change is noise."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listener.domain.digest import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Between two shares, in points, with its 95 % interval."""

    points: float
    low: float
    high: float
    telling: bool
    """Both shares have people enough."""

    @property
    def beyond_noise(self) -> bool:
        return self.telling and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One thing among connected authors beside all others."""

    name: str
    connected: Share
    others: Share
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One brand's window: authors with a post that names a motivator and bears an emotion of attachment."""

    brand: str
    connected: Share
    """Of authors who spoke to the brand."""
    motivators: tuple[tuple[str, Share], ...]
    """Authors connected by each, of the same; one may be connected by several. The most first."""
    contrasts: tuple[Contrast, ...]
    looked_at: int
    """Posts in which themes were looked for."""
    posts: int


class Moved(StrEnum):
    """What a comparison of two windows looks at."""

    CONNECTED = "connected"
    LEAVING = "talk of leaving"
    ADVOCACY = "advocacy"
    SHARE = "the share"
    """Of whatever was counted elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One share before and after."""

    what: Moved
    before: Share
    after: Share
    both: int
    """Authors who are in both, and so don't speak twice independently."""
    correlation: float
    """Of the two shares, by the authors in both; 0 where nobody is."""
    difference: Difference

    @property
    def sentence(self) -> str:
        """`connected rose from 21 % to 26 %, +5 points (1 to 9): more than noise`."""
        found = self.difference
        if not found.telling:
            return f"{self.what}: too few to tell (n = {self.before.whole:,} before and {self.after.whole:,} after)"
        verb = "stayed at" if abs(found.points) < 0.5 else "rose" if found.points > 0 else "fell"
        shares = f"from {100 * self.before.value:.0f} % to {100 * self.after.value:.0f} %"
        said = f"about {100 * self.after.value:.0f} %" if verb == "stayed at" else shares
        ends = f"{_whole(found.low)} to {_whole(found.high)}"
        verdict = "more than noise" if found.beyond_noise else "no more than noise may do"
        return f"{self.what} {verb} {said}, {_signed(found.points)} points ({ends}): {verdict}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One brand, or one group of its posts, before and after."""

    brand: str
    group: str
    """As it was asked for, such as `platform=x`; empty for everybody."""
    before: tuple[datetime, datetime] | None
    after: tuple[datetime, datetime] | None
    """Both None where known numbers are compared."""
    changes: tuple[Change, ...]


def _signed(points: float) -> str:
    return f"{points:+.0f}" if abs(points) >= 0.5 else "0"


def _whole(points: float) -> str:
    """With a decimal where rounding would hide on which side of nought it lies."""
    return f"{points:.1f}" if abs(points) < 1 else f"{points:.0f}"

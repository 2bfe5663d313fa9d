"""Intervals for shares: Wilson for one, Newcombe for the difference of two. All at 95 %."""

from math import sqrt

from listener.domain.digest import Share

Z = 1.959963984540054
"""The normal distribution's 97.5 % point."""


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927); (0, 1) where there is nothing to tell from."""
    if whole == 0:
        return 0.0, 1.0
    share = part / whole
    middle = share + Z * Z / (2 * whole)
    half = Z * sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    scale = 1 + Z * Z / whole
    low, high = (middle - half) / scale, (middle + half) / scale
    # Rounding must not push an end past the share it holds.
    return (0.0 if part == 0 else max(0.0, low)), (1.0 if part == whole else min(1.0, high))


def share(part: int, whole: int) -> Share:
    low, high = wilson(part, whole)
    return Share(part=part, whole=whole, low=low, high=high)


def newcombe(part: int, whole: int, other_part: int, other_whole: int) -> tuple[float, float]:
    """Interval of share − other share, of two independent groups (Newcombe 1998, method 10)."""
    return _square_and_add(share(part, whole), share(other_part, other_whole), correlation=0.0)


def newcombe_within(part: int, other_part: int, whole: int) -> tuple[float, float]:
    """Interval of the difference of two exclusive shares of one group, which pull against each other.

    Square-and-add as in Newcombe's method for paired shares, with the multinomial's correlation.
    """
    a, b = share(part, whole), share(other_part, whole)
    odds = (1 - a.value) * (1 - b.value)
    correlation = -sqrt(a.value * b.value / odds) if odds > 0 else -1.0
    return _square_and_add(a, b, correlation=correlation)


def newcombe_overlapping(a: Share, b: Share, correlation: float) -> tuple[float, float]:
    """Interval of a − b where some people are in both groups; `correlation` is that of the two shares."""
    return _square_and_add(a, b, correlation=correlation)


def _square_and_add(a: Share, b: Share, *, correlation: float) -> tuple[float, float]:
    difference = a.value - b.value
    down, up = (a.value - a.low, b.high - b.value), (a.high - a.value, b.value - b.low)
    low = difference - sqrt(max(0.0, down[0] ** 2 + down[1] ** 2 - 2 * correlation * down[0] * down[1]))
    high = difference + sqrt(max(0.0, up[0] ** 2 + up[1] ** 2 - 2 * correlation * up[0] * up[1]))
    return max(-1.0, low), min(1.0, high)

"""Tail probability of the negative binomial: how rare is a count this high?

Counts of people are burstier than Poisson; with mean m and dispersion d their variance is m + d·m².
"""

import math

_TINY = 1e-300
_CLOSE = 1e-12
_MAX_STEPS = 2_000
_MIN_DISPERSION = 1e-6
"""Below it the distribution is Poisson for every count a brand can draw, and the arithmetic stays exact."""


def tail(count: int, mean: float, dispersion: float) -> float:
    """P(Y ≥ count) for a negative binomial Y of this mean and dispersion; 1 for a count of 0.

    It equals the regularised incomplete beta function I_q(count, 1/d) with q = m / (m + 1/d).
    """
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    size = 1 / max(dispersion, _MIN_DISPERSION)
    return incomplete_beta(count, size, mean / (mean + size))


def middle_tail(count: int, mean: float, dispersion: float) -> float:
    """P(Y > count) + P(Y = count)/2: few counts are possible where few are usual, and the plain tail, which takes the
    whole of the last step in, would ask more of small series than of large ones (Lancaster's mid-p, 1961)."""
    whole = tail(count, mean, dispersion)
    if count <= 0 or mean <= 0:
        return whole
    size = 1 / max(dispersion, _MIN_DISPERSION)
    log_step = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
    log_step += count * math.log(mean / (mean + size)) - size * math.log1p(mean / size)
    return max(0.0, whole - math.exp(log_step) / 2)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b), regularised, by Lentz's continued fraction (Numerical Recipes, 6.4)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    front = math.exp(log_front)
    if x < (a + 1) / (a + b + 2):
        return min(1.0, front * _fraction(a, b, x) / a)
    return max(0.0, 1.0 - front * _fraction(b, a, 1 - x) / b)


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MAX_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _nonzero(1 + even * d), _nonzero(1 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _nonzero(1 + odd * d), _nonzero(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < _CLOSE:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY

"""Logistic regression with a light ridge, fitted to many resamples at once, and intervals of its coefficients.

Authors are few kinds of rows: whoever has the same themes and outcome is the same to the model. So a resample of them
is a draw of counts over the kinds: the ordinary bootstrap of authors, at a fraction of its price.

The ridge is fixed, not tuned. One tuned to predict shrinks coefficients by as much as they are uncertain, and intervals
around shrunk values miss the true ones. `RIDGE` is a normal prior of standard deviation 1 on each standardised
coefficient: next to the information of hundreds of authors it is nothing, and where a theme separates the outcome
perfectly it keeps the coefficient finite. Intervals are BCa (Efron 1987), which takes out what bias is left.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

RIDGE = 1.0
DRAWS = 999
THIN = 5
STEPS = 50
_CLOSE = 1e-8
_FARTHEST = 2.0
"""No step of the fit changes a log-odds coefficient by more."""
_CELLS = 2_000_000
"""Resamples × kinds that are held at once."""
_NOUGHT = 1e-9

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Kinds:
    """Distinct rows, with how often each stands."""

    themes: Floats
    """(kinds, themes), 0 or 1."""
    outcome: Floats
    """(kinds,), 0 or 1."""
    count: Floats
    """(kinds,)."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Standardised coefficients, theme by theme."""

    value: Floats
    low: Floats
    high: Floats
    spread: Floats
    """Standard deviation over the resamples."""
    scale: Floats
    """Standard deviation of each theme: a coefficient ÷ it is the change of log-odds for mentioning the theme."""


def kinds(themes: NDArray[np.bool_], outcome: NDArray[np.bool_]) -> Kinds:
    """`themes` is (authors, themes)."""
    rows, count = np.unique(np.column_stack([themes, outcome]), axis=0, return_counts=True)
    return Kinds(rows[:, :-1].astype(float), rows[:, -1].astype(float), count.astype(float))


def fit(data: Kinds, *, seed: int, ridge: float = RIDGE, draws: int = DRAWS) -> Fitted:
    """Coefficients with BCa intervals at 95 %; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    coefficients = solve(data, data.count[None, :], ridge)
    scale = _scale(data.themes, data.count[None, :])
    value = (coefficients[:, 1:] * scale)[0]
    whole = int(data.count.sum())
    drawn = np.empty((draws, value.size))
    at_once = max(1, _CELLS // data.count.size)
    for begin in range(0, draws, at_once):
        size = min(at_once, draws - begin)
        weights = rng.multinomial(whole, data.count / whole, size=size).astype(float)
        solved = solve(data, weights, ridge, begin=coefficients[0])
        drawn[begin : begin + size] = solved[:, 1:] * _scale(data.themes, weights)
    lean, error = _pulls(data, coefficients[0], ridge)
    low, high = bca(value, drawn, lean)
    spread = drawn.std(axis=0, ddof=1)
    # Where next to nobody who mentions a theme does the thing, or doesn't, resamples repeat that and know no doubt.
    thin, wide = _thin(data), _NORMAL.inv_cdf(0.975) * error * scale[0]
    low = np.where(thin, np.minimum(low, value - wide), low)
    high = np.where(thin, np.maximum(high, value + wide), high)
    return Fitted(value, low, high, np.where(thin, np.maximum(spread, error * scale[0]), spread), scale[0])


def solve(data: Kinds, weights: Floats, ridge: float, begin: Floats | None = None) -> Floats:
    """(resamples, 1 + themes): intercept and log-odds coefficients of each row of weights, by Newton's method."""
    rows = np.column_stack([np.ones(data.count.size), data.themes])
    outer = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)
    size, width = weights.shape[0], rows.shape[1]
    penalty = np.column_stack([np.zeros(size), ridge * _scale(data.themes, weights) ** 2])
    found = np.tile(np.zeros(width) if begin is None else begin, (size, 1))
    diagonal = np.arange(width)
    for _ in range(STEPS):
        chance = _chance(found @ rows.T)
        slope = (weights * (data.outcome - chance)) @ rows - penalty * found
        bend = ((weights * chance * (1 - chance)) @ outer).reshape(size, width, width)
        bend[:, diagonal, diagonal] += penalty + _NOUGHT
        step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0]
        farthest = np.abs(step).max(axis=1, keepdims=True)
        found += step * np.minimum(1.0, _FARTHEST / np.maximum(farthest, _NOUGHT))
        if farthest.max() < _CLOSE:
            break
    return found


def bca(value: Floats, drawn: Floats, lean: Floats) -> tuple[Floats, Floats]:
    """Bias-corrected and accelerated percentiles; `lean` is the acceleration."""
    draws = len(drawn)
    below = (drawn < value).sum(axis=0) + (drawn == value).sum(axis=0) / 2
    ends = []
    for tail in (0.025, 0.975):
        wanted = np.empty(value.size)
        for column in range(value.size):
            bias = _NORMAL.inv_cdf(float(np.clip(below[column] / draws, 1 / (draws + 1), draws / (draws + 1))))
            moved = bias + _NORMAL.inv_cdf(tail)
            wanted[column] = _NORMAL.cdf(bias + moved / (1 - lean[column] * moved))
        ends.append(np.array([np.quantile(drawn[:, n], wanted[n]) for n in range(value.size)]))
    return ends[0], ends[1]


def _pulls(data: Kinds, coefficients: Floats, ridge: float) -> tuple[Floats, Floats]:
    """(acceleration, standard error): by each author's pull at the fit (infinitesimal jackknife); by the curvature."""
    rows = np.column_stack([np.ones(data.count.size), data.themes])
    chance = _chance(rows @ coefficients)
    scale = _scale(data.themes, data.count[None, :])[0]
    bend = (rows * (data.count * chance * (1 - chance))[:, None]).T @ rows
    bend += np.diag(np.concatenate([[0.0], ridge * scale**2]) + _NOUGHT)
    inverse = np.linalg.inv(bend)
    pull = (inverse @ (rows * (data.outcome - chance)[:, None]).T)[1:].T
    square, cube = data.count @ pull**2, data.count @ pull**3
    lean: Floats = cube / (6 * np.maximum(square, _NOUGHT**2) ** 1.5)
    error: Floats = np.sqrt(np.diag(inverse)[1:])
    return lean, error


def _thin(data: Kinds) -> NDArray[np.bool_]:
    """Themes with fewer than `THIN` authors in one of the four kinds: with or without it, doing the thing or not."""
    cells = [(data.count * (data.outcome == does)) @ (data.themes == has) for does in (0.0, 1.0) for has in (0.0, 1.0)]
    thin: NDArray[np.bool_] = np.min(cells, axis=0) < THIN
    return thin


def _scale(themes: Floats, weights: Floats) -> Floats:
    """Standard deviations of 0/1 columns."""
    share = (weights @ themes) / weights.sum(axis=1, keepdims=True)
    scale: Floats = np.sqrt(np.clip(share * (1 - share), 0.0, None))
    return scale


def _chance(odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(odds, -40, 40)))
    return chance

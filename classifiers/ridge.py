"""Generalised linear models on top of known scores, held towards changing nothing. Numpy only, no randomness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.calibration import sigmoid, softmax

Floats = NDArray[np.float64]

_STEPS = 25
_DONE = 1e-6
"""Nats that another step could win."""
_SHORTEST = 1e-6
"""Of a step, before it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Rows to be fitted: K = 1 outputs mean a yes or no, more of them exclude each other."""

    features: Floats
    """N×F."""
    known: Floats
    """N×K, what each output's logit is without us."""
    truth: Floats
    """N×K, hard or soft."""
    weights: Floats
    """N."""

    def rows(self, which: NDArray[np.bool_]) -> Problem:
        """Some of them."""
        return Problem(
            features=self.features[which],
            known=self.known[which],
            truth=self.truth[which],
            weights=self.weights[which],
        )


def chances(logits: Floats) -> Floats:
    """Return N×K probabilities from N×K logits."""
    return sigmoid(logits) if logits.shape[1] == 1 else softmax(logits)


def fit(problem: Problem, ridge: float, start: Floats | None = None) -> Floats:
    """Return the F×K weights that make the truth likeliest, `ridge`/2 times their squares held against it.

    Newton's method (iteratively reweighted least squares); convex, so there is one answer, and it is 0 where the known
    scores are right already.
    """
    w = np.zeros((problem.features.shape[1], problem.known.shape[1])) if start is None else start.copy()
    height = _cost(problem, w, ridge)
    for _ in range(_STEPS):
        p = chances(problem.known + problem.features @ w)
        gradient = problem.features.T @ (problem.weights[:, None] * (p - problem.truth)) + ridge * w
        step = np.linalg.solve(_curvature(problem, p, ridge), gradient.T.ravel()).reshape(w.shape[1], -1).T
        slope, reach = float((gradient * step).sum()), 1.0
        # Where the known scores are sure and wrong the curve is nearly flat: a whole step would leap over the valley.
        while (lower := _cost(problem, w - reach * step, ridge)) > height - 0.1 * reach * slope and reach > _SHORTEST:
            reach *= 0.5
        if lower >= height:
            break
        w, height = w - reach * step, lower
        if slope < _DONE:
            break
    return w


def _cost(problem: Problem, w: Floats, ridge: float) -> float:
    logits = problem.known + problem.features @ w
    if logits.shape[1] == 1:
        rows = (np.logaddexp(0.0, logits) - problem.truth * logits)[:, 0]
    else:
        top = logits.max(axis=1)
        rows = top + np.log(np.exp(logits - top[:, None]).sum(axis=1)) - (problem.truth * logits).sum(axis=1)
    return float(problem.weights @ rows + ridge / 2 * (w**2).sum())


def _curvature(problem: Problem, p: Floats, ridge: float) -> Floats:
    """Return the Hessian, (K·F)×(K·F), outputs outermost."""
    x, size = problem.features, problem.features.shape[1]
    found = ridge * np.eye(p.shape[1] * size)
    for a in range(p.shape[1]):
        for b in range(a, p.shape[1]):
            bend = p[:, a] * ((a == b) - p[:, b])
            block = (x * (problem.weights * bend)[:, None]).T @ x
            found[a * size : (a + 1) * size, b * size : (b + 1) * size] += block
            if a != b:
                found[b * size : (b + 1) * size, a * size : (a + 1) * size] += block
    return found


def losses(p: Floats, truth: Floats) -> Floats:
    """Return each row's log-loss in nats, N."""
    kept = np.clip(p, 1e-6, 1 - 1e-6)
    if p.shape[1] == 1:
        result: Floats = -(truth * np.log(kept) + (1 - truth) * np.log(1 - kept))[:, 0]
    else:
        result = -(truth * np.log(kept)).sum(axis=1)
    return result

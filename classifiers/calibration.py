"""Raw outputs → probabilities that mean what they say: of posts given 0.8, eight in ten should be so.

Sentiment gets a temperature (Guo et al. 2017) that depends on how the text reads otherwise (on what the label head
says of irony, say), and can't change the order; each label and emotion a line through its logit (Platt 1999). All are
fitted on rows held out from training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ITERATIONS = 60
_PULL = 0.002  # what heat costs, squared, in nats a row
_HOTTEST = 1.0
"""A text's temperature stays within e times, or one e-th of, the common one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A logit's slope and offset before the logistic function."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, logit: Floats) -> Floats:
        """Return probabilities of the logits' shape."""
        return sigmoid(self.slope * logit + self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was fitted, by head."""

    temperature: float = 1.0
    labels: Mapping[str, Line] = field(default_factory=dict)
    emotions: Mapping[str, Line] = field(default_factory=dict)
    heat: tuple[float, ...] = ()
    """By label in the order of the model's: the temperature's logarithm grows by it, times the label's raw score."""

    def sentiment(self, logits: NDArray[Any], labels: NDArray[Any]) -> Floats:
        """Return the shares of the sentiments, N×3, from both heads' logits, N×3 and N×(labels)."""
        return softmax(logits.astype(float) / self.temperatures(labels)[:, None])

    def temperatures(self, labels: NDArray[Any]) -> Floats:
        """Return each text's temperature, N, from its label logits, N×(labels)."""
        heat = np.array(self.heat or (0.0,) * labels.shape[1])
        result: Floats = self.temperature * np.exp(np.clip(sigmoid(labels.astype(float)) @ heat, -_HOTTEST, _HOTTEST))
        return result

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON types; `from_json` reads them back."""
        return {
            "temperature": self.temperature,
            "heat": list(self.heat),
            "labels": {name: [line.slope, line.offset] for name, line in self.labels.items()},
            "emotions": {name: [line.slope, line.offset] for name, line in self.emotions.items()},
        }


def from_json(raw: Mapping[str, Any]) -> Calibration:
    """Return the calibration that `as_json` wrote; KeyError or ValueError where it isn't one."""
    return Calibration(
        temperature=float(raw["temperature"]),
        heat=tuple(float(value) for value in raw.get("heat", ())),
        labels={name: Line(slope=float(a), offset=float(b)) for name, (a, b) in raw["labels"].items()},
        emotions={name: Line(slope=float(a), offset=float(b)) for name, (a, b) in raw["emotions"].items()},
    )


def sigmoid(x: Floats) -> Floats:
    """Return the logistic function without overflow."""
    result: Floats = 0.5 * (1 + np.tanh(0.5 * x))
    return result


def softmax(logits: Floats) -> Floats:
    """Return rows that sum to 1, N×K."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def along(logits: NDArray[Any], lines: Sequence[Line]) -> Floats:
    """Return probabilities N×K from logits N×K, column k by line k."""
    slopes, offsets = np.array([line.slope for line in lines]), np.array([line.offset for line in lines])
    return sigmoid(logits.astype(float) * slopes + offsets)


def fit_temperature(logits: Floats, truth: NDArray[np.int64], weights: Floats | None = None) -> float:
    """Return the temperature under which the true classes are likeliest. `logits` N×K, `truth` N indices."""
    chosen = np.ones(len(truth)) if weights is None else weights

    def cost(temperature: float) -> float:
        likely = softmax(logits / temperature)[np.arange(len(truth)), truth]
        return float(-(chosen * np.log(likely + 1e-12)).sum() / chosen.sum())

    return _smallest(cost, 0.2, 5.0)


def fit_heat(
    logits: Floats, labels: Floats, truth: NDArray[np.int64], weights: Floats
) -> tuple[float, tuple[float, ...]]:
    """Return temperature and heat under which the true classes are likeliest, the heat pulled to none.

    `logits` N×K, `labels` N×L label logits, `truth` N indices; gradient descent from the common temperature.
    """
    raised = sigmoid(labels)
    at = np.concatenate([[np.log(fit_temperature(logits, truth, weights))], np.zeros(labels.shape[1])])
    share, rows = weights / weights.sum(), np.arange(len(truth))

    def cost(w: Floats) -> tuple[float, Floats]:
        cold = np.exp(-w[0] - np.clip(raised @ w[1:], -_HOTTEST, _HOTTEST))
        p = softmax(logits * cold[:, None])
        slope = -share * cold * ((p * logits).sum(axis=1) - logits[rows, truth])
        gradient = np.concatenate([[slope.sum()], raised.T @ slope + 2 * _PULL * w[1:]])
        return float(-(share * np.log(p[rows, truth] + 1e-12)).sum() + _PULL * (w[1:] ** 2).sum()), gradient

    rate, (height, gradient) = 1.0, cost(at)
    for _ in range(5 * _ITERATIONS):
        lower, turned = cost(at - rate * gradient)
        if lower < height:
            at, height, gradient, rate = at - rate * gradient, lower, turned, rate * 1.3
        else:
            rate *= 0.5
    return float(np.exp(at[0])), tuple(float(value) for value in at[1:])


def fit_line(logits: Floats, truth: NDArray[np.bool_], weights: Floats | None = None) -> Line:
    """Return Platt's line: weighted logistic regression on one number, by Newton steps with a slight pull to (1, 0)."""
    if not len(truth):
        return Line()
    chosen = np.ones(len(truth)) if weights is None else weights * (len(truth) / weights.sum())
    x = np.stack([logits, np.ones_like(logits)], axis=1)
    # The slope of a rare label rests on few rows, so it is pulled harder than the offset, which every row informs.
    home, pull = np.array([1.0, 0.0]), np.diag([1.0, 0.02])
    w = home.copy()
    for _ in range(_ITERATIONS):
        p = sigmoid(x @ w)
        gradient = x.T @ (chosen * (p - truth)) + pull @ (w - home)
        curvature = (x * (chosen * p * (1 - p))[:, None]).T @ x + pull
        step = np.linalg.solve(curvature, gradient)
        w = w - np.clip(step, -1.0, 1.0)
    return Line(slope=max(float(w[0]), 0.05), offset=float(w[1]))  # a falling line would turn the head round


def fit_threshold(probability: Floats, truth: NDArray[np.bool_], weights: Floats | None = None) -> float:
    """Return the cut between 0.3 and 0.5 with the best macro-F1; of cuts as good to a point, the one nearest to 0.5.

    Never over 0.5, since a missed complaint costs more than a needless look. And half a point is less than a few
    hundred rows can tell apart.
    """
    chosen = np.ones(len(truth)) if weights is None else weights
    cuts = [round(0.5 - 0.01 * k, 2) for k in range(21)]
    return max(cuts, key=lambda cut: round(_macro_f1(probability >= cut, truth, chosen), 2))


def abstain_under(confidence: Floats, *, coverage: float) -> float:
    """Return the confidence that `coverage` of the rows reach."""
    return float(np.quantile(confidence, 1 - coverage))


def expected_error(correct: NDArray[np.bool_], confidence: Floats, bins: int = 15) -> float:
    """Return the expected calibration error over equal bins: mean distance of confidence from the share correct."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return _mean_gap(correct, confidence, [np.flatnonzero(place == b) for b in range(bins)])


def equal_mass_error(correct: NDArray[np.bool_], confidence: Floats, bins: int = 15) -> float:
    """Return the expected calibration error over bins that hold as many rows as one another."""
    return _mean_gap(correct, confidence, np.array_split(np.argsort(confidence, kind="stable"), bins))


def error_by_chance(confidence: Floats, rounds: int = 100) -> float:
    """Return the expected calibration error of a faultless model that has these confidences, from so few rows.

    A bin of n rows misses its own mean by about 0.8·√(p(1-p)/n), so a small set shows an error where there is none.
    """
    rng = np.random.default_rng(7)
    drawn = [expected_error(rng.random(len(confidence)) < confidence, confidence) for _ in range(rounds)]
    return float(np.mean(drawn))


def _mean_gap(correct: NDArray[np.bool_], confidence: Floats, bins: Sequence[NDArray[np.int64]]) -> float:
    gaps = [abs(correct[rows].sum() - confidence[rows].sum()) for rows in bins]
    return float(sum(gaps) / max(len(confidence), 1))


def _macro_f1(said: NDArray[np.bool_], truth: NDArray[np.bool_], weights: Floats) -> float:
    def f1(of: NDArray[np.bool_], by: NDArray[np.bool_]) -> float:
        both = float(weights[of & by].sum())
        total = float(weights[of].sum() + weights[by].sum())
        return 2 * both / total if total else 0.0

    return (f1(truth, said) + f1(~truth, ~said)) / 2


def _smallest(cost: Callable[[float], float], low: float, high: float) -> float:
    """Return where `cost` is smallest in [low, high], by golden section; it must have one valley."""
    ratio = (5**0.5 - 1) / 2
    for _ in range(_ITERATIONS):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if cost(a) < cost(b) else (a, high)
    return (low + high) / 2

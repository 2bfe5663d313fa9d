"""Two classifiers on the same labelled rows: each one's figures, and whether the difference is more than chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.base import LABELS, SENTIMENTS, Classification
from classifiers.calibration import expected_error
from classifiers.evaluate import Truth, accuracy, macro_f1

Ints = NDArray[np.int64]
_ROUNDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """How well one class is found: precision, recall and F1 over the n rows that were asked for it."""

    name: str
    precision: float
    recall: float
    f1: float
    n: int
    """Rows that bear it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One classifier on one head."""

    model: str
    accuracy: float
    macro_f1: float
    ece: float
    classes: tuple[Class, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Both on one head (`sentiment`, `complaint`, …) over n rows."""

    name: str
    n: int
    sides: tuple[Side, Side]
    difference: float
    """The first's macro-F1 less the second's."""
    low: float
    high: float
    """Its 95 % interval: a paired bootstrap, the same rows drawn for both."""

    @property
    def decided(self) -> bool:
        """Whether the difference is more than chance."""
        return self.low > 0 or self.high < 0


Answers = Callable[[Classification], tuple[int, float]]


def compare(truths: Sequence[Truth], one: Sequence[Classification], other: Sequence[Classification]) -> list[Head]:
    """Every head that the rows are labelled for; all sequences in the same order."""
    heads = [_head(name, truths, one, other) for name in ("sentiment", *LABELS)]
    return [head for head in heads if head]


def _head(
    name: str, truths: Sequence[Truth], one: Sequence[Classification], other: Sequence[Classification]
) -> Head | None:
    asked = [place for place, truth in enumerate(truths) if getattr(truth, name) is not None]
    if not asked:
        return None
    classes = SENTIMENTS if name == "sentiment" else (f"no {name}", name)
    truth = np.array([_number(name, getattr(truths[place], name)) for place in asked])
    said = [[_answer(name, found[place]) for place in asked] for found in (one, other)]
    first, second = (np.array([number for number, _ in answers]) for answers in said)
    low, high = _interval(truth, first, second)
    sides = tuple(
        _side(found[0].model, classes, truth, np.array([number for number, _ in answers]), [c for _, c in answers])
        for found, answers in zip((one, other), said, strict=True)
    )
    difference = macro_f1(truth, first) - macro_f1(truth, second)
    return Head(name=name, n=len(asked), sides=(sides[0], sides[1]), difference=difference, low=low, high=high)


def _number(name: str, value: object) -> int:
    return SENTIMENTS.index(str(value)) if name == "sentiment" else int(bool(value))


def _answer(name: str, found: Classification) -> tuple[int, float]:
    """What was answered, and how sure: the likeliest sentiment, also where it abstained, or the label as decided."""
    if name == "sentiment":
        chances = [found.scores.sentiment[mood] for mood in SENTIMENTS]
        best = int(np.argmax(chances))
        return best, chances[best]
    return int(name in found.verdict.labels), found.scores.labels[name]


def _side(model: str, classes: Sequence[str], truth: Ints, said: Ints, chances: Sequence[float]) -> Side:
    right = truth == said if len(classes) == len(SENTIMENTS) else truth == 1
    return Side(
        model=model,
        accuracy=accuracy(truth, said),
        macro_f1=macro_f1(truth, said),
        ece=float(expected_error(right, np.array(chances))),
        classes=tuple(_class(name, k, truth, said) for k, name in enumerate(classes) if not name.startswith("no ")),
    )


def _class(name: str, k: int, truth: Ints, said: Ints) -> Class:
    both, meant, given = (int(mask.sum()) for mask in ((truth == k) & (said == k), truth == k, said == k))
    return Class(
        name=name,
        precision=both / given if given else 0.0,
        recall=both / meant if meant else 0.0,
        f1=2 * both / (meant + given) if meant + given else 0.0,
        n=meant,
    )


def _interval(truth: Ints, one: Ints, other: Ints) -> tuple[float, float]:
    rng, n = np.random.default_rng(7), len(truth)
    draws = [rng.integers(0, n, n) for _ in range(_ROUNDS)]
    found = [macro_f1(truth[rows], one[rows]) - macro_f1(truth[rows], other[rows]) for rows in draws]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def sentence(heads: Sequence[Head], speeds: Mapping[str, float]) -> str:
    """What it comes to, in plain words."""
    said = [_said(head) for head in heads]
    first, second = speeds.values()
    return f"{' '.join(said)} The first reads {first:,.0f} texts a second here, the second {second:,.0f}."


def _said(head: Head) -> str:
    size = f"{abs(head.difference) * 100:.1f} points of macro-F1 (n = {head.n:,})"
    if not head.decided:
        return f"On {head.name} the difference, {size}, is within noise."
    return f"On {head.name} the {'first' if head.difference > 0 else 'second'} is better by {size}, more than noise."

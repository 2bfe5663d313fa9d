"""Held-out rows → calibration and thresholds. Each data set counts as much as another, whatever its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.calibration import (
    Calibration,
    Floats,
    Line,
    abstain_under,
    fit_line,
    fit_temperature,
    fit_threshold,
    softmax,
)
from classifiers.train.data import Row
from classifiers.train.plan import EMOTIONS, LABELS

COVERAGE = 0.9
"""Share of posts that shall get a sentiment; the least sure tenth is left open."""

Logits = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What turns logits into verdicts."""

    calibration: Calibration
    thresholds: Mapping[str, float]


def fit(rows: Sequence[Row], logits: Logits) -> Fitted:
    """Fit on N rows and their logits (N×K by head)."""
    weights = _weights(rows)
    sentiment = np.array([-1 if row.sentiment is None else row.sentiment for row in rows])
    known = sentiment >= 0
    raw = logits["sentiment"][known].astype(float)
    temperature = fit_temperature(raw, sentiment[known], weights[known])
    confidence = softmax(raw / temperature).max(axis=1)
    lines, cuts = _labels(rows, logits["labels"].astype(float), weights)
    calibration = Calibration(temperature=temperature, labels=lines, emotions=_emotions(rows, logits["emotions"]))
    return Fitted(
        calibration=calibration,
        thresholds=cuts | {"sentiment": round(abstain_under(confidence, coverage=COVERAGE), 3)},
    )


def _labels(rows: Sequence[Row], logits: Floats, weights: Floats) -> tuple[dict[str, Line], dict[str, float]]:
    lines, cuts = {}, {}
    for column, label in enumerate(LABELS):
        # Praise from emotions is a weak label: good enough to train on, not to calibrate by.
        use = np.array([getattr(row, label) is not None and row.emotions is None for row in rows])
        truth = np.array([bool(getattr(row, label)) for row in rows])[use]
        lines[label] = fit_line(logits[use, column], truth, weights[use])
        cuts[label] = fit_threshold(lines[label](logits[use, column]), truth, weights[use])
    return lines, cuts


def _emotions(rows: Sequence[Row], logits: NDArray[np.float32]) -> dict[str, Line]:
    use = np.array([row.emotions is not None for row in rows])
    if not use.any():
        return {name: Line() for name in EMOTIONS}
    felt = [row.emotions for row in rows if row.emotions is not None]
    return {
        name: fit_line(logits[use, i].astype(float), np.array([i in own for own in felt]))
        for i, name in enumerate(EMOTIONS)
    }


def _weights(rows: Sequence[Row]) -> Floats:
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.source] = sizes.get(row.source, 0) + 1
    return np.array([1.0 / sizes[row.source] for row in rows])

"""Held-out rows → calibration and thresholds.

A set counts by the square root of its rows: by its rows, the largest would decide alone; alike, three hundred rows of
one would pull as hard as two thousand of another, and their own chance is larger than the pull is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers import base
from classifiers.calibration import (
    Calibration,
    Floats,
    Line,
    abstain_under,
    fit_heat,
    fit_line,
    fit_threshold,
)
from classifiers.train.data import Row
from classifiers.train.plan import EMOTIONS, LABELS

COVERAGE = 0.9
"""Share of posts that shall get a sentiment; the least sure tenth is left open."""

LEAST_CUT: Mapping[str, float] = {"irony": 0.85}
"""Half of the irony rows are ironic, for they were gathered by hashtag; of posts to brands few are. At 0.5 the model
calls 60 % of complaints to airlines sarcastic, at 0.85 one or two in a hundred (n 257), and a word that stands
everywhere says nothing."""

Logits = Mapping[str, NDArray[np.float32]]


COVERAGES = (1.0, 0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1)
"""Of these the artefact keeps the confidence that reaches them, for who wants another share answered."""

NEVER = Line(slope=0.0, offset=-30.0)
"""Of a label or emotion that no row told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What turns logits into verdicts."""

    calibration: Calibration
    thresholds: Mapping[str, float]
    coverages: Mapping[float, float]
    """Share answered → confidence that so many rows reach."""


def told(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the labels a model of these rows tells: what every classifier does, and the tones some row told of."""
    return tuple(
        label for label in LABELS if label in base.LABELS or any(getattr(row, label) is not None for row in rows)
    )


def weak(row: Row, label: str) -> bool:
    """Return whether a row's label was only guessed from another of its labels."""
    return label == "praise" and row.source in {"emotions", "emotions_dev"}


def fit(rows: Sequence[Row], logits: Logits, labels: Sequence[str]) -> Fitted:
    """Fit on N rows and their logits (N×K by head; the label head's columns are `labels`)."""
    weights = _weights(rows)
    sentiment = np.array([-1 if row.sentiment is None else row.sentiment for row in rows])
    known = sentiment >= 0
    raw, marks = logits["sentiment"][known].astype(float), logits["labels"][known].astype(float)
    temperature, heat = fit_heat(raw, marks, sentiment[known], weights[known])
    lines, cuts = _labels(rows, logits["labels"].astype(float), weights, labels)
    calibration = Calibration(
        temperature=temperature, heat=heat, labels=lines, emotions=_emotions(rows, logits["emotions"])
    )
    confidence = calibration.sentiment(raw, marks).max(axis=1)
    return Fitted(
        calibration=calibration,
        thresholds=cuts | {"sentiment": round(abstain_under(confidence, coverage=COVERAGE), 3)},
        coverages={share: round(abstain_under(confidence, coverage=share), 4) for share in COVERAGES},
    )


def _labels(
    rows: Sequence[Row], logits: Floats, weights: Floats, labels: Sequence[str]
) -> tuple[dict[str, Line], dict[str, float]]:
    lines, cuts = {}, {}
    for column, label in enumerate(labels):
        # Praise from emotions is a weak label: good enough to train on, not to calibrate by.
        use = np.array([getattr(row, label) is not None and not weak(row, label) for row in rows])
        truth = np.array([bool(getattr(row, label)) for row in rows])[use]
        if not use.any():
            lines[label], cuts[label] = NEVER, 1.0
            continue
        lines[label] = fit_line(logits[use, column], truth, weights[use])
        cuts[label] = fit_threshold(lines[label](logits[use, column]), truth, weights[use])
        cuts[label] = max(cuts[label], LEAST_CUT.get(label, 0.0))
    return lines, cuts


def _emotions(rows: Sequence[Row], logits: NDArray[np.float32]) -> dict[str, Line]:
    use = np.array([row.emotions is not None for row in rows])
    if not use.any():
        return dict.fromkeys(EMOTIONS, NEVER)
    felt = [row.emotions for row in rows if row.emotions is not None]
    return {
        name: fit_line(logits[use, i].astype(float), np.array([i in own for own in felt]))
        for i, name in enumerate(EMOTIONS)
    }


def _weights(rows: Sequence[Row]) -> Floats:
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.source] = sizes.get(row.source, 0) + 1
    return np.array([sizes[row.source] ** -0.5 for row in rows])

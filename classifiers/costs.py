"""Thresholds by what a mistake costs, and abstention by the share to be answered."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from classifiers.artefact import Artefact
from classifiers.base import LABELS, TONES, ModelError
from classifiers.embedded import EmbeddedClassifier

PRICED = (*LABELS, *TONES)
"""Labels whose miss can have a price."""


def cut(missed: float) -> float:
    """Return the probability from which a label is worth giving, if a missed one costs `missed` needless looks.

    Giving it costs 1 - p looks on average, leaving it out p * missed; they are equal at
    1 / (1 + missed) (Elkan 2001).
    """
    return 1 / (1 + missed)


def chosen(model: EmbeddedClassifier, *, missed: Mapping[str, float], coverage: float | None) -> EmbeddedClassifier:
    """Return the model with the user's prices in force; what isn't named keeps the threshold it came with."""
    return replace(model, artefact=priced(model.artefact, missed=missed, coverage=coverage))


def priced(described: Artefact, *, missed: Mapping[str, float], coverage: float | None) -> Artefact:
    """Return the artefact with thresholds by price, under a name of its own, since its verdicts are others.

    Raises ModelError for a label that the model doesn't tell, or a coverage where it kept none.
    """
    unknown = sorted(set(missed) - set(described.labels))
    if unknown:
        raise ModelError(f"{described.model_id} doesn't tell {unknown[0]}: leave missed_{unknown[0]} out")
    changes = {label: round(cut(price), 4) for label, price in missed.items()}
    if coverage is not None:
        changes["sentiment"] = confidence_for(described, coverage)
    if not changes:
        return described
    digest = hashlib.sha256(repr(sorted(changes.items())).encode()).hexdigest()[:4]
    thresholds = {**described.thresholds, **changes}
    return replace(described, thresholds=thresholds, model_id=f"{described.model_id}+{digest}")


def confidence_for(described: Artefact, coverage: float) -> float:
    """Return the confidence that this share of held-out posts reached, between those kept on a straight line."""
    known = sorted(described.coverages.items())
    if not known:
        raise ModelError(
            f"{described.model_id} kept no confidences by coverage: leave coverage out, or update the model"
        )
    if coverage >= known[-1][0]:
        return 0.0  # every post shall be answered, also one less sure than any that was seen
    if coverage <= known[0][0]:
        return known[0][1]
    (low, at_low), (high, at_high) = list(pairwise(known))[bisect_left([share for share, _ in known], coverage) - 1]
    return round(at_low + (at_high - at_low) * (coverage - low) / (high - low), 4)

"""Thresholds follow what a mistake costs, and abstention the share to be answered."""

from dataclasses import replace

import numpy as np
import pytest

from classifiers import costs
from classifiers.base import ModelError
from classifiers.embedded import EmbeddedClassifier

KEPT = {1.0: 0.35, 0.9: 0.5, 0.8: 0.6, 0.5: 0.8}


def test_at_equal_costs_the_cut_is_a_half_and_at_three_a_quarter() -> None:
    assert costs.cut(1.0) == 0.5
    assert costs.cut(3.0) == 0.25


def test_no_other_cut_costs_less_where_chances_are_true() -> None:
    rng = np.random.default_rng(4)
    chance = rng.random(200_000)
    came = rng.random(200_000) < chance

    def spent(cut: float) -> float:
        return float(((chance >= cut) & ~came).sum() + 3.0 * ((chance < cut) & came).sum())

    best = min(np.arange(0.05, 0.96, 0.05), key=spent)
    assert best == pytest.approx(costs.cut(3.0), abs=0.051)


def test_a_price_moves_its_own_threshold_and_renames_the_model(shipped: EmbeddedClassifier) -> None:
    priced = costs.chosen(shipped, missed={"complaint": 3.0}, coverage=None)
    assert priced.thresholds == {**shipped.thresholds, "complaint": 0.25}
    assert priced.model_id.startswith(f"{shipped.model_id}+")
    other = costs.chosen(shipped, missed={"complaint": 4.0}, coverage=None)
    assert other.model_id != priced.model_id
    assert costs.chosen(shipped, missed={"complaint": 3.0}, coverage=None).model_id == priced.model_id


def test_a_dearer_miss_finds_no_fewer(shipped: EmbeddedClassifier) -> None:
    texts = ["my parcel is late", "where is it", "not great", "it broke", "lovely", "the shop was closed today"]
    found = [
        {text for text, one in zip(texts, model.classify(texts), strict=True) if "complaint" in one.verdict.labels}
        for model in (costs.chosen(shipped, missed={"complaint": price}, coverage=None) for price in (1.0, 5.0, 50.0))
    ]
    assert found[0] <= found[1] <= found[2]


def test_without_prices_nothing_changes(shipped: EmbeddedClassifier) -> None:
    assert costs.chosen(shipped, missed={}, coverage=None).model_id == shipped.model_id


def test_the_confidence_for_a_coverage_lies_between_those_kept(shipped: EmbeddedClassifier) -> None:
    described = replace(shipped.artefact, coverages=KEPT)
    assert costs.confidence_for(described, 0.9) == 0.5
    assert costs.confidence_for(described, 0.85) == pytest.approx(0.55)
    assert costs.confidence_for(described, 0.2) == 0.8
    assert costs.confidence_for(described, 1.0) == 0.0
    assert costs.priced(described, missed={}, coverage=0.8).thresholds["sentiment"] == 0.6


def test_a_label_the_model_does_not_tell_is_refused_by_its_key(shipped: EmbeddedClassifier) -> None:
    plain = replace(shipped.artefact, labels=("complaint", "praise", "question"))
    with pytest.raises(ModelError, match="leave missed_irony out"):
        costs.priced(plain, missed={"irony": 2.0}, coverage=None)


def test_a_model_that_kept_no_confidences_says_so(shipped: EmbeddedClassifier) -> None:
    with pytest.raises(ModelError, match="leave coverage out"):
        costs.priced(replace(shipped.artefact, coverages={}), missed={}, coverage=0.8)

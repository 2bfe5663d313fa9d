"""The metrics, and the promise on SemEval."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers import evaluate
from classifiers.base import Classification, Scores, Verdict
from classifiers.embedded import EmbeddedClassifier
from classifiers.evaluate import Truth


def answer(sentiment: str, *labels: str, joy: float = 0.0) -> Classification:
    shares = {name: 0.8 if name == sentiment else 0.1 for name in ("negative", "neutral", "positive")}
    given = {name: 0.9 if name in labels else 0.1 for name in ("complaint", "praise", "question")}
    return Classification(
        scores=Scores(sentiment=shares, labels=given, emotions={"joy": joy} if joy else {}),
        verdict=Verdict(sentiment=sentiment, labels=labels, abstained=False),
        model="made up",
    )


def test_macro_recall_is_the_mean_of_each_classes_share_found() -> None:
    truth, said = np.array([0, 0, 0, 0, 1, 2]), np.array([0, 0, 0, 1, 1, 0])
    assert evaluate.macro_recall(truth, said) == pytest.approx((0.75 + 1 + 0) / 3)


def test_macro_f1_counts_false_alarms_too() -> None:
    assert evaluate.macro_f1(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0])) == pytest.approx((2 / 3 + 0.8) / 2)


def test_a_reason_field_makes_the_negative_a_complaint() -> None:
    assert evaluate.truth_of({"text": "", "sentiment": "negative", "reason": None}).complaint is True
    assert evaluate.truth_of({"text": "", "sentiment": "negative"}).complaint is None


def test_only_what_was_asked_is_measured() -> None:
    found = evaluate.figures([Truth(complaint=True), Truth(complaint=False)], [answer("negative", "complaint")] * 2)
    assert found["complaint macro-F1 at 0.5"].value == pytest.approx(1 / 3)
    assert found["complaint macro-F1 at 0.5"].n == 2
    assert not any(name.startswith(("sentiment", "praise", "emotions")) for name in found)


def test_emotions_are_counted_by_name() -> None:
    truths = [Truth(emotions=frozenset({"joy"})), Truth(emotions=frozenset({"fear"}))]
    found = evaluate.figures(truths, [answer("positive", joy=0.5), answer("negative")])
    assert found["emotions macro-F1 at 0.3"].value == pytest.approx(0.5)


def test_an_interval_holds_its_figure_and_is_the_same_each_time() -> None:
    truth = np.array([0, 1] * 200)
    figure = evaluate.drawn(evaluate.accuracy, truth, np.where(np.arange(400) % 5 == 0, 1 - truth, truth))
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < figure.value == 0.8 < figure.high
    assert figure == evaluate.drawn(evaluate.accuracy, truth, np.where(np.arange(400) % 5 == 0, 1 - truth, truth))


def test_a_labelled_file_is_evaluated(tmp_path: Path, shipped: EmbeddedClassifier) -> None:
    rows = [{"text": "I love it", "sentiment": "positive"}, {"text": "I hate it", "sentiment": "negative"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    assert evaluate.evaluate_file(tmp_path / "rows.jsonl", shipped)["sentiment accuracy"].value == 1.0


def test_semeval_macro_recall_is_at_least_70(shared: Path, shipped: EmbeddedClassifier) -> None:
    found = evaluate.evaluate_file(shared / "data" / "semeval.val.jsonl", shipped)
    assert found["sentiment macro-recall"].value >= 0.70

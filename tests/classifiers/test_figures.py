"""The metrics, and the promise on SemEval."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers import evaluate
from classifiers.base import LABELS, TONES, Classification, Scores, Verdict
from classifiers.embedded import EmbeddedClassifier
from classifiers.evaluate import Truth


def answer(sentiment: str, *labels: str, joy: float = 0.0, sure: float = 0.8, tones: bool = False) -> Classification:
    shares = {name: sure if name == sentiment else (1 - sure) / 2 for name in ("negative", "neutral", "positive")}
    known = (*LABELS, *TONES) if tones else LABELS
    given = {name: 0.9 if name in labels else 0.1 for name in known}
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


def test_tones_are_measured_where_the_model_tells_them() -> None:
    truths = [Truth(irony=True, offensive=False), Truth(irony=False, offensive=True)]
    silent = evaluate.figures(truths, [answer("neutral")] * 2)
    assert silent == {}
    told = [answer("neutral", "irony", tones=True), answer("neutral", tones=True)]
    found = evaluate.figures(truths, told)
    assert found["irony macro-F1 at 0.5"].value == 1.0
    assert found["offensive F1 at 0.5"].value == 0.0


def test_the_surest_answers_are_righter_as_fewer_are_kept() -> None:
    truths = [Truth(sentiment="negative")] * 10
    said = [answer("negative", sure=0.9)] * 5 + [answer("neutral", sure=0.5)] * 5
    found = evaluate.figures(truths, said)
    shares = {name.split()[-1]: (one.value, one.n) for name, one in found.items() if "at coverage" in name}
    assert shares["100%"] == (0.5, 10)
    assert shares["50%"] == (1.0, 5)
    assert shares["80%"] == (pytest.approx(5 / 8), 8)
    assert found["sentiment accuracy AURC"].value == pytest.approx(sum((n - 5) / n for n in range(6, 11)) / 10)


def test_a_dearer_miss_trades_f1_for_recall() -> None:
    chances = [0.9, 0.3, 0.3, 0.2, 0.1]
    came = [True, True, False, False, False]
    said = [
        Classification(
            scores=Scores(sentiment=answer("neutral").scores.sentiment, labels={"complaint": chance}, emotions={}),
            verdict=Verdict(sentiment="neutral", labels=(), abstained=False),
            model="made up",
        )
        for chance in chances
    ]
    found = evaluate.figures([Truth(complaint=one) for one in came], said)
    assert found["complaint recall where a missed one costs 2"].value == 0.5
    assert found["complaint recall where a missed one costs 3"].value == 1.0


def test_sureness_and_rightness_are_told_by_irony() -> None:
    truths = [Truth(sentiment="negative"), Truth(sentiment="positive")]
    found = evaluate.figures(truths, [answer("positive", "irony", tones=True), answer("positive", tones=True)])
    assert found["sentiment accuracy, irony of 0.5 and more"].value == 0.0
    assert found["sentiment accuracy, irony under 0.5"].value == 1.0
    assert found["sentiment confidence, irony under 0.5"].value == pytest.approx(0.8)


def test_your_own_columns_are_gold() -> None:
    told = evaluate.truth_of({"text": "", "praise": True, "question": False})
    assert (told.praise, told.question) == (True, False)


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

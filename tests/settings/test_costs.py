"""What a missed post costs, as it is set, and that it reaches the model."""

from pathlib import Path

import pytest

from classifiers.costs import PRICED as TOLD
from listener import judging
from listener.domain.policy import ClassifierChoice
from listener.settings.main import PRICED
from tests.settings.folders import folder, loaded, problems


def test_every_label_the_shipped_model_tells_can_have_a_price() -> None:
    assert PRICED == TOLD


def test_prices_and_coverage_are_read_and_unset_ones_left_to_the_model(tmp_path: Path) -> None:
    root = folder(tmp_path, listener="[classifier]\nmissed_complaint = 3.0\nmissed_praise = 0.0\ncoverage = 0.8\n")
    found = loaded(root, {"LISTENER_CLASSIFIER_MISSED_QUESTION": "2"}).classifier
    assert dict(found.missed) == {"complaint": 3.0, "question": 2.0}
    assert found.coverage == 0.8


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("missed_complaint = -1", "classifier.missed_complaint: -1 is out of range → use 0 to 100"),
        ('missed_complaint = "much"', "classifier.missed_complaint: expected a number, found text"),
        ("missed_complain = 2", "did you mean missed_complaint?"),
        ("coverage = 80", "classifier.coverage: 80 is out of range → use 0 to 1"),
        ('kind = "hub"\nmodel = "a/b"\nmissed_praise = 2', "classifier.missed_praise: is for the shipped model only"),
    ],
)
def test_what_makes_no_sense_is_a_problem(tmp_path: Path, written: str, said: str) -> None:
    root = folder(tmp_path, listener=f"[classifier]\n{written}\n")
    assert any(said in str(problem) for problem in problems(root))


def test_a_price_reaches_the_verdicts_and_renames_the_model() -> None:
    plain = judging.LazyClassifier(ClassifierChoice(threads=1))
    keen = judging.LazyClassifier(ClassifierChoice(threads=1, missed={"complaint": 99.0}))
    text = ["the shop is on the corner"]
    assert keen.classify(text)[0].thresholds["complaint"] == 0.01
    assert keen.model_id != plain.model_id
    assert keen.classify(text)[0].labels >= plain.classify(text)[0].labels

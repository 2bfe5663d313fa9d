"""Two models on the same labelled rows: the figures are those of textbooks, and chance isn't taken for a difference."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from classifiers.base import Classification, Scores, decide
from classifiers.compare import compare, sentence
from classifiers.evaluate import Truth
from listener.cli import comparing
from listener.errors import ConfigError

THRESHOLDS = {"sentiment": 0.5, "complaint": 0.5, "praise": 0.5, "question": 0.5}


@dataclass(frozen=True)
class Reader:
    """Takes a text for a complaint where it holds a word."""

    word: str
    model_id: str = "reader@1"
    thresholds = THRESHOLDS

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        return [self._one(0.9 if self.word in text else 0.1) for text in texts]

    def _one(self, chance: float) -> Classification:
        scores = Scores(
            sentiment={"negative": chance, "neutral": 0.05, "positive": 0.95 - chance},
            labels={"complaint": chance, "praise": 0.0, "question": 0.0},
            emotions={},
        )
        return Classification(scores=scores, verdict=decide(scores, THRESHOLDS), model=self.model_id)


def test_figures_are_those_counted_by_hand() -> None:
    texts = ["bad a", "bad b", "c", "d", "bad e"]
    truths = [Truth(complaint=True), Truth(complaint=True), Truth(complaint=True), Truth(complaint=False)]
    truths.append(Truth(complaint=False))
    found = Reader("bad").classify(texts)
    (head,) = compare(truths, found, found)
    (bad,) = head.sides[0].classes
    assert (head.name, head.n, bad.n) == ("complaint", 5, 3)
    assert (bad.precision, bad.recall, bad.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert head.sides[0].accuracy == pytest.approx(3 / 5)
    assert head.sides[0].macro_f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert head.sides[0].ece == pytest.approx(0.6 * abs(0.9 - 2 / 3) + 0.4 * abs(0.1 - 1 / 2))


def test_a_model_beside_itself_is_within_noise() -> None:
    found = Reader("bad").classify(["bad", "good"] * 20)
    (head,) = compare([Truth(complaint=i % 3 == 0) for i in range(40)], found, found)
    assert (head.difference, head.low, head.high, head.decided) == (0, 0, 0, False)
    assert "within noise" in sentence([head], {"first": 9.0, "second": 9.0})


def test_one_row_more_is_noise_and_a_hundred_are_not() -> None:
    texts = [f"bad {i}" if i % 2 else f"fine {i}" for i in range(200)]
    truths = [Truth(complaint="bad" in text) for text in texts]
    good = Reader("bad").classify(texts)
    nearly = [*Reader("nothing").classify(texts[:2]), *good[2:]]
    (head,) = compare(truths, good, nearly)
    assert head.difference > 0
    assert not head.decided
    (head,) = compare(truths, Reader("nothing").classify(texts), good)
    assert head.decided
    assert "the second is better" in sentence([head], {"first": 9.0, "second": 9.0})


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_of_either_form_is_compared(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / f"own.{form}"
    if form == "csv":
        file.write_text('text,sentiment,complaint\nbad,negative,yes\n"fine, thanks",positive,no\n', encoding="utf8")
    else:
        rows = [
            {"text": "bad", "sentiment": "negative", "complaint": True},
            {"text": "fine, thanks", "sentiment": "positive", "complaint": False},
        ]
        file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf8")
    now = iter(range(100))
    comparing.compare(file, Reader("bad"), Reader("x", "other@2"), as_json=True, timer=lambda: float(next(now)))
    shown = json.loads(capsys.readouterr().out)
    assert shown["models"] == {"first": "reader@1", "second": "other@2"}
    assert [head["name"] for head in shown["heads"]] == ["sentiment", "complaint"]
    assert shown["texts_per_second"] == {"first": 2.0, "second": 2.0}
    assert shown["heads"][1]["sides"][0]["accuracy"] == 1.0
    comparing.compare(file, Reader("bad"), Reader("x", "other@2"), as_json=False, timer=lambda: float(next(now)))
    printed = capsys.readouterr().out
    assert "complaint, n = 2" in printed
    assert "paired bootstrap" in printed
    assert "within noise" in printed


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ('{"text": 1, "complaint": true}', "row 1: no `text`"),
        ('{"text": "a", "complaint": "maybe"}', "complaint is neither true nor false"),
        ('{"text": "a", "sentiment": "glad"}', "sentiment is none of negative"),
        ('{"text": "a"}', "holds no labelled row"),
        ("[" * 100_000, "line 1: not a JSON object"),
        ("", "holds no labelled row"),
    ],
)
def test_a_file_that_can_t_be_compared_on_is_refused_by_line(held: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(held, encoding="utf8")
    with pytest.raises(ConfigError, match=told):
        comparing.compare(file, Reader("a"), Reader("b"), as_json=False, timer=lambda: 0.0)


@pytest.mark.parametrize("given", ["", "LABEL_0", "LABEL_0=", "=negative"])
def test_labels_that_say_nothing_are_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="says nothing of the model's labels"):
        comparing.label_map(given)


def test_labels_are_read_by_pairs() -> None:
    assert comparing.label_map("NEG=negative, POS=positive") == {"NEG": "negative", "POS": "positive"}

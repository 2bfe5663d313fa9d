"""Labelled files → clean splits. The part that needs no torch."""

import json
from pathlib import Path

import pytest

from classifiers.train import data
from classifiers.train.data import Row, fraction
from classifiers.train.plan import EMOTIONS
from classifiers.train.weak import asks


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    (folder / name).write_text("\n".join(json.dumps(row) for row in rows), encoding="utf8")


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Every training set in small; numbers make each text its own."""
    words = ("parcel", "driver", "street", "window", "garden", "paper", "summer", "office", "river", "cable")

    def text(i: int) -> str:
        return f"@acme {words[i % 10]} {words[i // 10 % 10]} {i} {words[i // 100 % 10]} {i + 1} story"

    sentiments = ("negative", "neutral", "positive")
    mood = [{"text": text(i), "sentiment": sentiments[i % 3]} for i in range(600)]
    write(tmp_path, "semeval.train.jsonl", mood)
    write(tmp_path, "airline.train.jsonl", [row | {"text": f"fly {row['text']}", "reason": None} for row in mood])
    write(tmp_path, "product_emotion.train.jsonl", [row | {"text": f"buy {row['text']}"} for row in mood])
    complaints = [{"text": f"hey {text(i)}", "complaint": i % 2 == 0, "domain": "food"} for i in range(600)]
    write(tmp_path, "complaints.train.jsonl", complaints)
    emotions = [{"text": f"so {text(i)}", "emotions": [EMOTIONS[i % 28]]} for i in range(600)]
    write(tmp_path, "emotions.train.jsonl", emotions)
    write(tmp_path, "emoji.train.jsonl", [{"text": f"look {text(i)}", "emoji": "🔥"} for i in range(600)])
    return tmp_path


def test_no_text_stands_on_both_sides(labelled: Path) -> None:
    splits = data.load(labelled)
    held = {row.text for rows in splits.held_out.values() for row in rows}
    assert held
    assert not held & {row.text for rows in splits.train.values() for row in rows}


def test_a_near_copy_of_a_held_out_text_is_not_trained_on(labelled: Path) -> None:
    held = data.load(labelled).held_out["airline"][0].text
    rows = [{"text": f"RT @someone: {held} http://t.co/x", "sentiment": "neutral"}]
    with (labelled / "semeval.train.jsonl").open("a") as file:
        file.write("\n" + json.dumps(rows[0]))
    splits = data.load(labelled)
    assert not any(held in row.text for row in splits.train["semeval"])


def test_a_validation_file_keeps_its_texts_out_of_training(labelled: Path) -> None:
    taken = data.load(labelled).train["semeval"][0]
    write(labelled, "semeval.val.jsonl", [{"text": taken.text, "sentiment": "neutral"}])
    splits = data.load(labelled)
    assert [row.text for row in splits.held_out["semeval_val"]] == [taken.text]
    assert taken.text not in {row.text for row in splits.train["semeval"]}
    assert splits.dropped["semeval"] >= 1


def test_a_set_can_be_left_out(labelled: Path) -> None:
    splits = data.load(labelled, without=["airline"])
    assert "airline" not in splits.train
    assert "airline" not in splits.held_out


def test_a_missing_file_is_named(labelled: Path) -> None:
    (labelled / "emoji.train.jsonl").unlink()
    with pytest.raises(FileNotFoundError, match=r"emoji\.train\.jsonl"):
        data.load(labelled)


def test_a_text_falls_on_the_same_side_whatever_its_handles_and_links() -> None:
    assert fraction("@user Hello there, http") == fraction("hello THERE")


@pytest.mark.parametrize(
    ("raw", "source", "complaint", "praise"),
    [
        ({"text": "x", "sentiment": "negative", "reason": None}, "airline", True, False),
        ({"text": "x", "sentiment": "positive", "reason": None}, "airline", False, True),
        ({"text": "x", "sentiment": "negative"}, "semeval", None, None),
        ({"text": "x", "sentiment": "negative"}, "product_emotion", None, False),
        ({"text": "x", "complaint": True}, "complaints", True, None),
        ({"text": "x", "emotions": ["gratitude"]}, "emotions", None, True),
        ({"text": "x", "emotions": ["neutral"]}, "emotions", None, False),
    ],
)
def test_what_a_set_says_of_complaint_and_praise(
    raw: dict[str, object], source: str, complaint: bool | None, praise: bool | None
) -> None:
    row: Row = data.row(raw, source)
    assert (row.complaint, row.praise) == (complaint, praise)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("@user can you tell me where my order is?", True),
        ("@user please help, I am locked out", True),
        ("@user what time do you open on Sunday?", True),
        ("@user thanks for the quick answer", False),
        ("what a day", False),
        ("is anyone else hungry?", None),
        ("@user really?", None),
    ],
)
def test_a_question_is_told_by_its_form(text: str, asked: bool | None) -> None:
    assert asks(text) is asked

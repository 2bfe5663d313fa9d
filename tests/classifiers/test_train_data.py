"""Labelled files → clean splits. The part that needs no torch."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from classifiers.train import data
from classifiers.train.data import Row, fraction
from classifiers.train.plan import EMOTIONS
from classifiers.train.splits import leaks
from classifiers.train.splits import main as splits_command
from classifiers.train.weak import asks


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    (folder / name).write_text("\n".join(json.dumps(row) for row in rows), encoding="utf8")


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Every training set in small but irony's and offensive's; words drawn at random make each text its own."""
    syllables = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu")

    def text(i: int) -> str:
        rng = Random(i)
        return " ".join(["@acme", *("".join(rng.choices(syllables, k=3)) for _ in range(8))])

    sentiments = ("negative", "neutral", "positive")
    mood = [{"text": text(i), "sentiment": sentiments[i % 3]} for i in range(600)]
    write(tmp_path, "semeval.train.jsonl", mood)
    flown = [row | {"text": text(1000 + i), "reason": None} for i, row in enumerate(mood)]
    write(tmp_path, "airline.train.jsonl", flown)
    bought = [row | {"text": text(2000 + i)} for i, row in enumerate(mood)]
    write(tmp_path, "product_emotion.train.jsonl", bought)
    complaints = [{"text": text(3000 + i), "complaint": i % 2 == 0, "domain": "food"} for i in range(600)]
    write(tmp_path, "complaints.train.jsonl", complaints)
    emotions = [{"text": text(4000 + i), "emotions": [EMOTIONS[i % 28]]} for i in range(600)]
    write(tmp_path, "emotions.train.jsonl", emotions)
    write(tmp_path, "emoji.train.jsonl", [{"text": text(5000 + i), "emoji": "🔥"} for i in range(600)])
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


def row(source: str, text: str) -> Row:
    return data.row({"text": text}, source)


COPIES = {
    "a prefix": "RT @someone: {}",
    "another handle and link": "{} http://t.co/other @else",
    "another number": "12 {} 9,000",
    "a tag hung on": "{} #fail",
    "many tags": "{} #fail #never #again #ever #nope #out",
    "a quote around it": '"{}" via @someone',
    "capitals and signs": "{}!!!",
    "one word more": "well {}",
    "one word changed": "{} yes",
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize(
    "held", ["Parcel late", "where is everybody", "My parcel never came and nobody at the shop knew why"]
)
def test_a_held_out_row_with_a_copy_in_training_is_found_on_one_side(held: str, kind: str) -> None:
    if held == "Parcel late" and kind.startswith("one word"):
        pytest.skip("two words and a third are another text")
    copy = COPIES[kind].format(held)
    others = [row("semeval", f"{word} was quite another thing on that day") for word in ("sun", "tea", "rain")]
    splits = data.apart({"semeval": [*others, row("semeval", copy)]}, {"airline": [row("airline", held)]})
    assert splits.dropped["semeval"] + splits.set_aside["airline"] == 1
    assert len(splits.train["semeval"]) + len(splits.held_out.get("airline", [])) == 4


@pytest.mark.parametrize(
    ("held", "trained"),
    [
        ("Okay, thanks!", "@someone Aw Okay Thanks"),
        ("Ah okay, thanks!", "Oh okay. Thanks."),
        ("lmao!!", "L M A O"),
        ("im excited!", "I’m excited!"),
        ("Excuse me?", "M'excuse me?"),
        ("@someone I DMed you :)", "I dm'ed you"),
        ("Hell yeah o/", "Hell yeah!"),
    ],
)
def test_copies_of_one_to_four_words_are_known_by_their_letters(held: str, trained: str) -> None:
    splits = data.apart({"emotions": [row("emotions", trained)]}, {"airline": [row("airline", held)]})
    assert splits.dropped["emotions"] + splits.set_aside["airline"] == 1


def test_texts_that_only_share_common_words_stay() -> None:
    trained = ["I love this", "thank you so much for the quick answer", "where is my parcel", "Thanks"]
    held = ["No thanks", "I love that place", "thank you for nothing, you lost my bag", "where is my refund then"]
    splits = data.apart(
        {"semeval": [row("semeval", text) for text in trained]}, {"airline": [row("airline", text) for text in held]}
    )
    assert not sum(splits.set_aside.values()) + sum(splits.dropped.values())


def test_the_other_method_finds_nothing_left_and_finds_what_is_sown(labelled: Path) -> None:
    splits = data.load(labelled)
    assert list(leaks(splits)) == []
    held = splits.held_out["airline"][0]
    sown = replace(splits.train["semeval"][0], text=f"RT @user: {held.text} http #late 24")
    dirty = replace(splits, train={**splits.train, "semeval": [*splits.train["semeval"], sown]})
    assert [(pair.trained, pair.held) for pair in leaks(dirty)] == [(sown, held)]


def test_the_table_shows_both_sides_and_what_was_left_out(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert splits_command(["--data", str(labelled)]) == 0
    shown = capsys.readouterr().out
    assert "left out of held-out" in shown
    assert "0 pairs across the split" in shown


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


def test_a_set_that_is_not_there_is_told_and_the_others_are_read(labelled: Path) -> None:
    (labelled / "emoji.train.jsonl").unlink()
    splits = data.load(labelled, without=["airline"])
    assert splits.missing == ["irony", "offensive", "emoji"]
    assert set(splits.train) >= {"semeval", "complaints"}


def test_nothing_to_train_on_is_an_error_that_names_the_files(tmp_path: Path) -> None:
    with pytest.raises(data.DataError, match=r"semeval\.train\.jsonl"):
        data.load(tmp_path)


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
    found = data.row(raw, source)
    assert (found.complaint, found.praise) == (complaint, praise)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("@user can you tell me where my order is?", True),
        ("@user please help, I am locked out", True),
        ("@user what time do you open on Sunday?", True),
        ("@user thanks for the quick answer", False),
        ("what a day", False),
        ("is anyone else hungry?", None),
        ("does anyone know if they ship abroad?", True),
        ("anyone know how long delivery takes? need help", True),
        ("@user really?", False),
        ("@user are you kidding me?", False),
    ],
)
def test_a_question_is_told_by_its_form(text: str, asked: bool | None) -> None:
    assert asks(text) is asked


@pytest.mark.parametrize(
    ("text", "feelings", "asked"),
    [
        ("where did you buy that?", ["curiosity"], True),
        ("so it works offline?", ["confusion", "neutral"], None),
        ("why would anyone pay for this?", ["annoyance"], False),
        ("how is that even legal?", ["amusement", "curiosity"], True),
        ("is it raining there?", ["neutral"], None),
        ("I wonder.", ["curiosity"], False),
    ],
)
def test_what_an_author_felt_tells_a_question_from_scorn(text: str, feelings: list[str], asked: bool | None) -> None:
    assert asks(text, feelings) is asked

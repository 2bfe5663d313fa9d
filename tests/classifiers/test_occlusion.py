"""The words that decide: they are those whose loss moves the score, they stand where they say, and cost is bounded."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.base import Classification, Scores, decide
from classifiers.embedded import EmbeddedClassifier
from classifiers.occlusion import FEWEST, MAX_WORDS, SUREST, chance_of, deciding_words

THRESHOLDS = {"sentiment": 0.5, "complaint": 0.5, "praise": 0.5, "question": 0.5}

WORDS = ["my", "bag", "is", "late", "again", "thanks", "you", "are", "great", "not", "the", "worst", "😡", "@acme"]


@dataclass
class Wordbook:
    """Complains at `broken`, calms down at `thanks`; counts what it reads."""

    read: list[str] = field(default_factory=list)
    model_id: str = "wordbook@1"
    thresholds = THRESHOLDS

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        self.read += texts
        return [self._one(set(text.split())) for text in texts]

    def _one(self, words: set[str]) -> Classification:
        complaint = 0.2 + 0.6 * ("broken" in words) - 0.15 * ("thanks" in words)
        scores = Scores(
            sentiment={"negative": complaint, "neutral": 0.9 - complaint, "positive": 0.1},
            labels={"complaint": complaint, "praise": 0.1, "question": 0.1},
            emotions={},
        )
        return Classification(scores=scores, verdict=decide(scores, THRESHOLDS), model=self.model_id)


def test_a_word_for_the_verdict_weighs_above_zero_one_against_it_below_and_others_nothing() -> None:
    text = "my parcel is broken thanks"
    found = {text[one.start : one.end]: one for one in deciding_words(Wordbook(), text)}
    assert {one.of for one in found.values()} == {"complaint"}
    assert found["broken"].weight > 1
    assert found["thanks"].weight < -0.1
    assert abs(found["parcel"].weight) < 1e-9


def test_a_doubtful_text_is_asked_for_its_likeliest_label() -> None:
    assert {one.of for one in deciding_words(Wordbook(), "my parcel thanks")} <= {"complaint", "neutral"}


@pytest.mark.parametrize("text", ["", "   ", "word", "\u200b", "\ud800"])
def test_a_text_without_two_words_has_nothing_to_leave_out(text: str) -> None:
    assert deciding_words(Wordbook(), text) == []


def test_a_long_text_costs_no_more_than_its_bound() -> None:
    book = Wordbook()
    text = "word " * 5_000
    found = deciding_words(book, text)
    assert len(book.read) <= MAX_WORDS + 1
    assert (found[0].start, found[-1].end) == (0, len(text.rstrip()))


@given(
    st.lists(
        st.sampled_from(WORDS),
        min_size=2,
        max_size=9,
    )
)
@settings(max_examples=25, deadline=None)
def test_leaving_the_weightiest_word_out_moves_the_score_as_told(words: list[str]) -> None:
    model = EmbeddedClassifier.load(threads=1)
    text = " ".join(words)
    found = deciding_words(model, text)
    if not found:
        return
    top = max(found, key=lambda one: abs(one.weight))
    whole, without = model.classify([text, f"{text[: top.start]} {text[top.end :]}"])
    if not without.language.read:
        assert top.weight == 0
        return
    held = [min(max(chance_of(one, top.of), SUREST), 1 - SUREST) for one in (whole, without)]
    odds = [math.log(chance / (1 - chance)) for chance in held]
    assert top.weight == pytest.approx(odds[0] - odds[1], abs=1e-3)


def test_the_longest_text_is_asked_about_in_a_few_stretches() -> None:
    book = Wordbook()
    text = "word " * 20_000
    assert len(deciding_words(book, text)) == FEWEST
    assert len(book.read) == FEWEST + 1


def test_the_shipped_model_names_the_words_a_person_would() -> None:
    model = EmbeddedClassifier.load(threads=1)
    text = "you guys are great but my bag is late"
    best = max(deciding_words(model, text), key=lambda one: one.weight)
    assert (text[best.start : best.end], best.of) == ("great", "praise")
    text = "worst airline ever, never flying with you again"
    best = max(deciding_words(model, text), key=lambda one: one.weight)
    assert text[best.start : best.end] in {"worst", "airline"}

"""How bad a post is."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.verdict import Label, Verdict
from listener.triage.severity import EMOTION_WEIGHTS, severity, strongest_emotion, unit
from listener.triage.words import first_word
from tests.builders import verdict


def said(complaint: float, praise: float = 0.0, **emotions: float) -> Verdict:
    plain = verdict(Label.COMPLAINT)
    scores = replace(
        plain.scores, labels={Label.COMPLAINT: complaint, Label.PRAISE: praise, Label.QUESTION: 0.0}, emotions=emotions
    )
    return replace(plain, scores=scores)


def test_the_formula_of_the_docstring_holds_for_a_worked_example() -> None:
    found = severity(said(0.9, 0.1, anger=0.8, annoyance=0.9), repeats=1, severe_word="lawyer")
    felt = 0.4 + 0.5 * 0.8 + 0.1 / 3
    assert found == pytest.approx(1 - (1 - 0.9 * felt) * (1 - 0.6 * 0.9))


def test_anger_weighs_twice_as_much_as_annoyance() -> None:
    assert strongest_emotion(said(1.0, anger=0.4)) == ("anger", 0.4)
    assert strongest_emotion(said(1.0, anger=0.4, annoyance=0.9)) == ("annoyance", pytest.approx(0.45))


def test_joy_makes_nothing_worse() -> None:
    assert strongest_emotion(said(1.0, joy=1.0)) == ("", 0.0)


def test_an_unread_post_is_neither_first_nor_last() -> None:
    unread = severity(None, repeats=0, severe_word="")
    assert severity(said(0.05), repeats=0, severe_word="") < unread < severity(said(0.9), repeats=0, severe_word="")


def test_a_severe_word_counts_less_in_praise() -> None:
    assert severity(said(0.1, 0.9), repeats=0, severe_word="fire") < severity(said(0.1), repeats=0, severe_word="fire")


def test_a_broken_score_counts_as_nothing() -> None:
    assert unit(float("nan")) == 0.0
    assert severity(said(float("nan"), anger=float("nan")), repeats=0, severe_word="") == 0.0


probability = st.floats(0, 1)


@settings(max_examples=100, deadline=None)
@given(
    probability, probability, st.sampled_from(sorted(EMOTION_WEIGHTS)), probability, st.integers(0, 9), st.booleans()
)
def test_severity_stays_within_bounds_and_grows_with_each_cause(
    complaint: float, praise: float, emotion: str, felt: float, repeats: int, severe: bool
) -> None:
    word = "lawyer" if severe else ""
    one = severity(said(complaint, praise, **{emotion: felt}), repeats=repeats, severe_word=word)
    assert 0.0 <= one <= 1.0
    assert severity(said(1.0, praise, **{emotion: felt}), repeats=repeats, severe_word=word) >= one - 1e-12
    assert severity(said(complaint, praise, **{emotion: 1.0}), repeats=repeats, severe_word=word) >= one - 1e-12
    assert severity(said(complaint, praise, **{emotion: felt}), repeats=repeats + 1, severe_word=word) >= one - 1e-12
    assert severity(said(complaint, praise, **{emotion: felt}), repeats=repeats, severe_word="lawyer") >= one - 1e-12


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my LAWYER will call", "lawyer"),
        ("lawyers everywhere", ""),
        ("it caught\n  fire!", "caught\n  fire"),
        ("c++ broke", "c++"),
        ("", ""),
    ],
)
def test_words_are_found_whole_and_whatever_their_case(text: str, found: str) -> None:
    assert first_word(text, ("Lawyer", "caught fire", "c++", "  ")) == found


def test_the_longer_phrase_is_reported_and_no_words_find_nothing() -> None:
    assert first_word("lawyer up", ("lawyer", "lawyer up")) == "lawyer up"
    assert first_word("lawyer", ()) == ""
    assert first_word("lawyer", (" ",)) == ""

"""Which themes a post speaks of by its phrases; what is denied, asked or said by others isn't meant."""

from collections import Counter
from pathlib import Path

import pytest

from listener.domain.themes import Theme, ThemeKind, names_of
from listener.matching.cues import MOST_READ, Cues, in_mood
from listener.settings import load
from listener.settings.starter import shipped

ACTS = Path(__file__).with_name("acts.tsv")
"""Invented posts with what their authors do by them, written before the phrases were."""


def theme(kind: ThemeKind, name: str, *phrases: str) -> Theme:
    return Theme(kind=kind, name=name, phrases=phrases)


CUES = Cues(
    [
        theme(ThemeKind.TOUCHPOINT, "deliver", "my parcel", "arrived", "zug verpasst", "荷物"),
        theme(ThemeKind.TOUCHPOINT, "renew", "stress-free", "any good?"),
        theme(ThemeKind.MOTIVATOR, "security", "feel safe"),
        theme(ThemeKind.ACT, "recommend", "recommend", "weiterempfehlen"),
        theme(ThemeKind.ACT, "warn", "avoid", "don't buy"),
        theme(ThemeKind.ACT, "leave", "cancel my contract", "i'm leaving", "we're leaving"),
        theme(ThemeKind.ACT, "howto", "how do i"),
        theme(ThemeKind.MESSAGE, "fresh", "roasted on the day"),
    ]
)


def found(text: str) -> set[str]:
    return {one.name for one in CUES.find(text)}


@pytest.mark.parametrize(
    "text",
    [
        "my parcel",
        "MY   PARCEL!",
        "where is my\u00a0parcel?",
        "@acme: my parcel",
        "#MyParcel",
        "it hasn't arrived",
        "Zug verpasst.",
        "私の荷物はどこ",
        "my pa\u200brcel",
        "e\u0301 my parcel",
    ],
)
def test_a_phrase_is_found_as_whole_words_however_they_are_written(text: str) -> None:
    assert "deliver" in found(text)


@pytest.mark.parametrize(
    "text", ["my parcels", "tommy parcel", "my. Parcel", "@myparcel", "https://a.example/my/parcel"]
)
def test_it_is_not_found_in_other_words_across_sentences_or_in_names_and_links(text: str) -> None:
    assert "deliver" not in found(text)


def test_hyphens_and_apostrophes_may_be_left_out() -> None:
    assert found("a stress free week") == {"renew"}
    assert found("Dont buy it") == found("don\u2019t buy it") == {"warn"}
    assert found("Im leaving") == {"leave"}
    assert found("they were leaving the station") == set()


def test_a_phrase_that_ends_in_a_question_mark_counts_only_in_questions() -> None:
    assert found("Are they any good?") == {"renew"}
    assert found("Any good idea is welcome.") == set()
    assert found("They aren't any good. Who are you?") == set()


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("I recommend them", {"recommend"}),
        ("I can't recommend them", {"warn"}),
        ("I wouldn't recommend them to anyone", {"warn"}),
        ("can't recommend them enough", {"recommend"}),
        ("couldn't recommend it more", {"recommend"}),
        ("can't recommend them any more", {"warn"}),
        ("wouldn't hesitate to recommend", {"recommend"}),
        ("not only would I recommend it", {"recommend"}),
        ("never thought I'd recommend a bank", {"recommend"}),
        ("wish I could recommend it", {"warn"}),
        ("not great, but I recommend it", {"recommend"}),
        ("Ich kann sie nicht weiterempfehlen", {"warn"}),
        ("would you recommend it", set()),
        ("Do you recommend it?", set()),
        ("they recommend waiting", set()),
        ("I used to recommend you", set()),
        ("Avoid!", {"warn"}),
        ("please avoid them", {"warn"}),
        ("I'd advise everyone to avoid them", {"warn"}),
        ("no need to avoid them", set()),
        ("I avoid the rain", set()),
        ("I don't buy that story", set()),
        ("I'm leaving", {"leave"}),
        ("I'm not happy, I'm leaving", {"leave"}),
        ("never said we're leaving", set()),
        ("should I cancel my contract?", set()),
        ("how do I cancel my contract?", {"leave", "howto"}),
    ],
)
def test_what_an_author_does_is_read_with_the_words_around_it(text: str, acts: set[str]) -> None:
    assert found(text) == acts


def test_a_motivator_can_be_denied_and_a_touchpoint_or_message_can_not() -> None:
    assert found("I feel safe with them") == {"security"}
    assert found("I don't feel safe with them") == set()
    assert found("it never arrived, and it isn't roasted on the day") == {"deliver", "fresh"}


def test_advice_that_the_mood_belies_is_left_out() -> None:
    tags = {"act:recommend", "act:warn", "act:leave"}
    assert in_mood(tags, complains=True, praises=False) == {"act:warn", "act:leave"}
    assert in_mood(tags, complains=False, praises=True) == {"act:recommend", "act:leave"}
    assert in_mood(tags, complains=True, praises=True) == tags


def test_it_is_told_which_phrase_says_so() -> None:
    assert CUES.phrases("don't buy: my parcel is lost") == {
        "touchpoint:deliver": "my parcel",
        "act:warn": "don't buy",
    }


@pytest.mark.parametrize("unit", ["not recommend ", "avoid", "\u0301a", "?!", "don't ", ",a", "@", "http://", "荷"])
def test_hostile_text_is_read_to_its_limit_and_no_further(unit: str) -> None:
    text = unit * (2 * MOST_READ // len(unit))
    assert found(text) == found(text[:MOST_READ])
    assert found(" " * MOST_READ + "my parcel") == set()


def test_without_phrases_nothing_is_found() -> None:
    assert Cues([]).find("my parcel") == Cues([Theme(kind=ThemeKind.ACT, name="warn")]).find("avoid") == []


def test_the_shipped_phrases_tell_what_authors_do() -> None:
    """Of 122 posts at least nine in ten acts told are true, and eight in ten true ones are told."""
    cues = Cues(load(shipped(), environ={}).themes)
    counted: Counter[str] = Counter()
    for line in ACTS.read_text(encoding="utf-8").splitlines():
        said, text = line.split("\t")
        truth = set(said.split(",")) - {"-"}
        told = names_of(frozenset(one.tag for one in cues.find(text)), ThemeKind.ACT)
        counted.update(right=len(told & truth), told=len(told), true=len(truth))
    assert counted["right"] >= 0.9 * counted["told"]
    assert counted["right"] >= 0.8 * counted["true"]

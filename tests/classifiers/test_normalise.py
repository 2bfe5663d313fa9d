"""What the model reads of a post."""

import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import classifiers.normalise as module
from classifiers.normalise import MAX_CHARS, normalise


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("@Acme_Help hi", "@user hi"),
        ("see https://example.org/a?b=c now", "see http now"),
        ("mail me@example.org", "mail me@example.org"),
        ("sooooo slooow!!!!!", "soo sloow!!"),
        ("in 10000 days", "in 10000 days"),
        ("#ThankYouAcme", "#Thank You Acme"),
        ("no\u200bt o\u202ek", "not ok"),
        ("😡😡😡 why", "pouting face why"),
        ("I ❤️ it", "I heart it"),
        ("👍🏽", "thumbs up"),
        ("🇺🇸", "us"),
        ("ｆｕｌｌ width", "full width"),
        ("Plus\\u002c more", "Plus, more"),
        ("a\x1b[31m\n\tb", "a [31m b"),
        ("\ud800 half", "half"),
        ("", ""),
    ],
)
def test_a_post_is_read_as_the_model_was_trained_to(text: str, read: str) -> None:
    assert normalise(text) == read


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_any_string_is_readable_and_can_be_encoded(text: str) -> None:
    read = normalise(text)
    read.encode("utf8")
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in read)


@pytest.mark.parametrize("piece", ["\u0315\u0300", "a\u0300", "@", "http://", "\\u0061", "😀", "#aB", " "])
def test_a_million_characters_cost_no_more_than_the_cap(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    normalise(text)
    assert time.perf_counter() - started < 0.5


def test_what_follows_the_cap_is_not_read() -> None:
    assert "end" not in normalise("a b " * (MAX_CHARS // 4) + " end")


STAGES = ("_plain", "_lettered", "without_orders")


def characters_handled(piece: str, length: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """By all stages together: work that no busy machine makes longer."""
    handled = [0]

    def counted(stage: Callable[..., str]) -> Callable[..., str]:
        def count(text: str, **more: bool) -> str:
            handled[0] += len(text)
            return stage(text, **more)

        return count

    with monkeypatch.context() as patch:
        for name in STAGES:
            patch.setattr(module, name, counted(getattr(module, name)))
        normalise(piece * (length // len(piece)))
    return handled[0]


@pytest.mark.parametrize("piece", ["ü", "@", "http://", "😀", "#aB", "a\u0300"])
def test_D4_a_text_past_the_cap_is_no_more_work_than_one_as_long_as_it(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    capped = characters_handled(piece, MAX_CHARS, monkeypatch)
    assert capped > 0
    assert characters_handled(piece, 50 * MAX_CHARS, monkeypatch) <= 1.01 * capped


def test_D4_control_a_normaliser_without_its_cap_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARS", 10**9)
    with pytest.raises(AssertionError):
        test_D4_a_text_past_the_cap_is_no_more_work_than_one_as_long_as_it("ü", monkeypatch)

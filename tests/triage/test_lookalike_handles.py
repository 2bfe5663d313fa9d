"""A handle whose letters pose as others is shown with a word about it, wherever a person decides by it."""

import pytest

from classifiers import lookalikes
from listener.triage import card_words
from listener.triage.card_words import handle_line

KNOWN = "fernpost_support"
POSING = {posing: latin for posing, latin in lookalikes._ALL.items() if latin.isascii()}
DRAWN = {"\u0261": "g", "\uff41": "a", "\U0001d41a": "a", "\u1d04": "c", "\u0299": "b"}


def _pairs() -> list[tuple[str, str]]:
    """Handles that look alike: one letter of each that is posed as, then all that can be."""
    singles = [(KNOWN, KNOWN.replace(latin, posing, 1)) for posing, latin in POSING.items() if latin in KNOWN]
    others = [(f"{latin}corp", f"{posing}corp") for posing, latin in {**POSING, **DRAWN}.items()]
    cyrillic = {latin: posing for posing, latin in POSING.items() if "\u0400" <= posing < "\u0500"}
    whole = [(word, "".join(cyrillic[char] for char in word)) for word in ("ace", "pace", "ecco", "opacy")]
    return [*singles, *others, *whole]


def _told_apart(pair: tuple[str, str]) -> bool:
    """By more than letters that look alike."""
    plain, posing = (handle_line(handle, "") for handle in pair)
    return "[" in posing and "[" not in plain


@pytest.mark.parametrize("pair", _pairs(), ids=lambda pair: ascii(pair[1]))
def test_D6_handles_that_look_alike_are_told_apart(pair: tuple[str, str]) -> None:
    assert _told_apart(pair)


def test_D6_control_one_that_looks_for_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_words, "_spoof", lambda _handle: "")
    assert not any(_told_apart(pair) for pair in _pairs())


@pytest.mark.parametrize(
    "handle",
    ["zoë_b", "josé", "łukasz", "sandcastle_sue", "李小龍", "ann99", "ñandú", "čeněk", "nguyễn_ơ", "ısıl", "ɗan_əli"],
)
def test_everyday_letters_of_latin_languages_and_others_go_without_a_word(handle: str) -> None:
    assert handle_line(handle, "") == f"@{handle}"

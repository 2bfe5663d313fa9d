"""Whole words and phrases found in a text, whatever their case."""

import re
from collections.abc import Sequence
from functools import lru_cache


def first_word(text: str, words: Sequence[str]) -> str:
    """The first of `words` that stands in the text as a whole word or phrase, case folded; empty if none does."""
    if not words:
        return ""
    found = _pattern(tuple(words)).search(text.casefold())
    return found.group() if found else ""


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Longest first, so that "lawyer up" is reported rather than "lawyer"; any white space separates a phrase."""
    phrases = sorted({tuple(word.casefold().split()) for word in words} - {()}, key=lambda p: (-len(p), p))
    if not phrases:
        return re.compile(r"(?!)")
    alternatives = "|".join(r"\s+".join(re.escape(word) for word in phrase) for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")


def may_hold(text: str, words: Sequence[str]) -> bool:
    """False only where none of `words` can stand in the text: much quicker than looking, for many lists of words.

    Every run of letters and digits of a phrase that is found stands in the text as a whole run of its own, so a list
    none of whose phrases begins with a run of the text can't be found in it.
    """
    starts = _starts(tuple(words))
    return starts is None or not starts.isdisjoint(_runs(text))


@lru_cache(maxsize=256)
def _starts(words: tuple[str, ...]) -> frozenset[str] | None:
    """Each phrase's first run; None if one of them has no run, such as a lone emoji."""
    runs = [re.search(r"\w+", word.casefold()) for word in words]
    return None if None in runs else frozenset(run.group() for run in runs if run)


@lru_cache(maxsize=16)
def _runs(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))

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

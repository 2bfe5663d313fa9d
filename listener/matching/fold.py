"""Text folded for comparison, with the way back: offsets in the folded text become offsets in the original.

Folding is NFC, then case folding, then `＠` read as `@`. Both of the first two change lengths (`ß` → `ss`, `İ` → `i̇`,
`e` + accent → `é`), so a span found in folded text must be mapped before anybody shows it.
"""

import itertools
import unicodedata
from functools import cached_property


def fold(text: str) -> str:
    """The form in which terms and texts are compared."""
    return unicodedata.normalize("NFC", text).casefold().replace("＠", "@")


class Folded:
    """A text folded, which remembers where each folded code point came from.

    The way back is worked out when first asked for: most texts match nothing and never need it.
    """

    def __init__(self, original: str) -> None:
        self._original = original
        self.text = fold(original)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that a non-empty folded span came from."""
        if self._origins is None:
            return start, end
        return self._origins[start][0], self._origins[end - 1][1]

    def splits(self, at: int) -> bool:
        """Whether an offset falls inside what was one unit of the original, as between the two s of `ß`."""
        return self._origins is not None and 0 < at < len(self.text) and self._origins[at] == self._origins[at - 1]

    @cached_property
    def _origins(self) -> list[tuple[int, int]] | None:
        """Per folded code point the original's span; None where folding moved nothing."""
        text = self._original
        # No code point folds to nothing, so an NFC text whose length stayed has every code point in its place.
        if text.isascii() or (len(self.text) == len(text) and unicodedata.is_normalized("NFC", text)):
            return None
        return [unit for unit in _units(text) for _ in _folded_length(text[slice(*unit)])]


def _folded_length(unit: str) -> range:
    return range(1 if unit.isascii() else len(fold(unit)))


def _units(text: str) -> list[tuple[int, int]]:
    """Spans that fold on their own: a base with what composes with it; a mark that stays apart is one by itself."""
    edges = [0, *(i for i in range(1, len(text)) if not _composes(text[i])), len(text)]
    return [unit for start, end in itertools.pairwise(edges) for unit in _apart(text, start, end)] if text else []


def _apart(text: str, start: int, end: int) -> list[tuple[int, int]]:
    if end - start > 1 and unicodedata.is_normalized("NFC", text[start:end]):
        return [(at, at + 1) for at in range(start, end)]
    return [(start, end)]


def _composes(char: str) -> bool:
    """Combining marks, and the Hangul vowels and finals that join the letter before them."""
    return char >= "\u0300" and ("\u1160" <= char <= "\u11ff" or unicodedata.category(char)[0] == "M")

"""Text folded for comparison, with the way back: offsets in the folded text become offsets in the original.

Folding is NFC, then case folding, then `＠` read as `@`. Both of the first two change lengths (`ß` → `ss`, `İ` → `i̇`,
`e` + accent → `é`), so a span found in folded text must be mapped before anybody shows it.
"""

import itertools
import unicodedata
from dataclasses import dataclass


def fold(text: str) -> str:
    """The form in which terms and texts are compared."""
    return unicodedata.normalize("NFC", text).casefold().replace("＠", "@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A folded text; `starts` and `ends` hold, per folded code point, the original's offsets (None: unchanged)."""

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that a non-empty folded span came from."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def splits(self, at: int) -> bool:
        """Whether an offset falls inside what was one unit of the original."""
        return self.starts is not None and 0 < at < len(self.text) and self.starts[at] == self.starts[at - 1]


def fold_with_map(text: str) -> Folded:
    """Fold a text and remember where each folded code point came from."""
    folded = fold(text)
    # No code point folds to nothing, so an NFC text whose length stayed has every code point in its place.
    if text.isascii() or (len(folded) == len(text) and unicodedata.is_normalized("NFC", text)):
        return Folded(text=folded)
    return _by_units(text)


def _by_units(text: str) -> Folded:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _units(text):
        piece = fold(text[start:end])
        pieces.append(piece)
        starts += [start] * len(piece)
        ends += [end] * len(piece)
    return Folded(text="".join(pieces), starts=tuple(starts), ends=tuple(ends))


def _units(text: str) -> list[tuple[int, int]]:
    """Spans that fold on their own: a base with all that may compose with it."""
    edges = [0, *(i for i in range(1, len(text)) if not _composes(text[i])), len(text)]
    return list(itertools.pairwise(edges)) if text else []


def _composes(char: str) -> bool:
    """Combining marks, and the Hangul vowels and finals that join the letter before them."""
    return unicodedata.combining(char) != 0 or "\u1160" <= char <= "\u11ff" or unicodedata.category(char)[0] == "M"

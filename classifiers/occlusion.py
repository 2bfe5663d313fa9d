"""Which words moved a verdict: leave each out in turn and see how far the score falls (Zeiler & Fergus 2014)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from classifiers.base import Classification, TextClassifier

MAX_WORDS = 60
"""Of a longer text words are left out several at a time, so that the cost stays that of 60 short texts."""

MOST_CHARS = 15_000
"""Characters read for one answer, all variants together; longer texts are told in fewer, longer stretches."""
FEWEST = 8
"""Stretches of even the longest text."""

SUREST = 0.005
"""A calibrated probability nearer to 0 or 1 than this counts as this."""

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A stretch of the text and what it was worth to the verdict."""

    start: int
    end: int
    weight: float
    """Log-odds of `of` with the stretch less those without it: positive speaks for it, negative against. Odds, not
    probabilities: near certainty a probability hardly moves, whatever is left out."""
    of: str
    """The label or sentiment that was asked about."""


def deciding_words(classifier: TextClassifier, text: str) -> list[Deciding]:
    """Every word of `text` in order with its weight; empty for a text of fewer than two words. Raises ModelError.

    Asked about is what was decided: the likeliest label given, else the sentiment, else (abstained, no label) the
    likeliest label, so that a doubtful text shows what pulled it.
    """
    spans = _stretches(text)
    if len(spans) < 2:
        return []
    variants = [f"{text[:start]} {text[end:]}" for start, end in spans]
    whole, *without = classifier.classify([text, *variants])
    if not whole.language.read:
        return []  # nothing was decided
    asked = subject_of(whole)
    full = _log_odds(chance_of(whole, asked))
    return [
        Deciding(start=start, end=end, weight=_weight(full, found, asked), of=asked)
        for (start, end), found in zip(spans, without, strict=True)
    ]


def _weight(full: float, without: Classification, asked: str) -> float:
    """What leaving a stretch out takes away; nothing where what is left isn't read as a language the model knows."""
    return full - _log_odds(chance_of(without, asked)) if without.language.read else 0.0


def subject_of(found: Classification) -> str:
    """What a verdict is mostly about: a label, or a sentiment."""
    labels = found.scores.labels
    if found.verdict.labels:
        return max(found.verdict.labels, key=lambda name: labels[name])
    if found.verdict.sentiment:
        return found.verdict.sentiment
    return max(labels, key=lambda name: labels[name])


def chance_of(found: Classification, name: str) -> float:
    """The probability of a label or sentiment."""
    scores = found.scores
    return scores.labels[name] if name in scores.labels else scores.sentiment[name]


def _log_odds(chance: float) -> float:
    held = min(max(chance, SUREST), 1 - SUREST)
    return math.log(held / (1 - held))


def _stretches(text: str) -> Sequence[tuple[int, int]]:
    """(start, end) of each word, or of runs of words where there are more than can be asked about."""
    words = [found.span() for found in _WORD.finditer(text)]
    most = min(MAX_WORDS, max(FEWEST, MOST_CHARS // max(len(text), 1)))
    size = -(-len(words) // most) or 1
    return [(words[i][0], words[min(i + size, len(words)) - 1][1]) for i in range(0, len(words), size)]

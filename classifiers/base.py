"""The nouns of classification and the one socket every classifier fits. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

SENTIMENTS = ("negative", "neutral", "positive")
LABELS = ("complaint", "praise", "question")
"""What every classifier tells."""
TONES = ("irony", "offensive")
"""What the shipped one tells besides."""
EMOTION_FLOOR = 0.1
"""Emotions less likely than this are left out."""


class ModelError(ValueError):
    """The model can't be loaded as it stands, or its answer makes no sense; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What a text is in, as far as it can be told."""

    code: str = ""
    """ISO 639 code; empty where it can't be told: too short, no letters, several languages, one nobody trained on."""
    chance: float = 0.0
    """Of `code`; 0 without one."""
    read: bool = True
    """False where the model doesn't know it, and so abstained from a text that it can't read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Calibrated probabilities, each 0 to 1."""

    sentiment: Mapping[str, float]
    """By name in SENTIMENTS; sums to 1."""
    labels: Mapping[str, float]
    """By name in LABELS, and in TONES where the model knows them; each on its own, a text can bear several."""
    emotions: Mapping[str, float]
    """Those of EMOTION_FLOOR or more, likeliest first; empty where the model knows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided from the scores at the classifier's thresholds."""

    sentiment: str | None
    """None where the classifier abstained."""
    labels: tuple[str, ...]
    abstained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """One text's scores and verdict, without the text."""

    scores: Scores
    verdict: Verdict
    model: str
    language: Language = field(default_factory=Language)
    meaning: bytes | None = field(default=None, compare=False, repr=False)
    """Where the words of the text lie among meanings: float32 numbers in a row, for comparing texts of one model; None
    where that isn't known, or the text wasn't read."""


class TextClassifier(Protocol):
    """Text in, calibrated scores and a verdict out."""

    @property
    def model_id(self) -> str:
        """Name and revision; changes whenever answers may change."""
        ...

    @property
    def thresholds(self) -> Mapping[str, float]:
        """At which probability each label is given, and `sentiment`: under which confidence it abstains."""
        ...

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        """One answer a text, in order, whatever the text. Raises ModelError."""
        ...


def decide(scores: Scores, thresholds: Mapping[str, float]) -> Verdict:
    """Return the verdict at `thresholds`; a label without a threshold is never given."""
    best = max(scores.sentiment, key=scores.sentiment.__getitem__)
    abstained = scores.sentiment[best] < thresholds["sentiment"]
    labels = tuple(name for name, score in scores.labels.items() if score >= thresholds.get(name, 2.0))
    return Verdict(sentiment=None if abstained else best, labels=labels, abstained=abstained)


def unread(labels: Sequence[str], language: Language, model: str) -> Classification:
    """Abstain from a text in a language that the model doesn't know: no mood likelier than another, no label told."""
    scores = Scores(
        sentiment=dict.fromkeys(SENTIMENTS, 1 / len(SENTIMENTS)), labels=dict.fromkeys(labels, 0.0), emotions={}
    )
    nothing = Verdict(sentiment=None, labels=(), abstained=True)
    return Classification(scores=scores, verdict=nothing, model=model, language=language)


def as_json(text: str, found: Classification) -> dict[str, object]:
    """Return one line of `listener classify`: plain JSON types, scores rounded to 4 digits."""
    return {
        "text": text,
        "sentiment": _rounded(found.scores.sentiment),
        "labels": _rounded(found.scores.labels),
        "emotions": _rounded(found.scores.emotions),
        "verdict": {
            "sentiment": found.verdict.sentiment,
            "labels": list(found.verdict.labels),
            "abstained": found.verdict.abstained,
        },
        "model": found.model,
        "language": {
            "code": found.language.code or "unknown",
            "confidence": round(found.language.chance, 4),
            "read": found.language.read,
        },
    }


def _rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {name: round(score, 4) for name, score in scores.items()}

"""What the classifier measured, and what was decided from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Label(StrEnum):
    COMPLAINT = "complaint"
    PRAISE = "praise"
    QUESTION = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Calibrated probabilities, each 0 to 1."""

    sentiment: Mapping[Sentiment, float]
    """Sums to 1."""
    labels: Mapping[Label, float]
    emotions: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided at which thresholds, by whom.

    `sentiment` is None and `abstained` true where the model was too unsure; `labels` may still hold what it is sure of.
    """

    model: str
    """Classifier id and revision; `agent:NAME` for a correction."""
    scores: Scores
    sentiment: Sentiment | None
    labels: frozenset[Label]
    abstained: bool
    thresholds: Mapping[str, float]

    @property
    def confidence(self) -> float:
        """Of the strongest label decided, else of the likeliest sentiment."""
        decided = [self.scores.labels[label] for label in self.labels]
        return max(decided) if decided else max(self.scores.sentiment.values())

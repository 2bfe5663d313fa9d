"""What the classifier measured, and what was decided from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from listener.domain.themes import Tagging


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Label(StrEnum):
    COMPLAINT = "complaint"
    PRAISE = "praise"
    QUESTION = "question"


class Tone(StrEnum):
    """How something is said; nobody is owed an answer for a tone."""

    IRONY = "irony"
    OFFENSIVE = "offensive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What the words themselves are in; a platform's tag is often only the language of the author's screen."""

    code: str = ""
    """ISO 639; empty where it can't be told, or nobody looked."""
    chance: float = 0.0
    read: bool = True
    """False where no model here reads it: the classifier abstained unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Calibrated probabilities, each 0 to 1."""

    sentiment: Mapping[Sentiment, float]
    """Sums to 1."""
    labels: Mapping[Label, float]
    emotions: Mapping[str, float]
    tones: Mapping[str, float] = field(default_factory=dict)
    """By name in `Tone`, where the classifier tells."""
    language: Language = field(default_factory=Language)


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
    tagging: Tagging | None = field(default=None, compare=False)
    """What the text speaks of, on its way into the store: no part of the ruling, and not read back with it."""

    @property
    def tones(self) -> tuple[str, ...]:
        """Those decided at their thresholds; one without a threshold is never decided."""
        return tuple(name for name, p in self.scores.tones.items() if p >= self.thresholds.get(name, 2.0))

    @property
    def unread(self) -> bool:
        """Whether it abstained because no model reads the language."""
        return not self.scores.language.read

    @property
    def confidence(self) -> float:
        """Of the strongest label decided, else of the likeliest sentiment; less where it sounds ironic.

        Certain irony halves it: "great job" may then be a complaint. The half is chosen by hand.
        """
        decided = [self.scores.labels[label] for label in self.labels]
        plain = max(decided) if decided else max(self.scores.sentiment.values())
        return plain * (1 - self.scores.tones["irony"] / 2) if "irony" in self.tones else plain


def spoken(stated: str, verdict: Verdict | None) -> str:
    """The language of a post to go by, as a BCP 47 tag; empty if unknown."""
    return agreed(stated, verdict.scores.language.code if verdict else "")


def agreed(stated: str, identified: str) -> str:
    """What was identified, else what the platform states.

    Where both say the same language, the platform's tag may say more: `en-GB`.
    """
    same = stated.casefold().split("-")[0] == identified
    return stated if not identified or same else identified

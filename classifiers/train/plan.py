"""Every number of a training in one place; what is written here is what the shipped model was made with.

plan.toml beside it says the same, for users to copy and change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

EMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire",
    "disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy",
    "love", "nervousness", "optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
)  # fmt: skip
OWN = "own:"
"""The names of your own files' sets begin so."""
SENTIMENTS = ("negative", "neutral", "positive")
LABELS = ("complaint", "praise", "question", "irony", "offensive")
EMOJI = (
    "❤",
    "😍",
    "😂",
    "🔥",
    "✨",
    "💕",
    "😎",
    "📸",
    "😊",
    "📷",
    "🎄",
    "🇺🇸",
    "💙",
    "😘",
    "😉",
    "☀",
    "😁",
    "😜",
    "💯",
    "💜",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training's hyper-parameters.

    `shares` is how many rows of a set are drawn for each row of SemEval's (`own`: of each file of the user's); `text`,
    all texts without their labels, leaves the mix after `unlabelled_until` (a fraction of the steps). The learning rate
    is warmed up, held, then brought linearly to zero over the last `decay` of the steps.
    """

    steps: int = 3600
    batch: int = 64
    max_tokens: int = 64
    seed: int = 2026
    threads: int = 2
    encoder_rate: float = 1e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.03
    decay: float = 0.4
    dropout: float = 0.1
    smoothing: float = 0.05
    ema: float = 0.998
    clip: float = 1.0
    holes: float = 0.2
    """Share of an unlabelled text's tokens that are to be guessed."""
    unlabelled_until: float = 0.45
    checkpoint_every: int = 250
    shares: dict[str, float] = field(
        default_factory=lambda: {
            "semeval": 1.0,
            "airline": 0.45,
            "complaints": 0.22,
            "product_emotion": 0.25,
            "emotions": 1.2,
            "irony": 0.15,
            "offensive": 0.30,
            "text": 3.0,
            "own": 0.5,
        }
    )
    prior_strength: float = 1.0
    """How much of a set's log prior is added to its sentiment logits in training, to be left out afterwards."""

    def share(self, name: str) -> float:
        """Return the share of a set by its name; 0 of one that isn't drawn from."""
        return self.shares.get("own" if name.startswith(OWN) else name, 0.0)

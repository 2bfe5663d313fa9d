"""A brand's head: what its agents' corrections add to the shipped model's scores, linear in the frozen embedding.

Each label's logit and each sentiment's is the model's own, calibrated, plus w·e + b. Where w and b are 0 the scores
stay as they are, to the last digit. Kept as plain float32 behind a JSON header and a SHA-256, never a pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from classifiers.base import LABELS, SENTIMENTS, Classification, ModelError, Scores, decide, unread
from classifiers.calibration import sigmoid, softmax
from classifiers.normalise import normalise

if TYPE_CHECKING:
    from classifiers.embedded import EmbeddedClassifier

Floats = NDArray[np.float64]

OUTPUTS = (*LABELS, *SENTIMENTS)
"""The rows of a head's weights."""
FURTHEST = 8.0
"""Nats by which a head may move a logit; more would be certainty from a few dozen posts."""
EDGE = 1e-4
"""Chances nearer to 0 or 1 than this count as this near: a stored score has four digits."""
_FORMAT = 1


class Embeds(Protocol):
    """A classifier that shows its embedding, and judges what it measured."""

    @property
    def model_id(self) -> str: ...
    @property
    def thresholds(self) -> Mapping[str, float]: ...
    def logits(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]: ...
    def judge(self, logits: Mapping[str, NDArray[np.float32]]) -> list[Classification]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Texts as the shipped model reads them."""

    embedding: NDArray[np.float32]
    """N×D."""
    found: Sequence[Classification]
    """N."""


def read(model: Embeds, texts: Sequence[str]) -> Posts:
    """Return what the model makes of texts, in order; equal ones are read once. Raises ModelError."""
    cleaned = [normalise(text) for text in texts]
    distinct = {text: place for place, text in enumerate(dict.fromkeys(cleaned))}
    if not distinct:
        return Posts(embedding=np.zeros((0, 0), np.float32), found=())
    logits = model.logits(list(distinct))
    if "embedding" not in logits:
        raise ModelError(f"model {model.model_id} shows no embedding: nothing can be learnt on top of it")
    found, places = model.judge(logits), [distinct[text] for text in cleaned]
    return Posts(embedding=logits["embedding"][places], found=[found[place] for place in places])


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What was learnt, on top of one model."""

    model: str
    """The only one it may be used with."""
    weights: NDArray[np.float32]
    """(OUTPUTS)×(D+1), the offset last."""
    facts: Mapping[str, Any]
    """How it came about, in plain JSON types: n, figures before and after."""

    def __call__(self, posts: Posts, thresholds: Mapping[str, float], name: str | None = None) -> list[Classification]:
        """Return what is said of posts with it, as `name`. Raises ModelError where it is of another model."""
        wrong = {one.model for one in posts.found} - {self.model}
        if wrong or (len(posts.found) and posts.embedding.shape[1] + 1 != self.weights.shape[1]):
            raise ModelError(f"this head was learnt on {self.model}, not on {', '.join(sorted(wrong)) or 'this one'}")
        if not posts.found:
            return []
        moves = self.moves(posts.embedding)
        return [_moved(one, move, thresholds, name) for one, move in zip(posts.found, moves, strict=True)]

    def moves(self, embedding: NDArray[np.float32]) -> Floats:
        """Return by how much each logit moves, N×(OUTPUTS)."""
        weights = self.weights.astype(float)
        moves: Floats = embedding.astype(float) @ weights[:, :-1].T + weights[:, -1]
        return moves.clip(-FURTHEST, FURTHEST)

    def to_bytes(self) -> bytes:
        """Return it as bytes: the SHA-256 of what follows, a line of JSON, the weights as little-endian float32."""
        header = {"format": _FORMAT, "model": self.model, "shape": list(self.weights.shape), "facts": dict(self.facts)}
        body = json.dumps(header, sort_keys=True).encode() + b"\n" + self.weights.astype("<f4").tobytes()
        return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def from_bytes(raw: bytes) -> Head:
    """Return the head that `to_bytes` wrote. Raises ModelError where a bit of it is another."""
    digest, _, body = raw.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise ModelError("this head is damaged: its bytes don't have the SHA-256 they name")
    header, _, weights = body.partition(b"\n")
    try:
        told = json.loads(header)
        known, model, facts = told["format"] == _FORMAT, str(told["model"]), dict(told["facts"])
        found = np.frombuffer(weights, "<f4").astype(np.float32).reshape([int(size) for size in told["shape"]])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"this is no head: {error}") from error
    if not known or found.ndim != 2 or len(found) != len(OUTPUTS) or not np.isfinite(found).all():
        raise ModelError("this head is of another format, or holds no numbers: learn it anew")
    return Head(model=model, weights=found, facts=facts)


def logits(found: Sequence[Classification]) -> tuple[Floats, Floats]:
    """Return the calibrated logits of labels and of sentiments, N×3 each."""
    labels = np.array([[one.scores.labels[name] for name in LABELS] for one in found]).reshape(-1, len(LABELS))
    moods = np.array([[one.scores.sentiment[name] for name in SENTIMENTS] for one in found])
    kept = np.clip(labels, EDGE, 1 - EDGE)
    return np.log(kept / (1 - kept)), np.log(np.clip(moods.reshape(-1, len(SENTIMENTS)), EDGE, 1.0))


def _moved(one: Classification, move: Floats, thresholds: Mapping[str, float], name: str | None) -> Classification:
    by_label, by_mood = move[: len(LABELS)], move[len(LABELS) :]
    raw_labels, raw_moods = logits([one])
    labels = dict(one.scores.labels)
    if by_label.any():
        chances = sigmoid(raw_labels[0] + by_label).tolist()
        labels |= {label: chance for label, chance, by in zip(LABELS, chances, by_label, strict=True) if by}
    moods = dict(one.scores.sentiment)
    if by_mood.any():
        moods = dict(zip(SENTIMENTS, softmax(raw_moods + by_mood)[0].tolist(), strict=True))
    scores = Scores(sentiment=moods, labels=labels, emotions=one.scores.emotions)
    return replace(one, scores=scores, verdict=decide(scores, thresholds), model=name or one.model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headed:
    """A TextClassifier that adds a head to the model it was learnt on."""

    inner: EmbeddedClassifier
    head: Head
    name: str
    """The head's; verdicts bear it behind the model's id."""

    @property
    def model_id(self) -> str:
        return f"{self.inner.model_id}+{self.name}"

    @property
    def thresholds(self) -> Mapping[str, float]:
        return self.inner.thresholds

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        """One answer a text, in order; what the model can't read is left as the model has it. Raises ModelError."""
        from classifiers.languages import identify

        languages = {text: identify(text, self.inner.artefact.languages) for text in dict.fromkeys(texts)}
        known = [text for text, language in languages.items() if language.read]
        moved = dict(zip(known, self.head(read(self.inner, known), self.thresholds, self.model_id), strict=True))
        return [
            replace(moved[text], language=languages[text])
            if text in moved
            else unread(self.inner.artefact.labels, languages[text], self.inner.model_id)
            for text in texts
        ]

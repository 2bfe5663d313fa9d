"""Builders: a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from listener.domain.brand import Match
from listener.domain.loyalty import Customer
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.domain.stored import ScoredMention
from listener.domain.verdict import Label, Scores, Sentiment, Verdict

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def author(handle: str = "ann", **more: Any) -> Author:
    return Author(**{"platform": "x", "native_id": f"id-{handle}", "handle": handle, **more})


def customer(handle: str = "ann", **more: Any) -> Customer:
    """One with an account on X; alone, their value lies in the middle of all."""
    defaults: dict[str, Any] = {"ref": f"c-{handle}", "accounts": (("x", handle),), "value": 100.0}
    return Customer(**{**defaults, **more})


def mention(text: str = "@acme my parcel is late", native_id: str = "1", **more: Any) -> Mention:
    defaults: dict[str, Any] = {
        "key": MentionKey(platform=more.pop("platform", "x"), native_id=native_id),
        "author": author(),
        "text": text,
        "created_at": NOON,
        "url": f"https://example.com/{native_id}",
        "metrics": Metrics(),
    }
    return Mention(**{**defaults, **more})


def verdict(
    *labels: Label, sentiment: Sentiment | None = Sentiment.NEGATIVE, confidence: float = 0.9, **more: Any
) -> Verdict:
    rest = (1 - confidence) / 2
    scores = Scores(
        sentiment={s: confidence if s == (sentiment or Sentiment.NEUTRAL) else rest for s in Sentiment},
        labels={label: confidence if label in labels else 0.05 for label in Label},
        emotions={},
    )
    defaults: dict[str, Any] = {
        "model": "test@1",
        "scores": scores,
        "sentiment": sentiment,
        "labels": frozenset(labels),
        "abstained": sentiment is None,
        "thresholds": {"complaint": 0.5, "praise": 0.5, "question": 0.5, "sentiment": 0.5},
    }
    return Verdict(**{**defaults, **more})


def scored(
    text: str = "@acme my parcel is late",
    native_id: str = "1",
    *,
    brand: str = "Acme",
    said: Verdict | None = None,
    **more: Any,
) -> ScoredMention:
    """A complaint about Acme unless told otherwise."""
    return ScoredMention(
        mention=mention(text, native_id, **more),
        matches=(Match(brand=brand, term="@acme", start=0, end=5),),
        verdict=said or verdict(Label.COMPLAINT),
    )

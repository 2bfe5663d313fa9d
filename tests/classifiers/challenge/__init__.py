"""Posts that are hard to read, written for this: ten kinds, invented brands, none copied from anybody.

Each line holds `text`, `kind`, `sentiment` (of the whole text) and `labels` (complaint, praise, question). Of `rival`
the labels are those towards `brand`; `rival` is who else is named and `meant` whom the praise or blame is about.
Nobody may train on these or tune to them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from classifiers.base import LABELS, Classification, TextClassifier
from tests.classifiers.metamorphic import wilson

FOLDER = Path(__file__).parent
KINDS = (
    "sarcasm",
    "negation",
    "mixed",
    "rival",
    "question",
    "spam",
    "thanks-after-fix",
    "emoji",
    "typos",
    "dialect",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One text and what a person makes of it."""

    text: str
    kind: str
    sentiment: str
    labels: frozenset[str]
    brand: str = ""
    rival: str = ""
    meant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Of one kind: how many of n were right, for each thing asked."""

    kind: str
    n: int
    right: Mapping[str, int]
    """By `complaint`, `praise`, `question`, `sentiment`, and `all` for complaint, praise and sentiment at once."""


@lru_cache(maxsize=1)
def posts() -> tuple[Post, ...]:
    """Every post, by kind."""
    rows = [
        json.loads(line)
        for kind in KINDS
        for line in (FOLDER / f"{kind}.jsonl").read_text(encoding="utf8").splitlines()
    ]
    return tuple(Post(**{**row, "labels": frozenset(row["labels"])}) for row in rows)


def scored(classifier: TextClassifier) -> list[Line]:
    """One line a kind, and one over all."""
    asked = posts()
    judged = [
        _right(post, found) for post, found in zip(asked, classifier.classify([p.text for p in asked]), strict=True)
    ]
    lines = [
        _line(kind, [right for post, right in zip(asked, judged, strict=True) if post.kind == kind]) for kind in KINDS
    ]
    return [*lines, _line("all kinds", judged)]


def table(lines: Sequence[Line]) -> str:
    """The score of each kind as Markdown: share right, and for all three at once its 95 % interval (Wilson)."""
    head = (
        "| kind | n | complaint | praise | question | sentiment | all but question | 95 % interval |\n"
        + "|---" * 8
        + "|\n"
    )
    return head + "\n".join(_row(line) for line in lines)


def _right(post: Post, found: Classification) -> dict[str, bool]:
    """Which answers were right; sentiment as the likeliest one, also where the model abstained."""
    likeliest = max(found.scores.sentiment, key=found.scores.sentiment.__getitem__)
    right = {label: (label in found.verdict.labels) == (label in post.labels) for label in LABELS}
    right["sentiment"] = likeliest == post.sentiment
    return right | {"all": right["complaint"] and right["praise"] and right["sentiment"]}


def _line(kind: str, judged: Sequence[Mapping[str, bool]]) -> Line:
    return Line(kind=kind, n=len(judged), right={name: sum(one[name] for one in judged) for name in judged[0]})


def _row(line: Line) -> str:
    shares = " | ".join(f"{hits / line.n:.0%}" for hits in line.right.values())
    low, high = wilson(line.right["all"], line.n)
    return f"| {line.kind} | {line.n} | {shares} | {low:.0%}–{high:.0%} |"

"""How well touchpoints are told: precision and recall against the reasons that annotators gave airline complaints.

    python -m benchmarks.score_themes ../shared/data/airline.train.jsonl [--half 1]

A reason says one thing of a post that may speak of several, so the precision is a lower bound. The phrases were
written with half 0 in view; half 1 is for reporting.
"""

import argparse
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from classifiers.embedded import EmbeddedClassifier
from classifiers.themes import Examples, fit
from listener.domain.themes import ThemeKind
from listener.insight.intervals import wilson
from listener.matching.cues import Cues
from listener.settings import load

TOUCHPOINTS = {
    "Flight Booking Problems": "buy",
    "Late Flight": "deliver",
    "Cancelled Flight": "deliver",
    "Lost Luggage": "deliver",
    "Damaged Luggage": "deliver",
    "Customer Service Issue": "get help",
    "Bad Flight": "use",
    "Flight Attendant Complaints": "use",
}
"""By reason; "longlines" and "Can't Tell" are at no touchpoint of ours."""

_SPOILT = (
    (re.compile(r"cancelled flight(?:led|ed)\b", re.IGNORECASE), "cancelled"),
    (re.compile(r"cancelled flightlation", re.IGNORECASE), "cancellation"),
    (re.compile(r"cancelled flight(?:ing|s)\b", re.IGNORECASE), "cancelled"),
    (re.compile(r"\blate flight", re.IGNORECASE), "late"),
    (re.compile(r"flight booking problems", re.IGNORECASE), "booking"),
)
"""Whoever prepared the set replaced these words by the names of reasons: taken back, since nobody wrote so."""


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("file", type=Path)
    asked.add_argument("--half", type=int, default=1)
    given = asked.parse_args()
    rows = [json.loads(line) for line in given.file.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["reason"] in TOUCHPOINTS and _half(row["text"]) == given.half]
    texts = [_mended(row["text"]) for row in rows]
    truth = [TOUCHPOINTS[row["reason"]] for row in rows]
    said, alike = _said(texts), _alike(texts)
    print(f"half {given.half}: {len(rows)} posts")
    _print("phrases", said, truth)
    _print("likeness", alike, truth)
    _print("both", [one or other for one, other in zip(said, alike, strict=True)], truth)


def _half(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 2


def _mended(text: str) -> str:
    for spoilt, word in _SPOILT:
        text = spoilt.sub(word, text)
    return text


def _said(texts: Sequence[str]) -> list[set[str]]:
    cues = Cues(load(Path("config"), environ={}).themes)
    return [{theme.name for theme in cues.find(text) if theme.kind is ThemeKind.TOUCHPOINT} for text in texts]


def _alike(texts: Sequence[str]) -> list[set[str]]:
    themes = load(Path("config"), environ={}).themes
    model = EmbeddedClassifier.load()
    likeness = fit(model, [Examples(name=one.tag, group=one.kind, texts=one.examples) for one in themes])
    meanings = model.meanings(texts)
    assert likeness is not None
    assert meanings is not None
    begin = f"{ThemeKind.TOUCHPOINT}:"
    return [
        {name.removeprefix(begin) for name in found if name.startswith(begin)}
        for found in likeness([row.tobytes() for row in meanings])
    ]


def _print(name: str, found: Sequence[set[str]], truth: Sequence[str]) -> None:
    tagged = sum(bool(one) for one in found)
    print(f"{name}: {tagged / len(found):.0%} of posts tagged")
    for point in sorted(set(truth)):
        right = sum(point in one and own == point for one, own in zip(found, truth, strict=True))
        given = sum(point in one for one in found)
        print(f"  {point:<10} precision {_share(right, given)}  recall {_share(right, truth.count(point))}")


def _share(part: int, whole: int) -> str:
    low, high = wilson(part, whole)
    return f"{part / whole if whole else 0:.0%} ({low:.0%}-{high:.0%}, n {whole})"


if __name__ == "__main__":
    main()

"""How good a classifier is on labelled rows, with n and 95 % bootstrap intervals.

    python -m classifiers.evaluate FILE…

Each file holds JSON lines with `text` and one or more of `sentiment`, `complaint`, `emotions`, `irony`, `offensive`.
Where a row has a `reason` field it addresses a brand, and its complaint is its negative sentiment, its praise the
positive one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.base import EMOTION_FLOOR, LABELS, SENTIMENTS, TONES, Classification, TextClassifier
from classifiers.calibration import Floats, equal_mass_error, error_by_chance, expected_error

EMOTION_CUT = 0.3
COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
COSTS = (2.0, 3.0, 5.0)
"""How many needless looks a missed one may cost, for the figures that tell what each does to F1."""
_ROUNDS = 400
Ints = NDArray[np.int64]
Metric = Callable[[Ints, Ints], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What annotators said of one text; None where they weren't asked."""

    sentiment: str | None = None
    complaint: bool | None = None
    praise: bool | None = None
    question: bool | None = None
    """Of your own rows: the data sets have none."""
    irony: bool | None = None
    offensive: bool | None = None
    emotions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number over n texts; low and high bound its 95 % interval where one was drawn."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None


Figures = dict[str, Figure]


def truth_of(row: Mapping[str, Any]) -> Truth:
    """Return what a labelled row says."""
    sentiment, complaint, praise = row.get("sentiment"), row.get("complaint"), row.get("praise")
    if "reason" in row:
        complaint, praise = sentiment == "negative", sentiment == "positive"
    emotions = row.get("emotions")
    return Truth(
        sentiment=sentiment,
        complaint=complaint,
        praise=praise,
        emotions=None if emotions is None else frozenset(emotions),
        question=row.get("question"),
        irony=row.get("irony"),
        offensive=row.get("offensive"),
    )


def figures(truths: Sequence[Truth], found: Sequence[Classification]) -> Figures:
    """Return every figure these rows allow. Sequences of equal length, in the same order."""
    pairs = list(zip(truths, found, strict=True))
    result: Figures = {}
    asked = [(t.sentiment, f) for t, f in pairs if t.sentiment is not None]
    if asked:
        result |= _sentiment(asked)
    for label in (*LABELS, *TONES):
        known = [(bool(getattr(t, label)), f) for t, f in pairs if getattr(t, label) is not None]
        if known and label in known[0][1].scores.labels:
            result |= _label(label, known)
    felt = [(t.emotions, f) for t, f in pairs if t.emotions is not None]
    if felt:
        result |= _emotions(felt)
    return result


def _sentiment(pairs: Sequence[tuple[str, Classification]]) -> Figures:
    truth = np.array([SENTIMENTS.index(t) for t, _ in pairs])
    shares = np.array([[f.scores.sentiment[name] for name in SENTIMENTS] for _, f in pairs])
    said = shares.argmax(axis=1)
    kept = np.array([not f.verdict.abstained for _, f in pairs])
    right = truth == said
    return {
        "sentiment macro-recall": drawn(macro_recall, truth, said),
        "sentiment macro-F1": drawn(macro_f1, truth, said),
        "sentiment accuracy": drawn(accuracy, truth, said),
        **_calibrated("sentiment", right, shares.max(axis=1)),
        "coverage": _plain(float(kept.mean()), len(pairs)),
        "accuracy where not abstained": _plain(float(right[kept].mean()) if kept.any() else 0.0, int(kept.sum())),
        **risk_coverage("sentiment accuracy", right, shares.max(axis=1)),
        **_by_irony(right, shares.max(axis=1), [f.scores.labels.get("irony") for _, f in pairs]),
    }


def _by_irony(right: NDArray[np.bool_], confidence: Floats, irony: Sequence[float | None]) -> Figures:
    """How sure and how right the sentiment is where irony is likely, and where it isn't."""
    if any(score is None for score in irony):
        return {}
    likely = np.array(irony, dtype=float) >= 0.5
    found: Figures = {}
    for name, rows in (("irony of 0.5 and more", likely), ("irony under 0.5", ~likely)):
        if rows.any():
            found[f"sentiment accuracy, {name}"] = _counted(int(right[rows].sum()), int(rows.sum()))
            found[f"sentiment confidence, {name}"] = _plain(float(confidence[rows].mean()), int(rows.sum()))
    return found


def _label(label: str, pairs: Sequence[tuple[bool, Classification]]) -> Figures:
    truth = np.array([int(t) for t, _ in pairs])
    chance = np.array([f.scores.labels[label] for _, f in pairs])
    given = np.array([int(label in f.verdict.labels) for _, f in pairs])
    likely = (chance >= 0.5).astype(int)
    return {
        f"{label} macro-F1 at 0.5": drawn(macro_f1, truth, likely),
        f"{label} macro-F1 as decided": drawn(macro_f1, truth, given),
        f"{label} F1 at 0.5": drawn(lambda t, s: _f1(t, s, 1), truth, likely),
        **{f"{label} {name}": figure for name, figure in _at_costs(truth, chance).items()},
        **_calibrated(label, truth == 1, chance),
        **risk_coverage(f"{label} accuracy", truth == likely, np.maximum(chance, 1 - chance)),
    }


def _emotions(pairs: Sequence[tuple[frozenset[str], Classification]]) -> Figures:
    names = sorted(frozenset[str]().union(*(t for t, _ in pairs)))
    truth = np.array([[name in t for name in names] for t, _ in pairs]).astype(int)
    said = np.array([[f.scores.emotions.get(name, 0.0) >= EMOTION_CUT for name in names] for _, f in pairs])
    given = [(name in t, chance) for t, f in pairs for name, chance in f.scores.emotions.items()]
    found = {"emotions macro-F1 at 0.3": drawn(_column_f1, truth, said.astype(int))}
    if given:
        came, chance = np.array([c for c, _ in given]), np.array([p for _, p in given])
        found |= _calibrated(f"emotions of {EMOTION_FLOOR} and more:", came, chance)
    return found


def _calibrated(head: str, came: NDArray[np.bool_], chance: Floats) -> Figures:
    """Chances against what came of them: by equal bins, by equally full ones, and what so few rows show by chance."""
    found = {
        "ECE": expected_error(came, chance),
        "ECE, equal mass": equal_mass_error(came, chance),
        "ECE by chance alone": error_by_chance(chance),
    }
    return {f"{head} {name}": _plain(value, len(came)) for name, value in found.items()}


def _at_costs(truth: Ints, chance: Floats) -> Figures:
    return {
        f"{name} where a missed one costs {cost:g}": drawn(metric, truth, (chance >= 1 / (1 + cost)).astype(int))
        for cost in COSTS
        for name, metric in (("macro-F1", macro_f1), ("recall", _recall))
    }


def _recall(truth: Ints, said: Ints) -> float:
    return float(said[truth == 1].mean()) if (truth == 1).any() else 0.0


def risk_coverage(name: str, right: NDArray[np.bool_], confidence: Floats) -> Figures:
    """How right the surest answers are, by the share that is kept, and the area under the risk (AURC; Geifman 2018)."""
    sorted_right = right[np.argsort(-confidence, kind="stable")]
    kept = np.arange(1, len(right) + 1)
    risk = 1 - np.cumsum(sorted_right) / kept
    found = {f"{name} at coverage {share:.0%}": max(round(share * len(right)), 1) for share in COVERAGES}
    return {
        **{title: _counted(int(sorted_right[:n].sum()), n) for title, n in found.items()},
        f"{name} AURC": _plain(float(risk.mean()), len(right)),
    }


def _counted(hits: int, n: int) -> Figure:
    """Return a share with its Wilson interval."""
    z, p = 1.96, hits / n
    middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return Figure(value=p, n=n, low=(middle - half) / (1 + z * z / n), high=(middle + half) / (1 + z * z / n))


def macro_recall(truth: Ints, said: Ints) -> float:
    """Return the mean share found of each class that occurs."""
    return float(np.mean([(said[truth == k] == k).mean() for k in np.unique(truth)]))


def macro_f1(truth: Ints, said: Ints) -> float:
    """Return the mean F1 of the classes that occur on either side."""
    return float(np.mean([_f1(truth, said, k) for k in np.union1d(truth, said)]))


def accuracy(truth: Ints, said: Ints) -> float:
    """Return the share that agrees."""
    return float((truth == said).mean())


def _f1(truth: Ints, said: Ints, k: int) -> float:
    total = int((truth == k).sum() + (said == k).sum())
    return 2 * float(((truth == k) & (said == k)).sum()) / total if total else 0.0


def _column_f1(truth: Ints, said: Ints) -> float:
    both, total = (truth & said).sum(axis=0), truth.sum(axis=0) + said.sum(axis=0)
    return float(np.mean(2 * both / np.maximum(total, 1)))


def drawn(metric: Metric, truth: Ints, said: Ints) -> Figure:
    """Return a metric with its bootstrap interval; the draws are seeded, so the same rows give the same interval."""
    rng, n = np.random.default_rng(7), len(truth)
    draws = [rng.integers(0, n, n) for _ in range(_ROUNDS)]
    low, high = np.quantile([metric(truth[rows], said[rows]) for rows in draws], [0.025, 0.975])
    return Figure(value=metric(truth, said), n=n, low=float(low), high=float(high))


def _plain(value: float, n: int) -> Figure:
    return Figure(value=value, n=n)


def as_json(found: Figures) -> dict[str, dict[str, float]]:
    """Return plain JSON types, rounded to 4 digits."""
    return {
        name: {key: round(value, 4) for key, value in asdict(figure).items() if value is not None}
        for name, figure in found.items()
    }


def evaluate_file(file: Path, classifier: TextClassifier) -> Figures:
    """Classify a labelled file and return its figures; KeyError where a row lacks `text`."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf8").splitlines() if line.strip()]
    return figures([truth_of(row) for row in rows], classifier.classify([row["text"] for row in rows]))


def main(files: Iterable[str]) -> None:
    """Print one JSON object: file → figures."""
    from classifiers.embedded import EmbeddedClassifier

    classifier = EmbeddedClassifier.load()
    report = {Path(file).name: as_json(evaluate_file(Path(file), classifier)) for file in files}
    sys.stdout.write(json.dumps({"model": classifier.model_id, **report}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

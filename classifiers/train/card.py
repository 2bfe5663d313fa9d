"""The model card, written from what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from classifiers.evaluate import COSTS, COVERAGES, Figure, Figures
from classifiers.train.artefacts import FOLDS, POOLED, Measured
from classifiers.train.data import UNLABELLED
from classifiers.train.plan import OWN

SETS = {
    "semeval_val": "SemEval 2017 (TweetEval validation)",
    "semeval": "SemEval 2013–2016, held out",
    "airline": "airline, held out",
    "complaints": "complaints, held out",
    "product_emotion": "product emotion, held out",
    "emotions_dev": "GoEmotions dev",
    "emotions": "GoEmotions, held out",
    "irony": "irony (SemEval 2018), held out",
    "offensive": "offensive (OLID), held out",
    POOLED: "all held out",
}
HEADS = ("sentiment", "complaint", "praise", "question", "irony", "offensive", "emotions of 0.1 and more:")
_APART = (" ECE", " AURC", " at coverage ", "costs ", ", irony ")
"""Figures of these names have tables of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What the card says of how the model came about."""

    plan: str
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    set_aside: Mapping[str, int]
    left_out: Sequence[str] = ()
    """Sets that were not trained on."""


def write(measured: Sequence[Measured], training: Training) -> str:
    """Return the card in Markdown. `measured` is the float32 model and then the int8 one."""
    as_float, as_int8 = measured
    text = files("classifiers.train").joinpath("card.md").read_text(encoding="utf8")
    found = as_int8.figures
    return Template(text).substitute(
        model_id=as_int8.model_id,
        table="\n".join(rows(as_float.figures, found)),
        calibration="\n".join(_calibration(found)),
        risk="\n".join(_risk(found[POOLED])),
        irony="\n".join(_irony(found[POOLED])),
        costs="\n".join(_costs(found[POOLED])),
        shares=" | ".join(f"{share:.0%}" for share in COVERAGES),
        dashes="---|" * len(COVERAGES),
        folds=FOLDS,
        plan=training.plan,
        counts=_listed(training.counts),
        dropped=_listed({name: count for name, count in training.dropped.items() if count}) or "none",
        set_aside=_listed({name: count for name, count in training.set_aside.items() if count}) or "none",
        left_out=f" Not trained on: {', '.join(training.left_out)}." if training.left_out else "",
    )


def rows(as_float: Mapping[str, Figures], as_int8: Mapping[str, Figures]) -> list[str]:
    """Return the table's rows: what each set's rows were answered with, before and after quantising."""
    return [
        f"| {title} | {figure} | {found.n:,} | {shown(as_float[name][figure])} | {shown(found)} |"
        for name, title in _titles(as_int8)
        if name != POOLED
        for figure, found in as_int8[name].items()
        if not any(part in figure for part in _APART)
    ]


def shown(figure: Figure) -> str:
    """Return a figure in hundredths, with its interval."""
    if figure.low is None or figure.high is None:
        return f"{100 * figure.value:.1f}"
    return f"{100 * figure.value:.1f} ({100 * figure.low:.1f}–{100 * figure.high:.1f})"


def _titles(found: Mapping[str, Figures]) -> Iterator[tuple[str, str]]:
    yield from ((name, f"{name.removeprefix(OWN)} (your own), held out") for name in found if name.startswith(OWN))
    yield from ((name, title) for name, title in SETS.items() if name in found)


def _calibration(found: Mapping[str, Figures]) -> Iterator[str]:
    for head in HEADS:
        for name, title in _titles(found):
            if f"{head} ECE" in found[name]:
                kinds = [found[name][f"{head} {kind}"] for kind in ("ECE", "ECE, equal mass", "ECE by chance alone")]
                numbers = " | ".join(f"{100 * figure.value:.1f}" for figure in kinds)
                yield f"| {head.rstrip(':')} | {title} | {kinds[0].n:,} | {numbers} |"


def _risk(pooled: Figures) -> Iterator[str]:
    for head in HEADS:
        points = [pooled.get(f"{head} accuracy at coverage {share:.0%}") for share in COVERAGES]
        told = " | ".join(f"{100 * point.value:.1f} ({point.n:,})" for point in points if point)
        if told:
            yield f"| {head} | {told} | {100 * pooled[f'{head} accuracy AURC'].value:.1f} |"


def _irony(pooled: Figures) -> Iterator[str]:
    for name in ("irony of 0.5 and more", "irony under 0.5"):
        right, sure = (pooled.get(f"sentiment {kind}, {name}") for kind in ("accuracy", "confidence"))
        if right and sure:
            yield f"| {name} | {right.n:,} | {shown(right)} | {shown(sure)} |"


def _costs(pooled: Figures) -> Iterator[str]:
    for head in HEADS:
        if f"{head} macro-F1 as decided" not in pooled:
            continue
        cells = [shown(pooled[f"{head} macro-F1 as decided"])]
        for cost in COSTS:
            f1, recall = (pooled[f"{head} {name} where a missed one costs {cost:g}"] for name in ("macro-F1", "recall"))
            cells.append(f"{shown(f1)}; {shown(recall)}")
        yield f"| {head} | {pooled[f'{head} macro-F1 as decided'].n:,} | {' | '.join(cells)} |"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name.removeprefix(OWN)} {count:,}" for name, count in counts.items() if name != UNLABELLED)

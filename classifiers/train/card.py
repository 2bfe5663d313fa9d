"""The model card, written from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template

from classifiers.evaluate import Figure, Figures
from classifiers.train.artefacts import Measured

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
}


def write(measured: Sequence[Measured], *, plan: str, counts: Mapping[str, int], dropped: Mapping[str, int]) -> str:
    """Return the card in Markdown. `measured` is the float32 model and then the int8 one."""
    as_float, as_int8 = measured
    text = files("classifiers.train").joinpath("card.md").read_text(encoding="utf8")
    return Template(text).substitute(
        model_id=as_int8.model_id,
        table="\n".join(_rows(as_float.figures, as_int8.figures)),
        plan=plan,
        counts=", ".join(f"{name} {count:,}" for name, count in counts.items()),
        dropped=", ".join(f"{name} {count:,}" for name, count in dropped.items() if count),
    )


def _rows(as_float: Mapping[str, Figures], as_int8: Mapping[str, Figures]) -> list[str]:
    return [
        f"| {title} | {figure} | {found.n:,} | {shown(as_float[name][figure])} | {shown(found)} |"
        for name, title in SETS.items()
        if name in as_int8
        for figure, found in as_int8[name].items()
    ]


def shown(figure: Figure) -> str:
    """Return a figure in hundredths, with its interval."""
    if figure.low is None or figure.high is None:
        return f"{100 * figure.value:.1f}"
    return f"{100 * figure.value:.1f} ({100 * figure.low:.1f}–{100 * figure.high:.1f})"

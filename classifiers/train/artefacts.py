"""Trained network → two sealed model folders (float32 and int8), calibrated on held-out rows and measured."""

from __future__ import annotations

import copy
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifiers import artefact
from classifiers.base import SENTIMENTS, Classification
from classifiers.calibration import Calibration, Line
from classifiers.embedded import EmbeddedClassifier
from classifiers.evaluate import Figures, Truth, figures
from classifiers.train.data import VALIDATION_FILES, Row, fraction
from classifiers.train.export import export_float, export_int8
from classifiers.train.fit import COVERAGES, Fitted, Logits, fit, told, weak
from classifiers.train.network import Network
from classifiers.train.plan import EMOTIONS, OWN

NAME = "minilm-social"
MAX_TOKENS = 128
"""Longest window at inference: twice what training saw, within what the base model was trained with."""

LANGUAGES = ("en",)
FOLDS = 5
POOLED = "all"
"""Under this name stand the figures of all sets together on which the calibration was fitted."""

HeldOut = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A sealed folder and what it reaches on each held-out set."""

    folder: Path
    model_id: str
    figures: Mapping[str, Figures]


def make(network: Network, tokenizer: Path, held_out: HeldOut, out: Path) -> list[Measured]:
    """Write `out`/float and `out`/int8 and return their measurements, in that order."""
    labels = told([row for rows in held_out.values() for row in rows])
    exports = {"float": (artefact.FLOAT, export_float), "int8": (artefact.INT8, export_int8)}
    measured = []
    for kind, (file, export) in exports.items():
        print(f"{kind}: export", file=sys.stderr)
        folder = out / kind
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tokenizer, folder / artefact.TOKENIZER)
        export(copy.deepcopy(network).cpu(), folder / file, labels)
        measured.append(_measured(folder, file, held_out, labels))
        print(f"{kind}: {measured[-1].model_id}", file=sys.stderr)
    return measured


def _measured(folder: Path, file: str, held_out: HeldOut, labels: Sequence[str]) -> Measured:
    model = _sealed(folder, file, unfitted(labels), labels)
    logits = {}
    for name, rows in held_out.items():
        logits[name] = model.logits([row.text for row in rows])
        print(f"{folder.name}: {name} read, {len(rows):,} rows", file=sys.stderr)
    fitting = [name for name in held_out if name not in VALIDATION_FILES]
    fitted = _fit_on(fitting, held_out, logits, labels)
    final = _sealed(folder, file, fitted, labels)
    found = {
        name: _figures(final, held_out[name], logits[name], fitted) for name in held_out if name in VALIDATION_FILES
    }
    found |= _cross_fitted(final, fitting, held_out, logits)
    return Measured(folder=folder, model_id=final.model_id, figures=found)


def unfitted(labels: Sequence[str]) -> Fitted:
    """Return what stands in the settings until something is fitted."""
    plain = Calibration(labels={name: Line() for name in labels}, emotions={name: Line() for name in EMOTIONS})
    return Fitted(
        calibration=plain,
        thresholds=dict.fromkeys((*labels, "sentiment"), 0.5),
        coverages=dict.fromkeys(COVERAGES, 0.5),
    )


def _sealed(folder: Path, file: str, fitted: Fitted, labels: Sequence[str]) -> EmbeddedClassifier:
    settings = {
        "network": file,
        "languages": LANGUAGES,
        "sentiments": SENTIMENTS,
        "labels": labels,
        "emotions": EMOTIONS,
        "max_tokens": MAX_TOKENS,
        "thresholds": fitted.thresholds,
        "coverages": fitted.coverages,
        "calibration": fitted.calibration.as_json(),
    }
    (folder / artefact.SETTINGS).write_text(json.dumps(settings, indent=1) + "\n")
    artefact.seal(folder, NAME)
    return EmbeddedClassifier.load(folder, threads=2)


def _fit_on(
    names: Sequence[str],
    held_out: HeldOut,
    logits: Mapping[str, Logits],
    labels: Sequence[str],
    but: int | None = None,
) -> Fitted:
    """Fit on the named sets together, but for one fold of each."""
    rows: list[Row] = []
    parts: list[Logits] = []
    for name in names:
        keep = [i for i, row in enumerate(held_out[name]) if _fold(row) != but]
        rows += [held_out[name][i] for i in keep]
        parts.append({head: values[keep] for head, values in logits[name].items()})
    return fit(rows, {head: np.concatenate([part[head] for part in parts]) for head in parts[0]}, labels)


def _fold(row: Row) -> int:
    return int(fraction(row.text) * 2**40) % FOLDS


def _cross_fitted(
    model: EmbeddedClassifier, names: Sequence[str], held_out: HeldOut, logits: Mapping[str, Logits]
) -> dict[str, Figures]:
    """Measure each fold under what was fitted on the others, so that no row is judged by a fit that saw it."""
    labels = model.artefact.labels
    fits = [_fit_on(names, held_out, logits, labels, but=fold) for fold in range(FOLDS)]
    answers: dict[str, list[tuple[Truth, Classification]]] = {}
    for name in names:
        answers[name] = []
        for fold, fitted in enumerate(fits):
            keep = [i for i, row in enumerate(held_out[name]) if _fold(row) == fold]
            if keep:
                own = {head: values[keep] for head, values in logits[name].items()}
                truths = [truth(held_out[name][i]) for i in keep]
                answers[name] += zip(truths, _answers(model, own, fitted), strict=True)
    answers[POOLED] = [pair for pairs in answers.values() for pair in pairs]
    return {name: figures([t for t, _ in pairs], [answer for _, answer in pairs]) for name, pairs in answers.items()}


def _figures(model: EmbeddedClassifier, rows: Sequence[Row], logits: Logits, fitted: Fitted) -> Figures:
    return figures([truth(row) for row in rows], _answers(model, logits, fitted))


def _answers(model: EmbeddedClassifier, logits: Logits, fitted: Fitted) -> list[Classification]:
    described = replace(model.artefact, calibration=fitted.calibration, thresholds=fitted.thresholds)
    return replace(model, artefact=described).judge(logits)


def truth(row: Row) -> Truth:
    """Return a row's gold labels; praise told from emotions is no gold."""
    felt = None if row.emotions is None else frozenset(EMOTIONS[i] for i in row.emotions)
    return Truth(
        sentiment=None if row.sentiment is None else SENTIMENTS[row.sentiment],
        complaint=row.complaint,
        praise=None if weak(row, "praise") else row.praise,
        question=row.question if row.source.startswith(OWN) else None,
        emotions=felt,
        irony=row.irony,
        offensive=row.offensive,
    )

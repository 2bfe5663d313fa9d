"""`listener classify --compare`: the shipped model and another one on a labelled file of your own."""

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from listener.cli.session import load_settings
from listener.errors import ClassifierError, ConfigError

if TYPE_CHECKING:
    from classifiers.base import Classification, TextClassifier
    from classifiers.compare import Head
    from classifiers.evaluate import Truth

FORM = (
    "JSON lines or CSV with `text` and `sentiment` (negative, neutral, positive) or `complaint`, `praise`, `question`"
)
_TRUTHS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "yes", "1"), True),
    **dict.fromkeys(("false", "no", "0"), False),
}
_LABELS = ("complaint", "praise", "question")


def compare(
    file: Path, one: "TextClassifier", other: "TextClassifier", *, as_json: bool, timer: Callable[[], float]
) -> None:
    """Print both models' figures on the file's rows, and what they come to."""
    from classifiers import compare as comparing

    texts, truths = _rows(file)
    answers, speeds = [], {}
    for name, model in (("first", one), ("second", other)):
        found, taken = _asked(model, texts, timer)
        answers.append(found)
        speeds[name] = len(texts) / max(taken, 1e-9)
    heads = comparing.compare(truths, answers[0], answers[1])
    told = comparing.sentence(heads, speeds)
    models = {"first": one.model_id, "second": other.model_id}
    if as_json:
        shown = {"models": models, "n": len(texts), "texts_per_second": speeds, "heads": [_plain(h) for h in heads]}
        sys.stdout.write(json.dumps({**shown, "sentence": told}) + "\n")
    else:
        typer.echo("\n".join(_table(heads, models, speeds)))
        typer.echo(told)


def other_model(hub: str, revision: str, labels: str) -> "TextClassifier":
    """The model named by the flags, else the one in listener.toml. Raises ClassifierError, ConfigError."""
    from listener.domain.policy import ClassifierChoice
    from listener.judging import load_classifier

    if hub:
        choice = ClassifierChoice(kind="hub", model=hub, revision=revision, label_map=label_map(labels))
    else:
        choice = load_settings().classifier
        if choice.kind != "hub" and not choice.model:
            raise ConfigError(
                "nothing to compare the shipped model with",
                next_step="--hub MODEL --revision COMMIT --labels LABEL=meaning,…, or [classifier] in listener.toml",
            )
    try:
        return load_classifier(choice)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise ClassifierError(f"the model can't be loaded: {error}") from error


def label_map(given: str) -> dict[str, str]:
    """`LABEL_0=negative,LABEL_1=positive` as a map."""
    pairs = [pair.partition("=") for pair in given.split(",") if pair.strip()]
    if not pairs or not all(label.strip() and meaning.strip() for label, _, meaning in pairs):
        raise ConfigError(
            "--labels says nothing of the model's labels", next_step="--labels LABEL_0=negative,LABEL_1=positive, say"
        )
    return {label.strip(): meaning.strip() for label, _, meaning in pairs}


def _asked(
    model: "TextClassifier", texts: Sequence[str], timer: Callable[[], float]
) -> "tuple[list[Classification], float]":
    from classifiers.base import ModelError

    try:
        model.classify(texts[:1])  # what is loaded at the first text isn't reading
        started = timer()
        found = model.classify(texts)
    except ModelError as error:
        raise ClassifierError(str(error)) from error
    return found, timer() - started


def _rows(file: Path) -> "tuple[list[str], list[Truth]]":
    """Texts and what is said of them; each bad row is named by its number."""
    try:
        lines = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}", next_step=FORM) from error
    rows = _csv(lines) if file.suffix.lower() == ".csv" else _jsonl(lines, file)
    found = [_row(row, f"{file}, row {number}") for number, row in enumerate(rows, start=1)]
    if not any(_labelled(truth) for _, truth in found):
        raise ConfigError(f"{file} holds no labelled row", next_step=FORM)
    return [text for text, _ in found], [truth for _, truth in found]


def _csv(text: str) -> list[dict[str, Any]]:
    return [dict(row) for row in csv.DictReader(text.splitlines(keepends=True))]


def _jsonl(text: str, file: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise ConfigError(f"{file}, line {number}: not a JSON object", next_step=FORM)
            rows.append(row)
    return rows


def _row(row: Mapping[str, Any], where: str) -> "tuple[str, Truth]":
    from classifiers.base import SENTIMENTS
    from classifiers.evaluate import truth_of

    text, sentiment = row.get("text"), row.get("sentiment") or None
    if not isinstance(text, str):
        raise ConfigError(f"{where}: no `text`", next_step=FORM)
    if sentiment is not None and sentiment not in SENTIMENTS:
        raise ConfigError(f"{where}: sentiment is none of {', '.join(SENTIMENTS)}", next_step=FORM)
    return text, truth_of({"sentiment": sentiment, **{name: _yes(row, name, where) for name in _LABELS}})


def _yes(row: Mapping[str, Any], name: str, where: str) -> bool | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    found = value if isinstance(value, bool) else _TRUTHS.get(str(value).strip().lower())
    if found is None:
        raise ConfigError(f"{where}: {name} is neither true nor false", next_step=FORM)
    return found


def _labelled(truth: "Truth") -> bool:
    return any(getattr(truth, name) is not None for name in ("sentiment", *_LABELS))


def _plain(head: "Head") -> dict[str, object]:
    return {**asdict(head), "within_noise": not head.decided}


def _table(heads: "Sequence[Head]", models: Mapping[str, str], speeds: Mapping[str, float]) -> list[str]:
    from listener.domain.text import visible

    lines = [f"{name}: {visible(model)}, {speeds[name]:,.0f} texts a second" for name, model in models.items()]
    for head in heads:
        lines += ["", f"{head.name}, n = {head.n:,}", f"{'':10}{'':12}{'precision':>10}{'recall':>9}{'F1':>7}{'n':>8}"]
        for name, side in zip(models, head.sides, strict=True):
            lines += [
                f"{name:10}{one.name:12}{one.precision:10.3f}{one.recall:9.3f}{one.f1:7.3f}{one.n:8,}"
                for one in side.classes
            ]
            lines.append(f"{name:10}accuracy {side.accuracy:.3f}, macro-F1 {side.macro_f1:.3f}, ECE {side.ece:.3f}")
        lines.append(
            f"difference in macro-F1 {head.difference:+.3f}, 95 % interval {head.low:+.3f} to {head.high:+.3f} "
            "(paired bootstrap)"
        )
    return [*lines, ""]

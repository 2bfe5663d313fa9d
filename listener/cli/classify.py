"""`listener classify`: text lines or JSON lines in, scores and verdicts as JSON lines out."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from listener.cli.exits import Exit
from listener.errors import ClassifierError, ConfigError

if TYPE_CHECKING:
    from classifiers.base import TextClassifier

BATCH_LINES = 256
_BATCH_CHARS = 1_000_000  # a batch of huge lines is cut short, so that memory stays bounded


class Format(StrEnum):
    AUTO = "auto"
    TEXT = "text"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A line that held no text."""

    line: int
    error: str


def classify(
    file: Annotated[str, typer.Argument(help="File to read; - is standard input.")] = "-",
    given: Annotated[
        Format,
        typer.Option("--format", help="auto takes JSON lines by the file's name, or if its first line is an object."),
    ] = Format.AUTO,
    model: Annotated[
        Path | None, typer.Option(help="Folder of a model made by classifiers.train; else the shipped one.")
    ] = None,
    threads: Annotated[int, typer.Option(help="Cores to use; 0 takes all.", min=0)] = 0,
    why: Annotated[
        bool, typer.Option("--why", help="Add the words that moved each verdict; some 30 times slower.")
    ] = False,
    compare: Annotated[
        Path | None,
        typer.Option(help="Labelled file (JSON lines or CSV): the shipped model or --model beside another one on it."),
    ] = None,
    hub: Annotated[
        str, typer.Option(help="With --compare: a Hugging Face model, by id or folder; else the one in listener.toml.")
    ] = "",
    revision: Annotated[str, typer.Option(help="The commit of --hub; a local folder needs none.")] = "",
    labels: Annotated[str, typer.Option(help="What the labels of --hub mean: LABEL_0=negative,LABEL_1=positive.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="With --compare: one JSON object.")] = False,
) -> None:
    """Score texts: one a line, or the `text` of JSON objects. Writes one JSON object a line, in the same order.

    A text that tries to tell the model what to make of it bears `"instructs": true`; what it says to that end isn't
    read. With --compare, prints how well two models do on your own labelled texts instead.
    """
    if compare is not None:
        from listener.cli import comparing
        from listener.clock import monotonic

        other = comparing.other_model(hub, revision, labels)
        comparing.compare(compare, _loaded(model, threads), other, as_json=as_json, timer=monotonic)
        return
    with _opened(file) as lines:
        loaded = _loaded(model, threads)
        unread = sum(_answer(batch, loaded, why=why) for batch in _batches(_texts(lines, _announced(file, given))))
    if unread:
        typer.echo(f"{unread:,} lines held no text; each has its error in its place", err=True)
        raise typer.Exit(Exit.PARTIAL)


@contextmanager
def _opened(file: str) -> Iterator[TextIO]:
    """Lines end at \\n alone: other separators can stand inside a post. Bytes that aren't UTF-8 become U+FFFD."""
    # Standard input by its number, since it isn't ours to close and was opened to translate line ends.
    source = sys.stdin.fileno() if file == "-" else Path(file)
    try:
        lines = open(source, encoding="utf-8-sig", errors="replace", newline="\n", closefd=file != "-")  # noqa: SIM115
    except OSError as error:
        raise ConfigError(
            f"{file} can't be read: {error.strerror}", next_step="listener classify FILE, or - for standard input"
        ) from error
    with lines:
        yield lines


def _loaded(model: Path | None, threads: int) -> "TextClassifier":
    from classifiers.base import ModelError
    from classifiers.embedded import EmbeddedClassifier

    try:
        return EmbeddedClassifier.load(model, threads=threads or None)
    except ModelError as error:
        raise ClassifierError(str(error), next_step="listener doctor") from error


def _announced(file: str, given: Format) -> Format:
    """What the flag says, or the file's name; AUTO where neither does."""
    return Format.JSONL if given is Format.AUTO and Path(file).suffix in (".jsonl", ".ndjson") else given


def _texts(lines: TextIO, given: Format) -> Iterator[str | Unread]:
    """Yield what each line holds; in JSON lines, empty ones are skipped."""
    numbered: Iterator[tuple[int, str]] = enumerate((line.rstrip("\r\n") for line in lines), start=1)
    jsonl = given is Format.JSONL
    if given is Format.AUTO:
        ahead: list[tuple[int, str]] = []
        for number, line in numbered:
            ahead.append((number, line))
            if line.strip():
                jsonl = isinstance(_parsed(line), dict)
                break
        numbered = chain(ahead, numbered)
    for number, line in numbered:
        if not jsonl:
            yield line
        elif line.strip():
            yield _text_of(line, number)


def _text_of(line: str, number: int) -> str | Unread:
    found = _parsed(line)
    if not isinstance(found, dict):
        return Unread(line=number, error="not a JSON object")
    text = found.get("text")
    return text if isinstance(text, str) else Unread(line=number, error="no string `text` in it")


def _parsed(line: str) -> object:
    """Return a line's JSON value, None where it has none (or one too deep to read)."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _batches(texts: Iterator[str | Unread]) -> Iterator[list[str | Unread]]:
    batch: list[str | Unread] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text) if isinstance(text, str) else 0
        if len(batch) == BATCH_LINES or size > _BATCH_CHARS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _answer(batch: Sequence[str | Unread], classifier: "TextClassifier", *, why: bool) -> int:
    """Write a batch's lines and return how many held no text."""
    from classifiers.base import ModelError, as_json
    from classifiers.normalise import instructs

    texts = [text for text in batch if isinstance(text, str)]
    try:
        found = iter(classifier.classify(texts))
    except ModelError as error:
        raise ClassifierError(str(error)) from error
    for entry in batch:
        if isinstance(entry, str):
            line: dict[str, object] = as_json(entry, next(found))
            if instructs(entry):
                line["instructs"] = True
            if why:
                line["why"] = _why(entry, classifier)
        else:
            line = {"error": entry.error, "line": entry.line}
        # ASCII: control characters, bidi marks and lone surrogates leave us as harmless escapes.
        sys.stdout.write(json.dumps(line) + "\n")
    return len(batch) - len(texts)


def _why(text: str, classifier: "TextClassifier") -> list[dict[str, object]]:
    """The words that moved the verdict, weightiest first; in log-odds of what was asked."""
    from classifiers.base import ModelError
    from classifiers.occlusion import deciding_words

    try:
        found = deciding_words(classifier, text)
    except ModelError as error:
        raise ClassifierError(str(error)) from error
    return [
        {"word": text[one.start : one.end], "of": one.of, "weight": round(one.weight, 2)}
        for one in sorted(found, key=lambda one: -abs(one.weight))
    ]

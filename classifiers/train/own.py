"""Your own labelled posts: CSV or JSON lines → rows, with every fault named by file, line and column.

Columns: `text`, and one or more of `sentiment` (negative, neutral, positive), `complaint`, `praise`, `question`,
`irony`, `offensive` (true or false) and `emotions` (names, separated by `;`). An empty cell says nothing. `author` and
`thread` keep what belongs together on one side of the split. A row with a fault is left out.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers.normalise import MAX_CHARS, normalise
from classifiers.train.data import Row
from classifiers.train.plan import EMOTIONS, LABELS, OWN, SENTIMENTS

HELD_OUT = 0.15
COLUMNS = ("text", "sentiment", *LABELS, "emotions", "author", "thread")
_WORDS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}
_TOLD = ("sentiment", *LABELS, "emotions")


class OwnError(ValueError):
    """Your file can't be used at all; the message names it and says what to do."""


class _Fault(ValueError):
    """One cell makes no sense: column and message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSet:
    """One file's rows, with the group each belongs to, and what was wrong with the others."""

    name: str
    rows: Sequence[Row]
    groups: Sequence[str]
    faults: Sequence[str]

    def halves(self) -> tuple[list[Row], list[Row]]:
        """Return rows to train on and rows held out; what one author wrote, or one thread holds, isn't parted."""
        train: list[Row] = []
        held: list[Row] = []
        for row, group in zip(self.rows, self.groups, strict=True):
            digest = hashlib.sha256(group.encode()).digest()
            (held if int.from_bytes(digest[:8]) / 2**64 < HELD_OUT else train).append(row)
        return train, held


def read(file: Path) -> OwnSet:
    """Return what stands in a file. OwnError if it can't be read or no row of it can be used."""
    name = f"{OWN}{file.stem}"
    rows: list[Row] = []
    groups: list[str] = []
    faults: list[str] = []
    for line, raw in _records(file, _decoded(file)):
        try:
            if isinstance(raw, str):
                raise _Fault(raw)
            rows.append(_row(raw, name))
            groups.append(_group(raw, rows[-1].text))
        except _Fault as fault:
            faults.append(f"{file}, line {line}, {fault}")
    if not rows:
        first = f"; the first fault: {faults[0]}" if faults else ""
        raise OwnError(f"{file} has no row that can be used{first}")
    return OwnSet(name=name, rows=rows, groups=groups, faults=faults)


def _decoded(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise OwnError(f"{file} can't be read: {error.strerror}") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, name = "utf-16", "UTF-16"
    else:
        encoding, name = "utf-8-sig", "UTF-8"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise OwnError(f"{file}, line {line}: not {name}; save it as UTF-8") from error


def _records(file: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Yield line numbers with a raw row, or with what is wrong with it."""
    return _lines(text) if file.suffix.lower() in {".jsonl", ".ndjson", ".json"} else _cells(file, text)


def _lines(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            found = json.loads(written)
        except (ValueError, RecursionError):
            found = None
        yield line, found if isinstance(found, dict) else "the whole line: not a JSON object"


def _cells(file: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    csv.field_size_limit(max(csv.field_size_limit(), 10 * MAX_CHARS))
    names = [name.strip().lower() for name in next(reader, [])]
    _check_head(file, names)
    line = reader.line_num + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield line, f"the whole row: {error}"
            line = reader.line_num + 1
            continue
        if cells is None:
            return
        if len(cells) > len(names):
            yield line, f"column {len(names) + 1}: more cells than the first line names; put text with commas in quotes"
        elif any(cell.strip() for cell in cells):
            yield line, dict(zip(names, cells, strict=False))
        line = reader.line_num + 1


def _check_head(file: Path, names: Sequence[str]) -> None:
    if "text" not in names:
        raise OwnError(f"{file}, line 1: no column `text`; the first line names the columns: {', '.join(COLUMNS)}")
    if not set(names) & set(_TOLD):
        raise OwnError(f"{file}, line 1: no column with labels; name one or more of {', '.join(_TOLD)}")
    twice = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
    if twice:
        raise OwnError(f"{file}, line 1: column `{twice[0]}` stands there twice; remove one")


def _row(raw: Mapping[str, Any], source: str) -> Row:
    written = raw.get("text")
    text = normalise(written) if isinstance(written, str) else ""
    if not text:
        raise _Fault("column text: empty")
    flags = {label: _flag(raw, label) for label in LABELS}
    row = Row(source=source, text=text, sentiment=_sentiment(raw), emotions=_emotions(raw), **flags)
    if all(getattr(row, name) is None for name in _TOLD):
        raise _Fault(f"columns {', '.join(_TOLD)}: none says anything")
    return row


def _sentiment(raw: Mapping[str, Any]) -> int | None:
    name = _text(raw, "sentiment")
    if name and name not in SENTIMENTS:
        raise _Fault(f"column sentiment: {_short(name)} is none of {', '.join(SENTIMENTS)}")
    return SENTIMENTS.index(name) if name else None


def _flag(raw: Mapping[str, Any], label: str) -> bool | None:
    written = _text(raw, label)
    if written and written not in _WORDS:
        raise _Fault(f"column {label}: {_short(written)} is neither true nor false")
    return _WORDS[written] if written else None


def _emotions(raw: Mapping[str, Any]) -> tuple[int, ...] | None:
    given = raw.get("emotions")
    names = given if isinstance(given, list) else _text(raw, "emotions").replace(",", ";").replace("|", ";").split(";")
    wanted = [str(name).strip().lower() for name in names if str(name).strip()]
    for name in wanted:
        if name not in EMOTIONS:
            raise _Fault(f"column emotions: {_short(name)} is none of {', '.join(EMOTIONS)}")
    return tuple(sorted({EMOTIONS.index(name) for name in wanted})) or None


def _text(raw: Mapping[str, Any], column: str) -> str:
    value = raw.get(column)
    return "" if value is None else str(value).strip().lower()


def _group(raw: Mapping[str, Any], text: str) -> str:
    for column in ("thread", "author"):
        if _text(raw, column):
            return f"{column} {_text(raw, column)}"
    return f"text {text.lower()}"


def _short(value: str) -> str:
    return repr(value if len(value) <= 40 else f"{value[:40]}…")

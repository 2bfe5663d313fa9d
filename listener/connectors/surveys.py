"""Answers to "how likely are you to recommend us, 0 to 10?" from a CSV or JSON-lines file, row by row."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from listener.connectors.instants import parse_instant
from listener.connectors.jsons import raw_text
from listener.connectors.lines import SNIFFED, Layout, Row, csv_rows, json_rows, sniff
from listener.domain.loyalty import Answer
from listener.domain.mention import Reject
from listener.domain.text import clean, clean_name
from listener.errors import ConfigError, SkipRecord

GUESSES: Mapping[str, tuple[str, ...]] = {
    "score": ("score", "nps", "nps_score", "rating", "likelihood", "recommend", "likelihood_to_recommend"),
    "at": (
        "at",
        "date",
        "answered_at",
        "submitted_at",
        "completed_at",
        "response_date",
        "created_at",
        "timestamp",
        "time",
    ),
    "customer": ("customer", "customer_id", "respondent", "respondent_id", "email", "user_id", "contact_id", "id"),
    "comment": ("comment", "comments", "feedback", "verbatim", "reason", "why", "text"),
}
"""Our field → columns that hold it in surveys as tools export them; the first that the file has is taken."""

NEEDED = ("score", "at")

_COMMENT = 10_000
"""Code points kept."""
_LOOKED_AT = 50
"""Rows that tell which columns a file has."""
_SCORE = re.compile(r"-?[0-9]{1,9}(\.0{1,9})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyFile:
    """Which file, and how it is to be read; what is empty is found out."""

    path: Path
    brand: str
    survey: str
    zone: ZoneInfo
    """Of times that bear none; a bare date is its day's first instant there."""
    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str = ""
    encoding: str = "auto"
    format: str = "auto"
    delimiter: str = ""


def read_answers(file: SurveyFile) -> Iterator[Answer | Reject]:
    """Each row as an answer, or with why it isn't one, in the file's order.

    Raises `ConfigError` before the first row where the file can't be read or lacks a column.
    """
    unknown = sorted(set(file.columns) - set(GUESSES))
    if unknown:
        raise ConfigError(
            f"--column names {', '.join(unknown)}, which no answer has", next_step=f"name one of {', '.join(GUESSES)}"
        )
    with _opened(file.path) as handle:
        layout = _layout(handle, file)
        present = _present(_rows(handle, layout))
        if not present:
            raise ConfigError(f"{file.path.name} holds no row that can be read", next_step="check the file")
        reading = _Reading(file, _columns(file, present), len(present) if layout.format == "csv" else 0)
        yield from map(reading.read, _rows(handle, layout))


@dataclass(frozen=True, slots=True)
class _Reading:
    file: SurveyFile
    columns: Mapping[str, str]
    width: int
    """Columns that every row has; 0 where rows may differ."""

    def read(self, row: Row) -> Answer | Reject:
        try:
            return self._answer(row)
        except (SkipRecord, ValueError, TypeError, RecursionError) as error:
            return Reject(reason=clean_name(str(error)), raw=raw_text(row.raw), position=f"line {row.line}")

    def _answer(self, row: Row) -> Answer:
        if row.problem:
            raise SkipRecord(row.problem)
        if len(row.values) < self.width:
            raise SkipRecord(f"half a row: {len(row.values)} of {self.width} columns")
        value = {name: row.values.get(column) for name, column in self.columns.items()}
        return Answer(
            brand=self.file.brand,
            survey=self.file.survey,
            score=_score(value["score"]),
            at=_instant(value["at"], self.file),
            respondent=_respondent(value.get("customer"), row),
            comment=_comment(value.get("comment")),
        )


def _score(value: object) -> int:
    if value is None or value == "":
        raise SkipRecord("score is empty")
    if isinstance(value, bool) or not _SCORE.fullmatch(str(value).strip()):
        raise SkipRecord(f"score {value!r:.40} is no whole number")
    score = int(float(str(value)))
    if not 0 <= score <= 10:
        raise SkipRecord(f"score {score} is not from 0 to 10")
    return score


def _instant(value: object, file: SurveyFile) -> datetime:
    if value is None or value == "":
        raise SkipRecord("date is empty")
    if not file.date_format:
        return parse_instant(value, file.zone)
    try:
        # Its zone comes after.
        written = datetime.strptime(str(value).strip(), file.date_format)  # noqa: DTZ007
    except ValueError as error:
        raise SkipRecord(f"{value!r:.60} is not a time written as {file.date_format}") from error
    return parse_instant(written.isoformat(), file.zone)


def _respondent(value: object, row: Row) -> str:
    """Whoever answered; a nameless row is somebody of its own, the same one whenever the file is read again."""
    named = clean_name(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if named:
        return named
    canonical = json.dumps([row.line, row.values], sort_keys=True, default=str)
    return "nameless-" + hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _comment(value: object) -> str:
    return clean(value, _COMMENT) if isinstance(value, str) else ""


def _columns(file: SurveyFile, present: Sequence[str]) -> dict[str, str]:
    """Our field → the file's column. Raises `ConfigError` where one that was named or is needed isn't there."""
    known = {_plain(column): column for column in present}
    found = {}
    for name, guesses in GUESSES.items():
        wanted = file.columns.get(name, "")
        column = next((known[_plain(one)] for one in ([wanted] if wanted else guesses) if _plain(one) in known), "")
        if column:
            found[name] = column
        elif wanted or name in NEEDED:
            missing = (
                f"{file.path.name} has no column {wanted!r}" if wanted else f"no column of {file.path.name} is {name}"
            )
            raise ConfigError(
                f"{missing}; it has {', '.join(present)}", next_step=f"say which one: --column {name}=COLUMN"
            )
    return found


def _plain(column: str) -> str:
    """Whatever its case and spacing."""
    return re.sub(r"[\s-]+", "_", column.strip().lower())


def _present(rows: Iterator[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in islice(rows, _LOOKED_AT) for column in row.values))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", next_step="check the file's name") from error


def _layout(handle: BinaryIO, file: SurveyFile) -> Layout:
    head = handle.read(SNIFFED)
    layout = sniff(head, name=file.path.name, encoding=file.encoding, form=file.format, delimiter=file.delimiter)
    if layout.format == "jsonl" and head[layout.start :].decode(layout.encoding, "replace").lstrip()[:1] == "[":
        raise ConfigError(
            f"{file.path.name} is one JSON array, not one object a line", next_step="convert it: jq -c '.[]' FILE"
        )
    return layout


def _rows(handle: BinaryIO, layout: Layout) -> Iterator[Row]:
    read = json_rows if layout.format == "jsonl" else csv_rows
    return read(handle, layout, layout.start, 0)

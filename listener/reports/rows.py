"""Rows as CSV that no spreadsheet executes, and as JSON lines; streamed."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TextIO

from listener.reports.escaping import cell

Row = Mapping[str, object]


def write_csv(stream: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Comma-separated, every cell quoted and none a formula."""
    stream.writelines(csv_lines(columns, rows))


def csv_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """A line a row, the columns' names first."""
    held = io.StringIO()
    writer = csv.writer(held, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for values in _cells(columns, rows):
        writer.writerow(values)
        yield held.getvalue()
        held.seek(0)
        held.truncate()


def json_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """An object a row, in ASCII."""
    for row in rows:
        yield json.dumps({name: row.get(name) for name in columns}, default=plain) + "\n"


def plain(value: object) -> object:
    """What JSON has no word for: instants as ISO 8601 with Z, sets as sorted lists, anything else as its text."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def _cells(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[Sequence[object]]:
    yield columns
    for row in rows:
        yield [cell(_words(row.get(name))) for name in columns]


def _words(value: object) -> object:
    """As one cell holds it: instants as ISO 8601, lists with semicolons, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return plain(value)
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value

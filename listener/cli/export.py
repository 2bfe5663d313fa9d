"""Rows into files: CSV that no spreadsheet executes, JSON lines, Parquet. Streamed, and in place only when whole."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from listener import files
from listener.errors import ConfigError
from listener.reports.rows import Row, csv_lines, json_lines

BATCH = 5_000
"""Rows that Parquet holds in memory at once."""


class Kind(StrEnum):
    """What a column holds, for formats that want to know."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    TRUTH = "truth"
    INSTANT = "instant"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind = Kind.TEXT


def export(path: Path, columns: Sequence[Column], rows: Iterable[Row], *, force: bool = False) -> int:
    """Write rows in the format that the file's name says; how many. Raises `ConfigError`, and then writes nothing."""
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ConfigError(
            f"{path.name!r} doesn't say in which format to write", next_step=f"end it in {', '.join(_WRITERS)}"
        )
    if path.exists() and not force:
        raise ConfigError(f"{path} exists", next_step="choose another name, or add --force to write over it")
    written = 0

    def counted() -> Iterator[Row]:
        nonlocal written
        for row in rows:
            written += 1
            yield row

    with in_one_piece(path) as temporary:
        writer(temporary, columns, counted())
    return written


@contextmanager
def in_one_piece(path: Path) -> Iterator[Path]:
    """A file to write beside `path`, readable by its owner alone; it takes the other's place once it is whole."""
    try:
        with files.in_one_piece(path) as temporary:
            yield temporary
    except OSError as error:
        raise ConfigError(f"can't write {path}: {error.strerror}", next_step="choose another file") from error


def _write_csv_file(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(csv_lines([column.name for column in columns], rows))


def _write_json_lines(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="ascii") as stream:
        stream.writelines(json_lines([column.name for column in columns], rows))


def _write_parquet(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    arrow, parquet = _parquet()
    types = {
        Kind.TEXT: arrow.string(),
        Kind.WHOLE: arrow.int64(),
        Kind.NUMBER: arrow.float64(),
        Kind.TRUTH: arrow.bool_(),
        Kind.INSTANT: arrow.timestamp("us", tz="UTC"),
        Kind.LIST: arrow.list_(arrow.string()),
    }
    schema = arrow.schema([(column.name, types[column.kind]) for column in columns])
    waiting = iter(rows)
    with parquet.ParquetWriter(path, schema) as writer:
        while batch := list(islice(waiting, BATCH)):
            writer.write_batch(arrow.RecordBatch.from_pylist([dict(row) for row in batch], schema=schema))


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise ConfigError(
            "writing Parquet needs pyarrow, which isn't installed",
            next_step="pip install 'social-support-listener[parquet]', or export .csv or .jsonl",
        ) from error
    return pa, parquet


_WRITERS: dict[str, Callable[[Path, Sequence[Column], Iterable[Row]], None]] = {
    ".csv": _write_csv_file,
    ".jsonl": _write_json_lines,
    ".parquet": _write_parquet,
}

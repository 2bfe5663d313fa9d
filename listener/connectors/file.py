"""Posts from a JSON-lines or CSV file: an import, a backfill, a demonstration.

Cursor: `{v, reading, head_bytes, head, offset, line, size}`. `head` is the SHA-256 of the file's first `head_bytes`
bytes; a file that still begins so is the same file, perhaps longer, and is resumed at `offset`; any other is read from
the start, and so is one whose columns are mapped anew (`reading`). `size` is set once the end was reached: a file that
hasn't grown since holds nothing new.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zlib import crc32
from zoneinfo import ZoneInfo

from listener.connectors.boundary import rejected
from listener.connectors.catalogue.file import INFO
from listener.connectors.columns import NEEDED, Columns, read_row
from listener.connectors.cursors import load_cursor
from listener.connectors.file_survey import FilePreview, Survey
from listener.connectors.jsons import raw_text
from listener.connectors.lines import SNIFFED, Layout, Row, csv_rows, json_rows, sniff
from listener.connectors.options import Options, checked
from listener.domain.hours import hour_of
from listener.domain.mappings import KEYS, bad_date_format, bad_permalink
from listener.domain.mention import Mention, Page, Reject
from listener.domain.policy import SourceConfig
from listener.errors import ConfigError, SkipRecord

if TYPE_CHECKING:
    from listener.connectors import Tools

_Parsed = tuple[Row, Mention | Reject]

_LOOKED_AT = 50
"""Rows that tell which columns a file has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in which file the next row begins."""

    reading: int
    """Checksum of the options that decide how rows are read."""
    head_bytes: int
    head: str
    offset: int = 0
    line: int = 0
    size: int = 0

    def cursor(self) -> str:
        return json.dumps(
            {
                "v": 1,
                "reading": self.reading,
                "head_bytes": self.head_bytes,
                "head": self.head,
                "offset": self.offset,
                "line": self.line,
                "size": self.size,
            }
        )


def build(config: SourceConfig, _tools: "Tools") -> "FileConnector":
    """A connector on one file, which need not exist yet. Raises `ConfigError` on wrong options."""
    return FileConnector(config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A column that must be there and isn't."""

    field: str
    column: str
    present: tuple[str, ...]
    """The columns that the file has."""

    def __str__(self) -> str:
        return f"{self.field} from {self.column!r}, which the file has no column of; it has {', '.join(self.present)}"


def misfit(path: Path, options: Mapping[str, object]) -> Misfit | None:
    """The first column named that a file must have and doesn't; None if it fits. Raises `ConfigError`."""
    return _connector_on(path, options).misfit()


def preview(path: Path, options: Mapping[str, object]) -> FilePreview:
    """Read a whole file and say what an import would do; nothing is stored. Raises `ConfigError`."""
    return _connector_on(path, options).preview()


def _connector_on(path: Path, options: Mapping[str, object]) -> "FileConnector":
    return FileConnector(SourceConfig(name=path.name, connector="file", options={**options, "path": str(path)}))


class FileConnector:
    """Reads one file, in its own order, a page of rows at a time."""

    def __init__(self, config: SourceConfig) -> None:
        options = checked(INFO, config)
        self.platform = options.text("platform")
        self._path = Path(options.text("path")).expanduser()
        self._options = options
        self._columns = _columns(options)
        self._reading = _checksum(options)

    def __repr__(self) -> str:
        return f"FileConnector({self._path.name!r})"

    def check(self) -> str:
        """The file's format and size; raises `ConfigError` where it can't be read."""
        with self._open() as handle:
            layout, size = self._layout(handle), _size(handle)
            self._refuse_misfit(handle)
        return f"{self._path.name}: {layout.format}, {layout.encoding}, {size:,} bytes"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of rows from where the cursor stands; a row that can't be read is a reject with its line number."""
        with self._open() as handle:
            size = _size(handle)
            place = _resume(handle, cursor, size, self._reading)
            if place.offset == 0:
                self._refuse_misfit(handle)
            rows = iter(()) if place.size == size else self._rows(handle, place)
            parsed = ((row, self._read(row)) for row in rows)
            for batch, done in _batches(parsed, self._options.whole("page_size"), hourly=self._options.flag("hourly")):
                place = _after(place, [row for row, _ in batch], size if done else 0)
                yield Page(
                    mentions=tuple(read for _, read in batch if isinstance(read, Mention)),
                    rejects=tuple(read for _, read in batch if isinstance(read, Reject)),
                    cursor=place.cursor(),
                    done=done,
                )

    def preview(self) -> FilePreview:
        """See `listener.connectors.file.preview`."""
        survey = Survey(self._columns)
        with self._open() as handle:
            self._refuse_misfit(handle)
            layout = self._layout(handle)
            for row in self._rows(handle, _resume(handle, "", _size(handle), self._reading)):
                survey.add(row, self._read(row))
        return survey.result(layout)

    def misfit(self) -> Misfit | None:
        """See `listener.connectors.file.misfit`."""
        with self._open() as handle:
            return self._misfit(handle)

    def _misfit(self, handle: BinaryIO) -> Misfit | None:
        start = _resume(handle, "", _size(handle), self._reading)
        rows = [row.values for row in islice(self._rows(handle, start), _LOOKED_AT) if row.values]
        absent = self._columns.absent(rows) if rows else {}
        present = tuple(dict.fromkeys(column for row in rows for column in row))
        found = (Misfit(field=field, column=absent[field], present=present) for field in NEEDED if field in absent)
        return next(found, None)

    def _refuse_misfit(self, handle: BinaryIO) -> None:
        found = self._misfit(handle)
        if found is not None:
            raise ConfigError(
                f"options.columns takes {found}", next_step=f"correct options.columns.{found.field} of this source"
            )

    def _open(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise ConfigError(
                f"{self._path} can't be read: {error.strerror}", next_step="check options.path of this source"
            ) from error

    def _layout(self, handle: BinaryIO) -> Layout:
        handle.seek(0)
        head = handle.read(SNIFFED)
        option = self._options.text
        layout = sniff(
            head,
            name=self._path.name,
            encoding=option("encoding"),
            form=option("format"),
            delimiter=option("delimiter"),
        )
        if layout.format == "jsonl" and head[layout.start :].decode(layout.encoding, "replace").lstrip()[:1] == "[":
            raise ConfigError(
                f"{self._path.name} is one JSON array, not one object a line", next_step="convert it: jq -c '.[]' FILE"
            )
        return layout

    def _rows(self, handle: BinaryIO, place: _Place) -> Iterator[Row]:
        layout = self._layout(handle)
        offset = max(place.offset, layout.start)
        if layout.format == "jsonl":
            return json_rows(handle, layout, offset, place.line)
        return csv_rows(handle, layout, offset, place.line)

    def _read(self, row: Row) -> Mention | Reject:
        try:
            if row.problem:
                raise SkipRecord(row.problem)
            return read_row(row.values, self._columns)
        except (SkipRecord, ValueError, TypeError, RecursionError) as error:
            reject = rejected(row.values or row.raw, error, f"line {row.line}")
            return replace(reject, raw=raw_text(row.raw))


def _batches(parsed: Iterable[_Parsed], size: int, *, hourly: bool) -> Iterator[tuple[list[_Parsed], bool]]:
    """Rows in pages of at most `size`, each with whether it is the last; there is at least one, perhaps empty.

    `hourly` also ends a page before the first post of another clock hour.
    """
    batch: list[_Parsed] = []
    hour: datetime | None = None
    for row, read in parsed:
        begins = _hour(read) or hour
        if len(batch) >= size or (hourly and batch and hour is not None and begins != hour):
            yield batch, False
            batch = []
        batch.append((row, read))
        hour = begins
    yield batch, True


def _hour(read: Mention | Reject) -> datetime | None:
    if isinstance(read, Reject):
        return None
    return hour_of(read.created_at)


def _size(handle: BinaryIO) -> int:
    return handle.seek(0, 2)


def _head(handle: BinaryIO, length: int) -> str:
    handle.seek(0)
    return hashlib.sha256(handle.read(length)).hexdigest()


def _columns(options: Options) -> Columns:
    """How rows are read. Raises `ConfigError`."""
    zone, date_format, permalink = (options.text(key) for key in ("zone", "date_format", "permalink"))
    for key, value, fault in (
        ("date_format", date_format, bad_date_format),
        ("permalink", permalink, bad_permalink),
    ):
        if value and (wrong := fault(value)):
            raise ConfigError(f"options.{key} is {value!r}: {wrong}")
    try:
        where = ZoneInfo(zone) if zone else None
    except (ValueError, OSError, KeyError) as error:
        raise ConfigError(f"options.zone is {zone!r}: use an IANA name, such as Europe/Berlin") from error
    return Columns(
        given=options.table("columns"),
        platform=options.text("platform"),
        zone=where,
        date_format=date_format,
        permalink=permalink,
    )


def _checksum(options: Options) -> int:
    texts = [options.text(key) for key in KEYS]
    return crc32(repr((texts, sorted(options.table("columns").items()))).encode())


def _resume(handle: BinaryIO, cursor: str, size: int, reading: int) -> _Place:
    """Where the cursor says, if this is still the file it was written for; else the start."""
    fresh = _Place(reading=reading, head_bytes=min(size, SNIFFED), head=_head(handle, SNIFFED))
    state = load_cursor(cursor, version=1)
    head_bytes, offset = state.whole("head_bytes"), state.whole("offset")
    same = 0 < head_bytes <= SNIFFED and offset <= size and state.text("head") == _head(handle, head_bytes)
    if not same or state.whole("reading") != reading:
        return fresh
    return replace(fresh, offset=offset, line=state.whole("line"), size=state.whole("size"))


def _after(place: _Place, batch: list[Row], size: int) -> _Place:
    """The place behind a batch. A broken last line without a line break is left to grow: it will be read again."""
    settled = [row for row in batch if row.whole or not row.problem]
    if not settled:
        return replace(place, size=size)
    last = settled[-1]
    return replace(place, offset=last.end, line=last.line + last.lines - 1, size=size)

"""A file's rows, one at a time, with the byte where each ends: bounded memory, any common encoding, any bad byte.

JSON lines and CSV differ only in how lines become rows; both resume from a byte offset at a row's border.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from listener.connectors.jsons import loads
from listener.errors import ConfigError, SkipRecord

SNIFFED = 65_536
"""Bytes looked at to tell encoding, format and identity of a file."""
MAX_LINE = 1_048_576
"""Bytes of the longest line that is read; a longer one is set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is written."""

    format: str
    """jsonl or csv."""
    encoding: str
    """A codec without a byte order mark."""
    start: int
    """Bytes of the byte order mark."""
    delimiter: str = ","
    told_by: str = ""
    """What tells the encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with its break; too long ones bring only their first 64 KiB."""

    text: str
    end: int
    """Byte offset after it."""
    problem: str = ""
    whole: bool = True
    """False for a last line without a line break: it may still be growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as columns, or the reason why it can't be read."""

    values: dict[str, object]
    end: int
    line: int
    """Number of its first line, from 1."""
    lines: int = 1
    problem: str = ""
    raw: str = ""
    whole: bool = True


def sniff(head: bytes, *, name: str, encoding: str, form: str, delimiter: str) -> Layout:
    """Tell the layout from a file's first bytes; `auto` asks to be told, anything else is taken as given."""
    mark, codec, told_by = _encoding(head, encoding)
    text = head[mark:].decode(codec, "replace")
    if form == "auto":
        form = _format(text, name)
    return Layout(format=form, encoding=codec, start=mark, delimiter=delimiter or _delimiter(text), told_by=told_by)


def _encoding(head: bytes, wanted: str) -> tuple[int, str, str]:
    """Length of the byte order mark, the codec, and what tells it."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise ConfigError("the file is UTF-32, which is not read", next_step="convert it: iconv -t UTF-8 FILE")
    for bom, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(bom):
            return len(bom), codec, "by its byte order mark"
    if wanted != "auto":
        return 0, _codec(wanted), "as stated"
    if codec := _wide(head):
        return 0, codec, "by its zero bytes"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return 0, "cp1252", "guessed: it is not UTF-8"
    return 0, "utf-8", "by its bytes"


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of European text is zero; empty where it isn't that."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not head or max(even, odd) * 5 < len(head) or min(even, odd) * 10 > max(even, odd):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _codec(wanted: str) -> str:
    """A codec that decodes line by line. Raises `ConfigError`."""
    codec = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(wanted.lower().replace("_", "-"), wanted)
    try:
        if len("\n".encode(codec)) <= 2:
            return codec
    except LookupError:
        pass
    raise ConfigError(f"options.encoding is {wanted!r}: use utf-8, utf-16, cp1252 or another of Python's text codecs")


def _format(text: str, name: str) -> str:
    suffix = name.lower().rpartition(".")[2]
    if suffix in ("csv", "tsv"):
        return "csv"
    if suffix in ("jsonl", "ndjson") or text.lstrip()[:1] in ("{", "["):
        return "jsonl"
    return "csv"


def _delimiter(text: str) -> str:
    header = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",;\t|", key=header.count)


def read_lines(handle: BinaryIO, layout: Layout, offset: int) -> Iterator[Line]:
    """Lines from a byte offset on; memory stays bounded by `MAX_LINE` however the file is written."""
    handle.seek(offset)
    end = offset
    for piece, length in _split(handle, "\n".encode(layout.encoding)):
        end += length
        text, problem = _decode(piece, layout.encoding)
        if length > MAX_LINE:
            problem = f"line is longer than {MAX_LINE} bytes"
        yield Line(text=text, end=end, problem=problem, whole=text.endswith("\n"))


def _decode(piece: bytes, codec: str) -> tuple[str, str]:
    """The text, and what is wrong with it."""
    try:
        return piece.decode(codec), ""
    except UnicodeDecodeError as error:
        return piece.decode(codec, "replace"), f"not valid {codec} at byte {error.start} of the line"


def _split(handle: BinaryIO, mark: bytes) -> Iterator[tuple[bytes, int]]:
    """Pieces that end in `mark`, each with its true length; the middle of a piece too long is dropped."""
    rest, dropped = b"", 0
    while chunk := handle.read(SNIFFED):
        pieces, rest = _cut(rest + chunk, mark)
        for piece in pieces:
            yield piece, len(piece) + dropped
            dropped = 0
        if len(rest) > MAX_LINE:
            dropped += len(rest) - SNIFFED
            rest = rest[:SNIFFED]
    if rest:
        yield rest, len(rest) + dropped


def _cut(data: bytes, mark: bytes) -> tuple[list[bytes], bytes]:
    """Pieces that end in `mark` at a character's border, and what remains."""
    pieces: list[bytes] = []
    start, at = 0, data.find(mark)
    while at >= 0:
        if (at - start) % len(mark) == 0:
            pieces.append(data[start : at + len(mark)])
            start = at + len(mark)
        at = data.find(mark, max(start, at + 1))
    return pieces, data[start:]


def json_rows(handle: BinaryIO, layout: Layout, offset: int, line: int) -> Iterator[Row]:
    """One row a line; blank lines are passed over."""
    for number, found in enumerate(read_lines(handle, layout, offset), line + 1):
        if found.problem or found.text.strip():
            yield _json_row(found, number)


def _json_row(found: Line, number: int) -> Row:
    problem, values = found.problem, {}
    if not problem:
        try:
            values = _object(found.text)
        except (ValueError, SkipRecord) as error:
            problem = f"not a JSON object: {error}"
    return Row(values=values, end=found.end, line=number, problem=problem, raw=found.text, whole=found.whole)


def _object(text: str) -> dict[str, object]:
    value = loads(text)
    if not isinstance(value, dict):
        raise SkipRecord(f"a {type(value).__name__}")
    return value


def csv_rows(handle: BinaryIO, layout: Layout, offset: int, line: int) -> Iterator[Row]:
    """Rows under the file's header, from a row's border on; the header itself is always read from the start.

    A row whose quotes don't close would swallow all that follow: it alone is set aside, and reading goes on at the
    line after its first.
    """
    header = next(_records(handle, layout, layout.start), None)
    if header is None:
        return
    if header.problem:
        raise ConfigError(f"the file's header can't be read: {header.problem}")
    at, number = (offset, line) if offset >= header.end else (header.end, header.lines)
    while True:
        for record in _records(handle, layout, at):
            if record.fields or record.problem:
                yield _csv_row(header.fields, record, number + 1)
            at, number = record.end, number + record.lines
            if record.problem:
                break
        else:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    fields: list[str]
    end: int
    lines: int
    raw: str
    problem: str = ""
    whole: bool = True


class _Feed:
    """Hands lines to the CSV reader and remembers those of the row in hand."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self.taken: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.taken.append(line)
            yield line.text

    def take(self) -> list[Line]:
        taken, self.taken = self.taken, []
        return taken


def _records(handle: BinaryIO, layout: Layout, offset: int) -> Iterator[_Record]:
    """CSV records; the one after a problem must be asked for anew, from that record's end."""
    feed = _Feed(read_lines(handle, layout, offset))
    reader = csv.reader(feed, delimiter=layout.delimiter, strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            first = feed.take()[0]
            yield _Record(fields=[], end=first.end, lines=1, raw=first.text, problem=f"CSV: {error}", whole=first.whole)
            return
        taken = feed.take()
        yield _Record(
            fields=fields,
            end=taken[-1].end,
            lines=len(taken),
            raw="".join(one.text for one in taken),
            problem=next((one.problem for one in taken if one.problem), ""),
            whole=taken[-1].whole,
        )


def _csv_row(header: list[str], record: _Record, number: int) -> Row:
    problem = record.problem
    if not problem and len(record.fields) > len(header):
        problem = f"{len(record.fields)} columns under a header of {len(header)}"
    values: dict[str, object] = dict(zip(header, record.fields, strict=False))
    return Row(
        values=values,
        end=record.end,
        line=number,
        lines=record.lines,
        problem=problem,
        raw=record.raw,
        whole=record.whole,
    )

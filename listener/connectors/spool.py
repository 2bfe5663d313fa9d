"""Events that a platform told of, kept on disk from when they came until they are read: one folder a source.

Hourly files of JSON lines, private, written by one writer at a time and flushed to the disk before the platform hears
that they came. A reader remembers (file, byte offset) in its cursor; what lies before the cursor that was committed is
deleted when it reads next. A line that a crash tore is left alone until the next writer cuts it off: its sender heard
of no success and tells again.
"""

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from filelock import FileLock

from listener.connectors.cursors import State
from listener.connectors.instants import stamp
from listener.connectors.jsons import loads

MOST_BYTES = 512 * 1_048_576
"""Of all files of a source: if nobody reads for weeks, the platform is told that nothing more is taken."""
PATIENCE = 5.0
"""Seconds that a writer waits for another."""
_CHUNK = 65_536


class SpoolFull(OSError):
    """Nobody has read for so long that nothing more is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Up to where a reader has come."""

    file: str = ""
    at: int = 0

    def fields(self) -> dict[str, object]:
        return {"file": self.file, "at": self.at}


def place_of(state: State) -> Place:
    return Place(file=state.text("file"), at=state.whole("at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event as it was kept, and where the next begins."""

    record: object
    """None where the line isn't JSON."""
    text: str
    after: Place


class Spool:
    """The events of one source."""

    def __init__(self, private: Path, source: str) -> None:
        """`private` is the folder beside the database; nothing is made before something is kept."""
        self.folder = private / "spool" / _folder_name(source)
        self._made = (private, private / "spool", self.folder)
        self._turn = Lock()

    # Writing

    def append(self, records: Sequence[object], now: datetime) -> None:
        """Keep all of these or none. Raises `OSError` where they can't be kept."""
        block = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        for folder in self._made:
            folder.mkdir(mode=0o700, exist_ok=True)
        with self._alone():
            path = self._newest(now)
            new = not path.exists()
            _write(path, block)
            if new:
                _sync(self.folder)

    def _newest(self, now: datetime) -> Path:
        """This hour's file. A new one comes after all others in their order, and never bears a deleted one's name."""
        files, hour = self._files(), now.strftime("%Y-%m-%dT%H")
        if files and files[-1].name[: len(hour)] >= hour:
            return files[-1]  # also where the clock was set back
        if sum(file.stat().st_size for file in files) > MOST_BYTES:
            raise SpoolFull(f"{self.folder} holds more than {MOST_BYTES:,} bytes that nobody has read")
        within = (now - now.replace(minute=0, second=0, microsecond=0)) // timedelta(microseconds=1)
        return self.folder / f"{hour}-{within:010}-{secrets.token_hex(4)}.jsonl"

    # Reading

    def read(self, place: Place, most: int) -> list[Line]:
        """At most so many whole lines after `place`; a place that isn't known any more counts as the beginning."""
        if not self.folder.is_dir():
            return []
        found: list[Line] = []
        with self._alone():
            for path in self._unread(place):
                start = place.at if path.name == place.file else 0
                for line in _lines(path, start):
                    found.append(line)
                    if len(found) == most:
                        return found
        return found

    def forget(self, place: Place) -> None:
        """Delete what lies wholly before a place: one that is committed."""
        if not place.file or not self.folder.is_dir():
            return
        with self._alone():
            files = self._files()
            if place.file not in {path.name for path in files}:
                return
            for path in files:
                if path.name < place.file or (path.name == place.file and place.at >= path.stat().st_size):
                    path.unlink(missing_ok=True)

    def _unread(self, place: Place) -> list[Path]:
        files = self._files()
        known = place.file in {path.name for path in files}
        return [path for path in files if path.name >= place.file] if known else files

    def _files(self) -> list[Path]:
        """In the order in which they were written."""
        return sorted(self.folder.glob("*.jsonl"))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time: threads by a lock of ours, since asking for a file's lock in turns is slow, then processes."""
        with self._turn, FileLock(self.folder / ".lock", timeout=PATIENCE, poll_interval=0.01, mode=0o600):
            yield


def _folder_name(source: str) -> str:
    """A source's name as one that no file system takes for another folder."""
    plain = quote(source, safe="")[:200]
    return f"%2E{plain[1:]}" if plain.startswith(".") else plain or "%"


def _write(path: Path, block: bytes) -> None:
    """Behind the last whole line; on any failure the file is as it was."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        whole = _whole(handle)
        os.ftruncate(handle, whole)
        try:
            os.lseek(handle, whole, os.SEEK_SET)
            left = memoryview(block)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, whole)
            raise
    finally:
        os.close(handle)


def _whole(handle: int) -> int:
    """Where a file's last whole line ends."""
    end = os.fstat(handle).st_size
    while end > 0:
        start = max(0, end - _CHUNK)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _lines(path: Path, start: int) -> Iterator[Line]:
    with path.open("rb") as stream:
        at = start if _begins_a_line(stream.fileno(), start) else 0
        stream.seek(at)
        for raw in stream:
            if not raw.endswith(b"\n"):
                return
            at += len(raw)
            text = raw.decode("utf-8", "replace")
            yield Line(record=_record(text), text=text, after=Place(file=path.name, at=at))


def _begins_a_line(handle: int, at: int) -> bool:
    return at == 0 or os.pread(handle, 1, at - 1) == b"\n"


def _record(text: str) -> object:
    try:
        return loads(text)
    except ValueError:
        return None


def _sync(folder: Path) -> None:
    """A file's name is on the disk only once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def event(entry: dict[str, object], change: dict[str, object], platform: str, now: datetime) -> dict[str, object]:
    """One change of a webhook's entry as it is kept."""
    return {
        "v": 1,
        "came": stamp(now),
        "platform": platform,
        "time": entry.get("time"),
        "field": change.get("field"),
        "value": change.get("value"),
    }

"""A disk that fails at the k-th read, write, sync, truncation or deletion, once or from then on."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from listener.errors import ListenerError
from listener.store.faults import explained, in_doubt
from tests.faults.explorer import BEFORE, state_of

KINDS = {
    "read": apsw.SQLITE_IOERR_READ,
    "write": apsw.SQLITE_IOERR_WRITE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "delete": apsw.SQLITE_IOERR_DELETE,
}
"""What may fail, and SQLite's number for it."""


LOOK = "look before you do it again"


@dataclass(slots=True)
class Fate:
    """When it fails."""

    kind: str = ""
    at: int = 0
    lasting: bool = False
    done: Counter[str] = field(default_factory=Counter)

    def meet(self, kind: str) -> None:
        self.done[kind] += 1
        count = self.done[kind]
        if kind == self.kind and (count == self.at or (self.lasting and count > self.at)):
            failed = apsw.IOError(f"the disk fails at {kind} {count}")
            failed.result, failed.extendedresult = apsw.SQLITE_IOERR, KINDS[kind]
            raise failed


class Disk(apsw.VFS):
    """The real file system, until its fate."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate
        super().__init__("failing", "")

    def xOpen(self, name: Any, flags: list[int]) -> "File":
        return File(self.fate, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:
        self.fate.meet("delete")
        super().xDelete(name, syncdir)


class File(apsw.VFSFile):
    """One open file."""

    def __init__(self, fate: Fate, name: Any, flags: list[int]) -> None:
        self.fate = fate
        super().__init__("", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        self.fate.meet("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.fate.meet("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self.fate.meet("sync")
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:
        self.fate.meet("truncate")
        super().xTruncate(size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What became of a day on that disk."""

    met: bool
    """Whether the day came so far."""
    acks: tuple[int, ...] = ()
    """Numbers of the transactions that were acknowledged."""
    told: tuple[str, ...] = ()
    """What was said of the others."""
    state: str = ""


def play(
    path: Path, transactions: Sequence[Sequence[str]], journal: str, fate: Fate, *, swallows: bool = False
) -> Came:
    """Each transaction in turn, one after a failure tried again; then the file as a cold start finds it."""
    disk = Disk(fate)
    acks: list[int] = []
    told: list[str] = []
    try:
        with _opened(path, journal) as db:
            for number, transaction in enumerate(transactions):
                words = _twice(db, path, transaction)
                told += words
                if len(words) < 2 or swallows:
                    acks.append(number)
                else:
                    break
    except apsw.Error as error:
        told.append(_words(error, path))
    met = fate.done[fate.kind] >= fate.at
    del disk
    return Came(met=met, acks=tuple(acks), told=tuple(told), state=_cold(path))


@contextmanager
def _opened(path: Path, journal: str) -> Iterator[apsw.Connection]:
    """A connection that is closed whatever the disk does."""
    db = apsw.Connection(str(path), vfs="failing")
    try:
        for pragma in (*BEFORE, f"PRAGMA journal_mode = {journal}", "PRAGMA synchronous = FULL"):
            db.execute(pragma).fetchall()
        yield db
    finally:
        db.close(True)


def _twice(db: apsw.Connection, path: Path, transaction: Sequence[str]) -> list[str]:
    """What was said of it: nothing, once if the second try succeeded, else twice. Nobody tries again in doubt."""
    said = [_tried(db, path, transaction)]
    if LOOK in said[0]:
        return said * 2
    if said[0]:
        said.append(_tried(db, path, transaction))
    return [one for one in said if one]


def _tried(db: apsw.Connection, path: Path, transaction: Sequence[str]) -> str:
    """Empty for a commit that was acknowledged, else what an agent would be told."""
    try:
        db.execute("BEGIN IMMEDIATE")
        for statement in transaction:
            db.execute(statement).fetchall()
    except apsw.Error as error:
        if db.in_transaction:
            try:
                db.execute("ROLLBACK")
            except apsw.Error as also:
                return _words(also, path)
        return _words(error, path)
    try:
        db.execute("COMMIT")
    except apsw.Error as error:
        return _words(error, path, in_doubt)
    return ""


def _words(error: apsw.Error, path: Path, way: Callable[[Path], AbstractContextManager[None]] = explained) -> str:
    """By the store's own way of explaining; a bug's words where it knows none."""
    code = getattr(error, "extendedresult", 0) or getattr(error, "result", 0)
    names = {**apsw.mapping_result_codes, **apsw.mapping_extended_result_codes}
    known = _Driver(str(error), str(names.get(code, "")))
    try:
        with way(path):
            raise known
    except ListenerError as said:
        return f"{said} -> {said.next_step}"
    except _Driver:
        return f"bug: {known.sqlite_errorname} {error}"


class _Driver(Exception):
    """As the store's driver would raise it."""

    def __init__(self, said: str, name: str) -> None:
        self.sqlite_errorname = name
        super().__init__(said)


def _cold(path: Path) -> str:
    db = apsw.Connection(str(path))
    try:
        whole = db.execute("PRAGMA integrity_check").fetchall()
        return state_of(db) if whole == [("ok",)] else f"corrupt: {whole[:1]}"
    except apsw.Error as error:
        return f"unreadable: {error}"
    finally:
        db.close()


def fates(path: Path, transactions: Sequence[Sequence[str]], journal: str, every: int = 1) -> Iterator[Fate]:
    """Each act of an unhindered day on `path`, once and lasting; of reads and writes each `every`-th."""
    free = Fate()
    play(path, transactions, journal, free)
    for kind in KINDS:
        step = every if kind in ("read", "write") else 1
        for at in range(1, free.done[kind] + 1, step):
            for lasting in (False, True):
                yield Fate(kind=kind, at=at, lasting=lasting)

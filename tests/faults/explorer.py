"""Every way in which a power cut can leave the database: `python -m tests.faults.explorer --states 100000`.

The store's own work (a page of posts with its cursor and cases, an answer, its end, a deletion) is recorded as SQL and
played again through a file system that writes down each write, sync, truncation and deletion. From any prefix of these
the files are built as a crash may leave them: all written, nothing that wasn't synced, the last write torn at a sector,
or some unsynced writes and not others. The database must then open, be whole, and hold exactly what stood after the
last commit that was acknowledged, or the one that was under way.
"""

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import apsw

from listener.ports import Store
from listener.store import open_store
from listener.store.engine import sqlite_module

SECTOR = 512
BEFORE = ("PRAGMA foreign_keys = ON", "PRAGMA secure_delete = ON", "PRAGMA locking_mode = EXCLUSIVE")
LOOKED_AT = ("mentions", "cases", "case_events", "cursors", "tombstones", "voices", "alerts", "outbox")
"""Tables that tell one state from another."""


class Model(StrEnum):
    """What of the writes before a crash is on the disk."""

    ALL = "all"
    """A killed process."""
    SYNCED = "synced"
    """What was asked to be made durable, and no more."""
    TORN = "torn"
    """The last write ends at a sector."""
    SOME = "some"
    """Of what wasn't synced, any part."""


@dataclass(frozen=True, slots=True)
class Op:
    """One act on a file, or the acknowledgement of a commit."""

    kind: str
    file: str = ""
    offset: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Record:
    """What a workload did to the disk, and how the database stood after each commit."""

    begin: dict[str, bytes]
    ops: list[Op] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    """A state's sum after so many commits, the first before any."""


class Disk(apsw.VFS):
    """The real file system, written down."""

    def __init__(self, ops: list[Op]) -> None:
        self.ops = ops
        super().__init__("recorded", "")

    def xOpen(self, name: Any, flags: list[int]) -> "File":
        return File(self.ops, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:
        self.ops.append(Op("delete", Path(name).name))
        super().xDelete(name, syncdir)


class File(apsw.VFSFile):
    """One open file."""

    def __init__(self, ops: list[Op], name: Any, flags: list[int]) -> None:
        self.ops = ops
        said = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.name = Path(said or "temporary").name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.ops.append(Op("write", self.name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self.ops.append(Op("sync", self.name))
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:
        self.ops.append(Op("truncate", self.name, size))
        super().xTruncate(size)


Work = Callable[[Store], None]


def statements(work: Work, path: Path) -> list[list[str]]:
    """The SQL of each transaction that a piece of work writes, values in it."""
    found: list[str] = []
    module: Any = sqlite_module()
    store = open_store(path)
    store._engine.dispose()  # type: ignore[attr-defined]
    from sqlalchemy import event

    event.listen(store._engine, "connect", lambda db, _: db.set_trace_callback(found.append))  # type: ignore[attr-defined]
    work(store)
    store.close()
    assert module
    return list(_transactions(found))


def _transactions(lines: Sequence[str]) -> Iterator[list[str]]:
    held: list[str] | None = None
    for line in lines:
        word = line.lstrip().split(" ", 1)[0].upper().rstrip(";")
        if line.upper().startswith("BEGIN IMMEDIATE"):
            held = []
        elif word in ("COMMIT", "ROLLBACK"):
            if word == "COMMIT" and held:
                yield held
            held = None
        elif held is not None and word in ("INSERT", "UPDATE", "DELETE", "WITH", "REPLACE"):
            held.append(line)


def record(folder: Path, transactions: Sequence[Sequence[str]], *, journal: str, synchronous: str) -> Record:
    """Play transactions over a fresh store in `folder`."""
    path = folder / "listener.db"
    open_store(path).close()
    plain(path)
    made = Record(begin={path.name: path.read_bytes()})
    disk = Disk(made.ops)
    db = apsw.Connection(str(path), vfs="recorded")
    for pragma in (*BEFORE, f"PRAGMA journal_mode = {journal}", f"PRAGMA synchronous = {synchronous}"):
        db.execute(pragma).fetchall()
    made.states.append(state_of(db))
    for transaction in transactions:
        db.execute("BEGIN IMMEDIATE")
        for statement in transaction:
            db.execute(statement).fetchall()
        db.execute("COMMIT")
        made.ops.append(Op("ack"))
        made.states.append(state_of(db))
    db.close()
    del disk
    return made


def plain(path: Path) -> None:
    """Off its write-ahead log, so that one file is all there is."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = DELETE").fetchall()
    db.close()


def state_of(db: Any) -> str:
    """A sum of all rows that tell one state from another."""
    parts = []
    for table in LOOKED_AT:
        rows = sorted(repr(tuple(row)) for row in db.execute(f"SELECT * FROM {table}").fetchall())
        parts.append(f"{table}{len(rows)}:{hash(tuple(rows))}")
    return " ".join(parts)


def crashes(made: Record, chance: random.Random, many: int) -> Iterator[tuple[int, Model, dict[str, bytes]]]:
    """So many crashes, spread over all prefixes: commits acknowledged by then, the model, and the files left."""
    acts = [n for n, op in enumerate(made.ops) if op.kind != "ack"]
    each = max(1, many // (len(acts) or 1))
    chosen = set(acts if many >= len(acts) else chance.sample(acts, many))
    disk = _Disk({name: bytearray(data) for name, data in made.begin.items()})
    acked = 0
    for n, op in enumerate(made.ops):
        acked += op.kind == "ack"
        disk.take(op)
        for model in _models(chance, each) if n in chosen else ():
            yield acked, model, disk.after(model, chance)


def _models(chance: random.Random, many: int) -> list[Model]:
    every = list(Model)
    return (
        [*every, *(Model.SOME for _ in range(many - len(every)))] if many >= len(every) else chance.sample(every, many)
    )


@dataclass(slots=True)
class _Disk:
    """What is durable, and what was written since."""

    files: dict[str, bytearray]
    pending: list[Op] = field(default_factory=list)

    def take(self, op: Op) -> None:
        if op.kind in ("write", "truncate"):
            self.pending.append(op)
        elif op.kind in ("sync", "delete"):
            for one in self.pending:
                if one.file == op.file:
                    _apply(self.files, one)
            self.pending = [one for one in self.pending if one.file != op.file]
            _apply(self.files, op)

    def after(self, model: Model, chance: random.Random) -> dict[str, bytes]:
        """The files as a crash now may leave them."""
        files = {name: bytearray(data) for name, data in self.files.items()}
        last = len(self.pending) - 1
        for n, op in enumerate(self.pending):
            if model is Model.SYNCED or (model is Model.SOME and chance.random() < 0.5):
                continue
            if model is Model.TORN and n == last and op.kind == "write":
                op = Op("write", op.file, op.offset, op.data[: chance.randrange(0, len(op.data) + 1, SECTOR)])
            _apply(files, op)
        return {name: bytes(data) for name, data in files.items()}


def _apply(files: dict[str, bytearray], op: Op) -> None:
    match op.kind:
        case "write":
            held = files.setdefault(op.file, bytearray())
            held.extend(bytes(max(0, op.offset + len(op.data) - len(held))))
            held[op.offset : op.offset + len(op.data)] = op.data
        case "truncate":
            del files.setdefault(op.file, bytearray())[op.offset :]
        case "delete":
            files.pop(op.file, None)
        case _:
            pass


def judge(folder: Path, made: Record, acked: int, files: dict[str, bytes]) -> str:
    """What is wrong with the database that a crash left; empty if nothing is."""
    for old in folder.iterdir():
        old.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    db = apsw.Connection(str(folder / "listener.db"))
    try:
        told = db.execute("PRAGMA integrity_check").fetchall()
        if told != [("ok",)]:
            return "corrupt"
        state = state_of(db)
    except apsw.Error as error:
        return f"unreadable: {type(error).__name__}"
    finally:
        db.close()
    known = made.states[acked : acked + 2]
    if state in known:
        return ""
    return "lost" if state in made.states[:acked] else "half a commit"


def explore(work: Work, *, states: int, journal: str, synchronous: str, seed: int = 7) -> Counter[str]:
    """Outcomes of so many crashes: `ok`, and each fault."""
    chance = random.Random(seed)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        for part in ("source", "played", "left"):
            (folder / part).mkdir()
        transactions = statements(work, folder / "source" / "listener.db")
        made = record(folder / "played", transactions, journal=journal, synchronous=synchronous)
        found: Counter[str] = Counter()
        for acked, _, files in crashes(made, chance, states):
            found[judge(folder / "left", made, acked, files) or "ok"] += 1
        shutil.rmtree(folder / "left")
    return found


def main() -> None:
    from tests.faults.workload import a_day

    asked = argparse.ArgumentParser()
    asked.add_argument("--states", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=7)
    given = asked.parse_args()
    for journal in ("WAL", "TRUNCATE"):
        found = explore(a_day, states=given.states, journal=journal, synchronous="FULL", seed=given.seed)
        sys.stdout.write(f"{journal}, synchronous=FULL: {dict(found)}\n")


if __name__ == "__main__":
    main()

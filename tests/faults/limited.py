"""A process whose files may not grow past a limit, doing a day's work: what it was told, and what it can still do."""

import resource
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from listener.cli.exits import code_of
from listener.errors import ListenerError
from listener.ports import Store
from listener.store import ballast, open_store
from listener.store.engine import sqlite_module
from tests.faults.explorer import state_of
from tests.faults.workload import a_day
from tests.spawning import spawner

_processes = spawner("listener.store", "tests.faults.limited")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of the day's work."""

    acks: int
    """Commits that were acknowledged."""
    error: str = ""
    next_step: str = ""
    code: int = 0
    read: int = -1
    """Mentions that could still be read afterwards, under the same limit."""


@dataclass(slots=True)
class Counted:
    """A store that counts what it acknowledges."""

    inner: Store
    swallows: bool = False
    """The seeded bug: an error is taken for success."""
    acks: int = 0
    states: list[str] = field(default_factory=list)
    path: Path | None = None

    @contextmanager
    def _write(self) -> Iterator[Any]:
        try:
            with self.inner.write() as tx:
                yield tx
        except ListenerError:
            if not self.swallows:
                raise
        self.acks += 1
        if self.path is not None:
            self.states.append(looked_at(self.path))

    def write(self) -> AbstractContextManager[Any]:
        return self._write()

    def read(self) -> AbstractContextManager[Any]:
        return self.inner.read()

    def close(self) -> None:
        self.inner.close()


def looked_at(path: Path) -> str:
    """The state of a file, read by SQLite alone; what is wrong with it if it isn't whole."""
    db: Any = sqlite_module().connect(str(path))  # the store's own: a second library would drop its locks
    try:
        told = db.execute("PRAGMA integrity_check").fetchall()
        return state_of(db) if told == [("ok",)] else f"corrupt: {told}"
    finally:
        db.close()


def unhindered(path: Path) -> list[str]:
    """The states of the day's work, before any commit and after each."""
    states = [looked_at(path)]
    store = Counted(open_store(path), path=path, states=states)
    a_day(store, pages=2)
    store.close()
    return states


def work_under(path: Path, limit: int, *, swallows: bool = False) -> Told:
    """The day's work in a process of its own, no file of which may outgrow `limit` bytes."""
    ours, theirs = _processes.Pipe()
    worker = _processes.Process(target=_work, args=(path, limit, swallows, theirs))
    worker.start()
    theirs.close()
    told: Told = ours.recv()
    worker.join()
    return told


def _work(path: Path, limit: int, swallows: bool, answer: Connection) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    acks, error = 0, None
    assert not ballast.keep(path)
    try:
        store = Counted(open_store(path), swallows=swallows)
        try:
            a_day(store, pages=2)
        finally:
            acks = store.acks
            store.close()
    except ListenerError as caught:
        error = caught
    seen = open_store(path)
    with seen.read() as reads:
        read = reads.stats().mentions
    seen.close()
    said = {"error": str(error), "next_step": error.next_step, "code": int(code_of(error))} if error else {}
    answer.send(Told(acks=acks, read=read, **said))  # type: ignore[arg-type]

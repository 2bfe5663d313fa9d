"""Runs `listener replay` in a process of its own, kills it at a random instant, and compares what it left behind.

Processes come from a fork server that has the slow imports in memory already, so that a kill lands in the work and
not, nine times in ten, in the start-up before it.
"""

import contextlib
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.spawning import spawner

Rows = dict[str, list[tuple[object, ...]]]

_spawner = spawner("listener.app", "listener.cli.run", "listener.store", "onnxruntime", "tokenizers")


@dataclass(slots=True)
class Met:
    """What a series of kills met."""

    kills: int = 0
    after_a_commit: int = 0
    """Of those, how many met a process that had already committed something itself."""
    lives: int = 0
    """Stores that were completed in spite of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long an unbroken run takes, in seconds."""

    start_up: float
    """Until its first commit."""
    whole: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """`listener --config FOLDER --db DATABASE replay FILE`."""

    folder: Path
    database: Path
    file: Path

    @property
    def said(self) -> Path:
        """Where the last process wrote what it had to say."""
        return self.database.with_suffix(".log")

    def start(self) -> BaseProcess:
        words = ["--config", str(self.folder), "--db", str(self.database), "replay", str(self.file)]
        process = _spawner.Process(target=_listener, args=(words, str(self.said)))
        process.start()
        return process

    def finish(self) -> None:
        """Run to the end."""
        self._must_end_well(self.start())

    def unbroken(self) -> Pace:
        """Run to the end, and take the times."""
        began = time.monotonic()
        process = self.start()
        self._await_commit(process, 0)
        start_up = time.monotonic() - began
        self._must_end_well(process)
        return Pace(start_up=start_up, whole=time.monotonic() - began)

    def killed(self, chance: random.Random, pace: Pace, stretch: float, met: Met) -> bool:
        """Start and SIGKILL; False if the run came to its end first.

        One kill in five falls into the start-up (migrations, resuming), the others at most `stretch` seconds after
        the process has committed something.
        """
        before = posts_in(self.database)
        process = self.start()
        if chance.random() < 0.2:
            process.join(chance.uniform(0.0, pace.start_up))
        else:
            self._await_commit(process, before)
            process.join(chance.uniform(0.0, stretch))
        if process.exitcode is not None:
            self._must_end_well(process)
            return False
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(30)
        met.kills += 1
        met.after_a_commit += posts_in(self.database) > before
        return True

    def forget(self) -> None:
        """Begin anew: no database."""
        for file in self.database.parent.glob(f"{self.database.name}*"):
            file.unlink()

    def _await_commit(self, process: BaseProcess, before: int) -> None:
        """Until there are more posts than before, or nobody is left to write any."""
        while process.exitcode is None and posts_in(self.database) <= before:
            process.join(0.02)

    def _must_end_well(self, process: BaseProcess) -> None:
        process.join(300)
        assert process.exitcode == 0, f"left with {process.exitcode}: {self.said.read_text(encoding='utf-8')[-2000:]}"


def _listener(words: Sequence[str], said: str) -> None:
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    from listener.cli import main

    sys.argv = ["listener", *words]
    main()


def posts_in(database: Path) -> int:
    """Mentions committed so far; 0 where there is no database yet."""
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(_open(database)) as db:
        return int(db.execute("SELECT count(*) FROM mentions").fetchone()[0])
    return 0


def everything(database: Path) -> Rows:
    """Every row of every table, in order. No column is left out: a replay's "now" is the recording's."""
    with contextlib.closing(_open(database)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {table: _rows(db, table) for table in tables}


def differing(found: Rows, expected: Rows) -> dict[str, list[tuple[object, ...]]]:
    """Some rows of each table that are in one and not in the other: all of them would fill a book."""
    return {
        table: sorted({*found[table]} ^ {*expected[table]}, key=repr)[:6]
        for table in expected
        if found[table] != expected[table]
    }


def _rows(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return sorted(db.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)


def _open(database: Path) -> sqlite3.Connection:
    # Read and write: a killed writer leaves a log that the next opener must recover.
    return sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=10)

"""Runs `listener` in a process of its own, kills it at a random instant, and compares what it left behind.

Processes come from a fork server that has the slow imports in memory already, so that a kill lands in the work and
not, nine times in ten, in the start-up before it.
"""

import contextlib
import multiprocessing
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

Rows = dict[str, list[tuple[object, ...]]]

_spawner = multiprocessing.get_context("forkserver")
_spawner.set_forkserver_preload(["listener.app", "listener.cli.run", "listener.store", "onnxruntime", "tokenizers"])


def start(*words: str) -> BaseProcess:
    """`listener …` in a new process, silent."""
    process = _spawner.Process(target=_listener, args=(words,))
    process.start()
    return process


def _listener(words: Sequence[str]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    from listener.cli import main

    sys.argv = ["listener", *words]
    main()
    sys.exit(0)


def finish(*words: str) -> None:
    """Run to the end."""
    process = start(*words)
    process.join(300)
    assert process.exitcode == 0, f"listener {' '.join(words)} left with {process.exitcode}"


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


def unbroken(database: Path, *words: str) -> Pace:
    """Run to the end, and take the times."""
    began = time.monotonic()
    process = start(*words)
    _await_commit(process, database, 0)
    start_up = time.monotonic() - began
    process.join(300)
    assert process.exitcode == 0
    return Pace(start_up=start_up, whole=time.monotonic() - began)


def killed(database: Path, chance: random.Random, pace: Pace, stretch: float, met: Met, *words: str) -> bool:
    """Start and SIGKILL; False if the run came to its end first.

    One kill in five falls into the start-up (migrations, resuming), the others at most `stretch` seconds after the
    process has committed something.
    """
    before = posts_in(database)
    process = start(*words)
    if chance.random() < 0.2:
        process.join(chance.uniform(0.0, pace.start_up))
    else:
        _await_commit(process, database, before)
        process.join(chance.uniform(0.0, stretch))
    if process.exitcode is not None:
        assert process.exitcode == 0
        return False
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    met.kills += 1
    met.after_a_commit += posts_in(database) > before
    return True


def _await_commit(process: BaseProcess, database: Path, before: int) -> None:
    """Until there are more posts than before, or nobody is left to write any."""
    while process.exitcode is None and posts_in(database) <= before:
        process.join(0.02)


def posts_in(database: Path) -> int:
    """Mentions committed so far; 0 where there is no database yet."""
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(_open(database)) as db:
        return int(db.execute("SELECT count(*) FROM mentions").fetchone()[0])
    return 0


def everything(database: Path, without: dict[str, set[str]]) -> Rows:
    """Every row of every table, in order, less the columns named in `without`."""
    with contextlib.closing(_open(database)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {table: _rows(db, table, without.get(table, set())) for table in tables}


def _rows(db: sqlite3.Connection, table: str, without: set[str]) -> list[tuple[object, ...]]:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info('{table}')") if row[1] not in without]
    chosen = ", ".join(f'"{column}"' for column in columns)
    return sorted(db.execute(f'SELECT {chosen} FROM "{table}"').fetchall(), key=repr)


def _open(database: Path) -> sqlite3.Connection:
    # Read and write: a killed writer leaves a journal that the next opener must roll back.
    return sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=10)

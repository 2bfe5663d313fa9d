"""An upgrade killed at every statement: what lies on the disk just then is copied, and opened as after a kill -9.

A killed process loses nothing that it wrote: the files as they stand between two statements are what a kill leaves.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from listener.store import open_store, upgrade
from listener.store.engine import sqlite_module

BESIDE = ("", "-wal", "-journal")
ROWS = 3
"""In each table of the old file."""


@dataclass(slots=True)
class Watched:
    """What was seen of one upgrade."""

    statements: int = 0
    faults: set[str] = field(default_factory=set)
    judged: int = 0
    """States of the disk that differ from the one before."""


def older(path: Path, revision: str, patch: pytest.MonkeyPatch) -> None:
    """A file of this revision, with rows in all its tables."""
    whole = upgrade.command.upgrade
    with patch.context() as at:
        at.setattr(upgrade.command, "upgrade", lambda config, _to: whole(config, revision))
        open_store(path).close()
    db = sqlite_module().connect(str(path), isolation_level=None)
    db.execute("PRAGMA foreign_keys = OFF")
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT NULL")]
    for table in tables:
        if table != "alembic_version" and not table.startswith("sqlite_"):
            for number in range(1, ROWS + 1):
                _insert(db, table, number)
    nowhere = db.execute("PRAGMA foreign_key_check").fetchall()
    assert not nowhere, nowhere
    db.close()


def _insert(db: Any, table: str, number: int) -> None:
    """A row whose every column says `number`, or what the table's rules allow it to say: the first that they take."""
    columns = {name: kind for _, name, kind, *_ in db.execute(f"PRAGMA table_info({table})").fetchall()}
    rules = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    words = {name: _QUOTED.findall(listed) for name, listed in _ONE_OF.findall(rules)}
    ruled = [name for name in columns if re.search(rf"{name} IS (?:NOT )?NULL", rules)]
    plain = {name: _value(db, table, name, columns[name], number) for name in columns}
    for turn, empty in product(range(6), product((False, True), repeat=len(ruled))):
        row = plain | {name: allowed[turn % len(allowed)] for name, allowed in words.items() if allowed}
        row |= {name: None for name, is_empty in zip(ruled, empty, strict=True) if is_empty}
        try:
            db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", list(row.values()))
        except sqlite_module().IntegrityError as error:
            last = error
        else:
            return
    raise AssertionError(f"no row fits {table}: {last}")


_ONE_OF = re.compile(r"(\w+) IN \(([^)]*)\)")
_FIXED = {"JSON": "{}", "BOOLEAN": 0, "FLOAT": 0.25}
_QUOTED = re.compile(r"'([^']*)'")


def _value(db: Any, table: str, column: str, kind: str, number: int) -> object:
    for _, _, parent, mine, theirs, *_ in db.execute(f"PRAGMA foreign_key_list({table})").fetchall():
        if mine == column:
            number = number % ROWS + 1 if column.startswith("other") else number
            held = db.execute(f"SELECT {theirs} FROM {parent} WHERE rowid = ?", (number,)).fetchone()
            return held[0] if held else number
    if kind in _FIXED:
        return _FIXED[kind]
    return f"{column} {number}" if kind in ("TEXT", "") or "CHAR" in kind else number


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows, and the schema itself; raises where the file isn't whole."""
    db = sqlite_module().connect(str(path))
    try:
        told = db.execute("PRAGMA integrity_check").fetchall()
        assert told == [("ok",)], told
        schema = db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        tables = [name for name, sql in schema if sql and sql.upper().startswith("CREATE TABLE")]
        return {"": schema, **{name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}}
    finally:
        db.close()


@contextmanager
def watching(path: Path, folder: Path, *, commits_each: bool = False) -> Iterator[Watched]:
    """While the upgrade goes on: before each statement, what a kill would leave; the seeded bug commits each."""
    old, seen = content(path), Watched()
    before: list[bytes] = []

    def look(connection: Any, *_: object) -> None:
        nonlocal before
        driver = connection.connection.driver_connection
        if not driver.in_transaction:
            return
        if commits_each:
            driver.execute("COMMIT")
            driver.execute("BEGIN IMMEDIATE")
        if not seen.statements:
            driver.execute("PRAGMA cache_size = 10")  # so that pages reach the disk long before the commit
        seen.statements += 1
        now = [_bytes(path, beside) for beside in BESIDE]
        if now != before:
            before = now
            seen.judged += 1
            seen.faults |= _fault(path, folder, old)

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", look)


def _bytes(path: Path, beside: str) -> bytes:
    file = path.with_name(f"{path.name}{beside}")
    return file.read_bytes() if file.exists() else b""


def _fault(path: Path, folder: Path, old: dict[str, list[tuple[Any, ...]]]) -> set[str]:
    left = folder / "killed" / path.name
    shutil.rmtree(left.parent, ignore_errors=True)
    left.parent.mkdir()
    for beside in BESIDE:
        (left.parent / f"{left.name}{beside}").write_bytes(_bytes(path, beside))
    found = content(left)
    spoilt = [name or "the schema" for name in old.keys() | found.keys() if old.get(name) != found.get(name)]
    return {f"{name} is not as it was" for name in spoilt}


def kept(old: dict[str, list[tuple[Any, ...]]], new: dict[str, list[tuple[Any, ...]]]) -> list[str]:
    """Tables of which rows were lost."""
    rows = {name: len(found) for name, found in old.items() if name}
    return [name for name, count in rows.items() if name in new and len(new[name]) < count]

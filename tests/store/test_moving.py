"""From the file to a PostgreSQL server: every row, whatever breaks off."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listener.errors import Retry, StoreError
from listener.store import moving, open_store
from listener.store.loyalty_tables import metadata
from listener.store.moving import move
from tests import postgres
from tests.builders import scored
from tests.store import every_table
from tests.store.steps import save


@pytest.fixture
def empty(server: postgres.Server) -> Iterator[str]:
    name = server.create()
    yield server.address(name)
    server.drop(name)


@pytest.fixture
def filled(path: Path) -> Path:
    open_store(path).close()
    every_table.fill(path)
    return path


def quiet(_table: str, _rows: int) -> None:
    """Nobody watches."""


def test_I5_every_row_of_every_table_arrives(filled: Path, empty: str) -> None:
    before = filled.read_bytes()
    moved = move(filled, empty, quiet)
    assert {one.table: one.rows for one in moved} == {table.name: 3 for table in metadata.sorted_tables}
    with sqlite3.connect(filled) as db:
        ours = db.execute("SELECT handle, followers FROM authors ORDER BY id").fetchall()
    assert _asked(empty, "SELECT handle, followers FROM authors ORDER BY id") == ours
    assert every_table.ODD in ours[0][0]
    assert filled.read_bytes() == before


def test_I5_the_store_that_was_moved_goes_on_as_the_file_would(path: Path, empty: str) -> None:
    store = open_store(path)
    save(store, scored(native_id="1"), scored(native_id="2"))
    store.close()
    move(path, empty, quiet)
    store = open_store(empty)
    first, third = save(store, scored("edited", native_id="1"), scored(native_id="3"))
    assert (first.id, third.id) == (1, 3)
    store.close()
    with pytest.raises(StoreError, match="is not empty"):
        move(path, empty, quiet)


@pytest.mark.parametrize("table", ["authors", "mentions", "voices", "sends"])
def test_I5_a_copy_that_was_killed_goes_on_where_it_was(filled: Path, empty: str, table: str) -> None:
    _killed_after(filled, empty, table)
    with pytest.raises(StoreError, match="half of a store"):
        open_store(empty)
    seen: list[str] = []
    move(filled, empty, lambda name, rows: seen.append(name))
    names = [one.name for one in metadata.sorted_tables]
    # Two pages a table: whatever was committed isn't copied again.
    assert seen[0] == (names[names.index(table)])
    open_store(empty).close()


def test_I5_rows_that_changed_between_two_attempts_are_copied_anew(filled: Path, empty: str) -> None:
    _killed_after(filled, empty, "sends")
    with sqlite3.connect(filled) as db:
        db.execute("UPDATE mentions SET text = 'edited meanwhile' WHERE id = 1")
    db.close()
    move(filled, empty, quiet)
    assert _asked(empty, "SELECT text FROM mentions WHERE id = 1") == [("edited meanwhile",)]


def test_I5_control_a_copy_that_alters_one_letter_is_not_taken(
    filled: Path, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = moving._Mover._fill

    def careless(self: Any, table: Any) -> None:
        honest(self, table)
        if table.name == "mentions":
            with self._server.begin() as connection:
                connection.exec_driver_sql("UPDATE mentions SET text = upper(text) WHERE id = 2")

    monkeypatch.setattr(moving._Mover, "_fill", careless)
    with pytest.raises(StoreError, match="mentions came out otherwise"):
        move(filled, empty, quiet)
    with pytest.raises(StoreError, match="half of a store"):
        open_store(empty)


def test_nobody_writes_into_the_file_meanwhile(filled: Path, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.store.turns.in_turn.__defaults__", (0.05,))

    def write(_table: str, _rows: int) -> None:
        with pytest.raises(StoreError, match="busy"):
            save(open_store(filled))

    move(filled, empty, write)


def test_two_copies_into_one_database_and_one_beside_a_run_are_refused(filled: Path, empty: str) -> None:
    def again(_table: str, _rows: int) -> None:
        with pytest.raises(Retry):
            move(filled, empty, quiet)

    move(filled, empty, again)
    store = open_store(filled)
    with store.alone("run"), pytest.raises(Retry, match="another listener run"):
        move(filled, empty, quiet)
    store.close()


def test_a_nul_becomes_the_sign_for_what_cant_be_shown(path: Path, empty: str) -> None:
    store = open_store(path)
    save(store)
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE mentions SET text = 'a' || char(0) || 'b'")
    db.close()
    move(path, empty, quiet)
    assert _asked(empty, "SELECT text FROM mentions") == [("a�b",)]


KILLED = """
import os, signal, sys
from pathlib import Path
from listener.store import moving

moving.PAGE_ROWS = 2

def kill(table, rows):
    if table == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

moving.move(Path(sys.argv[1]), sys.argv[2], kill)
"""


def _killed_after(path: Path, address: str, table: str) -> None:
    """Once a page of this table is committed."""
    env = {**os.environ, "PYTHONPATH": "."}
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), address, table], env=env, check=False)
    assert done.returncode == -signal.SIGKILL


def _asked(address: str, question: str) -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(address) as connection:
        return connection.execute(question).fetchall()  # type: ignore[arg-type, unused-ignore]

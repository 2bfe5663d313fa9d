"""The rows of a store, put into an empty one of the same schema by the driver alone."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from listener.clock import monotonic
from listener.store import open_store
from listener.store.engine import sqlite_module

TABLES = ("authors", "mentions", "matches", "verdicts", "tags", "voices", "tallies", "cursors")
"""Parents first."""
PRAGMAS = ("journal_mode = wal", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "mmap_size = 0")
"""As the store has them."""

Batch = tuple[str, Sequence[Sequence[Any]]]


def seconds_of_same_rows(filled: Path, fresh: Path, page: int) -> float:
    """As many transactions as pages of mentions; rows that were written often, such as counts, are written once."""
    open_store(fresh).close()
    with closing(sqlite_module().connect(str(filled))) as db:
        batches = [(_insert(db, table), _rows(db, table)) for table in TABLES]
        pages = -(-db.execute("SELECT count(*) FROM mentions").fetchone()[0] // page)
    with closing(sqlite_module().connect(str(fresh), isolation_level=None)) as db:
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        began = monotonic()
        for parts in _pages(batches, pages):
            db.execute("BEGIN IMMEDIATE")
            for insert, rows in parts:
                db.executemany(insert, rows)
            db.execute("COMMIT")
        return monotonic() - began


def _insert(db: Any, table: str) -> str:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"


def _rows(db: Any, table: str) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = db.execute(f"SELECT * FROM {table}").fetchall()
    return rows


def _pages(batches: Sequence[Batch], pages: int) -> Iterator[list[Batch]]:
    """Each table's rows spread evenly; authors are numbered as they appear, and come with their first post."""
    (authors_in, authors), (posts_in, posts), *others = batches
    known = 0
    for number in range(pages):
        page = _part(posts, number, pages)
        needed = max(known, *(row[AUTHOR] for row in page))
        rest = [(insert, _part(rows, number, pages)) for insert, rows in others]
        yield [(authors_in, authors[known:needed]), (posts_in, page), *rest]
        known = needed


AUTHOR = 3
"""Where a mention's author stands in its row."""


def _part(rows: Sequence[Sequence[Any]], number: int, pages: int) -> Sequence[Sequence[Any]]:
    return rows[len(rows) * number // pages : len(rows) * (number + 1) // pages]

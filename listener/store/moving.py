"""Copying a store from its file to a PostgreSQL server: without loss, and from where it broke off.

The file is held for writing meanwhile, so that what is copied is one state of it. Rows go in the order of their key and
are committed page by page: the last one that is there tells where to go on. In the end every row is read again on both
sides; until all are equal the database is no store that anything else would open.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Engine, Float, Table

from listener.errors import Retry, StoreError
from listener.store.base import in_chunks
from listener.store.database import Database
from listener.store.loyalty_tables import metadata
from listener.store.postgres import MOVING, is_empty, is_moving, refuse_other_order
from listener.store.server import connect_to, explained, give_back, nul_free, nul_free_json, shown, soon_alone

PAGE_ROWS = 20_000
"""Committed together."""

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One table, equal on both sides."""

    table: str
    rows: int
    digest: str
    """SHA-256 of its rows in the order of their key."""


OnTable = Callable[[str, int], None]
"""Told of each page: the table, and how many rows of it are there by now."""


def move(path: Path, address: str, on_page: OnTable) -> list[Moved]:
    """Copy the store in this file into an empty database, or go on with it; the file stays as it is.

    Raises `StoreError` for a database that isn't empty and for one that can't be used, `Retry` while somebody else is
    at it or a run reads into the file.
    """
    source, server, name = Database(path), connect_to(address), shown(address)
    lone = server.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with source.alone("run"), explained(name), lone.connect() as holder, _held(holder, name), source.write() as tx:
            _begin(server, name)
            mover = _Mover(tx._db, server, on_page)
            mover.fill()
            if mover.unequal():
                # The file was worked on since an earlier attempt broke off.
                _clear(server)
                _begin(server, name)
                mover.fill()
            if unequal := mover.unequal():
                raise StoreError(f"{', '.join(unequal)} came out otherwise in {name}", next_step="please report this")
            _finish(server)
            return mover.moved
    finally:
        server.dispose()
        source.close()


@contextmanager
def _held(holder: Connection, name: str) -> Iterator[None]:
    if not soon_alone(holder, "move"):
        raise Retry(f"another process is copying into {name}", next_step="wait for it")
    try:
        yield
    finally:
        give_back(holder, "move")


def _begin(server: Engine, name: str) -> None:
    from listener.store.upgrade_postgres import create_tables

    with server.begin() as connection:
        refuse_other_order(connection, name)
        if is_moving(connection):
            return
        if not is_empty(connection):
            raise StoreError(f"{name} is not empty", next_step="name an empty database")
        connection.exec_driver_sql(f"CREATE TABLE {MOVING} ()")
        create_tables(connection)


def _clear(server: Engine) -> None:
    with server.begin() as connection:
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"DROP TABLE {_quoted(table.name)}")
        connection.exec_driver_sql(f"DROP TABLE {MOVING}")


def _finish(server: Engine) -> None:
    from listener.store.upgrade_postgres import complete

    with server.begin() as connection:
        complete(connection)
        for table in metadata.sorted_tables:
            if (numbered := table.autoincrement_column) is not None:
                # Asked for a number above all that were given; of an empty table the first.
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{numbered.name}'),"  # noqa: S608
                    f" coalesce(max({numbered.name}), 0) + 1, false) FROM {_quoted(table.name)}"
                )
        connection.exec_driver_sql(f"DROP TABLE {MOVING}")
    with server.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")


class _Mover:
    """Both sides, table by table."""

    def __init__(self, source: Connection, server: Engine, on_page: OnTable) -> None:
        self._source: Any = source.connection.driver_connection
        self._server = server
        self._on_page = on_page
        self.moved: list[Moved] = []

    def fill(self) -> None:
        for table in metadata.sorted_tables:
            self._fill(table)

    def unequal(self) -> list[str]:
        """The tables that differ; the others are `moved`."""
        self.moved, differing = [], []
        for table in metadata.sorted_tables:
            ours = _digest(table.name, self._ours(table, None))
            if ours == _digest(table.name, self._theirs(table)):
                self.moved.append(ours)
            else:
                differing.append(table.name)
        return differing

    def _fill(self, table: Table) -> None:
        columns = ", ".join(_quoted(column.name) for column in table.columns)
        copying = f"COPY {_quoted(table.name)} ({columns}) FROM STDIN"
        with self._server.connect() as connection:
            driver: Any = connection.connection.driver_connection
            key = ", ".join(f"{_quoted(column.name)} DESC" for column in table.primary_key)
            names = ", ".join(_quoted(column.name) for column in table.primary_key)
            last = driver.execute(f"SELECT {names} FROM {_quoted(table.name)} ORDER BY {key} LIMIT 1").fetchone()  # noqa: S608
            there = driver.execute(f"SELECT count(*) FROM {_quoted(table.name)}").fetchone()[0]  # noqa: S608
            for page in in_chunks(self._ours(table, last), PAGE_ROWS):
                with driver.cursor() as cursor, cursor.copy(copying) as copy:
                    for row in page:
                        copy.write_row(row)
                driver.commit()
                there += len(page)
                self._on_page(table.name, there)

    def _ours(self, table: Table, last: Values | None) -> Iterator[Values]:
        """The file's rows after this key, as the server keeps them."""
        columns = ", ".join(_quoted(column.name) for column in table.columns)
        key = ", ".join(_quoted(column.name) for column in table.primary_key)
        after = f" WHERE ({key}) > ({', '.join('?' * len(last))})" if last else ""
        asked = f"SELECT {columns} FROM {_quoted(table.name)}{after} ORDER BY {key}"  # noqa: S608
        fitting = [_fitting(column) for column in table.columns]
        for row in self._source.execute(asked, last or ()):
            yield tuple(fit(value) for fit, value in zip(fitting, row, strict=True))

    def _theirs(self, table: Table) -> Iterator[Values]:
        columns = ", ".join(_as_written(column) for column in table.columns)
        key = ", ".join(_quoted(column.name) for column in table.primary_key)
        with self._server.connect() as connection:
            driver: Any = connection.connection.driver_connection
            with driver.cursor(name="theirs") as cursor:
                cursor.itersize = PAGE_ROWS
                cursor.execute(f"SELECT {columns} FROM {_quoted(table.name)} ORDER BY {key}")  # noqa: S608
                yield from cursor


def _digest(table: str, rows: Iterable[Sequence[Any]]) -> Moved:
    found, count = hashlib.sha256(), 0
    for row in rows:
        found.update(repr(row).encode("utf-8", "surrogatepass"))
        count += 1
    return Moved(table=table, rows=count, digest=found.hexdigest())


def _fitting(column: Column[Any]) -> Callable[[Any], Any]:
    """What makes of SQLite's value the server's; only NUL, which that keeps in no text, becomes U+FFFD."""
    if isinstance(column.type, Boolean):
        return lambda value: None if value is None else bool(value)
    if isinstance(column.type, Float):
        return lambda value: None if value is None else float(value)
    if isinstance(column.type, JSON):
        return lambda value: None if value is None else nul_free_json(nul_free(value))
    return lambda value: nul_free(value) if isinstance(value, str) else value


def _as_written(column: Column[Any]) -> str:
    return f"{_quoted(column.name)}::text" if isinstance(column.type, JSON) else _quoted(column.name)


def _quoted(name: str) -> str:
    return f'"{name}"'

"""The store: opens the file, hands out units of work."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from listener.errors import StoreError
from listener.store import ballast, identity
from listener.store.alone import only_one
from listener.store.engine import connect_to, journal_for, sqlite_module, version_of
from listener.store.faults import explained, in_doubt, left_in_the_log
from listener.store.migrations import HEAD
from listener.store.place import is_remote
from listener.store.steady import move_leases
from listener.store.transaction import Snapshot, UnitOfWork
from listener.store.turns import in_turn


class Database:
    """One SQLite file behind `listener.ports.Store`. May be used from several threads, each in its own unit of work."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        module = sqlite_module()
        # Another machine's disk has no memory that processes share, which a write-ahead log needs.
        self._journal = "truncate" if is_remote(path) else journal_for(version_of(module))
        if read_only and not path.exists():
            raise StoreError(
                f"there is no database at {path}", next_step="run `listener poll` or `listener demo` first"
            )
        ballast.release_if_tight(path)  # even readers write a little: the log's index
        with explained(path):
            self._engine = connect_to(path, module, read_only=read_only)
            try:
                self._make_ready()
            except BaseException:
                self._engine.dispose()
                raise

    def write(self) -> AbstractContextManager[UnitOfWork]:
        if self._read_only:
            raise StoreError("the database was opened for reading only")
        return self._write()

    @contextmanager
    def _write(self) -> Iterator[UnitOfWork]:
        with ballast.at_hand(self._path), explained(self._path), self._engine.connect() as connection:
            driver = _driver(connection)
            in_turn(lambda: driver.execute("BEGIN IMMEDIATE"))
            unit = UnitOfWork(connection)
            try:
                move_leases(driver)
                yield unit
                if unit.has_taken_in:
                    ballast.refuse_posts_when_tight(self._path)
                # With a rollback journal, readers can hold up a commit; it may be tried again.
                with in_doubt(self._path):
                    in_turn(lambda: driver.execute("COMMIT"))
            except BaseException:
                _roll_back(driver)
                raise
            if unit.has_erased:
                # Else the erased words stay legible in the write-ahead log until it is next overwritten.
                with left_in_the_log(self._path):
                    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        with explained(self._path), self._engine.connect() as connection:
            driver = _driver(connection)
            driver.execute("BEGIN")
            try:
                # The first read takes the snapshot; with a rollback journal it may have to wait for a writer.
                in_turn(lambda: driver.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall())
                yield Snapshot(connection)
            finally:
                _roll_back(driver)

    def alone(self, task: str) -> AbstractContextManager[None]:
        return only_one(self._path, task)

    def close(self) -> None:
        self._engine.dispose()

    def _make_ready(self) -> None:
        if not self._read_only:
            identity.create_privately(self._path)
        with self._engine.connect() as connection:
            driver = _driver(connection)
            # While another process sets the file up, or commits with a rollback journal, it can't even be read.
            revision = in_turn(lambda: identity.revision_of(driver, self._path))
            in_turn(lambda: identity.refuse_damage(driver, self._path))
            if self._read_only:
                if revision != HEAD:
                    raise StoreError(f"{self._path} is of an older schema", next_step="open it once for writing")
                return
            self._use_journal(driver)
            if revision != HEAD:
                self._upgrade(connection)

    def _use_journal(self, driver: Any) -> None:
        """Changing the mode needs the file for itself; asking for the present one needs nothing."""
        if driver.execute("PRAGMA journal_mode").fetchone()[0] != self._journal:
            in_turn(lambda: driver.execute(f"PRAGMA journal_mode = {self._journal}").fetchone())

    def _upgrade(self, connection: Connection) -> None:
        from listener.store.upgrade import upgrade

        driver = _driver(connection)
        driver.execute("PRAGMA foreign_keys = OFF")
        in_turn(lambda: driver.execute("BEGIN IMMEDIATE"))
        # Tells SQLAlchemy, and so Alembic, that a transaction is open: else each step would be committed by itself.
        connection.begin()
        try:
            # Another process may have been first.
            if identity.revision_of(driver, self._path) != HEAD:
                upgrade(connection, self._path)
            in_turn(lambda: driver.execute("COMMIT"))
        except BaseException:
            _roll_back(driver)
            raise
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def _driver(connection: Connection) -> Any:
    """The DB-API connection underneath."""
    return connection.connection.driver_connection


def _roll_back(driver: Any) -> None:
    if driver.in_transaction:
        driver.execute("ROLLBACK")

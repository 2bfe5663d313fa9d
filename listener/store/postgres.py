"""The store on PostgreSQL, for several hosts: the same units of work as in `listener.store.database`.

Writers take turns, as they do on SQLite: each unit of work holds one advisory lock of the database until it ends. What
reads, decides and writes was made for that; and who reads on from the highest id would else miss rows that are
committed late. The server queues waiting writers in order, so nobody starves.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection

from listener.errors import StoreError
from listener.store.alone import somebody_else
from listener.store.migrations import HEAD, REVISIONS
from listener.store.server import connect_to, explained, give_back, shown, soon_alone, take_turn
from listener.store.transaction import Snapshot, UnitOfWork

MARK = "social support listener"
"""A comment on `alembic_version`: what tells our tables from another program's."""

MOVING = "listener_moving"
"""A table that stands there until everything has been copied."""

_COUNT = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"


class PostgresDatabase:
    """One PostgreSQL database behind `listener.ports.Store`. May be used from several threads and many hosts."""

    def __init__(self, address: str, *, read_only: bool = False) -> None:
        self._shown = shown(address)
        self._read_only = read_only
        self._engine = connect_to(address)
        self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._lone = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        try:
            with explained(self._shown):
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
        with explained(self._shown), self._engine.connect() as connection, connection.begin():
            take_turn(connection)
            yield UnitOfWork(connection)

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        with explained(self._shown), self._reader.connect() as connection:
            # The first statement takes the snapshot.
            connection.exec_driver_sql("SELECT 1")
            yield Snapshot(connection)

    @contextmanager
    def alone(self, task: str) -> Iterator[None]:
        """Whoever loses the connection, and with it the lock, goes on: unique keys decide what is stored."""
        with explained(self._shown), self._lone.connect() as connection:
            if not soon_alone(connection, task):
                raise somebody_else(task)
            try:
                yield
            finally:
                give_back(connection, task)

    def close(self) -> None:
        self._engine.dispose()

    def _make_ready(self) -> None:
        with self._engine.connect() as connection, connection.begin():
            refuse_other_order(connection, self._shown)
            revision = self._revision(connection)
        if revision == HEAD:
            return
        if self._read_only:
            what = "is of an older schema" if revision else "holds no store yet"
            raise StoreError(f"{self._shown} {what}", next_step="open it once for writing, as `listener poll` does")
        self._upgrade()

    def _upgrade(self) -> None:
        from listener.store.upgrade_postgres import upgrade

        with self._engine.connect() as connection, connection.begin():
            take_turn(connection)
            # Another process may have been first.
            revision = self._revision(connection)
            if revision != HEAD:
                upgrade(connection, revision)

    def _revision(self, connection: Connection) -> str:
        """Empty for a database that holds nothing yet. Raises `StoreError` for a foreign, half-filled or newer one."""
        if is_moving(connection):
            raise StoreError(f"{self._shown} holds the half of a store", next_step="finish it: listener db move")
        if not is_store(connection):
            if not is_empty(connection):
                raise StoreError(f"{self._shown} belongs to another program", next_step="name an empty database")
            return ""
        revision = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
        if revision not in REVISIONS:
            raise StoreError(
                f"{self._shown} was written by a newer version of this program (schema {revision}, known up to {HEAD})",
                next_step="upgrade this program; the database was not touched",
            )
        return revision


def is_store(connection: Connection) -> bool:
    """Whether the tables there are ours, and complete."""
    ours = "SELECT obj_description(to_regclass('alembic_version'), 'pg_class')"
    return connection.exec_driver_sql(ours).scalar() == MARK


def is_moving(connection: Connection) -> bool:
    """Whether a store is being copied there, or was when something broke."""
    return connection.exec_driver_sql(f"SELECT to_regclass('{MOVING}')").scalar() is not None


def is_empty(connection: Connection) -> bool:
    """Whether there are no tables at all."""
    return not connection.exec_driver_sql(_COUNT).scalar()


def refuse_other_order(connection: Connection, database: str) -> None:
    """Text is ordered, and lowered, by bytes on SQLite; the same questions must get the same answers here."""
    row = connection.exec_driver_sql(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider"
        " FROM pg_database WHERE datname = current_database()"
    ).one()
    if row[0] != "UTF8" or {row[1], row[2]} - {"C", "POSIX"} or row[3] != "c":
        raise StoreError(
            f"{database} is kept in {row[0]} with collation {row[1]}; UTF8 and C are needed",
            next_step="create it as docs/postgresql.md says: TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'",
        )

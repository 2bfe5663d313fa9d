"""The store on PostgreSQL, for several hosts: the same units of work as in `listener.store.database`.

Writers take turns, as they do on SQLite: each unit of work holds one advisory lock of the database until it ends. The
statements were written for that, and some are wrong without it: "take the first free case" gives one case to several
agents under READ COMMITTED, and who reads on from the highest id misses rows that are committed late. The server
queues waiting writers in order, so nobody starves.
"""

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from listener.errors import ConfigError, DiskFull, StoreError
from listener.store.alone import somebody_else
from listener.store.migrations import HEAD, REVISIONS
from listener.store.transaction import Snapshot, UnitOfWork
from listener.store.turns import PATIENCE_SECONDS

SCHEMES = ("postgresql://", "postgres://")

MARK = "social support listener"
"""A comment on `alembic_version`: what tells our tables from another program's."""

_TURN = 0x4C49534E
"""The advisory lock's number: `LISN`."""

_ANSWER_SECONDS = 10

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# As JSON writes it; not the backslash that is written twice because somebody wrote it.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

# By the beginning of the SQLSTATE: what happened, and what to do about it.
_FAULTS: tuple[tuple[str, str, str], ...] = (
    ("55P03", f"the database was busy for {PATIENCE_SECONDS:.0f} s", "see which session holds it (pg_stat_activity)"),
    ("53100", "the server's disk is full; nothing was changed", "free some space there and try again"),
    ("53300", "the server takes no more connections", "raise max_connections, or run fewer programs at once"),
    ("25006", "the database is read-only; nothing was changed", "name the primary server"),
    ("28", "the server refuses this user or password", "check user, password and pg_hba.conf"),
    ("3D", "there is no such database on the server", "create it as docs/postgresql.md says"),
    ("42501", "this user may not do that", "grant it the rights that docs/postgresql.md names"),
    ("57P", "the server is shutting down or starting", "try again in a minute"),
    ("XX", "the database is damaged", "restore the latest dump"),
)


def is_address(text: str) -> bool:
    """Whether a database is named by a PostgreSQL address instead of a file."""
    return text.startswith(SCHEMES)


def shown(address: str) -> str:
    """Without its password. Raises `ConfigError`."""
    return _shown(_parsed(address))


def _shown(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


class PostgresDatabase:
    """One PostgreSQL database behind `listener.ports.Store`. May be used from several threads and many hosts."""

    def __init__(self, address: str, *, read_only: bool = False) -> None:
        self._url = _parsed(address)
        self._shown = _shown(self._url)
        self._read_only = read_only
        self._engine = _engine(self._url)
        self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        try:
            with self._explained():
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
        with self._explained(), self._engine.connect() as connection, connection.begin():
            _take_turn(connection)
            yield UnitOfWork(connection)

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        with self._explained(), self._reader.connect() as connection:
            # The first statement takes the snapshot.
            connection.exec_driver_sql("SELECT 1")
            yield Snapshot(connection)

    @contextmanager
    def alone(self, task: str) -> Iterator[None]:
        """The lock ends with its connection, and so with the process; whoever loses it meanwhile goes on, and unique
        keys decide."""
        lone = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._explained(), lone.connect() as connection:
            numbers = {"turn": _TURN, "task": task}
            if not connection.execute(
                text("SELECT pg_try_advisory_lock(:turn, hashtext(:task))"), numbers
            ).scalar_one():
                raise somebody_else(task)
            try:
                yield
            finally:
                # Connections outlive their use, in the pool.
                connection.execute(text("SELECT pg_advisory_unlock(:turn, hashtext(:task))"), numbers)

    def close(self) -> None:
        self._engine.dispose()

    def _make_ready(self) -> None:
        with self._engine.connect() as connection, connection.begin():
            self._refuse_other_order(connection)
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
            _take_turn(connection)
            # Another process may have been first.
            revision = self._revision(connection)
            if revision != HEAD:
                upgrade(connection, revision)

    def _revision(self, connection: Connection) -> str:
        """Empty for a database that holds nothing yet. Raises `StoreError` for a foreign or newer one."""
        ours = "SELECT obj_description(to_regclass('alembic_version'), 'pg_class')"
        if connection.exec_driver_sql(ours).scalar() != MARK:
            tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
            if connection.exec_driver_sql(tables).scalar():
                raise StoreError(f"{self._shown} belongs to another program", next_step="name an empty database")
            return ""
        revision = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
        if revision not in REVISIONS:
            raise StoreError(
                f"{self._shown} was written by a newer version of this program (schema {revision}, known up to {HEAD})",
                next_step="upgrade this program; the database was not touched",
            )
        return revision

    def _refuse_other_order(self, connection: Connection) -> None:
        """Text is ordered, and lowered, by bytes on SQLite; the same questions must get the same answers here."""
        row = connection.exec_driver_sql(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider"
            " FROM pg_database WHERE datname = current_database()"
        ).one()
        if row[0] != "UTF8" or {row[1], row[2]} - {"C", "POSIX"} or row[3] != "c":
            raise StoreError(
                f"{self._shown} is kept in {row[0]} with collation {row[1]}; UTF8 and C are needed",
                next_step="create it as docs/postgresql.md says: TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'",
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the server says about the database as a whole into `StoreError`; broken constraints stay bugs."""
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise self._explain(error) from error

    def _explain(self, error: DBAPIError) -> BaseException:
        state = getattr(error.orig, "sqlstate", None) or ""
        for prefix, what, next_step in _FAULTS:
            if state.startswith(prefix):
                kind = DiskFull if prefix == "53100" else StoreError
                return kind(f"{what} ({self._shown})", next_step=next_step)
        if not state and _is_operational(error):
            return StoreError(f"{self._shown} can't be reached", next_step="check the address and that the server runs")
        return error


def _parsed(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        # What was typed may hold a password, so it is not repeated.
        raise ConfigError(
            "this database address can't be read", next_step="write postgresql://user@host:5432/name"
        ) from error
    return url.set(drivername="postgresql+psycopg")


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            # What a statement did is read after its rows: "was it new?"
            execution_options={"preserve_rowcount": True},
            json_serializer=_json,
            connect_args={"connect_timeout": _ANSWER_SECONDS, "application_name": "listener"},
        )
    except ImportError as error:
        raise ConfigError(
            "PostgreSQL needs the extra `pg`", next_step="pip install 'social-support-listener[pg]'"
        ) from error

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        from listener.store.nul_free import NulFreeDumper

        connection.adapters.register_dumper(str, NulFreeDumper)

    return engine


def _json(value: object) -> str:
    """As on SQLite, without NUL, which PostgreSQL writes down and then can't read."""
    return _NUL.sub("\\1\ufffd", _encode(value))


def _take_turn(connection: Connection) -> None:
    """Wait until no other unit of work is open; what was told as done survives a power cut of the server."""
    connection.exec_driver_sql(
        f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS:.0f}s'; SET LOCAL synchronous_commit = on;"
        f" SELECT pg_advisory_xact_lock({_TURN})"
    )


def _is_operational(error: DBAPIError) -> bool:
    """Also a connection that broke, which has no SQLSTATE."""
    return error.connection_invalidated or type(error).__name__ == "OperationalError"

"""A PostgreSQL server: its address, connections to it, and what its refusals mean."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from listener.clock import SystemClock
from listener.errors import ConfigError, DiskFull, StoreError
from listener.store.turns import PATIENCE_SECONDS

LOCK = 0x4C49534E
"""What our advisory locks are told by: `LISN`."""
_TRIES, _BETWEEN = 20, 0.1
"""Looks, and seconds between them, before somebody else is said to be at a task."""

_ANSWER_SECONDS = 10

KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""Ours, for libpq: a server that is cut off is missed within half a minute. Systems wait two hours by themselves."""
THEIR_KEEPALIVES = {
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""The server's, for our sessions: a host that is cut off in the middle of its turn gives it up as soon."""
_STANDS_STILL_SECONDS = 120

_clock = SystemClock()
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# As JSON writes it; not the backslash that is written twice because somebody wrote it.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

# By the beginning of the SQLSTATE: what happened, and what to do about it.
_FAULTS: tuple[tuple[str, str, str], ...] = (
    ("55P03", f"the database was busy for {PATIENCE_SECONDS:.0f} s", "see which session holds it (pg_stat_activity)"),
    ("53100", "the server's disk is full; nothing was changed", "free some space there and try again"),
    ("53300", "the server takes no more connections", "raise max_connections, or run fewer programs at once"),
    (
        "25P03",
        f"this program stood still for {_STANDS_STILL_SECONDS} s in the middle of a change; nothing was changed",
        "try again",
    ),
    ("25006", "the database is read-only; nothing was changed", "name the primary server"),
    ("28", "the server refuses this user or password", "check user, password and pg_hba.conf"),
    ("3D", "there is no such database on the server", "create it as docs/postgresql.md says"),
    (
        "42501",
        "this login may not do that",
        "see what it is with `listener doctor`, and docs/postgresql.md for its role",
    ),
    ("57P", "the server is shutting down or starting", "try again in a minute"),
    ("XX", "the database is damaged", "restore the latest dump"),
)


def shown(address: str) -> str:
    """Without its password. Raises `ConfigError`."""
    return _parsed(address).set(drivername="postgresql").render_as_string(hide_password=True)


def _parsed(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        # What was typed may hold a password, so it is not repeated.
        raise ConfigError(
            "this database address can't be read", next_step="write postgresql://user@host:5432/name"
        ) from error
    return url.set(drivername="postgresql+psycopg")


def libpq_address(address: str) -> str:
    """With its password, as libpq reads it: for whoever connects without SQLAlchemy."""
    return _parsed(address).set(drivername="postgresql").render_as_string(hide_password=False)


def connect_to(address: str) -> Engine:
    """An engine on one database. Raises `ConfigError` for what is no address, and where the driver is missing."""
    try:
        engine = create_engine(
            _parsed(address),
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            # What a statement did is read after its rows: "was it new?"
            execution_options={"preserve_rowcount": True},
            json_serializer=_json,
            connect_args={"connect_timeout": _ANSWER_SECONDS, "application_name": "listener", **KEEPALIVES},
        )
    except ImportError as error:
        raise ConfigError(
            "PostgreSQL needs the extra `pg`", next_step="pip install 'social-support-listener[pg]'"
        ) from error

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        from listener.store.nul_free import NulFreeDumper

        connection.adapters.register_dumper(str, NulFreeDumper)
        connection.execute("; ".join(f"SET {name} = {value}" for name, value in THEIR_KEEPALIVES.items()))
        connection.commit()

    return engine


def _json(value: object) -> str:
    """As on SQLite, without NUL."""
    return nul_free_json(_encode(value))


def nul_free(text: str) -> str:
    """PostgreSQL keeps NUL in no text: U+FFFD stands for it."""
    return text.replace("\0", "\ufffd")


def nul_free_json(written: str) -> str:
    """PostgreSQL writes an escaped NUL down and then can't read it: U+FFFD stands for it."""
    return _NUL.sub("\\1\ufffd", written)


def take_turn(connection: Connection) -> None:
    """Wait until no other unit of work is open; what was told as done survives a power cut of the server.

    Whoever stands still in the middle of it, as a process that is stopped does, loses its turn.
    """
    connection.exec_driver_sql(
        f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS:.0f}s'; SET LOCAL synchronous_commit = on;"
        f" SET LOCAL idle_in_transaction_session_timeout = '{_STANDS_STILL_SECONDS}s';"
        f" SELECT pg_advisory_xact_lock({LOCK})"
    )


def soon_alone(connection: Connection, task: str) -> bool:
    """Whether nobody else is at this task, or won't be in a moment: a server notices late that somebody was killed, and
    workers are at `run` for some milliseconds a second. The lock ends with the connection, if it isn't given back."""
    for _ in range(_TRIES):
        lock = connection.exec_driver_sql(
            "SELECT pg_try_advisory_lock(%(lock)s::int, hashtext(%(task)s))", {"lock": LOCK, "task": task}
        )
        if lock.scalar_one():
            return True
        _clock.sleep(_BETWEEN)
    return False


def give_back(connection: Connection, task: str) -> None:
    """Connections outlive their use, in the pool."""
    connection.exec_driver_sql(
        "SELECT pg_advisory_unlock(%(lock)s::int, hashtext(%(task)s))", {"lock": LOCK, "task": task}
    )


@contextmanager
def explained(database: str) -> Iterator[None]:
    """Turn what the server says about the database as a whole into `StoreError`; broken constraints stay bugs."""
    try:
        yield
    except IntegrityError:
        raise
    except Exception as error:
        # Rows in bulk go past SQLAlchemy.
        if isinstance(error, DBAPIError) or type(error).__module__.startswith("psycopg"):
            raise _explain(error, database) from error
        raise


def _explain(error: Exception, database: str) -> Exception:
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    for prefix, what, next_step in _FAULTS:
        if state.startswith(prefix):
            kind = DiskFull if prefix == "53100" else StoreError
            return kind(f"{what} ({database})", next_step=next_step)
    # Also a connection that broke, which has no SQLSTATE.
    if not state and (getattr(error, "connection_invalidated", False) or type(error).__name__ == "OperationalError"):
        return StoreError(f"{database} can't be reached", next_step="check the address and that the server runs")
    return error

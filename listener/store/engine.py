"""Which SQLite, in which journal mode, with which settings.

SQLite 3.7.0 to 3.51.2 can corrupt a write-ahead log that several processes write and checkpoint
(https://sqlite.org/wal.html#walresetbug), which is exactly how agents and a run use one file. On Linux the
`pysqlite3` wheel brings a version without that bug; where only an affected one is at hand the classic rollback
journal is used instead: slower, and safe.
"""

import importlib
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event

from listener.store.turns import in_turn
from listener.store.types import as_json

Version = tuple[int, int, int]

_FIRST_FIXED: Version = (3, 51, 3)
_BACKPORTS: frozenset[Version] = frozenset({(3, 44, 6), (3, 50, 7)})

_WAL_LIMIT_BYTES = 64 * 1024 * 1024


def journal_for(version: Version) -> str:
    """`wal`, or `truncate` for a version with the write-ahead-log reset bug; Python needs none older than 3.7.0."""
    return "wal" if version in _BACKPORTS or version >= _FIRST_FIXED else "truncate"


def sqlite_module() -> ModuleType:
    """The DB-API module to use: `pysqlite3` on Linux, the standard library's elsewhere."""
    name = "pysqlite3.dbapi2" if sys.platform == "linux" else "sqlite3"
    return importlib.import_module(name)


def version_of(module: ModuleType) -> Version:
    """Of the SQLite library inside a DB-API module."""
    major, minor, patch = (int(part) for part in module.sqlite_version.split("."))
    return major, minor, patch


def connect_to(path: Path, module: ModuleType, *, read_only: bool) -> Engine:
    """An engine on one file. Transactions are begun by `listener.store.turns`, never by the driver.

    The driver's own busy handler is off: under load it starves some writers for seconds.
    """
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        module=module,
        json_serializer=as_json,
        connect_args={"isolation_level": None, "timeout": 0, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        for pragma in _pragmas(read_only=read_only):
            in_turn(partial(connection.execute, f"PRAGMA {pragma}"))

    return engine


def _pragmas(*, read_only: bool) -> list[str]:
    return [
        "foreign_keys = ON",
        "synchronous = FULL",  # what an agent was told is done survives a power cut
        "secure_delete = ON",  # what was erased is overwritten
        "mmap_size = 0",  # a mapped page can be damaged by a stray write, and hides I/O errors
        "trusted_schema = OFF",
        "cell_size_check = ON",
        f"journal_size_limit = {_WAL_LIMIT_BYTES}",
        f"query_only = {int(read_only)}",
    ]

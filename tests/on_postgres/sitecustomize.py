"""Every store that a test or its child process opens by a file's path lies on a PostgreSQL server instead.

`pytest --engine postgresql` puts this folder on the path of all Pythons it starts; Python reads a module of this name
first. A database is named after its path, and made from a template when it is first opened; where a file was copied
there, from the database that the file names.
"""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

# Not called as our own variables are, which tests take away.
SERVER = "TESTS_SERVER"
TEMPLATE = "TESTS_TEMPLATE"


def instead(path: Path, *, read_only: bool = False) -> Any:
    """What `open_store` opens in the place of a file."""
    import psycopg

    from listener.errors import StoreError
    from listener.store.postgres import PostgresDatabase

    folder = os.environ[SERVER]
    name = "f" + hashlib.sha256(str(Path(path).absolute()).encode()).hexdigest()[:20]
    with psycopg.connect(f"postgresql://listener@/postgres?host={folder}", autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if there is None and read_only:
            raise StoreError(
                f"there is no database at {path}", next_step="run `listener poll` or `listener demo` first"
            )
        if there is None:
            # Another process may be first.
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                template = _copied(Path(path)) or os.environ[TEMPLATE]
                connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[arg-type, unused-ignore]
    # Whoever asks whether there is a database looks for the file.
    if there is None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch(mode=0o600)
        Path(path).write_text(name, encoding="utf-8")
    return PostgresDatabase(f"postgresql://listener@/{name}?host={folder}", read_only=read_only)


def _copied(path: Path) -> str:
    """The database of the file that this one is a copy of; empty for a file of another kind, or none."""
    with suppress(OSError, UnicodeDecodeError):
        found = path.read_text(encoding="utf-8")
        return found if re.fullmatch("f[0-9a-f]{20}", found) else ""
    return ""


def install() -> None:
    import listener.store

    listener.store.Database = instead  # type: ignore[assignment, misc, unused-ignore]


if os.environ.get(SERVER):
    with suppress(ImportError):  # a Python without the listener
        install()

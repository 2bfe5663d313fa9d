"""Is this file ours, whole, and of a schema this program knows?"""

from pathlib import Path
from typing import Any

from listener.errors import StoreError
from listener.store.migrations import HEAD, REVISIONS

APPLICATION_ID = 0x4C49534E
"""`LISN`: what `file` shows, and what tells our database from another program's."""

_CHECK_UP_TO_BYTES = 8 * 1024 * 1024
"""Larger files are checked by `listener doctor` alone: a check reads the whole file."""


def create_privately(path: Path) -> None:
    """An empty file that only its owner may read, unless one exists; its folder too."""
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
    except OSError as error:
        raise StoreError(
            f"{path} can't be created: {error.strerror}", next_step="name another place, as `database` in listener.toml"
        ) from error


def revision_of(connection: Any, path: Path) -> str:
    """The schema's revision; empty for a file that holds nothing yet. Raises `StoreError` for a foreign or newer one.

    `connection` is the driver's own: this runs at every start, long before anything heavy is needed.
    """
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if mark == 0 and not tables:
        return ""
    if mark != APPLICATION_ID:
        raise StoreError(
            f"{path} belongs to another program", next_step="name another file, as `database` in listener.toml or --db"
        )
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    revision = str(found[0]) if found else ""
    if revision and revision not in REVISIONS:
        raise StoreError(
            f"{path} was written by a newer version of this program (schema {revision}, known up to {HEAD})",
            next_step="upgrade this program; the file was not touched",
        )
    return revision


def refuse_damage(connection: Any, path: Path) -> None:
    """Raises `StoreError` if a small file is damaged."""
    if path.stat().st_size > _CHECK_UP_TO_BYTES:
        return
    if fault := first_fault(connection):
        raise StoreError(f"{path} is damaged: {fault}", next_step="restore the latest backup")


def first_fault(connection: Any) -> str:
    """What is wrong with the file, in SQLite's words; empty if it is whole. Reads every page."""
    said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if said == "ok" else said

"""Bringing a file to the present schema: all of it or nothing."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from listener.errors import StoreError
from listener.store.identity import APPLICATION_ID


def upgrade(connection: Connection, path: Path) -> None:
    """Run the missing migrations inside the caller's transaction, which must be open, with foreign keys off.

    Foreign keys are checked once at the end: rebuilding a table with them on would delete its children.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "listener.store:migrations")
    command.upgrade(config, "head")
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise StoreError(f"upgrading {path} would have lost {len(orphans)} links; it was left as it was")

"""Bringing a PostgreSQL database to the present schema: all of it or nothing.

PostgreSQL joined at schema 0009, so there is no older one to carry over: an empty database gets the present tables as
they stand, and is stamped with their revision. Migrations after 0009 run on both databases.
"""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

from listener.store.loyalty_tables import metadata
from listener.store.postgres import MARK

# Histories, each with the columns that may be emptied when an author is erased; nothing else in them ever changes.
_HISTORIES = {
    "alert_events": (),
    "audit": ("salt",),
    "case_events": ("detail", "before"),
    "desk_events": ("detail",),
    "truths": ("said_scores",),
}

# A percent sign is written twice for the driver.
_KEEP = """
CREATE FUNCTION listener_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    emptied text;
BEGIN
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0 AND to_jsonb(NEW) - TG_ARGV::text[] = to_jsonb(OLD) - TG_ARGV::text[] THEN
        FOREACH emptied IN ARRAY TG_ARGV LOOP
            IF to_jsonb(NEW) ->> emptied NOT IN ('{}', '\\x') THEN
                RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END LOOP;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade(connection: Connection, revision: str) -> None:
    """Inside the caller's transaction: the server takes back changes of the schema like any other."""
    if revision:
        command.upgrade(_config(connection), "head")
    else:
        create_tables(connection)
        complete(connection)


def create_tables(connection: Connection) -> None:
    """Without what slows filling them, and minds the order."""
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, include_foreign_key_constraints=[]))


def complete(connection: Connection) -> None:
    """What checks, finds and guards rows; from here on it is a store."""
    for table in metadata.sorted_tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
    for table in metadata.sorted_tables:
        for link in table.foreign_key_constraints:
            connection.execute(AddConstraint(link, isolate_from_table=False))
    _keep_histories(connection)
    command.stamp(_config(connection), "head")
    connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{MARK}'")


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "listener.store:migrations")
    return config


def _keep_histories(connection: Connection) -> None:
    connection.exec_driver_sql(_KEEP)
    for table, emptied in _HISTORIES.items():
        columns = ", ".join(f"'{column}'" for column in emptied)
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION listener_keep({columns})"
        )
        # Else a whole history is emptied without a row being looked at.
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION listener_keep()"
        )

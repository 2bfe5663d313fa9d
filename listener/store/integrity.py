"""Is the whole file sound? A question for `listener doctor`: answering it reads every page."""

from pathlib import Path

from listener.store.engine import connect_to, sqlite_module
from listener.store.faults import explained
from listener.store.identity import first_fault


def damage(path: Path) -> str:
    """What is wrong with a database file, in SQLite's words; empty if it is whole. Writes nothing."""
    with explained(path):
        engine = connect_to(path, sqlite_module(), read_only=True)
        try:
            with engine.connect() as connection:
                return first_fault(connection.connection.driver_connection)
        finally:
            engine.dispose()

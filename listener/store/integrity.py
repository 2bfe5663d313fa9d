"""Is the whole file sound? A question for `listener doctor`: answering it reads every page."""

from pathlib import Path

from listener.store.engine import connect_to, sqlite_module
from listener.store.faults import explained


def damage(path: Path) -> str:
    """What is wrong with a database file, in SQLite's words; empty if it is whole. Writes nothing."""
    with explained(path):
        engine = connect_to(path, sqlite_module(), read_only=True)
        try:
            with engine.connect() as connection:
                said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        finally:
            engine.dispose()
    return "" if said == "ok" else said

"""④ The only SQL. One module per question asked of it; `tables` and `desk_tables` hold the schema.

open_store → database, postgres (units of work) → transaction → ingest · erasure · desk · claims · insight · alerts · …
"""

from pathlib import Path

from listener.domain.server import is_address
from listener.ports import Store
from listener.store.database import Database


def open_store(place: Path | str, *, read_only: bool = False) -> Store:
    """The store in this file, created (readable by its owner alone) or brought to the present schema where needed.

    An address that begins with `postgresql://` is opened on that server instead. Raises `StoreError` for a foreign,
    damaged or newer store, and for one that can't be opened.
    """
    if isinstance(place, str) and is_address(place):
        from listener.store.postgres import PostgresDatabase

        return PostgresDatabase(place, read_only=read_only)
    return Database(Path(place), read_only=read_only)

"""④ The only SQL. One module per question asked of it; `tables` and `desk_tables` hold the schema.

open_store → database (units of work) → transaction → ingest · erasure · desk · claims · insight · alerts · …
"""

from pathlib import Path

from listener.ports import Store
from listener.store.database import Database


def open_store(path: Path, *, read_only: bool = False) -> Store:
    """The store in this file, created (readable by its owner alone) or brought to the present schema where needed.

    Raises `StoreError` for a foreign, damaged or newer file, and for one that can't be opened.
    """
    return Database(path, read_only=read_only)

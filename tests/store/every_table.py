"""A row, at the least, in every table: whatever its checks ask for."""

import re
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Float, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from listener.store.loyalty_tables import metadata
from listener.store.types import Instant

ODD = 'Ürger "\t\\u0000 \\\\ 👩‍👩‍👧 \u202e\U000e0041 \x01'
"""Nothing that stands for something else to a server may change on its way."""

CHOICE = re.compile(r"(\w+) IN \('(\w*)'")

CHOSEN = {
    ("alerts", "acked_by"): "",
    ("customers", "percentile"): 0.25,
    ("truths", "asked"): "sample",
    ("cases", "merged_into"): None,
    ("ledger", "month"): "2026-03",
    ("outbox", "folded_into"): None,
    ("sends", "due_at"): 1,
    ("authors", "followers"): 2**40,  # more than 32 bits hold
}


def fill(path: Path, rounds: int = 3) -> None:
    """Into a new store's file, below its checks on links; afterwards those hold, too."""
    db = sqlite3.connect(path)
    for table in metadata.sorted_tables:
        for number in range(1, rounds + 1):
            row = {column.name: _value(table, column, number) for column in table.columns}
            names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
            db.execute(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', tuple(row.values()))
    # A later one takes the earlier in.
    db.execute("UPDATE cases SET merged_into = 2, state = 'resolved', resolved_at = 1 WHERE id = 1")
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.commit()
    db.close()


def _value(table: Table, column: Column[Any], number: int) -> Any:
    asked = " ".join(str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint))
    chosen = dict(CHOICE.findall(asked))
    if (table.name, column.name) in CHOSEN:
        return CHOSEN[table.name, column.name]
    if column.foreign_keys:
        return number % 3 + 1 if column.name == "other_id" else number
    if column.name in chosen:
        return chosen[column.name]
    if isinstance(column.type, Instant) and column.nullable:
        return None
    return _of_type(column.type, number)


def _of_type(kind: TypeEngine[Any], number: int) -> Any:
    if isinstance(kind, JSON):
        return '{"said":"\\u0000 \\\\u0000 ü 👋","n":1.50,"list":[]}'
    if isinstance(kind, Boolean):
        return 0
    if isinstance(kind, Float):
        return 0.1 + number
    if isinstance(kind, LargeBinary):
        return bytes([0, 255, number])
    if isinstance(kind, Instant):
        return 1_772_452_800_000_000 + number
    if kind.python_type is int:
        return number
    return f"{number} {ODD}"

"""Many rows at once. Into SQLite they go through the driver itself.

SQLAlchemy makes a dictionary of parameters for each row and asks each column's type about each value, which takes
several times as long as SQLite takes to keep the row. Here a statement is compiled once, and each column's type is
asked about its values one column after the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Connection, Insert, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from listener.store.types import Instant, as_json, microseconds

_SQLITE = sqlite.dialect(paramstyle="qmark", json_serializer=as_json)
_STATEMENTS = 32
"""Kept compiled: there are some ten in the program, so long as each is built once."""

Convert = Callable[[Any], Any]


def write_all(db: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement for each of the rows, which all have the same columns. It must be one that is built once."""
    if not rows:
        return
    if db.dialect.name != "sqlite":
        db.execute(statement, rows)
        return
    made = _compiled(statement, tuple(rows[0]))
    columns = zip(*map(itemgetter(*made.names), rows), strict=True)
    kept = [
        map(convert, column) if convert else column for convert, column in zip(made.converters, columns, strict=True)
    ]
    db.exec_driver_sql(made.sql, list(zip(*kept, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """A statement as SQLite reads it."""

    sql: str
    names: tuple[str, ...]
    """Of its parameters, in their order; at least two."""
    converters: tuple[Convert | None, ...]
    """What makes of each parameter what SQLite keeps."""


@lru_cache(_STATEMENTS)
def _compiled(statement: Insert | Update, given: tuple[str, ...]) -> _Compiled:
    made = statement.compile(dialect=_SQLITE, column_keys=list(given))
    names = tuple(made.positiontup or ())
    return _Compiled(sql=str(made), names=names, converters=tuple(_converter(made.binds[name].type) for name in names))


def _converter(kind: TypeEngine[Any]) -> Convert | None:
    if isinstance(kind, Boolean):
        return _bit
    if isinstance(kind, Instant):
        return microseconds
    return kind.dialect_impl(_SQLITE).bind_processor(_SQLITE)


def _bit(value: bool | None) -> int | None:
    return None if value is None else int(value)

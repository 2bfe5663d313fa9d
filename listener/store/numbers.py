"""The ids that rows were given, by what they are called outside."""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, Select, Table, bindparam, select

from listener.store.base import in_chunks

PlatformKey = tuple[str, str]
"""A platform, and what it calls an author or a mention."""


def numbers_of(db: Connection, table: Table, keys: Iterable[PlatformKey]) -> dict[PlatformKey, int]:
    """Of authors or mentions; those that aren't stored are absent."""
    grouped: dict[str, list[str]] = {}
    for platform, native_id in keys:
        grouped.setdefault(platform, []).append(native_id)
    asked = _asked(table)
    return {
        (platform, row.native_id): row.id
        for platform, native_ids in grouped.items()
        for chunk in in_chunks(native_ids)
        for row in db.execute(asked, {"on": platform, "names": chunk})
    }


@cache
def _asked(table: Table) -> Select[tuple[int, str]]:
    named = table.c.native_id.in_(bindparam("names", expanding=True))
    return select(table.c.id, table.c.native_id).where(table.c.platform == bindparam("on"), named)

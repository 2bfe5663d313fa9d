"""What every part of a unit of work shares."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection

Item = TypeVar("Item")

_PARAMETERS = 500
"""In one statement: old SQLite builds take 999."""


class Part:
    """One audience's statements, over the connection whose transaction the store began."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @property
    def _is_postgres(self) -> bool:
        return self._db.dialect.name == "postgresql"


def in_chunks(items: Iterable[Item], size: int = _PARAMETERS) -> Iterator[Sequence[Item]]:
    """Lists short enough for one IN (…)."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk

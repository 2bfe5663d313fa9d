"""Cursors: small versioned JSON. What can't be read counts as absent: a bounded re-read, since repeats are harmless."""

from collections.abc import Mapping
from zlib import crc32

from listener.connectors.jsons import loads


def checksum(token: str) -> int:
    """Of a page's token, whatever its platform put into it: kept to notice one that comes again."""
    return crc32(token.encode("utf-8", "surrogatepass"))


class State:
    """A cursor's fields, each read with its type; a field of another type counts as absent."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    def __bool__(self) -> bool:
        return bool(self._fields)

    def whole(self, key: str) -> int:
        """A whole number from 0; 0 where absent."""
        value = self._fields.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0

    def text(self, key: str) -> str:
        value = self._fields.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> list[str]:
        value = self._fields.get(key)
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

    def wholes(self, key: str) -> list[int]:
        value = self._fields.get(key)
        return [one for one in value if type(one) is int] if isinstance(value, list) else []

    def counts(self) -> dict[str, int]:
        """Every field that is a whole number from 0."""
        return {key: value for key, value in self._fields.items() if type(value) is int and value >= 0}

    def part(self, key: str) -> "State":
        value = self._fields.get(key)
        return State(value if isinstance(value, dict) else {})


def load_cursor(cursor: str, *, version: int) -> State:
    """A cursor's state; empty where it is empty, damaged, or of another version."""
    try:
        value = loads(cursor) if cursor else {}
    except ValueError:
        value = {}
    return State(value if isinstance(value, dict) and value.get("v") == version else {})

"""JSON from strangers: read without crashing whatever it holds, written small enough to keep."""

import json
import re
from collections.abc import Mapping

from listener.domain.text import clean

MAX_RAW = 65_536
"""Bytes kept of one raw record."""
MAX_DEPTH = 100
_MAX_DIGITS = 18
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


_DECODER = json.JSONDecoder(parse_int=_whole, parse_constant=lambda _: None)
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


def loads(text: str) -> object:
    """Parse JSON. Raises `ValueError` where it is not JSON.

    Numbers of more than 18 digits stay text (Python refuses to convert thousands of digits, and ids are text anyway);
    NaN and infinities become null; what is nested deeper than 100 levels becomes null.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        return _DECODER.decode(_flattened(text))


def _flattened(text: str) -> str:
    """The same JSON with everything below `MAX_DEPTH` replaced by null, so that one bomb costs one field."""
    kept: list[str] = []
    depth, start = 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                kept += (text[start : token.start()], "null")
        elif token[0] in "]}":
            depth -= 1
            if depth == MAX_DEPTH:
                start = token.end()
    if depth > MAX_DEPTH:
        raise ValueError("JSON ends inside deep nesting")
    return "".join((*kept, text[start:]))


def raw_text(record: object, limit: int = MAX_RAW) -> str:
    """A record as JSON of at most `limit` bytes, cut where it is longer; storable whatever it holds."""
    try:
        text = record if isinstance(record, str) else _ENCODER.encode(record)
    except (RecursionError, ValueError, TypeError):
        text = f"<{type(record).__name__} that can't be written as JSON>"
    return cut(clean(text, limit), limit)


def cut(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, never half a character."""
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= limit else encoded[: limit - 3].decode("utf-8", "ignore") + "…"


def table(value: object) -> Mapping[str, object]:
    """A JSON object, or an empty one where something else came."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[object]:
    """A JSON array, or an empty one where something else came."""
    return value if isinstance(value, list) else []


def count(value: object) -> int:
    """A public count: a whole number from 0; anything else is 0."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return int(value)
    if isinstance(value, float) and 0 <= value < 1e18:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18 else 0

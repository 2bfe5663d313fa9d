"""Times as platforms write them, read into aware UTC instants."""

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_EPOCH = re.compile(r"[0-9]{8,14}(\.[0-9]{1,9})?")
_MILLISECONDS = 100_000_000_000
"""Epoch numbers from here on count milliseconds: as seconds they would lie past the year 5100."""


def parse_instant(value: object, zone: tzinfo | None = UTC) -> datetime:
    """An instant from ISO 8601, an e-mail date, or an epoch in seconds or milliseconds. Raises `ValueError`.

    A time without a zone is taken to be of `zone`, and refused where that is None. Instants outside 1990 to 2200 are
    refused: they are never true.
    """
    try:
        instant = _parse(value)
        instant = instant if instant.tzinfo or zone is None else instant.replace(tzinfo=zone)
        instant = instant.astimezone(UTC) if instant.tzinfo else instant
    except (ValueError, TypeError, OverflowError, OSError, IndexError) as error:
        raise ValueError(f"not a time: {value!r:.60}") from error
    if instant.tzinfo is None:
        raise ValueError(f"a time without a zone: {value!r:.60}")
    if not _EARLIEST <= instant < _LATEST:
        raise ValueError(f"not a plausible time: {value!r:.60}")
    return instant


def _parse(value: object) -> datetime:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, (int, float)):
        return _from_epoch(value)
    if not isinstance(value, str) or len(value) > 64:
        raise TypeError
    text = value.strip()
    if _EPOCH.fullmatch(text):
        return _from_epoch(float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def _from_epoch(number: float) -> datetime:
    seconds = number / 1000 if number >= _MILLISECONDS else number
    return datetime.fromtimestamp(seconds, UTC)


def stamp(instant: datetime) -> str:
    """ISO 8601 in UTC to the second, with Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

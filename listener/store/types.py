"""How our values lie in columns."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Integer, TypeDecorator
from sqlalchemy.engine import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# 64 bits on every database; SQLite numbers rows by itself only in a column of exactly INTEGER.
Whole = BigInteger().with_variant(Integer(), "sqlite")
Id = Whole


def as_json(value: object) -> str:
    """Six times as fast as the standard library, which took a tenth of what saving a post takes."""
    return _encode()(value).decode()


@cache
def _encode() -> Callable[[object], bytes]:
    import msgspec  # 15 ms, which those who only read needn't wait for

    return msgspec.json.Encoder().encode


def microseconds(value: datetime | None) -> int | None:
    """Raises ValueError for a naive datetime: nobody knows which instant it means."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value.isoformat()} can't be stored")
    since = value - _EPOCH
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


class Instant(TypeDecorator[datetime]):
    """An aware instant as whole microseconds since 1970 in UTC: exact, ordered, the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)

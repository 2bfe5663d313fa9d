"""Plain values: what TOML or a variable gave, turned into what was asked for, and time spans written out again."""

import math
import re
from datetime import timedelta

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_ENDLESS_SECONDS = 1e12
"""Stands for any longer span; far beyond what is accepted, and still a timedelta."""


class FromEnvironment(str):
    """Text of a variable, from which numbers and switches are read as well."""

    __slots__ = ()


def kind(value: object) -> str:
    """What a value is, in words a person who has never programmed understands."""
    names = {bool: "true or false", str: "text", FromEnvironment: "text", int: "a number", float: "a number"}
    return {**names, list: "a list", dict: "a table"}.get(type(value), "a date or time")


def to_text(value: object) -> str | None:
    return str(value).strip() if isinstance(value, str) else None


def to_number(value: object) -> float | None:
    try:
        if isinstance(value, (int, float, FromEnvironment)) and not isinstance(value, bool):
            number = float(value)
            return number if math.isfinite(number) else None
    except (ValueError, OverflowError):
        return None
    return None


def to_whole(value: object) -> int | None:
    if isinstance(value, FromEnvironment):
        return int(value) if re.fullmatch(r"\d{1,10}", value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def to_switch(value: object) -> bool | None:
    if isinstance(value, FromEnvironment):
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def to_duration(value: object) -> timedelta | None:
    """Seconds, minutes, hours, days or weeks, one or more in a row: `1h30m`."""
    if not isinstance(value, str) or len(value) > 40 or not re.fullmatch(rf"(?:\s*{_DURATION.pattern})+\s*", value):
        return None
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(value))
    return timedelta(seconds=min(seconds, _ENDLESS_SECONDS))


def span_text(span: timedelta) -> str:
    """A time span as `to_duration` reads it: `1h30m`."""
    if span.microseconds:
        return f"{span.total_seconds():f}s"
    left, parts = int(span.total_seconds()), ""
    for unit in "dhms":
        count, left = divmod(left, _UNITS[unit])
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"

"""What people type when they put a case off."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from listener.errors import ConfigError

_LENGTH = re.compile(r"(\d{1,5})\s*(m|min|h|d|w)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CLOCK = re.compile(r"(?:(today|tomorrow|\d{4}-\d{2}-\d{2})[ t]?)?(?:(\d{1,2}):(\d{2}))?")
MORNING = (9, 0)
"""When a day begins for who names only the day."""


def until(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The instant meant by `30m`, `2h`, `3d`, `1w`, `tomorrow`, `17:30`, `2026-03-02` or `2026-03-02 09:00`.

    Days begin at nine; times are the settings' time zone's. Raises `ConfigError`.
    """
    said = text.strip().casefold()
    length = _LENGTH.fullmatch(said)
    if length:
        return now + timedelta(**{_UNITS[length[2]]: int(length[1])})
    clock = _CLOCK.fullmatch(said)
    if not said or clock is None:
        raise _unclear(text)
    return _on_the_clock(text, clock, now.astimezone(zone))


def _on_the_clock(text: str, clock: re.Match[str], here: datetime) -> datetime:
    day, hour, minute = clock.groups()
    at = (int(hour), int(minute)) if hour else MORNING
    try:
        date = here.date() if day in (None, "today", "tomorrow") else datetime.fromisoformat(day).date()
        local_time = datetime(date.year, date.month, date.day, *at, tzinfo=here.tzinfo)
        if day == "tomorrow" or (day is None and local_time <= here):
            local_time += timedelta(days=1)
        return local_time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _unclear(text) from error


def _unclear(text: str) -> ConfigError:
    return ConfigError(f"until when is {text!r}? Say 30m, 2h, 3d, tomorrow, 17:30 or 2026-03-02 09:00")

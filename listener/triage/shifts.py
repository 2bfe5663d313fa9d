"""Working hours in words: when somebody is next at work, and times on their own clock."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from listener.domain.calendar import WorkingHours
from listener.errors import ConfigError
from listener.triage import calendar

_TICK = timedelta(microseconds=1)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def next_open(hours: WorkingHours, now: datetime) -> datetime | None:
    """When working hours next begin: now if they run, None if ten years hold none."""
    if calendar.is_open(hours, now):
        return now
    try:
        return calendar.add(hours, now, _TICK) - _TICK
    except ConfigError:
        return None


def next_shift(hours: WorkingHours, now: datetime) -> str:
    """As `clock_of` has it: `Mon 09:00`."""
    begins = next_open(hours, now)
    return "further notice" if begins is None else clock_of(begins, hours, now)


def clock_of(at: datetime, hours: WorkingHours, now: datetime) -> str:
    """An instant on the clock of these hours' zone: `10:30` today, `Mon 09:00` within a week, else with its date.

    Who works round the clock has no zone of their own: theirs is said to be UTC.
    """
    zone = ZoneInfo(hours.zone)
    here, today = at.astimezone(zone), now.astimezone(zone).date()
    utc = " UTC" if hours.zone == "UTC" else ""
    if here.date() == today:
        return f"{here:%H:%M}{utc}"
    if abs(here.date() - today) < timedelta(days=7):
        return f"{_DAYS[here.weekday()]} {here:%H:%M}{utc}"
    return f"{here:%Y-%m-%d %H:%M}{utc}"


def hours_words(hours: WorkingHours) -> str:
    """`Mon–Fri 09:00–17:00 Europe/Berlin`; `round the clock` if they never end."""
    if hours.always:
        return "round the clock"
    days = [(day, ", ".join(f"{a:%H:%M}–{_end(b)}" for a, b in hours.week[day])) for day in sorted(hours.week)]
    runs: list[tuple[int, int, str]] = []
    for day, spans in days:
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == spans:
            runs[-1] = (runs[-1][0], day, spans)
        else:
            runs.append((day, day, spans))
    shown = [f"{_DAYS[a] if a == b else f'{_DAYS[a]}–{_DAYS[b]}'} {spans}" for a, b, spans in runs]
    less = f", holidays {hours.holidays} off" if hours.holidays else ""
    return f"{'; '.join(shown) or 'every day'} {hours.zone}{less}"


def _end(at: object) -> str:
    return "24:00" if f"{at:%H:%M}" == "00:00" else f"{at:%H:%M}"

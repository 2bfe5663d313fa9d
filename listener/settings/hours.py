"""A table of opening hours, wherever one stands."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from listener.domain.calendar import WorkingHours
from listener.settings.table import Table
from listener.settings.values import kind

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKDAYS = "workdays"
"""Stands for Monday to Friday, where the day itself isn't given."""

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_SOME_DAY = date(2026, 1, 1)
_TWO_YEARS = 731

Spans = tuple[tuple[time, time], ...]


def working_hours(table: Table) -> WorkingHours:
    """The whole table: `zone`, a list of "09:00-12:30" under each day or `workdays`, `holidays`, `closed`."""
    usual = _spans(table, WORKDAYS)
    given = {number: _spans(table, day) for number, day in enumerate(DAYS)}
    week = {number: usual if number < 5 and not table.has(DAYS[number]) else spans for number, spans in given.items()}
    hours = WorkingHours(
        zone=_zone(table),
        week={number: spans for number, spans in week.items() if spans},
        holidays=_holidays(table),
        closed=_closed(table),
    )
    table.done()
    if (hours.week and not _ever_open(hours)) or _all_empty(table):
        table.problem("", "never open in two years", 'give a day some hours: monday = ["09:00-17:00"]')
    return hours


def _zone(table: Table) -> str:
    name = table.text("zone")
    if not name:
        table.problem("zone", "missing", 'say whose wall clock: zone = "Europe/Berlin"')
        return "UTC"
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        table.problem("zone", f'"{name}" is no time zone', 'use an IANA name, such as "Europe/Berlin"')
        return "UTC"
    return name


def _spans(table: Table, day: str) -> Spans:
    found: list[tuple[time, time]] = []
    for number, item in table.items(day):
        span = _span(item)
        if span is None:
            table.problem(
                day, f'"{item}" is no span of hours', 'write "09:00-12:30", at the latest "24:00"', item=number
            )
        elif not _goes_forward(span):
            fix = 'a shift over midnight is two: "22:00-24:00", and "00:00-06:00" on the next day'
            table.problem(day, f'"{item}" ends before it begins', fix, item=number)
        elif found and not _apart(found[-1], span):
            table.problem(day, f'"{item}" begins before the span above it ends', "put them in order", item=number)
        else:
            found.append(span)
    return tuple(found)


def _span(text: str) -> tuple[time, time] | None:
    """None if it isn't one; 24:00 is the midnight that ends the day."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    from_hour, from_minute, to_hour, to_minute = (int(part) for part in match.groups())
    if (to_hour, to_minute) == (24, 0):
        to_hour = 0
    elif (to_hour, to_minute) == (0, 0):
        return None
    try:
        return time(from_hour, from_minute), time(to_hour, to_minute)
    except ValueError:
        return None


def _goes_forward(span: tuple[time, time]) -> bool:
    return span[1] == time(0) or span[0] < span[1]


def _apart(earlier: tuple[time, time], later: tuple[time, time]) -> bool:
    return earlier[1] != time(0) and earlier[1] <= later[0]


def _holidays(table: Table) -> str:
    code = table.text("holidays").upper().replace("_", "-")
    if not code or _known(code):
        return code
    table.problem("holidays", f'"{code}" is no country or region with known holidays', _fix(code))
    return ""


def _known(code: str) -> bool:
    from holidays import country_holidays  # 80 ms, and only for teams that keep holidays

    country, _, region = code.partition("-")
    try:
        country_holidays(country, subdiv=region or None)
    except (NotImplementedError, KeyError, AttributeError, ValueError):
        return False
    return True


def _fix(code: str) -> str:
    from holidays import list_supported_countries

    regions = list_supported_countries().get(code.partition("-")[0])
    if not regions:
        return 'use an ISO code: "DE", or with its region "DE-BE"'
    return f"its regions are {', '.join(regions)}"


def _closed(table: Table) -> frozenset[date]:
    given = table.peek("closed")
    if given is None:
        return frozenset()
    if not isinstance(given, list):
        table.problem("closed", f"expected a list, found {kind(given)}", "write [2026-12-24, 2026-12-31]")
        return frozenset()
    table.note("closed", given, table.place("closed"))
    found = {number: _date(item) for number, item in enumerate(given)}
    for number, day in found.items():
        if day is None:
            table.problem("closed", "expected a date", "write it like this: 2026-12-24", item=number)
    return frozenset(day for day in found.values() if day is not None)


def _date(given: object) -> date | None:
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _all_empty(table: Table) -> bool:
    """Whether days are named and not one of them has hours."""
    named = [table.peek(day) for day in (WORKDAYS, *DAYS) if table.has(day)]
    return bool(named) and all(day == [] for day in named)


def _ever_open(hours: WorkingHours) -> bool:
    """Whether two years, from the first closed date on, hold a day with hours."""
    start = min(hours.closed, default=_SOME_DAY)
    off = _off(hours.holidays, start.year)
    days = (start + timedelta(days=n) for n in range(_TWO_YEARS))
    return any(hours.week.get(day.weekday()) and day not in hours.closed and day not in off for day in days)


def _off(code: str, year: int) -> Mapping[date, str]:
    if not code:
        return {}
    from holidays import country_holidays

    country, _, region = code.partition("-")
    return country_holidays(country, subdiv=region or None, years=(year, year + 1, year + 2))

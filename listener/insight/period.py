"""What a digest is of: a day, or a week of seven such days, as people live them in a time zone."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from listener.domain.digest import Cycle
from listener.insight.windows import DAY, Window, day_of, day_window

DAYS = {Cycle.DAILY: 1, Cycle.WEEKLY: 7}
_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One day, or one ISO week from Monday to Sunday."""

    cycle: Cycle
    first: date
    zone: ZoneInfo

    @property
    def last(self) -> date:
        return self.first + (DAYS[self.cycle] - 1) * DAY

    @property
    def window(self) -> Window:
        return Window(since=day_window(self.first, self.zone).since, until=day_window(self.last, self.zone).until)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + n * DAY for n in range(DAYS[self.cycle]))

    @property
    def name(self) -> str:
        """`2026-03-30`, or `2026-W14`: what commands and keys call it."""
        if self.cycle is Cycle.DAILY:
            return self.first.isoformat()
        year, week, _ = self.first.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def flag(self) -> str:
        """What a command is told."""
        return f"--{'day' if self.cycle is Cycle.DAILY else 'week'} {self.name}"

    def at(self, first: date) -> "Period":
        """One of the same length that begins elsewhere."""
        return Period(cycle=self.cycle, first=first, zone=self.zone)

    def heard(self, now: datetime) -> Window:
        """As much of it as was over by now."""
        window = self.window
        return Window(since=window.since, until=min(window.until, max(now, window.since)))


def day_period(day: date, zone: ZoneInfo) -> Period:
    return Period(cycle=Cycle.DAILY, first=day, zone=zone)


def week_period(day: date, zone: ZoneInfo) -> Period:
    """The week that holds this day."""
    return Period(cycle=Cycle.WEEKLY, first=day - day.weekday() * DAY, zone=zone)


def period_of(cycle: Cycle, day: date, zone: ZoneInfo) -> Period:
    return day_period(day, zone) if cycle is Cycle.DAILY else week_period(day, zone)


def week_named(name: str, zone: ZoneInfo) -> Period:
    """`2026-W12`. Raises `ValueError` where there is no such week."""
    match = _WEEK.fullmatch(name.strip())
    if match is None:
        raise ValueError(f"{name!r} is no week")
    return week_period(date.fromisocalendar(int(match[1]), int(match[2]), 1), zone)


def last_period(cycle: Cycle, now: datetime, zone: ZoneInfo) -> Period:
    """The last one that is over."""
    day = day_of(now, zone) - DAYS[cycle] * DAY
    # A day that the calendar skipped has no hours, and nobody to tell of it.
    while cycle is Cycle.DAILY and not day_window(day, zone).length:
        day -= DAY
    return period_of(cycle, day, zone)


def same_stretch(window: Window, elapsed: timedelta) -> Window:
    """As much of an earlier period as of the running one is over: half a day is compared with halves of days."""
    return Window(since=window.since, until=min(window.until, window.since + elapsed))

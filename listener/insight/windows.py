"""Days as people live them: a time zone's days partition time, and each instant belongs to exactly one.

Tallies are kept by the UTC hour. Where a zone's day begins within one (India, Nepal, Adelaide), the day is taken to
begin at the next full hour, in every figure alike.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Instants from `since` up to, not including, `until`; UTC."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    def overlap(self, since: datetime, until: datetime) -> timedelta:
        return max(timedelta(0), min(self.until, until) - max(self.since, since))


def day_window(day: date, zone: ZoneInfo) -> Window:
    """The day's 23, 24 or 25 hours; none where the calendar skips the day."""
    return Window(since=_begin(day, zone), until=_begin(day + DAY, zone))


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The day whose window holds `instant`."""
    day = instant.astimezone(zone).date()
    while instant < _begin(day, zone):
        day -= DAY
    while instant >= _begin(day + DAY, zone):
        day += DAY
    return day


def hours_of(window: Window) -> list[datetime]:
    """The starts of its hours."""
    return [window.since + n * HOUR for n in range(window.length // HOUR)]


def _begin(day: date, zone: ZoneInfo) -> datetime:
    # fold=0: a midnight that comes twice is the first one, one that is skipped is the instant of the skip.
    midnight = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    whole = midnight.replace(minute=0, second=0, microsecond=0)
    return whole if whole == midnight else whole + HOUR

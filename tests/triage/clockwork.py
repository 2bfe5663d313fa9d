"""The dumb oracle of business time: it walks the minutes and looks at the wall clock. Shares no code with ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from holidays import country_holidays

from listener.domain.calendar import WorkingHours

MINUTE = timedelta(minutes=1)
ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)
"""Changes by an hour and by half an hour, at two, at midnight and a minute past it, of a whole day, and none."""
CODES = ("", "DE", "DE-BE", "US-NY", "GB-SCT", "BR", "SE")


class Doors:
    """Open or shut, minute by minute: the wall clock only ever counts forwards for those who wait for it."""

    def __init__(self, hours: WorkingHours, since: datetime, until: datetime) -> None:
        self.since = since
        zone = ZoneInfo(hours.zone)
        days = _Days(hours)
        # Far enough back for any clock that is being set back just then.
        at, furthest = since - timedelta(hours=26), datetime.min  # noqa: DTZ901 - a wall clock has no zone
        self.open: list[bool] = []
        while at < until:
            furthest = max(furthest, at.astimezone(zone).replace(tzinfo=None))
            if at >= since:
                shown = furthest.hour * 60 + furthest.minute
                self.open.append(any(a <= shown < b for a, b in days[furthest.date()]))
            at += MINUTE

    def is_open(self, at: datetime) -> bool:
        return self.open[(at - self.since) // MINUTE]

    def between(self, a: datetime, b: datetime) -> int:
        """Open minutes from one whole minute to another."""
        return sum(self.open[(a - self.since) // MINUTE : (b - self.since) // MINUTE])

    def after(self, start: datetime, minutes: int) -> datetime | None:
        """When this many open minutes have passed; None if not within what was walked."""
        at = (start - self.since) // MINUTE
        while minutes:
            if at >= len(self.open):
                return None
            minutes -= self.open[at]
            at += 1
        return self.since + at * MINUTE


class _Days(dict[date, list[tuple[int, int]]]):
    """Date → minutes of the day between which it is open."""

    def __init__(self, hours: WorkingHours) -> None:
        self.hours = hours
        country, _, region = hours.holidays.partition("-")
        self.off = country_holidays(country, subdiv=region or None) if country else {}

    def __missing__(self, day: date) -> list[tuple[int, int]]:
        spans = self.hours.week.get(day.weekday(), ()) if self.hours.week else ((time(0), time(0)),)
        shut = day in self.hours.closed or day in self.off
        self[day] = [(a.hour * 60 + a.minute, b.hour * 60 + b.minute or 1440) for a, b in spans if not shut]
        return self[day]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Hours and the time in which they are tried, around a change of clocks if the zone has any."""

    hours: WorkingHours
    since: datetime
    until: datetime


def stretch(dice: Random, days: int = 6) -> Stretch:
    """Random hours, and some days around a change of the zone's clocks three times out of four."""
    zone = dice.choice(ZONES)
    middle = _change(dice, zone) if dice.random() < 0.75 else None
    if middle is None:
        middle = datetime(dice.randint(2005, 2027), 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(525_600))
    since = middle - timedelta(minutes=dice.randrange(days * 720))
    closed = frozenset(
        since.date() + timedelta(days=dice.randrange(days + 1)) for _ in range(dice.choice((0, 0, 1, 2)))
    )
    hours = WorkingHours(zone=zone, week=_week(dice), holidays=dice.choice(CODES), closed=closed)
    return Stretch(hours=hours, since=since, until=since + timedelta(days=days))


def _week(dice: Random) -> dict[int, tuple[tuple[time, time], ...]]:
    if dice.random() < 0.05:
        return {}
    week = {day: tuple(_spans(dice)) for day in range(7) if dice.random() < 0.8}
    return {day: spans for day, spans in week.items() if spans} or {dice.randrange(7): ((time(9), time(17)),)}


def _spans(dice: Random) -> Iterator[tuple[time, time]]:
    """Up to three, some of them back to back, on odd minutes too, and some till midnight."""
    grain = dice.choice((1, 15, 30))
    cuts = sorted(dice.sample(range(0, 1441, grain), k=2 * dice.randint(1, 3)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=True))
    if dice.random() < 0.3:
        pairs = list(pairwise(cuts))
    for a, b in pairs:
        yield time(a // 60, a % 60), time(b // 60 % 24, b % 60)


def _change(dice: Random, zone: str) -> datetime | None:
    """Around when the zone's clocks changed once, if they did in a year drawn at random."""
    year, there = dice.randint(2005, 2027), ZoneInfo(zone)
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    found = [b for a, b in pairwise(days) if _offset(a, there) != _offset(b, there)]
    return dice.choice(found) if found else None


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def berlin(text: str) -> datetime:
    """A wall clock's time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def office_hours(*, closed: tuple[date, ...] = (), holidays: str = "") -> WorkingHours:
    """Berlin, Monday to Friday, 9:00 to 12:30 and 13:30 to 18:00."""
    shifts = ((time(9), time(12, 30)), (time(13, 30), time(18)))
    return WorkingHours(
        zone="Europe/Berlin", week=dict.fromkeys(range(5), shifts), closed=frozenset(closed), holidays=holidays
    )

"""Business time: what a wall clock's hours come to on the one time line. Pure, exact to the microsecond.

A span is open from the instant the zone's wall clock first shows its beginning, or has passed it, until the instant
the clock first shows its end, or has passed it. So a time that a change of clocks skips means the instant of the
change, a time that comes twice means its first coming, and a shift across a change is as long as it really was.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from listener.domain.calendar import WorkingHours
from listener.errors import ConfigError

LONGEST_WALK = 3660
"""Days looked through for enough business time: beyond ten years the hours, or the promise, are a mistake."""

_ZERO = timedelta(0)
_DAY = timedelta(days=1)
_KEPT = 20_000
"""Days of one calendar kept in memory."""

_Span = tuple[datetime, datetime]


def is_open(hours: WorkingHours, at: datetime) -> bool:
    """Whether an instant falls within opening hours."""
    if hours.always:
        return True
    found = _calendar(hours)
    day = found.date_of(at)
    return any(start <= at < end for one in (day, day + _DAY) for start, end in found.spans(one))


def add(hours: WorkingHours, start: datetime, span: timedelta) -> datetime:
    """The first instant with this much business time since `start`; a negative span: the last with it before `start`.

    Raises `ConfigError` where ten years don't hold it.
    """
    if hours.always or not span:
        return start + span
    return _calendar(hours).after(start, span) if span > _ZERO else _calendar(hours).before(start, -span)


def between(hours: WorkingHours, a: datetime, b: datetime) -> timedelta:
    """Business time from `a` to `b`; negative where `b` is the earlier."""
    if hours.always:
        return b - a
    return -_calendar(hours).within(b, a) if b < a else _calendar(hours).within(a, b)


def closes(hours: WorkingHours, at: datetime) -> datetime | None:
    """The first instant from `at` on that lies outside the hours; None if they never end."""
    if hours.always:
        return None
    found = _calendar(hours)
    day = found.date_of(at) - _DAY
    for _ in range(LONGEST_WALK):
        for begins, ends in found.spans(day):
            if begins > at:
                return at
            at = max(at, ends)
        day += _DAY
    return None


class _Calendar:
    """One team's hours, each day's spans worked out once."""

    def __init__(self, hours: WorkingHours) -> None:
        self._hours = hours
        self._zone = ZoneInfo(hours.zone)
        self._days: dict[date, tuple[_Span, ...]] = {}

    def date_of(self, at: datetime) -> date:
        """The date there; a clock set back over midnight may have begun the next one already."""
        if at.tzinfo is None:
            raise ValueError("business time is counted from aware instants")
        return at.astimezone(self._zone).date()

    def spans(self, day: date) -> tuple[_Span, ...]:
        """Open spans of a date, in UTC, none empty."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _KEPT:
                self._days.clear()
            known = self._days[day] = self._work_out(day)
        return known

    def after(self, start: datetime, left: timedelta) -> datetime:
        day = self.date_of(start)
        for _ in range(LONGEST_WALK):
            for begins, ends in self.spans(day):
                begins = max(begins, start)
                if begins + left <= ends:
                    return begins + left
                left -= max(ends - begins, _ZERO)
            day += _DAY
        raise self._too_little(start)

    def before(self, start: datetime, left: timedelta) -> datetime:
        day = self.date_of(start) + _DAY
        for _ in range(LONGEST_WALK):
            for begins, ends in reversed(self.spans(day)):
                ends = min(ends, start)
                if ends - left >= begins:
                    return ends - left
                left -= max(ends - begins, _ZERO)
            day -= _DAY
        raise self._too_little(start)

    def within(self, a: datetime, b: datetime) -> timedelta:
        day, last = self.date_of(a), self.date_of(b) + _DAY
        passed = _ZERO
        while day <= last:
            for begins, ends in self.spans(day):
                passed += max(min(ends, b) - max(begins, a), _ZERO)
            day += _DAY
        return passed

    def _work_out(self, day: date) -> tuple[_Span, ...]:
        spans = self._hours.spans_on(day)
        if not spans or day in self._hours.closed or day in _holidays(self._hours.holidays, day.year):
            return ()
        next_day = day + _DAY
        found = [(self._first(day, a), self._first(next_day if b == time(0) else day, b)) for a, b in spans]
        return tuple((begins, ends) for begins, ends in found if begins < ends)

    def _first(self, day: date, at: time) -> datetime:
        """The instant at which the wall clock first shows this, or has passed it."""
        local = datetime.combine(day, at, tzinfo=self._zone)
        instant = local.astimezone(UTC)
        if instant.astimezone(self._zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            return instant
        # Skipped: of the two readings the one with the later offset lies before the change, the other after it.
        early, late = local.replace(fold=1).astimezone(UTC), instant
        before = early.astimezone(self._zone).utcoffset()
        while late - early > timedelta(seconds=1):
            middle = (early + (late - early) / 2).replace(microsecond=0)
            if middle.astimezone(self._zone).utcoffset() == before:
                early = middle
            else:
                late = middle
        return late.replace(microsecond=0)

    def _too_little(self, start: datetime) -> ConfigError:
        return ConfigError(
            f"ten years of the working hours in {self._hours.zone} from {start:%Y-%m-%d} hold less time than promised",
            next_step="give the hours more time, or promise less, in sla.toml",
        )


@lru_cache(maxsize=256)
def _calendar(hours: WorkingHours) -> _Calendar:
    return _Calendar(hours)


@lru_cache(maxsize=512)
def _holidays(code: str, year: int) -> frozenset[date]:
    """A year's public holidays, days off in lieu among them."""
    if not code:
        return frozenset()
    from holidays import country_holidays  # 80 ms, and only for teams that keep holidays

    country, _, region = code.partition("-")
    return frozenset(country_holidays(country, subdiv=region or None, years=year))

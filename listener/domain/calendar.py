"""When a team works: opening hours of a week in one time zone, less holidays and closed dates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

ALL_DAY = ((time(0), time(0)),)
"""One span from midnight to midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """Opening hours as the wall clock of a zone shows them; the empty week means round the clock."""

    zone: str = "UTC"
    """IANA name."""
    week: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    """Weekday (Monday is 0) → spans [from, to), in order and apart; a span that ends at 00:00 ends with the day.

    A weekday left out is closed. A shift over midnight is two spans.
    """
    holidays: str = ""
    """Country, and region if need be, whose public holidays are closed: `DE`, `DE-BE`; empty: none."""
    closed: frozenset[date] = frozenset()
    """Further dates without any hours."""

    def __hash__(self) -> int:
        """By value, for calendars are kept by their hours."""
        return hash((self.zone, tuple(sorted(self.week.items())), self.holidays, self.closed))

    @property
    def always(self) -> bool:
        """Whether it is open round the clock, every day."""
        return not (self.week or self.holidays or self.closed)

    def spans_on(self, day: date) -> tuple[tuple[time, time], ...]:
        """The week's spans for a date, holidays and closed dates not considered."""
        return self.week.get(day.weekday(), ()) if self.week else ALL_DAY

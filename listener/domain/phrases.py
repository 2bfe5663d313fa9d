"""How counts, comparisons, days and waits are said to people."""

from collections.abc import Sequence
from datetime import date, timedelta
from math import sqrt

from listener.domain.digest import Cycle, Figure

LUCK = 2.0
"""Standard deviations within which a count is "about as usual"."""

DAILY_SPREAD = 0.15
"""Relative standard deviation of a usual day beyond Poisson: days vary so much by themselves."""


def weekday(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def stretch(cycle: Cycle, first: date) -> str:
    """`on Sunday 22 February 2015`, `in week 8 of 2015 (16 to 22 February)`; for the end of a sentence."""
    return f"on {weekday(first)}" if cycle is Cycle.DAILY else f"in {week(first)}"


def week(monday: date) -> str:
    """`week 8 of 2015 (16 to 22 February)`."""
    year, number, _ = monday.isocalendar()
    sunday = monday + timedelta(days=6)
    begin = f"{monday.day}" if monday.month == sunday.month else f"{monday.day} {monday:%B}"
    return f"week {number} of {year} ({begin} to {sunday.day} {sunday:%B})"


def compared(figure: Figure) -> str:
    """`61 % more than usual (194)`, `about as usual (40)`, or that history is lacking."""
    if figure.usual is None:
        return "too little history to compare with"
    new = figure.people - figure.measured
    said = _against(figure, figure.usual)
    if not new:
        return said
    return f"{figure.measured:,} about brands with a history, {said}; {new:,} about brands too new to compare"


def _against(figure: Figure, mean: float) -> str:
    usual = f"{mean:,.0f}" if mean >= 10 else f"{mean:.1f}"
    if not changed(figure):
        return f"about as usual ({usual})"
    if mean < 0.5:
        return "next to none is usual"
    times = figure.measured / mean
    if times >= 2:
        return f"{times:.1f} times the usual {usual}"
    return f"{abs(times - 1) * 100:.0f} % {'more' if times > 1 else 'fewer'} than usual ({usual})"


def changed(figure: Figure) -> bool:
    """Whether the count is further from usual than days go by themselves."""
    if figure.usual is None:
        return False
    spread = sqrt(max(figure.usual, 1.0) + (DAILY_SPREAD * figure.usual) ** 2)
    return abs(figure.measured - figure.usual) > LUCK * spread


def signed(points: float) -> str:
    """With its sign, the minus as typeset."""
    return f"{points:+.0f}".replace("-", "−")


def lasting(length: timedelta) -> str:
    """`42 min`, `3 h 5 min`, `2 d 4 h`."""
    minutes = round(length.total_seconds() / 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 case`, `2 cases`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)

"""The day or week that a command is asked for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from listener.errors import ConfigError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.cli.session import Session
    from listener.insight.period import Period
    from listener.insight.windows import Window
    from listener.ports import Reads

LOOKED_BACK = timedelta(days=366)
"""How far `--day latest` looks for data."""

DAYS_SAID = "YYYY-MM-DD, yesterday, today, or latest: the last with data."
Day = Annotated[str, typer.Option("--day", help=f"One day: {DAYS_SAID}")]
Week = Annotated[str, typer.Option("--week", help="One week from Monday to Sunday, as 2026-W12.")]


def a_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no day", next_step="write it as YYYY-MM-DD, such as 2026-03-02") from None


def a_week(text: str, zone: ZoneInfo) -> Period:
    from listener.insight.period import week_named

    try:
        return week_named(text, zone)
    except ValueError:
        raise ConfigError(f"{text!r} is no week", next_step="write it as YEAR-WNUMBER, such as 2026-W12") from None


def chosen_day(day: str, reads: Reads, ours: Session, now: datetime, zone: ZoneInfo) -> date:
    from listener.insight.windows import DAY, day_of

    today = day_of(now, zone)
    match day:
        case "yesterday":
            return today - DAY
        case "today":
            return today
        case "latest":
            return _latest(reads, ours, now, zone) or today
        case _:
            return a_date(day)


def listed_window(day: str, week: str, reads: Reads, ours: Session) -> Window:
    """Of a list: the day or week named; the last seven days where neither is."""
    from listener.cli.insight import window_of, zone_of
    from listener.insight.period import day_period

    now, zone = ours.clock.now(), zone_of(ours)
    if day and week:
        raise ConfigError("--day and --week exclude each other", next_step="leave one of them out")
    if day:
        return day_period(chosen_day(day, reads, ours, now, zone), zone).window
    return a_week(week, zone).window if week else window_of("", "", None, now, zone)


def _latest(reads: Reads, ours: Session, now: datetime, zone: ZoneInfo) -> date | None:
    """The last day on which a brand was spoken of; looks back in widening steps, so that a busy store stays quick."""
    from listener.insight.windows import HOUR, day_of

    names = {entry.name for entry in ours.settings.brands}
    until, step = now + HOUR, timedelta(days=2)
    while until > now - LOOKED_BACK:
        hours = [cell.hour for cell in reads.tallies(until - step, until) if cell.brand in names]
        if hours:
            return day_of(max(hours), zone)
        until, step = until - step, step * 2
    return None

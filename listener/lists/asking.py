"""Which brand, and which days, somebody asks for. What can't be is a `ConfigError` that says what can."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from listener.domain.policy import Settings
from listener.errors import ConfigError
from listener.insight.period import Period, day_period, week_named
from listener.insight.windows import DAY, HOUR, Window, day_of, day_window
from listener.ports import Reads

DEFAULT_DAYS = 7
LOOKED_BACK = timedelta(days=366)
"""How far `latest` looks for data."""


def zone_of(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.timezone)


def known_brand(settings: Settings, brand: str) -> str:
    """The brand as configured, whatever its case; empty for all."""
    names = [entry.name for entry in settings.brands]
    found = next((name for name in names if name.casefold() == brand.casefold()), "")
    if brand and not found:
        raise ConfigError(f"no brand is called {brand!r}", next_step=f"choose one of: {', '.join(names)}")
    return found


def brands_of(settings: Settings, brand: str) -> list[str]:
    """That brand, or all own ones."""
    return [brand] if brand else [entry.name for entry in settings.brands if not entry.competitor]


def a_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no day", next_step="write it as YYYY-MM-DD, such as 2026-03-02") from None


def a_week(text: str, zone: ZoneInfo) -> Period:
    try:
        return week_named(text, zone)
    except ValueError:
        raise ConfigError(f"{text!r} is no week", next_step="write it as YEAR-WNUMBER, such as 2026-W12") from None


def chosen_day(day: str, reads: Reads, settings: Settings, now: datetime) -> date:
    """`yesterday`, `today`, `latest` (the last with data) or a date."""
    zone = zone_of(settings)
    today = day_of(now, zone)
    match day:
        case "yesterday":
            return today - DAY
        case "today":
            return today
        case "latest":
            return _latest(reads, [entry.name for entry in settings.brands], now, zone) or today
        case _:
            return a_date(day)


def window_of(since: str, until: str, days: int | None, now: datetime, zone: ZoneInfo) -> Window:
    """Whole days; the last `DEFAULT_DAYS` up to now if nothing is given."""
    if since and until and days:
        raise ConfigError("--since, --until and --days together say too much", next_step="leave one of them out")
    today, further = day_of(now, zone), ((days or DEFAULT_DAYS) - 1) * DAY
    if since:
        first = a_date(since)
        last = a_date(until) if until else first + further if days else today
    else:
        last = a_date(until) if until else today
        first = last - further
    if last < first:
        raise ConfigError(f"the window ends ({last}) before it begins ({first})")
    return Window(since=day_window(first, zone).since, until=day_window(last, zone).until)


def listed_window(
    day: str, week: str, reads: Reads, settings: Settings, now: datetime, since: str = "", until: str = ""
) -> Window:
    """Of a list: the day or week named, or the days from `since` to `until`; the last seven days where none is."""
    zone = zone_of(settings)
    if sum(map(bool, (day, week, since or until))) > 1:
        raise ConfigError("--day, --week and --since with --until exclude each other", next_step="name one of them")
    if day:
        return day_period(chosen_day(day, reads, settings, now), zone).window
    return a_week(week, zone).window if week else window_of(since, until, None, now, zone)


def _latest(reads: Reads, brands: Sequence[str], now: datetime, zone: ZoneInfo) -> date | None:
    """The last day on which a brand was spoken of; looks back in widening steps, so that a busy store stays quick."""
    until, step = now + HOUR, timedelta(days=2)
    while until > now - LOOKED_BACK:
        hours = [cell.hour for cell in reads.tallies(until - step, until) if cell.brand in brands]
        if hours:
            return day_of(max(hours), zone)
        until, step = until - step, step * 2
    return None

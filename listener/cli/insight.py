"""Read the day: the digest, and which days a command asks for."""

import sys
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.export import in_one_piece
from listener.cli.session import Session, session
from listener.errors import ConfigError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.insight.windows import Window
    from listener.ports import Reads

DEFAULT_DAYS = 7

LOOKED_BACK = timedelta(days=366)
"""How far `--day latest` looks for data."""


class Format(StrEnum):
    TEXT = "text"
    MD = "md"
    HTML = "html"
    JSON = "json"


BrandName = Annotated[str, typer.Option("--brand", help="Only this brand.")]


def digest(
    day: Annotated[
        str, typer.Option(help="YYYY-MM-DD, yesterday, today, or latest: the last with data.")
    ] = "yesterday",
    brand: BrandName = "",
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.TEXT,  # noqa: A002 - the flag's name
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """A day in one page: what changed, why, what the desk did, whom to thank."""
    from listener import reports
    from listener.insight.digest import build

    with session() as ours:
        now, zone = ours.clock.now(), zone_of(ours)
        name = known_brand(ours, brand)
        with ours.store.read() as reads:
            built = build(
                reads,
                brands=ours.settings.brands,
                timezone=ours.settings.timezone,
                day=_chosen_day(day, reads, ours, now, zone),
                now=now,
                brand=name,
            )
    page = reports.render(built, reports.Format("json" if as_json else format))
    if out is None:
        sys.stdout.write(page)
    else:
        _write(out, page)
        show.say(f"Written: {out}")


def zone_of(ours: Session) -> "ZoneInfo":
    from zoneinfo import ZoneInfo

    return ZoneInfo(ours.settings.timezone)


def known_brand(ours: Session, brand: str) -> str:
    """The brand as configured, whatever its case; empty for all."""
    names = [entry.name for entry in ours.settings.brands]
    found = next((name for name in names if name.casefold() == brand.casefold()), "")
    if brand and not found:
        raise ConfigError(f"no brand is called {brand!r}", next_step=f"choose one of: {', '.join(names)}")
    return found


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no day", next_step="write it as YYYY-MM-DD, such as 2026-03-02") from None


def window_of(since: str, until: str, days: int | None, now: datetime, zone: "ZoneInfo") -> "Window":
    """Whole days; the last `DEFAULT_DAYS` up to now if nothing is given."""
    from listener.insight.windows import DAY, Window, day_of, day_window

    if since and until and days:
        raise ConfigError("--since, --until and --days together say too much", next_step="leave one of them out")
    today, further = day_of(now, zone), ((days or DEFAULT_DAYS) - 1) * DAY
    if since:
        first = _date(since)
        last = _date(until) if until else first + further if days else today
    else:
        last = _date(until) if until else today
        first = last - further
    if last < first:
        raise ConfigError(f"the window ends ({last}) before it begins ({first})")
    return Window(since=day_window(first, zone).since, until=day_window(last, zone).until)


def day_begins(ours: Session, day: str) -> datetime:
    """The instant at which a day, written as YYYY-MM-DD, begins where the team is."""
    from listener.insight.windows import day_window

    return day_window(_date(day), zone_of(ours)).since


def _chosen_day(day: str, reads: "Reads", ours: Session, now: datetime, zone: "ZoneInfo") -> date:
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
            return _date(day)


def _latest(reads: "Reads", ours: Session, now: datetime, zone: "ZoneInfo") -> date | None:
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


def _write(out: Path, page: str) -> None:
    """In one piece: a half-written page never stands in the old one's place."""
    with in_one_piece(out) as temporary:
        temporary.write_text(page, encoding="utf-8")

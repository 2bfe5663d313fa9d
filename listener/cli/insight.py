"""Read the day: the digest, and which days a command asks for."""

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.export import in_one_piece
from listener.cli.periods import DAYS_SAID, Week
from listener.cli.session import Session, session
from listener.errors import ConfigError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.insight.period import Period
    from listener.insight.windows import Window
    from listener.ports import Reads


class Format(StrEnum):
    TEXT = "text"
    MD = "md"
    HTML = "html"
    JSON = "json"


BrandName = Annotated[str, typer.Option("--brand", help="Only this brand.")]


def digest(
    day: Annotated[str, typer.Option(help=f"One day: {DAYS_SAID}")] = "",
    week: Week = "",
    weekly: Annotated[bool, typer.Option("--weekly", help="The last week that is over.")] = False,
    brand: BrandName = "",
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.TEXT,  # noqa: A002 - the flag's name
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """A day, by default yesterday, or a week in one page: what changed, why, the figures, and whom to act on."""
    from listener import reports
    from listener.insight.digest import build

    with session() as ours:
        name = known_brand(ours, brand)
        with ours.store.read() as reads:
            period = _period(day, week, reads, ours, weekly=weekly)
            built = build(
                reads,
                brands=ours.settings.brands,
                timezone=ours.settings.timezone,
                day=period.first,
                now=ours.clock.now(),
                brand=name,
                cycle=period.cycle,
                loyalty=ours.settings.loyalty,
                themes=ours.settings.themes,
            )
    page = reports.render(built, reports.Format("json" if as_json else format))
    if out is None:
        sys.stdout.write(page)
    else:
        _write(out, page)
        show.say(f"Written: {out}")


def _period(day: str, week: str, reads: "Reads", ours: Session, *, weekly: bool) -> "Period":
    from listener.domain.digest import Cycle
    from listener.insight.period import day_period, last_period
    from listener.lists.asking import a_week, chosen_day

    now, zone = ours.clock.now(), zone_of(ours)
    if sum(map(bool, (day, week, weekly))) > 1:
        raise ConfigError("--day, --week and --weekly exclude each other", next_step="name one of them")
    if weekly:
        return last_period(Cycle.WEEKLY, now, zone)
    return a_week(week, zone) if week else day_period(chosen_day(day or "yesterday", reads, ours.settings, now), zone)


def zone_of(ours: Session) -> "ZoneInfo":
    from zoneinfo import ZoneInfo

    return ZoneInfo(ours.settings.timezone)


def known_brand(ours: Session, brand: str) -> str:
    """The brand as configured, whatever its case; empty for all."""
    from listener.lists import asking

    return asking.known_brand(ours.settings, brand)


def window_of(since: str, until: str, days: int | None, now: datetime, zone: "ZoneInfo") -> "Window":
    """Whole days; the last seven up to now if nothing is given."""
    from listener.lists import asking

    return asking.window_of(since, until, days, now, zone)


def day_begins(ours: Session, day: str) -> datetime:
    """The instant at which a day, written as YYYY-MM-DD, begins where the team is."""
    from listener.insight.windows import day_window
    from listener.lists.asking import a_date

    return day_window(a_date(day), zone_of(ours)).since


def _write(out: Path, page: str) -> None:
    """In one piece: a half-written page never stands in the old one's place."""
    with in_one_piece(out) as temporary:
        temporary.write_text(page, encoding="utf-8")

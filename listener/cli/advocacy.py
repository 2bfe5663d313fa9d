"""`listener advocacy`: who speaks for a brand and who against it, by what they do; NPS beside it."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.nps import brands_of
from listener.cli.periods import Since, Until
from listener.cli.session import session
from listener.cli.voice import Csv, Days, JsonRows, said_window
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.domain.digest import Balance
    from listener.domain.loyalty import Saying
    from listener.domain.nps import Nps
    from listener.insight.windows import Window
    from listener.ports import Reads

DEFAULT_DAYS = 28
ALL = "all"
NOWHERE = "(none)"
COLUMNS = (
    "brand",
    "key",
    "balance",
    "low",
    "high",
    "n",
    "promoters",
    "passives",
    "detractors",
    "unknown",
    "nps of surveys",
)


class By(StrEnum):
    WEEK = "week"
    PLATFORM = "platform"
    LANGUAGE = "language"
    TOUCHPOINT = "touchpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    brand: str
    key: str
    balance: Balance
    nps: Nps | None
    """None where surveys can't be split so."""


def advocacy(
    since: Since = "",
    until: Until = "",
    days: Days = None,
    brand: BrandName = "",
    by: Annotated[By, typer.Option(help="What a row is, below the row of all; weeks begin on Monday.")] = By.WEEK,
    as_csv: Csv = False,
    as_json: JsonRows = False,
) -> None:
    """Promoters less detractors in points, one vote an author, by the latest stand each took; NPS beside it."""
    from listener.insight.advocacy import BIAS

    with session() as ours:
        zone = zone_of(ours)
        window = window_of(since, until, None if since and until else days or DEFAULT_DAYS, ours.clock.now(), zone)
        with ours.store.read() as reads:
            rows = [
                row
                for name in brands_of(ours, known_brand(ours, brand))
                for row in _rows(reads, name, window, zone, by)
            ]
    if as_json:
        show.emit_rows((), map(_json, rows), as_json=True)
    elif as_csv:
        write_csv(sys.stdout, COLUMNS, map(_cells, rows))
    else:
        show.emit_rows(COLUMNS, map(_cells, rows), as_json=False)
        show.say(f"{said_window(window, zone)}. low and high are the 95 % interval; authors in n count once a row.")
        show.say(BIAS)


def _rows(reads: Reads, brand: str, window: Window, zone: ZoneInfo, by: By) -> Iterable[_Row]:
    from listener.insight.advocacy import balance_of, balances
    from listener.insight.nps import by_week, nps

    sayings = reads.sayings(brand, window.since, window.until)
    answers = reads.answers(brand, window.since, window.until)
    yield _Row(brand=brand, key=ALL, balance=balance_of(sayings), nps=nps(answers))
    weekly = by_week(answers, zone) if by is By.WEEK else {}
    for key, balance in balances(_grouped(sayings, window, zone, by)).items():
        yield _Row(brand=brand, key=key, balance=balance, nps=weekly.get(key, nps(())) if by is By.WEEK else None)


def _grouped(sayings: Iterable[Saying], window: Window, zone: ZoneInfo, by: By) -> Mapping[str, list[Saying]]:
    from listener.domain.themes import ThemeKind, names_of
    from listener.insight.voice import UNKNOWN_LANGUAGE, weeks_of

    found: defaultdict[str, list[Saying]] = defaultdict(list)
    if by is By.WEEK:
        weeks = weeks_of(window, zone)
        for key, part in weeks.items():
            found[key] = [one for one in sayings if part.since <= one.at < part.until]
        return found
    for one in sayings:
        match by:
            case By.PLATFORM:
                keys: Iterable[str] = (one.platform,)
            case By.LANGUAGE:
                keys = (one.lang or UNKNOWN_LANGUAGE,)
            case By.TOUCHPOINT:
                keys = names_of(one.tags, ThemeKind.TOUCHPOINT) or (NOWHERE,)
        for key in keys:
            found[key].append(one)
    return dict(sorted(found.items()))


def _json(row: _Row) -> dict[str, object]:
    from listener.cli.nps import nps_json

    balance = row.balance
    return {
        "brand": row.brand,
        "key": row.key,
        "balance": round(balance.points, 4),
        "balance_95": [round(balance.low, 4), round(balance.high, 4)],
        "n": balance.n,
        "promoters": balance.promoters,
        "passives": balance.passives,
        "detractors": balance.detractors,
        "unknown": balance.unknown,
        "telling": balance.telling,
        "nps": nps_json(row.key, row.nps) if row.nps is not None else None,
    }


def _cells(row: _Row) -> Mapping[str, object]:
    from listener.cli.nps import said_nps

    balance, telling = row.balance, row.balance.telling
    beside = "" if row.nps is None else said_nps(row.nps) if row.nps.n else "none imported"
    cells: tuple[object, ...] = (
        row.brand,
        row.key,
        f"{balance.points:+.0f}" if telling else "too few to tell",
        f"{balance.low:+.0f}" if telling else "",
        f"{balance.high:+.0f}" if telling else "",
        balance.n,
        balance.promoters,
        balance.passives,
        balance.detractors,
        balance.unknown,
        beside,
    )
    return dict(zip(COLUMNS, cells, strict=True))

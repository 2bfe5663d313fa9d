"""`listener nps`: the Net Promoter Score of imported survey answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.periods import Since, Until
from listener.cli.session import Session, session
from listener.cli.voice import Csv, Days, JsonRows, said_window
from listener.errors import ConfigError
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.domain.loyalty import Answer
    from listener.domain.mention import Reject
    from listener.domain.nps import Nps

DEFAULT_DAYS = 90
COLUMNS = ("key", "nps", "low", "high", "n", "promoters", "passives", "detractors", "band")
_SHOWN = 20
_BATCH = 5_000
"""Rows held in memory at once."""

nps_app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Net Promoter Score of imported survey answers: the score, its interval, its trend.",
)


class By(StrEnum):
    ALL = "all"
    MONTH = "month"
    WEEK = "week"
    SURVEY = "survey"


@nps_app.callback()
def nps(
    context: typer.Context,
    since: Since = "",
    until: Until = "",
    days: Days = None,
    brand: BrandName = "",
    by: Annotated[By, typer.Option(help="What a row is; weeks begin on Monday.")] = By.ALL,
    as_csv: Csv = False,
    as_json: JsonRows = False,
) -> None:
    """Promoters (9 and 10) less detractors (0 to 6) in points, of those who answered in the window."""
    if context.invoked_subcommand is not None:
        return
    with session() as ours:
        zone = zone_of(ours)
        window = window_of(since, until, None if since and until else days or DEFAULT_DAYS, ours.clock.now(), zone)
        name = known_brand(ours, brand)
        with ours.store.read() as reads:
            answers = [
                answer for one in brands_of(ours, name) for answer in reads.answers(one, window.since, window.until)
            ]
        rows = _measured(by, answers, ours)
    if as_json:
        show.emit_rows((), (nps_json(key, found) for key, found in rows.items()), as_json=True)
        return
    cells = [nps_cells(key, found) for key, found in rows.items()]
    if as_csv:
        write_csv(sys.stdout, COLUMNS, cells)
        return
    show.emit_rows(COLUMNS, cells, as_json=False)
    show.say(f"{said_window(window, zone)}. Each who answered counts once, with the latest answer. {nps_legend()}")


@nps_app.command("import")
def import_answers(
    file: Annotated[Path, typer.Argument(help="Answers, CSV with a header or one JSON object a line.")],
    brand: Annotated[str, typer.Option("--brand", help="The brand that was asked about.")] = "",
    survey: Annotated[str, typer.Option(help="What the survey is called; the file's name if not given.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=COLUMN", help="Where score, at, customer or comment stands, as score=Q1."),
    ] = None,
    zone: Annotated[str, typer.Option(help="Zone of dates that bear none; the team's if not given.")] = "",
    date_format: Annotated[str, typer.Option(help="How dates are written, such as %d/%m/%Y.")] = "",
    encoding: Annotated[str, typer.Option(help="One of Python's, such as cp1252; found out if not given.")] = "auto",
    delimiter: Annotated[str, typer.Option(help="What separates CSV columns; found out if not given.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be read, and store nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read survey answers: all that can be read, at once or not at all; reading a file again adds nothing."""
    from listener.cli.imports import columns_of
    from listener.connectors.surveys import SurveyFile, read_answers

    with session() as ours:
        wanted = SurveyFile(
            path=file.expanduser(),
            brand=one_brand(ours, brand),
            survey=survey or file.stem,
            zone=_zone(zone) if zone else zone_of(ours),
            columns=columns_of(column or []),
            date_format=_date_format(date_format),
            encoding=encoding,
            delimiter=delimiter,
        )
        taken = _Taken()
        answers = taken.sift(read_answers(wanted))
        if dry_run:
            for _ in answers:
                pass
        else:
            now = ours.clock.now()
            with ours.store.write() as tx:
                while batch := list(islice(answers, _BATCH)):
                    taken.new += tx.save_answers(batch, now)
    _report(taken, wanted.survey, dry_run=dry_run, as_json=as_json)
    if taken.rejected:
        raise typer.Exit(Exit.PARTIAL)


@nps_app.command()
def forget(
    respondent: Annotated[str, typer.Argument(help="As the survey names them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Erase every answer of somebody, comments too; reading their file again would bring them back."""
    with session() as ours, ours.store.write() as tx:
        gone = tx.forget_answers(respondent)
    if as_json:
        show.emit_json({"forgotten": gone})
    else:
        show.out(f"answers erased: {gone:,}")
    if not gone:
        show.say("nobody of that name answered: names are compared letter by letter")


def brands_of(ours: Session, brand: str) -> list[str]:
    """That brand, or all own ones."""
    return [brand] if brand else [entry.name for entry in ours.settings.brands if not entry.competitor]


def one_brand(ours: Session, brand: str) -> str:
    """The brand named, or the only one there is. Raises `ConfigError`."""
    names = brands_of(ours, known_brand(ours, brand))
    if len(names) != 1:
        raise ConfigError("which brand?", next_step=f"add --brand, one of: {', '.join(names)}")
    return names[0]


def nps_json(key: str, found: Nps) -> dict[str, object]:
    return {
        "key": key,
        "nps": round(found.points, 4),
        "nps_95": [round(found.low, 4), round(found.high, 4)],
        "n": found.n,
        "promoters": found.promoters,
        "passives": found.passives,
        "detractors": found.detractors,
        "bands": list(found.bands),
        "telling": found.telling,
    }


def nps_cells(key: str, found: Nps) -> Mapping[str, object]:
    telling = found.telling
    cells: tuple[object, ...] = (
        key,
        f"{found.points:+.0f}" if telling else "too few to tell",
        f"{found.low:+.0f}" if telling else "",
        f"{found.high:+.0f}" if telling else "",
        found.n,
        found.promoters,
        found.passives,
        found.detractors,
        " or ".join(found.bands) if telling else "",
    )
    return dict(zip(COLUMNS, cells, strict=True))


def said_nps(found: Nps) -> str:
    """`+12 (+3 to +21, n = 340), average or above average`."""
    if not found.telling:
        return f"too few to tell (n = {found.n})"
    return f"{found.points:+.0f} ({found.low:+.0f} to {found.high:+.0f}, n = {found.n}), {' or '.join(found.bands)}"


def nps_legend() -> str:
    return (
        "low and high are the 95 % interval. Bands: under 5 below average, 5 to 10 average, from 10 above average,"
        " from 50 legendary; each that the interval touches is named."
    )


@dataclass
class _Taken:
    """What became of a file's rows; only the first few that can't be read are kept."""

    readable: int = 0
    rejected: int = 0
    new: int = 0
    shown: list[Reject] = field(default_factory=list)

    def sift(self, rows: Iterator[Answer | Reject]) -> Iterator[Answer]:
        from listener.domain.mention import Reject

        for row in rows:
            if isinstance(row, Reject):
                self.rejected += 1
                self.shown += [row][: _SHOWN - len(self.shown)]
            else:
                self.readable += 1
                yield row


def _measured(by: By, answers: list[Answer], ours: Session) -> dict[str, Nps]:
    from listener.insight import nps as measured

    zone = zone_of(ours)
    match by:
        case By.MONTH:
            return measured.by_month(answers, zone)
        case By.WEEK:
            return measured.by_week(answers, zone)
        case By.SURVEY:
            return measured.by_survey(answers)
        case By.ALL:
            return {"all": measured.nps(answers)}


def _report(taken: _Taken, survey: str, *, dry_run: bool, as_json: bool) -> None:
    known = taken.readable - taken.new
    if as_json:
        show.emit_json(
            {
                "survey": survey,
                "readable": taken.readable,
                "new": None if dry_run else taken.new,
                "known": None if dry_run else known,
                "rejected": taken.rejected,
                "rejects": [{"position": one.position, "reason": one.reason} for one in taken.shown],
            }
        )
        return
    if dry_run:
        show.out(f"answers: {taken.readable:,} can be read, {taken.rejected:,} can't; nothing was stored")
    else:
        show.out(f"answers: {taken.new:,} added, {known:,} known already, {taken.rejected:,} can't be read")
    for one in taken.shown:
        show.out(f"  {one.position}: {one.reason}")
    if taken.rejected > len(taken.shown):
        show.out(f"  … and {taken.rejected - len(taken.shown):,} more")


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ConfigError(f"--zone {name!r} is no time zone", next_step="use an IANA name, such as UTC") from error


def _date_format(text: str) -> str:
    from listener.domain.mappings import bad_date_format

    if text and (wrong := bad_date_format(text)):
        raise ConfigError(f"--date-format {text!r}: {wrong}", next_step="for example --date-format %d/%m/%Y")
    return text

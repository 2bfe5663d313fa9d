"""The lead's view: how each queue or agent stands, how fast it went, and the cases behind every figure."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.case_words import NARROW
from listener.cli.export import Column, Kind, export
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.session import Session, session
from listener.domain.board import BoardBy, BoardCase, BoardView, Figure
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.triage.board import BoardLine, Pace

COLUMNS = (
    Column("id", Kind.WHOLE),
    Column("brand"),
    Column("platform"),
    Column("queue"),
    Column("state"),
    Column("reason"),
    Column("band"),
    Column("priority", Kind.NUMBER),
    Column("escalated", Kind.TRUTH),
    Column("holder"),
    Column("author"),
    Column("opened_at", Kind.INSTANT),
    Column("first_reply_at", Kind.INSTANT),
    Column("first_reply_by"),
    Column("first_reply_minutes", Kind.NUMBER),
    Column("resolved_at", Kind.INSTANT),
    Column("resolved_by"),
    Column("resolution_minutes", Kind.NUMBER),
    Column("reopened", Kind.WHOLE),
    Column("posts", Kind.WHOLE),
    Column("tags", Kind.LIST),
    Column("incident", Kind.WHOLE),
    Column("waits_for_author", Kind.TRUTH),
    Column("due_at", Kind.INSTANT),
    Column("breached", Kind.LIST),
    Column("snoozed_until", Kind.INSTANT),
    Column("url"),
)
TEXT = Column("text")
LISTED = ("id", "band", "queue", "state", "holder", "author", "opened", "reply", "fix", "headline")
LISTED_NARROW = ("id", "band", "queue", "reply", "fix", "headline")
NOBODY = "(nobody)"
NONE = "–"
_NOW = ("open", "unassigned", "snoozed", "waiting", "breached", "breaching")


def board(
    by: Annotated[BoardBy, typer.Option(help="What a line is.")] = BoardBy.QUEUE,
    queue: Annotated[str, typer.Option(help="Only this queue.")] = "",
    agent: Annotated[str | None, typer.Option(help="Only this agent's cases; an empty name: nobody's.")] = None,
    brand: BrandName = "",
    platform: Annotated[str, typer.Option(help="Only this platform.")] = "",
    since: Annotated[str, typer.Option(help="First day of the stretch, YYYY-MM-DD.")] = "",
    until: Annotated[str, typer.Option(help="Its last day, YYYY-MM-DD; today if not given.")] = "",
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="How many days; 7 if nothing is given.")] = None,
    cases: Annotated[Figure | None, typer.Option(help="List exactly the cases behind this figure.")] = None,
    to: Annotated[Path | None, typer.Option("--export", help="Write one row a case: .csv, .jsonl, .parquet.")] = None,
    with_text: Annotated[bool, typer.Option("--with-text", help="Export the post that weighs most, too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write the pages of `listener web` into this folder, to be opened offline.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """How each queue stands now and how fast it went; every figure opens into its cases."""
    if html is not None:
        _pages(html)
        return
    if cases is Figure.OPENED and agent is not None:
        raise ConfigError("nobody opens a case: leave out --agent, or ask for another figure")
    with session() as ours:
        zone = zone_of(ours)
        window = window_of(since, until, days, ours.clock.now(), zone)
        view = BoardView(
            now=ours.clock.now(),
            since=window.since,
            until=window.until,
            queue=queue,
            brand=known_brand(ours, brand),
            platform=platform,
            agent=agent,
        )
        if to is not None:
            _export(ours, view, cases, to, with_text=with_text, force=force)
        elif cases is not None:
            _list(ours, view, cases, as_json=as_json, with_text=with_text)
        else:
            _show(ours, view, by, as_json=as_json)
    if to is None:
        first, last = view.since.astimezone(zone), view.until.astimezone(zone)
        show.say(f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} {zone.key}; waits in business time, median / p90")


def _pages(folder: Path) -> None:
    from listener.web.offline import write_board

    with session() as ours, ours.store.read() as reads:
        written = write_board(folder, ours.settings, reads, ours.clock.now())
    show.say(f"{written} pages in {folder}: open {folder / 'today.html'}; they hold what customers wrote")


def _show(ours: Session, view: BoardView, by: BoardBy, *, as_json: bool) -> None:
    from listener.triage.board import lines

    with ours.store.read() as reads:
        standings, flow = reads.standings(view, by), reads.flow(view, by)
    found = lines(standings, flow, by, ours.settings.triage.sla)
    if as_json:
        show.emit_rows((), (_line_json(line, by) for line in found), as_json=True)
    elif sys.stdout.isatty():
        _emit([_now_cells(line, by, view) for line in found], by)
        _emit([_flow_cells(line, by) for line in found], by)
    else:
        _emit([_line_json(line, by) for line in found], by)
    if not found:
        show.say("No case is open, and none came in or was worked in this stretch.")


def _emit(rows: list[dict[str, object]], by: BoardBy) -> None:
    show.emit_rows(tuple(rows[0]) if rows else (by.value,), rows, as_json=False, wide=by.value)


def _now_cells(line: BoardLine, by: BoardBy, view: BoardView) -> dict[str, object]:
    from listener.triage.card_words import span

    stand = line.standing
    oldest = f"{span(view.now - stand.oldest_at)} #{stand.oldest_id}" if stand.oldest_at else NONE
    return {by.value: stand.key or NOBODY, **{name: getattr(stand, name) for name in _NOW}, "oldest": oldest}


def _flow_cells(line: BoardLine, by: BoardBy) -> dict[str, object]:
    rate = line.reopen_rate
    return {
        by.value: line.standing.key or NOBODY,
        "opened": NONE if line.opened is None else line.opened,
        "answered": line.answered.n,
        "first reply": _pace(line.answered),
        "resolved": line.resolved.n,
        "resolution": _pace(line.resolved),
        "reopened": NONE if rate is None else f"{line.reopened} ({rate:.0%})",
    }


def _pace(pace: Pace) -> str:
    """Median and 90th percentile."""
    return f"{_wait(pace.median)} / {_wait(pace.p90)}" if pace.n else NONE


def _wait(minutes: float | None) -> str:
    """Business minutes up to two hours, then business hours: a business day is as long as a queue makes it."""
    if minutes is None:
        return NONE
    if minutes < 120:
        return f"{minutes:.0f}m"
    return f"{minutes / 60:.1f}h" if minutes < 6000 else f"{minutes / 60:.0f}h"


def _line_json(line: BoardLine, by: BoardBy) -> dict[str, object]:
    stand = line.standing
    return {
        by.value: stand.key,
        "total": line.total,
        **{name: getattr(stand, name) for name in _NOW},
        "oldest_at": stand.oldest_at,
        "oldest_case": stand.oldest_id,
        "opened": line.opened,
        "answered": line.answered.n,
        "first_reply_median_minutes": line.answered.median,
        "first_reply_p90_minutes": line.answered.p90,
        "resolved": line.resolved.n,
        "resolution_median_minutes": line.resolved.median,
        "resolution_p90_minutes": line.resolved.p90,
        "reopened": line.reopened,
        "reopen_rate": None if line.reopen_rate is None else round(line.reopen_rate, 4),
    }


def _list(ours: Session, view: BoardView, figure: Figure, *, as_json: bool, with_text: bool) -> None:
    from listener.triage.board import facts

    policy = ours.settings.triage
    with ours.store.read() as reads:
        found = reads.board_cases(view, figure)
        if as_json:
            show.emit_rows((), _rows(ours, view, found, with_text=with_text), as_json=True)
        else:
            rows = ({**facts(row, view, policy), "text": row.case.headline} for row in found)
            show.emit_rows(_listed_columns(), map(_listed, rows), as_json=False, wide="headline")


def _listed_columns() -> tuple[str, ...]:
    narrow = sys.stdout.isatty() and show.console().width < NARROW
    return LISTED_NARROW if narrow else LISTED


def _listed(row: dict[str, object]) -> dict[str, object]:
    from listener.triage.card_words import ERASED

    reply, fix = row["first_reply_minutes"], row["resolution_minutes"]
    return {
        **row,
        "author": f"@{row['author']}" if row["author"] else ERASED,
        "opened": row["opened_at"],
        "reply": _wait(reply) if isinstance(reply, float) else NONE,
        "fix": _wait(fix) if isinstance(fix, float) else NONE,
        "headline": row["text"],
    }


def _rows(
    ours: Session, view: BoardView, found: Iterable[BoardCase], *, with_text: bool
) -> Iterator[dict[str, object]]:
    from listener.triage.board import facts

    for row in found:
        text = {TEXT.name: row.case.headline} if with_text else {}
        yield {**facts(row, view, ours.settings.triage), **text}


def _export(ours: Session, view: BoardView, figure: Figure | None, to: Path, *, with_text: bool, force: bool) -> None:
    columns = (*COLUMNS, TEXT) if with_text else COLUMNS
    with ours.store.read() as reads:
        rows = _rows(ours, view, reads.board_cases(view, figure), with_text=with_text)
        written = export(to, columns, rows, force=force)
    show.say(f"{written} cases written to {to}")

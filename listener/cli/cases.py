"""`listener cases`: what happened to cases in a day or week, one row a case."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, known_brand
from listener.cli.periods import Day, Week, listed_window
from listener.cli.session import session
from listener.lists.cases import COLUMNS, What, happened
from listener.reports.rows import write_csv


def cases(
    what: Annotated[What, typer.Argument(help="What happened to them; late: the first answer was due and not given.")],
    brand: BrandName = "",
    day: Day = "",
    week: Week = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a case.")] = False,
) -> None:
    """List the cases that were opened, answered, late or resolved in a day or week."""
    with session() as ours, ours.store.read() as reads:
        name, window = known_brand(ours, brand), listed_window(day, week, reads, ours)
        rows = happened(ours.settings, reads, what, name, window, ours.clock.now())
    if as_csv:
        write_csv(sys.stdout, COLUMNS, rows)
    else:
        show.emit_rows(COLUMNS, rows, as_json=as_json, wide="headline")
    show.say(f"{len(rows):,} cases {what}; read one with: listener case show ID")

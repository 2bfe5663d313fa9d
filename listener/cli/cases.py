"""`listener cases`: what happened to cases in a day or week, one row a case."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.export import write_csv
from listener.cli.insight import BrandName, known_brand
from listener.cli.periods import Day, Week, listed_window
from listener.cli.session import session

if TYPE_CHECKING:
    from listener.domain.stored import CaseFacts

COLUMNS = ("id", "brand", "queue", "reason", "state", "opened", "due", "answered", "resolved", "handle", "headline")


class What(StrEnum):
    """What happened."""

    OPENED = "opened"
    ANSWERED = "answered"
    LATE = "late"
    RESOLVED = "resolved"


def cases(
    what: Annotated[What, typer.Argument(help="What happened to them; late: the first answer was due and not given.")],
    brand: BrandName = "",
    day: Day = "",
    week: Week = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a case.")] = False,
) -> None:
    """List the cases that were opened, answered, late or resolved in a day or week."""
    from listener.insight.casework import happened
    from listener.insight.usual import SEARCHED

    with session() as ours, ours.store.read() as reads:
        name, window = known_brand(ours, brand), listed_window(day, week, reads, ours)
        own = {entry.name for entry in ours.settings.brands if not entry.competitor}
        facts = reads.case_facts(window.since - SEARCHED, window.until, name)
        known = [fact for fact in facts if fact.brand == name or (not name and fact.brand in own)]
        rows = [_row(fact) for fact in happened(known, what.value, window, ours.clock.now())]
    if as_csv:
        write_csv(sys.stdout, COLUMNS, rows)
    else:
        show.emit_rows(COLUMNS, rows, as_json=as_json, wide="headline")
    show.say(f"{len(rows):,} cases {what}; read one with: listener case show ID")


def _row(fact: CaseFacts) -> dict[str, object]:
    cells = (
        fact.id, fact.brand, fact.queue, fact.reason, fact.state, fact.opened_at, fact.due_at, fact.first_reply_at,
        fact.resolved_at, fact.handle, fact.headline,
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))

"""`listener mentions`: the posts, or the people, that a number counts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, known_brand
from listener.cli.periods import Day, Since, Until, Week, listed_window
from listener.cli.session import session
from listener.lists.posts import PostsAsked, Said, Stand, rows
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from listener.lists import Row

SHOWN = 50
"""Rows on a terminal unless asked for more; a pipe, JSON and CSV get all."""


def mentions(
    brand: BrandName = "",
    label: Annotated[Said, typer.Option(help="Only posts of this label or mood; reposts stand apart.")] = Said.ALL,
    day: Day = "",
    week: Week = "",
    since: Since = "",
    until: Until = "",
    tag: Annotated[str, typer.Option(help="Only posts with this tag, such as touchpoint:deliver.")] = "",
    words: Annotated[str, typer.Option(help="Only the people whose complaint says this, as the digest has it.")] = "",
    stance: Annotated[Stand, typer.Option(help="Only the people who stand so, by their latest word.")] = Stand.ANY,
    people: Annotated[bool, typer.Option("--people", help="A row an author instead of a row a post.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many; 50 on a terminal, else all.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """List the posts, or the people, behind a number: of a day, week or stretch, brand and label; oldest first."""
    with session() as ours, ours.store.read() as reads:
        asked = PostsAsked(
            window=listed_window(day, week, reads, ours, since, until),
            brand=known_brand(ours, brand),
            label=label,
            tag=tag,
            words=words,
            stance=stance,
            people=people,
        )
        asked.refuse_nonsense()
        columns, found = asked.columns, rows(ours.settings, reads, asked)
        most = limit or (SHOWN if sys.stdout.isatty() and not (as_csv or as_json) else None)
        shown = _Counted(islice(found, most))
        if as_csv:
            write_csv(sys.stdout, columns, shown)
        else:
            show.emit_rows(columns, shown, as_json=as_json, wide="" if people else "text")
        more = next(found, None) is not None
    what = "people" if people else "posts"
    show.say(f"{shown.rows:,} {what}" + ("; there are more: --limit N" if more else ""))


class _Counted:
    """Rows as they pass, and how many did."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows_left = rows
        self.rows = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows_left:
            self.rows += 1
            yield row

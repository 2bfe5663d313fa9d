"""`listener search`: posts that say something, newest first."""

from __future__ import annotations

import sys
from shlex import quote
from typing import Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, known_brand
from listener.cli.session import session
from listener.reports.rows import write_csv


def search(
    words: Annotated[list[str], typer.Argument(help="Words that a post must all bear; @name: by that author.")],
    brand: BrandName = "",
    before: Annotated[str, typer.Option(help="Go on further back, where an earlier search says it ended.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most this many.")] = 50,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a post.")] = False,
) -> None:
    """Find posts by their words, newest first; one search reads the newest ten thousand and says where to go on."""
    from listener.lists.search import COLUMNS
    from listener.lists.search import search as look

    text = " ".join(words)
    with session() as ours, ours.store.read() as reads:
        found = look(ours.settings, reads, text, known_brand(ours, brand), before, limit)
    if as_csv:
        write_csv(sys.stdout, COLUMNS, found.rows)
    else:
        show.emit_rows(COLUMNS, found.rows, as_json=as_json, wide="text")
    of_brand = f" --brand {quote(brand)}" if brand else ""
    further = f"; further back: listener search {quote(text)}{of_brand} --before {found.before}" if found.before else ""
    show.say(f"{len(found.rows)} posts{further}")

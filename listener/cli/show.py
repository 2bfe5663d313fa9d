"""How the command line speaks: data on stdout (a table for people, TSV in a pipe, JSON on demand), narration on stderr.

Every string passes `hide`, so that it holds no secret of ours, and `visible`, so that no control character of a
stranger reaches the terminal; JSON is pure ASCII.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from listener.domain.text import visible
from listener.redaction import hide, is_clean
from listener.reports.rows import plain

if TYPE_CHECKING:
    from rich.console import Console


def out(line: str = "") -> None:
    """One line of data; hidden characters are spelled out."""
    sys.stdout.write(visible(hide(line), 100_000) + "\n")


def say(line: str) -> None:
    """One line of narration, on stderr."""
    sys.stderr.write(visible(hide(line), 100_000) + "\n")


def emit_json(value: object) -> None:
    """One JSON value on one line; instants as ISO 8601 with Z."""
    sys.stdout.write(hide(json.dumps(value, default=plain)) + "\n")


def emit_rows(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, as_json: bool, wide: str = "") -> None:
    """Rows as JSON lines, as a table on a terminal, or as TSV in a pipe. `wide` names the column that may fold."""
    if as_json:
        for row in rows:
            emit_json(row)
    elif sys.stdout.isatty():
        _table(columns, rows, wide)
    else:
        sys.stdout.write("\t".join(columns) + "\n")
        for row in rows:
            cells = [cell(row.get(c)) for c in columns]
            if not is_clean("\n".join(cells)):
                cells = [hide(one) for one in cells]
            # Not through `out`, which spells out tabs as well; `visible` leaves none inside a cell.
            sys.stdout.write("\t".join(map(visible, cells)) + "\n")


def cell(value: object) -> str:
    """A value as people read it; None is empty."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
    return str(value)


def console() -> "Console":
    """Rich's console on stdout without markup, emoji codes or highlighting; NO_COLOR is honoured by Rich."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, soft_wrap=False)


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, object]], wide: str) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    # One space less on each side than Rich's own: at 80 columns the wide column needs them.
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=bool(wide))
    for column in columns:
        if column == wide:
            table.add_column(Text(column), ratio=1, no_wrap=True, overflow="ellipsis")
        else:
            table.add_column(Text(column), no_wrap=True)
    for row in rows:
        table.add_row(*(Text(visible(hide(cell(row.get(column))))) for column in columns))
    console().print(table)

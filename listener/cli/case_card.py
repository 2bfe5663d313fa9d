"""A card's lines on a terminal or in a pipe; what they say is `listener.triage.card`'s."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from listener.cli import show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from listener.triage.card import Line


def print_lines(lines: Iterable[Line]) -> None:
    """Styled and wrapped on a terminal, plain in a pipe."""
    if not sys.stdout.isatty():
        for line in lines:
            show.out("".join(text for text, _ in line))
        return
    from rich.padding import Padding
    from rich.text import Text

    from listener.triage.card import INDENT

    console = show.console()
    for line in lines:
        indented = line[:1] == (INDENT,)
        text = Text.assemble(*line[1:] if indented else line)
        console.print(Padding(text, (0, 0, 0, len(INDENT[0]))) if indented else text)

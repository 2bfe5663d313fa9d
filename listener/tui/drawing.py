"""Pieces of text become lines of the terminal: cut, wrapped and drawn, and never read as markup."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from listener.triage.card import INDENT, Line

_WORDS = re.compile(r"\s*\S+|\s+")


class Drawn(Widget):
    """A widget made of lines; a subclass says what stands on each."""

    def line(self, y: int) -> Line:
        """The pieces of one line of the widget, counted from 0; they are cut to its width."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        return strip(self.line(y), self.size.width, self.rich_style)


class Bar(Drawn):
    """One line, as it was last told."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._pieces: Line = ()

    def line(self, y: int) -> Line:
        return self._pieces if y == 0 else ()

    def tell(self, *pieces: tuple[str, str]) -> None:
        """Show these, at once."""
        if pieces != self._pieces:
            self._pieces = pieces
            self.refresh()

    @property
    def text(self) -> str:
        """What it says, without its styles."""
        return "".join(text for text, _ in self._pieces)


def strip(line: Line, width: int, base: Style) -> Strip:
    """One line in its styles over the widget's own, exactly `width` cells long."""
    segments = [Segment(text, base + _style(style) if style else base) for text, style in line if text]
    return Strip(segments).adjust_cell_length(width, base)


@lru_cache(maxsize=256)
def _style(words: str) -> Style:
    return Style.parse(words)


def cell(text: str, width: int) -> str:
    """Exactly `width` cells; what doesn't fit ends in an ellipsis."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width) if width > 0 else ""


def wrapped(line: Line, width: int) -> list[Line]:
    """The line folded between words; an author's words stay indented."""
    if line[:1] == (INDENT,):
        return [(INDENT, *folded) for folded in wrapped(line[1:], max(1, width - len(INDENT[0])))]
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0
    for word, style in _words(line, max(1, width)):
        if used and used + cell_len(word.rstrip()) > width:
            lines.append([])
            used, word = 0, word.lstrip()
        lines[-1].append((word, style))
        used += cell_len(word)
    return [tuple(pieces) for pieces in lines]


def _words(line: Line, width: int) -> Iterator[tuple[str, str]]:
    """Words with the white space before them; one that is wider than the line comes in parts."""
    for text, style in line:
        for word in _WORDS.findall(text):
            if cell_len(word) <= width:
                yield word, style
            else:
                yield from ((part, style) for part in chop_cells(word, width))

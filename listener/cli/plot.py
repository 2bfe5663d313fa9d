"""Rows as bars of text, for a terminal of any width and for a pipe."""

import shutil
from collections.abc import Sequence

from listener.domain.text import visible

EIGHTHS = " ▏▎▍▌▋▊▉"
FULL, PASSED_ON = "█", "░"
NARROWEST = 10
"""Cells of the longest bar, at least."""
LONGEST_KEY = 24


def plotted(rows: Sequence[tuple[str, int, int]], width: int) -> list[str]:
    """(key, own words, passed on) as one line each: the key, a bar of both, the two numbers; `width` in cells."""
    keys = [visible(key, LONGEST_KEY)[:LONGEST_KEY] or "(unknown)" for key, _, _ in rows]
    numbers = [f"{own:,} + {more:,}" if more else f"{own:,}" for _, own, more in rows]
    left, right = max(map(len, keys), default=0), max(map(len, numbers), default=0)
    room = max(NARROWEST, width - left - right - 4)
    most = max((own + more for _, own, more in rows), default=0)
    return [
        f"{key:<{left}}  {_bar(own, more, most, room):<{room}}  {number:>{right}}".rstrip()
        for key, number, (_, own, more) in zip(keys, numbers, rows, strict=True)
    ]


def terminal_width() -> int:
    """Of the terminal, or 80 cells in a pipe."""
    return shutil.get_terminal_size((80, 24)).columns


def _bar(own: int, more: int, most: int, room: int) -> str:
    if not most:
        return ""
    eighths = round(own * room * 8 / most)
    solid = FULL * (eighths // 8) + EIGHTHS[eighths % 8].strip()
    if own and not solid:
        solid = EIGHTHS[1]
    return solid + PASSED_ON * min(room - len(solid), round(more * room / most))

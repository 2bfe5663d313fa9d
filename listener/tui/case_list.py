"""The list: a line a case, the cursor, and what is new."""

from collections.abc import Mapping, Sequence

from textual import events
from textual.message import Message

from listener.domain.case import Case
from listener.domain.text import visible
from listener.triage.card import Line, Reader
from listener.triage.card_words import ERASED, due, headline_of, span
from listener.triage.priority import band, points_now, waiting_since
from listener.tui.drawing import Drawn, cell

NARROW = {"case": 6, "priority": 9, "age": 4, "due": 9, "on": 8, "author": 11, "label": 14}
"""Cells of each column, the space behind it included; the words of the post take what is left."""
WIDE = {"case": 7, "priority": 13, "age": 4, "due": 13, "on": 11, "author": 18, "label": 15, "queue": 11}
"""With the points and the queue."""
MARKED = 1_000
"""Cases that can be marked as new."""
ROOMY = 104
"""Cells from which on the wide columns leave the words room."""
STYLES = {"urgent": "bold red", "high": "bold yellow", "low": "dim"}


class CaseList(Drawn):
    """Draws the rows that fit; moving the cursor redraws those and nothing else."""

    class Chosen(Message):
        """A case was pointed at."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.cases: Sequence[Case] = ()
        self.fresh: set[int] = set()
        """Came in since the agent last looked at them."""
        self.reader: Reader | None = None
        self.cursor = 0
        self._top = 0

    @property
    def chosen(self) -> Case | None:
        return self.cases[self.cursor] if 0 <= self.cursor < len(self.cases) else None

    @property
    def rows(self) -> int:
        """Cases that fit."""
        return max(1, self.size.height - 1)

    def show(self, cases: Sequence[Case], cursor: int, reader: Reader) -> None:
        """Other cases; the one under the cursor stays on its line of the screen."""
        line = self.cursor - self._top
        self.cases, self.reader = cases, reader
        self.cursor = min(max(cursor, 0), max(0, len(cases) - 1))
        self._top = self.cursor - line
        self._settle()

    def mark(self, came: set[int]) -> None:
        """These are new; of all that were, only the latest are remembered, since a desk stays open for days."""
        self.fresh = set(sorted(self.fresh | came)[-MARKED:])

    def go_to(self, cursor: int) -> None:
        """Move the cursor, and as many lines as that needs."""
        self.cursor = min(max(cursor, 0), max(0, len(self.cases) - 1))
        self._settle()

    def _settle(self) -> None:
        low, high = self.cursor - self.rows + 1, self.cursor
        last = max(0, len(self.cases) - self.rows)
        self._top = min(max(min(max(self._top, low), high), 0), max(last, low))
        self.refresh()

    def on_resize(self) -> None:
        self._settle()

    def on_click(self, event: events.Click) -> None:
        at = self._top + event.y - 1
        if event.y > 0 and at < len(self.cases):
            self.post_message(self.Chosen(at))

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Chosen(self.cursor + 1))

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Chosen(self.cursor - 1))

    def line(self, y: int) -> Line:
        if y == 0:
            return self._heads()
        at = self._top + y - 1
        if self.reader is None or not 0 <= at < len(self.cases):
            return ()
        case = self.cases[at]
        line = row(case, self.reader, self.size.width, fresh=case.id in self.fresh, chosen=at == self.cursor)
        # Reversed as a whole: a row that is marked by more than its colour.
        return tuple((text, f"{style} reverse") for text, style in line) if at == self.cursor else line

    def _heads(self) -> Line:
        heads = "".join(cell(name, width) for name, width in columns(self.size.width).items())
        return ((cell(f"  {heads}what they say", self.size.width), "bold underline"),)


def columns(width: int) -> Mapping[str, int]:
    """Name → cells, for a list this wide."""
    return WIDE if width >= ROOMY else NARROW


def row(case: Case, reader: Reader, width: int, *, fresh: bool, chosen: bool) -> Line:
    """One case in columns; who holds it stands before its words."""
    holder = case.holder(reader.now)
    mine = bool(holder) and holder == reader.agent
    quiet = "dim" if holder and not mine else "bold" if mine or fresh else ""
    owed = due(case, reader.policy, reader.now)
    name = band(case.priority, reader.policy)
    style = {"priority": STYLES.get(name, ""), "due": "bold red" if "over " in owed else ""}
    said = {
        "case": str(case.id),
        "priority": _priority(case, name, reader, width),
        "age": span(reader.now - waiting_since(case, reader.policy)),
        "due": owed if columns(width) is WIDE else _short(owed),
        "on": visible(case.platform, 40),
        "author": f"@{visible(case.handle, 60)}" if case.handle else ERASED,
        "label": f"{case.reason} {sureness(case, reader)}",
        "queue": visible(case.queue, 40),
    }
    wide = columns(width)
    held = f"[{'you' if mine else visible(holder, 40)}] " if holder else ""
    rest = width - sum(wide.values()) - 2
    return (
        (f"{'>' if chosen else ' '}{'*' if mine else '+' if fresh else ' '}", "bold"),
        *((f"{cell(said[column], cells - 1)} ", style.get(column) or quiet) for column, cells in wide.items()),
        (cell(held + visible(headline_of(case, covered=reader.covers(case.id)), 400), max(0, rest)), quiet),
    )


def _priority(case: Case, name: str, reader: Reader, width: int) -> str:
    points = f" {points_now(case, reader.now, reader.policy):.0f}" if columns(width) is WIDE else ""
    return f"{visible(name, 8)}{'!' if case.escalated else ''}{points}"


def _short(owed: str) -> str:
    """`over 2h` and `in 2h` of the first answer stay; of another promise they become `next -2h`, `solve 2h`."""
    first = owed.startswith(("in ", "over "))
    return owed if first else owed.replace("over ", "-").replace("in ", "")


def sureness(case: Case, reader: Reader) -> str:
    """How sure the label is, from the points it brought; 99 % at most, empty where no classifier has read it."""
    weight = reader.policy.weights.get("confidence", 0.0)
    points = case.terms.get("confidence", 0.0)
    return f"{min(0.99, points / weight):.0%}" if weight > 0 and points > 0 else ""

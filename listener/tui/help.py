"""All keys on one page, and the command that does the same."""

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from listener.triage.card import Line
from listener.tui.drawing import Drawn, cell
from listener.tui.keys import MOVING, OTHER, WORKING, Key

HELP = "help"
"""Under which the program knows the page."""

SIGNS: tuple[Line, ...] = (
    (
        ("The list  ", "bold"),
        (">", "bold"),
        (" chosen  ", ""),
        ("*", "bold"),
        (" yours  ", ""),
        ("+", "bold"),
        (" new  ", ""),
        ("[bob]", "bold"),
        (" has it  ", ""),
        ("!", "bold"),
        (" escalated  ", ""),
        ("over 2h", "bold"),
        (" late", ""),
    ),
    (("Every key is also a command, beside it: for scripts and screen readers.", "dim"),),
)


def help_lines() -> list[Line]:
    """What to do first, then every key."""
    first: Line = (
        ("A day  ", "bold"),
        ("n", "reverse"),
        (" take a case  ", ""),
        ("r", "reverse"),
        (" reply  ", ""),
        ("d", "reverse"),
        (" done, or ", ""),
        ("s", "reverse"),
        (" later  ", ""),
        ("u", "reverse"),
        (" undo. Then ", ""),
        ("n", "reverse"),
        (" again.", ""),
    )
    lines: list[Line] = [first, *SIGNS]
    for head, keys in (("Working", WORKING), ("Moving", MOVING), ("Other", OTHER)):
        lines.append(((head, "bold underline"),))
        lines += [_key(key) for key in keys]
    return lines


def _key(key: Key) -> Line:
    return ((f" {cell(key.shown, 6)}", "bold"), (cell(key.help, 36), ""), (key.command, "dim"))


class _Page(Drawn):
    DEFAULT_CSS = "_Page { width: 100%; height: 1fr; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.lines = help_lines()
        self._top = 0

    def scroll_lines(self, by: int) -> bool:
        """False where there is nothing more to see."""
        top = min(max(0, self._top + by), max(0, len(self.lines) - self.size.height))
        moved, self._top = top != self._top, top
        self.refresh()
        return moved

    def line(self, y: int) -> Line:
        at = self._top + y
        return self.lines[at] if at < len(self.lines) else ()


class _Foot(Drawn):
    DEFAULT_CSS = "_Foot { height: 1; }"

    def line(self, y: int) -> Line:
        return ((" space ", "reverse"), (" more  ", ""), (" any other key ", "reverse"), (" back to the desk", ""))


class HelpScreen(ModalScreen[None]):
    """Space reads on; any other key goes back."""

    DEFAULT_CSS = "HelpScreen { background: $surface; }"

    def compose(self) -> ComposeResult:
        self.page = _Page()
        yield self.page
        yield _Foot()

    def on_screen_resume(self) -> None:
        self.page.scroll_lines(-len(self.page.lines))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        step = {"j": 1, "down": 1, "k": -1, "up": -1, "space": 10, "pagedown": 10, "pageup": -10}.get(event.key)
        if step is None or (event.key == "space" and not self.page.scroll_lines(step)):
            self.dismiss()
        elif event.key != "space":
            self.page.scroll_lines(step)

"""The desk as a program: one screen, and every verb by name in the command palette."""

from collections.abc import Iterable
from functools import partial

from textual import constants
from textual.app import App, SystemCommand
from textual.screen import Screen

from listener.tui.clerk import Seat
from listener.tui.help import HELP, HelpScreen
from listener.tui.keys import KEYS
from listener.tui.view import View
from listener.tui.working import WorkScreen


def is_served() -> bool:
    """Whether a server such as `textual serve` draws the desk, so that there is no terminal to ask for."""
    return bool(constants.DRIVER)


class DeskApp(App[None]):
    """`listener desk`."""

    TITLE = "listener desk"
    ENABLE_COMMAND_PALETTE = True
    # One for all: Textual keeps the drawn lines of the last thousand widgets, gone ones too, 300 kB a page of help.
    SCREENS = {HELP: HelpScreen}  # noqa: RUF012 - Textual's own way to say it
    CSS = """
    #top, #told, #hints { height: 1; }
    #top { background: $primary-darken-2; color: $text; }
    #told { background: $surface; }
    #body { height: 1fr; layout: vertical; }
    #left { height: 45%; }
    #list { height: 1fr; }
    Bar, CaseList, CardView, _Said { width: 100%; }
    #card { height: 1fr; }
    #prompt { height: auto; background: $boost; }
    .-wide #body { layout: horizontal; }
    .-wide #left { width: 58%; height: 1fr; }
    .-wide #card { width: 42%; padding: 0 0 0 1; }
    """

    def __init__(self, seat: Seat, view: View | None = None) -> None:
        super().__init__()
        self.seat = seat
        self.desk = WorkScreen(seat, view or View())
        self.fault: Exception | None = None
        """The bug that ended the program, for whoever ran it to report."""

    def get_default_screen(self) -> Screen[None]:
        return self.desk

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        if screen is self.desk:
            for key in KEYS:
                if key.id != "palette":
                    title = f"{key.words[:1].upper()}{key.words[1:]} ({key.shown})"
                    yield SystemCommand(title, key.help, partial(self.desk.run_action, key.action))
        yield SystemCommand("Colours", "Another theme", self.action_change_theme)

    def _handle_exception(self, error: Exception) -> None:
        """Textual would print a page of local variables, strangers' words among them."""
        self.fault = self.fault or error
        super()._handle_exception(error)
        self._exit_renderables.clear()

"""`listener desk`: the queue and its cases on one screen of the terminal."""

import sys
from typing import Annotated

import typer

from listener.cli.case_acts import As, acting
from listener.cli.sending import say_unsent, sender_of
from listener.errors import ConfigError

INSTALL = "pip install 'social-support-listener[tui]'"


def desk(
    queue: Annotated[str, typer.Option(help="Only this queue.")] = "",
    mine: Annotated[bool, typer.Option("--mine", help="Begin with the cases you hold.")] = False,
    as_agent: As = "",
) -> None:
    """Work the queue in the terminal: read, claim, reply, snooze, resolve, with one key each; ? shows all."""
    try:
        from listener.tui.app import DeskApp, is_served
        from listener.tui.clerk import Seat
        from listener.tui.view import Scope, View
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("textual", "rich"):
            raise
        raise ConfigError("the desk needs Textual, which isn't installed", next_step=INSTALL) from error
    # A browser's desk has no terminal either: `textual serve` names its driver.
    if not is_served() and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("the desk needs a terminal", next_step="in a pipe: listener inbox, listener case show ID")
    with acting(as_agent) as at:
        ours = at.ours
        seat = Seat(store=ours.store, settings=ours.settings, clock=ours.clock, agent=at.agent, sender=sender_of(ours))
        app = DeskApp(seat, View(scope=Scope.MINE if mine else Scope.ALL, queue=queue))
        app.run()
        say_unsent(ours)
    if app.fault is not None:
        raise app.fault

"""`listener web`: the board for leads, in a browser; it only reads."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from listener.cli import show
from listener.cli.serving import lacking, serve
from listener.cli.session import load_settings
from listener.clock import SystemClock


def web(
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's need a token or a proxy.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)] = 8075,
) -> None:
    """Serve pages for leads until stopped: today, queue, alerts, loyalty, drivers, advocates, search, one case."""
    try:
        from listener.web.board import Board, Reading, server
        from listener.web.guard import Guard, refuse_exposed
    except ModuleNotFoundError as error:
        raise lacking(error, "web") from error
    from listener.store import open_store

    settings = load_settings()
    refuse_exposed(settings.web, host)
    reading = Reading(
        None if settings.on_server else settings.database, partial(open_store, settings.place, read_only=True)
    )
    reading.store()  # what can't be read is said now, and not on the first page
    board = Board(settings, reading, SystemClock(), Guard(settings.web, host))
    shown = f"[{host}]" if ":" in host else host
    show.say(f"http://{shown}:{port}/ shows the board, and changes nothing; stop it with Ctrl-C")
    try:
        serve(server(board, host=host, port=port), host, port)
    finally:
        reading.close()

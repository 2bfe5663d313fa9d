"""`listener webhook`: takes what Meta tells of pages and accounts, for the sources that read them."""

from __future__ import annotations

from typing import Annotated

import typer

from listener.cli import show
from listener.cli.narrate import log_lines
from listener.cli.serving import is_loopback, lacking, serve
from listener.cli.session import load_settings
from listener.clock import SystemClock


def webhook(
    host: Annotated[str, typer.Option(help="Address to listen on; any but this machine's own needs TLS in front.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)] = 8090,
) -> None:
    """Receive events of Facebook and Instagram and keep them for the next poll; Ctrl-C or SIGTERM ends it."""
    try:
        from listener.web.inboxes import inboxes
        from listener.web.serving import server
        from listener.web.webhook import PATH
    except ModuleNotFoundError as error:
        raise lacking(error) from error
    settings = load_settings()
    serving = server(settings, SystemClock(), host=host, port=port)
    for inbox in inboxes(settings):
        show.say(f"{inbox.source}: events of {inbox.platform} {inbox.account}")
    if not is_loopback(host):
        show.say("Anybody who reaches this address is heard out: put a proxy with TLS in front, and nothing else.")
    show.say(
        f"listening on http://{host}:{port}{PATH}; Meta tells only https addresses: let a proxy with TLS pass it on"
    )
    with log_lines(settings.log_level):
        serve(serving, host, port)

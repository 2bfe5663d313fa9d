"""`listener webhook`: takes what Meta tells of pages and accounts, for the sources that read them."""

from __future__ import annotations

import signal
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.narrate import log_lines
from listener.cli.session import load_settings
from listener.clock import SystemClock
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.web.serving import Serving

INSTALL = "pip install 'social-support-listener[webhook]'"


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
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise ConfigError("the receiver needs libraries that aren't installed", next_step=INSTALL) from error
    settings = load_settings()
    serving = server(settings, SystemClock(), host=host, port=port)
    for inbox in inboxes(settings):
        show.say(f"{inbox.source}: events of {inbox.platform} {inbox.account}")
    if not _is_loopback(host):
        show.say("Anybody who reaches this address is heard out: put a proxy with TLS in front, and nothing else.")
    show.say(
        f"listening on http://{host}:{port}{PATH}; Meta tells only https addresses: let a proxy with TLS pass it on"
    )
    with log_lines(settings.log_level):
        _serve(serving, host, port)


def _serve(serving: Serving, host: str, port: int) -> None:
    """Until it is told to end. uvicorn leaves with a code of its own where it can't listen, and raises the signal that
    ended it once more: by then all is done."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    try:
        serving.run()
    except SystemExit as left:
        raise ConfigError(f"can't listen on {host}:{port}", next_step="is the port taken? Try --port") from left
    if not serving.started:
        raise ConfigError(f"can't listen on {host}:{port}", next_step="is the port taken? Try --port")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

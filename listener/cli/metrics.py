"""For other monitors: the listener's numbers, printed once or served."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.serving import is_loopback, lacking, serve
from listener.cli.session import load_settings
from listener.clock import SystemClock

if TYPE_CHECKING:
    from listener.domain.gauges import Workforce
    from listener.domain.policy import Settings


def metrics(
    ready: Annotated[
        bool, typer.Option("--ready", help="Only whether to count on us now: exit 0, or 3 with what is wrong.")
    ] = False,
) -> None:
    """Print the listener's numbers once, as Prometheus reads them."""
    from listener.alerts.metrics import metrics as written
    from listener.alerts.metrics import unready
    from listener.store import open_store

    settings, now = load_settings(), SystemClock().now()
    # Asked every minute, and perhaps while a newer version is about to upgrade the file: it only reads.
    store = open_store(settings.place, read_only=True)
    try:
        with store.read() as reads:
            if ready:
                _say_ready(unready(reads, now, workforce_of(settings)))
            else:
                sources = {source.name for source in settings.sources}
                sys.stdout.write(written(reads, settings.alerts, sources, now, workforce_of(settings)))
    finally:
        store.close()


def workforce_of(settings: Settings) -> Workforce | None:
    """The workers at this store's server; None where it is a file, or no worker ever was."""
    if settings.server is None or find_spec("procrastinate") is None:
        return None
    from listener.workers.workforce import workforce

    return workforce(settings.server.address())


def _say_ready(faults: Sequence[str]) -> None:
    for fault in faults:
        show.say(fault)
    if faults:
        raise typer.Exit(Exit.RETRY_LATER)
    show.out("ready")


def serve_metrics(
    host: Annotated[str, typer.Option(help="Address to listen on; whoever reaches it may read the numbers.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)] = 9108,
) -> None:
    """Serve /metrics, /health and /ready until stopped; it only reads."""
    try:
        from listener.web.metrics import Monitored, server
    except ModuleNotFoundError as error:
        raise lacking(error) from error
    from listener.store import open_store

    settings = load_settings()
    reading = partial(open_store, settings.place, read_only=True)
    monitored = Monitored(settings, reading, SystemClock(), partial(workforce_of, settings))
    serving = server(monitored, host=host, port=port)
    if not is_loopback(host):
        show.say("Anybody who reaches this address may read the numbers: let a proxy ask for a password.")
    show.say(f"serving http://{host}:{port}/metrics, /health and /ready")
    serve(serving, host, port)

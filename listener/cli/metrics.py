"""For other monitors: the listener's numbers, printed once or served."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer

from listener.cli import show
from listener.cli.serving import is_loopback, lacking, serve
from listener.cli.session import load_settings, session
from listener.clock import SystemClock


def metrics() -> None:
    """Print the listener's numbers once, as Prometheus reads them."""
    from listener.alerts.metrics import metrics as written

    with session() as ours, ours.store.read() as reads:
        sources = {source.name for source in ours.settings.sources}
        sys.stdout.write(written(reads, ours.settings.alerts, sources, ours.clock.now()))


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
    reading = partial(open_store, settings.database, read_only=True)
    serving = server(Monitored(settings, reading, SystemClock()), host=host, port=port)
    if not is_loopback(host):
        show.say("Anybody who reaches this address may read the numbers: let a proxy ask for a password.")
    show.say(f"serving http://{host}:{port}/metrics, /health and /ready")
    serve(serving, host, port)

"""The receiver's server: bounded in how many may speak to it at once and for how long."""

import asyncio
import logging

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from listener.clock import Clock
from listener.domain.policy import Settings
from listener.web.inboxes import inboxes
from listener.web.webhook import Receiver

MOST_AT_ONCE = 2_000
"""Connections; further ones are told to come again."""
LIFE = 30.0
"""Seconds of one connection, which brings one request: a head that never ends is let go of too."""
LAST_WORDS = 10
"""Seconds that those in hand have when it is stopped."""


Serving = uvicorn.Server
"""What runs until it is told to end."""


class ShortLived(H11Protocol):
    """A connection that ends, whatever the other side does."""

    life = LIFE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._end = self.loop.call_later(self.life, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)


def server(settings: Settings, clock: Clock, *, host: str, port: int) -> Serving:
    """A server that isn't running yet. Raises `ConfigError` where no source takes events."""
    return uvicorn.Server(configuration(Receiver(inboxes(settings), clock), host=host, port=port))


def configuration(receiver: Receiver, *, host: str, port: int) -> uvicorn.Config:
    """Nothing is logged of addresses: the word that Meta asks with stands in one."""
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return bounded(receiver.app(), host=host, port=port, most_at_once=MOST_AT_ONCE)


def bounded(
    asgi: Starlette,
    *,
    host: str,
    port: int,
    most_at_once: int,
    http: type[ShortLived] = ShortLived,
    idle: int = 5,
) -> uvicorn.Config:
    """How an application is served: so many connections at once, each for so long, `idle` seconds between requests."""
    return uvicorn.Config(
        asgi,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=http,
        ws="none",
        lifespan="off",
        limit_concurrency=most_at_once,
        timeout_keep_alive=idle,
        timeout_graceful_shutdown=LAST_WORDS,
        h11_max_incomplete_event_size=16_384,
    )

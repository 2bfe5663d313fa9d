"""The receiver's server: bounded in how many may speak to it at once and for how long."""

import asyncio
import logging

import uvicorn
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
    return uvicorn.Config(
        receiver.app(),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=ShortLived,
        ws="none",
        lifespan="off",
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=LAST_WORDS,
        h11_max_incomplete_event_size=16_384,
    )

"""A platform on loopback that also streams: answers whose pieces come as a script gives them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from queue import Empty, SimpleQueue
from threading import Event

from tests.contracts.server import Reply, Server


def _nothing(closing: Event) -> Iterator[bytes]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Live(Reply):
    """An answer without a length: each piece is sent as it comes, then the connection ends."""

    pieces: Callable[[Event], Iterator[bytes]] = _nothing
    """Given what is set once the server closes; an empty piece sends nothing, and looks whether anybody listens."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where pieces are put for whoever listens."""

    queue: SimpleQueue[bytes] = field(default_factory=SimpleQueue)

    def pieces(self, closing: Event) -> Iterator[bytes]:
        while not closing.is_set():
            try:
                yield self.queue.get(timeout=0.02)
            except Empty:
                yield b""


class LiveServer(Server):
    """Serves live answers too."""

    def _write(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if not isinstance(reply, Live):
            super()._write(handler, reply)
            return
        head = [f"HTTP/1.1 {reply.status} X", "Connection: close", *(f"{k}: {v}" for k, v in reply.headers.items())]
        handler.close_connection = True
        handler.wfile.write(("\r\n".join(head) + "\r\n\r\n").encode())
        for piece in reply.pieces(self._closing):
            handler.wfile.write(piece)
            handler.wfile.flush()

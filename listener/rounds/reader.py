"""Listens to one stream in a thread of its own, which may be left behind: a library that hangs must hold up nobody."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from listener.clock import Clock
from listener.domain.mention import Page
from listener.errors import ListenerError, Retry
from listener.ports.connectors import Streams
from listener.rounds.waiting import Waiting, brings

log = logging.getLogger(__name__)


class Reader:
    """From `start` until the stream ends or `close` is called; what it hears waits in `waiting`."""

    def __init__(self, connector: Streams, cursor: str, clock: Clock, stopping: Callable[[], bool]) -> None:
        self.waiting = Waiting()
        self.began_at = clock.now()
        self.heard_at = self.began_at
        """When the latest page came, an empty one included."""
        self.stood_at: datetime | None = None
        """When the platform began to listen to us."""
        self.ended: Exception | None = None
        self._connector = connector
        self._cursor = cursor
        self._clock = clock
        self._stopping = stopping
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
        self._thread.start()

    def close(self, patience: float = 0.0) -> bool:
        """Ask it to end; whether it has, within so many seconds."""
        self._closed.set()
        if self._thread is not None and patience > 0:
            self._thread.join(patience)
        return self._thread is None or not self._thread.is_alive()

    def over(self) -> bool:
        return self._closed.is_set() or self._stopping()

    def steps(self) -> Iterator[None]:
        """Read, and give the turn back after each page."""
        try:
            for page in self._connector.stream(self._cursor, self.began_at, self.over):
                if self.over():
                    break
                self._hear(page)
                yield
            self.ended = self.ended or Retry("the stream ended")
        except ListenerError as error:
            self.ended = error
        except Exception as error:  # a bug of one connector must look like an end, never like calm
            log.exception("stream met a bug")
            self.ended = error

    def _hear(self, page: Page) -> None:
        now = self._clock.now()
        if brings(page) or page.cursor:
            self.waiting.put(page, now)
        self.heard_at = now
        self.stood_at = self.stood_at or now

    def _run(self) -> None:
        for _ in self.steps():
            pass

"""What is done every so often beside the polls, off the loop's thread: a platform that is slow holds up no source."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from listener.clock import Clock


class Chore:
    """One kind of work, never twice at the same time."""

    def __init__(self, clock: Clock, every: timedelta, work: Callable[[], object]) -> None:
        self._clock = clock
        self._every = every
        self._work = work
        self._next = clock.now()
        self._doing: Future[object] | None = None

    def start_due(self, pool: ThreadPoolExecutor) -> None:
        """Begin, unless it is going on. A store failure is raised: nothing can go on without it."""
        if self._doing is not None and self._doing.done():
            self._doing.result()
            self._doing = None
        if self._doing is None and self._clock.now() >= self._next:
            self._next = self._clock.now() + self._every
            self._doing = pool.submit(self._work)

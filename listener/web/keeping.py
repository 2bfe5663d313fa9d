"""Costly pages, kept for a minute: what they show changes slowly, and several leads look at them at once.

Nothing erased outlives its erasure here: a page is kept under the number of erasures that it was made after.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

KEPT = timedelta(seconds=60)
MOST = 64

Key = tuple[object, ...]


class Keeping:
    """The latest pages; several threads may ask."""

    def __init__(self) -> None:
        self._held: OrderedDict[Key, tuple[str, datetime, str]] = OrderedDict()
        self._lock = Lock()

    def page(self, key: Key, erasures: str, now: datetime, make: Callable[[], str]) -> str:
        """The page as it was made within the last minute, or made now."""
        with self._lock:
            held = self._held.get(key)
        if held is not None and held[0] == erasures and timedelta(0) <= now - held[1] < KEPT:
            return held[2]
        made = make()
        with self._lock:
            self._held[key] = (erasures, now, made)
            self._held.move_to_end(key)
            while len(self._held) > MOST:
                self._held.popitem(last=False)
        return made

    def forget(self) -> None:
        """Where another database takes the place of the one they were made from."""
        with self._lock:
            self._held.clear()

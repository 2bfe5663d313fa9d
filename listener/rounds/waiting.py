"""Pages of a stream that wait to be stored: bounded by number and size, and what doesn't fit is known to be lost.

A socket is never held up: a platform that finds us slow would throw us out, and what we missed would be unknown.
"""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from listener.domain.mention import Page

MOST_PAGES = 5_000
MOST_BYTES = 64 * 1024 * 1024
_EACH = 1_000
"""What a mention takes besides its texts; so does a page."""
_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A page and when it came."""

    page: Page
    at: datetime
    size: int


@dataclass(slots=True, kw_only=True)
class Lost:
    """Pages for which there was no room."""

    since: datetime
    """Of their oldest post."""
    until: datetime
    """When there was room again."""


class Waiting:
    """First in, first out; filled by one thread, emptied by another."""

    def __init__(self, most_pages: int = MOST_PAGES, most_bytes: int = MOST_BYTES) -> None:
        self._most_pages = most_pages
        self._most_bytes = most_bytes
        self._entries: deque[Heard | Lost] = deque()
        self._pages = 0
        self._bytes = 0
        self._losing: Lost | None = None
        self._lock = threading.Lock()

    def put(self, page: Page, at: datetime) -> None:
        """Never waits."""
        heard = Heard(page=page, at=at, size=_size(page))
        with self._lock:
            if not brings(page) and self._entries and _idle(self._entries[-1]):
                self._drop(self._entries.pop())
            if self._pages < self._most_pages and self._bytes + heard.size <= self._most_bytes:
                self._entries.append(heard)
                self._pages += 1
                self._bytes += heard.size
            elif page.mentions or page.rejects:
                self._lose(page, at)

    def take(self, now: datetime) -> Heard | Lost | None:
        """The next in order; from here on there is room again."""
        with self._lock:
            if self._losing is not None:
                self._losing.until = max(now, self._losing.until)
                self._losing = None
            if not self._entries:
                return None
            entry = self._entries.popleft()
            self._drop(entry)
            return entry

    def __len__(self) -> int:
        return len(self._entries)

    def _lose(self, page: Page, at: datetime) -> None:
        oldest = min([*(mention.created_at for mention in page.mentions), at])
        if self._losing is None:
            self._losing = Lost(since=oldest, until=at)
            self._entries.append(self._losing)
        self._losing.since = min(oldest, self._losing.since)
        self._losing.until = at

    def _drop(self, entry: Heard | Lost) -> None:
        if isinstance(entry, Heard):
            self._pages -= 1
            self._bytes -= entry.size


def brings(page: Page) -> bool:
    """Whether there is more in it than a cursor."""
    return bool(page.mentions or page.rejects or page.deleted or page.overheard or page.gaps)


def _idle(entry: Heard | Lost) -> bool:
    return isinstance(entry, Heard) and not brings(entry.page)


def _size(page: Page) -> int:
    """Near enough, in bytes."""
    texts = sum(len(mention.text) + len(mention.raw) + _EACH for mention in page.mentions)
    raws = sum(len(reject.raw) + _EACH for reject in page.rejects)
    return _EACH + texts + raws + _KEY * (len(page.deleted) + len(page.overheard))

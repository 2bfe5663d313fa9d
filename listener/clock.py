"""The only "now" and the only sleep.

`SystemClock` is real; `VirtualClock` stands where a replay or a test puts it, so that the same run over the same
file gives the same store.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where stages and verbs get their instant from."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; returns early when the wait is interrupted by `stop`."""
        ...


class SystemClock:
    """The machine's clock; `stop()` ends every present and future sleep at once."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        self._stopped.wait(max(0.0, seconds))

    def stop(self) -> None:
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()


class VirtualClock:
    """A clock that is told the time; sleeping moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def advance_to(self, instant: datetime) -> None:
        """Move forward to `instant`; an earlier instant changes nothing."""
        self._now = max(self._now, instant)


def monotonic() -> float:
    """Seconds for measuring intervals; never goes back."""
    return time.monotonic()

"""The only "now" and the only sleep.

`SystemClock` is real; `VirtualClock` stands where a replay or a test puts it, so that the same run over the same
file gives the same store.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WallAhead:
    """The wall clock beside the machine's own count, which nobody sets and which goes on while it sleeps."""

    start: str
    """Which start of which machine it counts from."""
    microseconds: int
    """By how much the wall clock is ahead of it."""


def wall_ahead() -> WallAhead | None:
    """As of now; None on systems that have no such count."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    start = _start()
    ahead = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return WallAhead(start=start, microseconds=ahead // 1000) if start else None


@cache
def _start() -> str:
    """The kernel's own name for it; containers may each have a count of their own."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/time').readlink()}".replace(" ", "/")
    except OSError:
        return ""

"""Plays a recorded source at its own timestamps: the clock stands where the newest post of each page says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from listener.clock import Clock, VirtualClock
from listener.domain.mention import Page
from listener.ports import Connector


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Wraps a connector; before each page `clock` moves to the page's newest post."""

    inner: Connector
    clock: VirtualClock
    speed: float
    """Recorded seconds a real second; 0 doesn't wait."""
    pace: Clock
    """Does the waiting."""

    @property
    def platform(self) -> str:
        return self.inner.platform

    def check(self) -> str:
        return self.inner.check()

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        first = True
        for page in self.inner.poll(cursor, now):
            newest = max((mention.created_at for mention in page.mentions), default=self.clock.now())
            if self.speed > 0 and not first:
                self.pace.sleep((newest - self.clock.now()).total_seconds() / self.speed)
            self.clock.advance_to(newest)
            first = False
            yield page

"""What other monitors are told of the listener: numbers, and names out of the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from listener.domain.alert import Alert, OutboxState
from listener.domain.stored import SourceHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """How the store stands at one instant."""

    mentions: int
    """Ever stored; those erased since stay counted."""
    cases: Mapping[str, int]
    """By state."""
    unscored: int
    health: Sequence[SourceHealth]
    gaps: Mapping[str, int]
    """Open ones, by source."""
    undelivered: Sequence[tuple[str, OutboxState, int]]
    """(target, waiting or failed, how many)."""
    open_alerts: Sequence[Alert]
    schema: str
    current: bool
    """Whether this program and the file are of the same schema."""


UNSERVED = timedelta(minutes=5)
"""A worker looks for jobs every few seconds: one that nobody takes for this long hangs where nobody looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLoad:
    """Jobs of one queue."""

    queue: str
    waiting: int
    in_hand: int
    oldest: timedelta
    """For how long the longest waiting one could have been done; none waiting: zero."""

    @property
    def unserved(self) -> bool:
        """Whether jobs wait and no worker takes any."""
        return not self.in_hand and self.oldest >= UNSERVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Workforce:
    """The workers that share a server, and what hangs on their board."""

    alive: int
    """Workers that were heard of lately."""
    queues: Sequence[QueueLoad]

    @property
    def faults(self) -> list[str]:
        """Which queues nobody serves, and for how long."""
        return [
            f"no worker serves the queue {one.queue}: a job has waited {one.oldest.total_seconds() / 60:.0f} min"
            for one in self.queues
            if one.unserved
        ]

"""What is promised to customers, and the clocks that measure it in business time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from listener.domain.calendar import WorkingHours


class Promise(StrEnum):
    """What a clock measures, from when to when."""

    FIRST_RESPONSE = "first_response"
    """From the case's opening to our first reply."""
    NEXT_RESPONSE = "next_response"
    """From the author's next post after a reply of ours to our next reply."""
    RESOLUTION = "resolution"
    """From the case's opening, or reopening, to its resolution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaClock:
    """One promise on one case: it runs towards `due_at`, or stands paused with `left` business time."""

    due_at: datetime | None = None
    """While it runs; None while paused."""
    left: timedelta | None = None
    """Business time left while paused, negative once breached; None while it runs."""
    told: str = ""
    """The last that was said of it: empty, `warned` or `breached`; each is said once."""


Targets = Mapping[Promise, Mapping[str, timedelta]]
"""Promise → band → business time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTerms:
    """What one queue promises otherwise than the rest, and in which hours it works."""

    targets: Targets = field(default_factory=dict)
    """Of a promise named here only the bands named here differ."""
    hours: WorkingHours | None = None
    """None: the hours of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaPolicy:
    """What is promised, in which hours, and what stops the clocks."""

    targets: Targets = field(default_factory=dict)
    """A band left out promises nothing."""
    queues: Mapping[str, QueueTerms] = field(default_factory=dict)
    hours: WorkingHours = field(default_factory=WorkingHours)
    """Of every queue that has none of its own."""
    pause_while_snoozed: bool = True
    pause_while_waiting: bool = True
    """Whether the clock of the resolution stands while our word was the last."""
    warn_before: timedelta = timedelta(minutes=15)
    """Business time, never more than half of what is promised."""
    warn_bands: Mapping[str, timedelta] = field(default_factory=dict)
    """Where a band's differs."""
    escalate_on_breach: bool = True

    def promised(self, promise: Promise, band: str, queue: str) -> timedelta | None:
        """Business time within which it is to be kept; None where nothing is promised."""
        own = self.queues.get(queue)
        differs = own.targets.get(promise, {}).get(band) if own else None
        return differs if differs is not None else self.targets.get(promise, {}).get(band)

    def hours_of(self, queue: str) -> WorkingHours:
        """When the queue is worked."""
        own = self.queues.get(queue)
        return own.hours if own is not None and own.hours is not None else self.hours

    def lead(self, promise: Promise, band: str, queue: str) -> timedelta:
        """How long before the breach it is warned of."""
        wanted = self.warn_bands.get(band, self.warn_before)
        promised = self.promised(promise, band, queue)
        return wanted if promised is None else min(wanted, promised / 2)

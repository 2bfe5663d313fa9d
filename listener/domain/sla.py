"""What is promised to customers, and the clocks that measure it in business time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaPolicy:
    """What is promised, in which hours, and what stops the clocks."""

"""What the listener reads a second time: stored posts, stretches that it missed, and a week's listing to compare."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckPolicy:
    """How often stored posts are looked up again at their source."""

    enabled: bool = True
    open_every: timedelta = timedelta(hours=1)
    """Posts in cases that aren't resolved."""
    stored_every: timedelta = timedelta(hours=24)
    """All others; oftener where a platform's terms ask for it."""
    keep_asking: timedelta = timedelta(days=30)
    """Posts older than this aren't asked for any more, unless a case that isn't resolved holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapPolicy:
    """What the listener does by itself about stretches that it missed."""

    heal: bool = True
    """Reads them where the platform still shows them."""
    most_micro_usd: int = 0
    """What reading one may cost; 0: only where it is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePolicy:
    """How what sources list is compared with what is stored."""

    enabled: bool = True
    """Once a day, each source that can be read back."""
    back: timedelta = timedelta(days=7)
    """How far."""
    most_micro_usd: int = 0
    """What one may cost; 0: only where it is free."""

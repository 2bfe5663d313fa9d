"""What other monitors are told of the listener: numbers, and names out of the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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

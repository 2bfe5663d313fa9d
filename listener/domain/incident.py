"""Many cases with one cause: one owner, one agreed answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPolicy:
    """How alike complaints must be to count as one incident."""

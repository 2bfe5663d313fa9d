"""What incidents need of the store."""

from typing import Protocol


class IncidentReads(Protocol):
    """Questions."""


class IncidentWrites(Protocol):
    """Changes."""

"""What who is at work need of the store."""

from typing import Protocol


class RosterReads(Protocol):
    """Questions."""


class RosterWrites(Protocol):
    """Changes."""

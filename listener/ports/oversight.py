"""What board and audit need of the store."""

from typing import Protocol


class OversightReads(Protocol):
    """Questions."""


class OversightWrites(Protocol):
    """Changes."""

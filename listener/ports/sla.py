"""What the promises need of the store."""

from typing import Protocol


class SlaReads(Protocol):
    """Questions."""


class SlaWrites(Protocol):
    """Changes."""

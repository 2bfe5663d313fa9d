"""What rules need of the store."""

from typing import Protocol


class RulesReads(Protocol):
    """Questions."""


class RulesWrites(Protocol):
    """Changes."""

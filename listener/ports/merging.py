"""What merging, splitting and linking need of the store."""

from typing import Protocol


class MergingReads(Protocol):
    """Questions."""


class MergingWrites(Protocol):
    """Changes."""

"""What the customer behind the accounts need of the store."""

from typing import Protocol


class CustomerReads(Protocol):
    """Questions."""


class CustomerWrites(Protocol):
    """Changes."""

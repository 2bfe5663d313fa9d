"""What answers that wait for a second word need of the store."""

from typing import Protocol


class AnswerReads(Protocol):
    """Questions."""


class AnswerWrites(Protocol):
    """Changes."""

"""Rows of board and audit."""

from listener.store.base import Part


class Oversight(Part):
    """What is asked."""


class OversightWrites(Oversight):
    """What is written."""

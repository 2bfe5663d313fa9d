"""Rows of who is at work."""

from listener.store.base import Part


class Roster(Part):
    """What is asked."""


class RosterWrites(Roster):
    """What is written."""

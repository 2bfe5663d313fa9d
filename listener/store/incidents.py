"""Rows of incidents."""

from listener.store.base import Part


class Incidents(Part):
    """What is asked."""


class IncidentsWrites(Incidents):
    """What is written."""

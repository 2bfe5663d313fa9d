"""Rows of the promises."""

from listener.store.base import Part


class Promises(Part):
    """What is asked."""


class PromisesWrites(Promises):
    """What is written."""

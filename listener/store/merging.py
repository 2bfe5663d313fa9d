"""Rows of merging, splitting, linking."""

from listener.store.base import Part


class Merging(Part):
    """What is asked."""


class MergingWrites(Merging):
    """What is written."""

"""Rows of rules."""

from listener.store.base import Part


class Rules(Part):
    """What is asked."""


class RulesWrites(Rules):
    """What is written."""

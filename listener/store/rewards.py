"""The reward ledger: what advocates were given."""

from listener.store.base import Part


class Rewards(Part):
    """What is asked."""


class RewardsWrites(Rewards):
    """What is written."""

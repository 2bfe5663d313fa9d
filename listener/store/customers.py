"""Rows of the customer behind the accounts."""

from listener.store.base import Part


class Customers(Part):
    """What is asked."""


class CustomersWrites(Customers):
    """What is written."""

"""Customers as the company knows them, with the accounts they write from."""

from listener.store.base import Part


class Values(Part):
    """What is asked."""


class ValuesWrites(Values):
    """What is written."""

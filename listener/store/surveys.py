"""Answers to surveys, imported."""

from listener.store.base import Part


class Surveys(Part):
    """What is asked."""


class SurveysWrites(Surveys):
    """What is written."""

"""Rows of answers that wait."""

from listener.store.base import Part


class Answers(Part):
    """What is asked."""


class AnswersWrites(Answers):
    """What is written."""

"""Canned replies, and which answers need a second person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """What answers.toml says."""

"""The four loyalty factors, each a score from 0 to 100 with the counted things it is made of."""

from dataclasses import dataclass
from enum import StrEnum

from listener.domain.digest import MIN_N


class FactorName(StrEnum):
    USAGE = "usage"
    """Do people use it, and are they helped to?"""
    ADVOCACY = "advocacy"
    """Do they speak for it?"""
    WORD_OF_MOUTH = "word-of-mouth"
    """Do they carry it on?"""
    EXPERIENCE = "experience"
    """How does it go for them, at every touchpoint?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One counted thing; the score is the mean of those that can be told."""

    name: str
    says: str
    """What was counted, as a person reads it: `12 of 340 authors talk about using it`."""
    value: float | None
    """From 0 to 1; None where nothing could be counted, and then `says` tells why."""
    low: float = 0.0
    high: float = 1.0
    """95 % interval of `value`."""
    n: int = 0
    unit: str = "authors"
    """What `n` counts."""

    @property
    def telling(self) -> bool:
        return self.value is not None and self.n >= MIN_N


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor of a brand in a window."""

    name: str
    score: float | None
    """Mean of the telling parts times 100; None where none tells."""
    parts: tuple[Part, ...]
    formula: str
    command: str
    """Lists the posts behind it."""
    before: float | None
    """Of the window before, of the same length; None unless the same parts tell there."""
    low: float = 0.0
    high: float = 100.0
    """95 % interval of the score, its parts taken as independent."""

    @property
    def change(self) -> float | None:
        """In points."""
        return self.score - self.before if self.score is not None and self.before is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that people ask how to do: how-to questions that share a telling word, or two."""

    words: str
    people: int
    """Distinct authors."""
    posts: int
    answered: int
    """Of the posts, those that got an answer from us."""
    example: str
    """One of them, as it was written."""
    mention_id: int
    """Of the example."""

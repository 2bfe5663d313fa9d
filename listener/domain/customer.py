"""The customer behind the accounts: what was said, month by month, and which handles staff found to be one person's."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listener.domain.case import Case
from listener.domain.mention import Author


class Basis(StrEnum):
    """How staff know that two accounts are one customer's: what platforms' terms let such a link rest on."""

    TOLD = "told"
    """The customer said so to us."""
    PUBLIC = "public"
    """One account's public profile names the other."""


class Stand(StrEnum):
    """For the brand or against it, by the latest post of a month that says so."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of a customer, as stored."""

    id: int
    author: Author
    first_seen: datetime | None
    """When its first stored post was posted; None if nothing of it is stored."""
    value_percentile: float | None
    """Of the customer behind it, where one was imported; so with the two below."""
    value: float | None = None
    """Money a year."""
    tier: str = ""
    linked_by: str = ""
    """Who linked it; empty if nobody did."""
    linked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one post says about one brand; reposts are no words of the customer's own."""

    author_id: int
    brand: str
    at: datetime
    scored: bool
    complaint: bool
    praise: bool
    question: bool
    sentiment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNote:
    """What a colleague wrote down."""

    case_id: int
    at: datetime
    agent: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    """All that the store has of a customer's accounts, each list oldest first."""

    accounts: tuple[Account, ...]
    said: tuple[Said, ...]
    cases: tuple[Case, ...]
    notes: tuple[CaseNote, ...]

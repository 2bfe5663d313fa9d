"""What customers are worth, and whose custom is in danger."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listener.domain.loyalty import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """A case that isn't resolved, as the lists of customers need it."""

    case_id: int
    author_id: int
    """All accounts of one linked customer bear the least of their ids."""
    reason: str
    opened_at: datetime


class Danger(StrEnum):
    """Why somebody stands on a list."""

    LEAVING = "talks of leaving"
    REPEATED = "complains again and again"
    COMPLAINT = "complained"
    UNRESOLVED = "has an unresolved case"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthLine:
    """One customer on a list to act on."""

    person: Person
    """Of several accounts, the one that spoke last."""
    reasons: tuple[Danger, ...]
    complaints: int
    """In the window."""
    leaving: int
    """Posts in the window that talk of leaving."""
    case_id: int | None
    """The unresolved case opened first; None without any."""
    cases: int
    """Unresolved ones."""
    last_post: int | None
    """The mention id of the latest post that put them here; None where only a case did."""
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthList:
    """Customers to win back, those first who matter most."""

    lines: tuple[WorthLine, ...]
    unnamed: int
    """Would stand here too, but asked not to be contacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtStake:
    """What distinct customers with an unresolved complaint, or who talk of leaving, are worth together."""

    customers: int
    """Whose value is known; each counts once, however many accounts and cases they have."""
    value: float
    """Money a year, of those."""
    unknown: int
    """People beside them of whom no value is known: `value` is a lower bound."""

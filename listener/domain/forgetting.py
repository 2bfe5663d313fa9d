"""What is known of one person, for who asks to see it or to have it erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from listener.domain.case import Case, CaseEvent
from listener.domain.mention import Author
from listener.domain.stored import StoredMention


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was erased of a person."""

    accounts: int
    posts: int
    cases: int
    """That keep their number and dates, and nothing of what was said in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything stored of a person, in the order it came to be."""

    accounts: tuple[Author, ...]
    posts: tuple[StoredMention, ...]
    earlier: Mapping[int, tuple[tuple[datetime, str], ...]]
    """Mention id → (replaced when, text) of posts that were edited."""
    tags: Mapping[int, tuple[str, ...]]
    cases: tuple[Case, ...]
    events: tuple[CaseEvent, ...]
    replies: tuple[tuple[int, datetime, str, str], ...]
    """(case, when, how it stands, text) of answers written to them."""
    rewards: tuple[Mapping[str, object], ...]
    customers: tuple[Mapping[str, object], ...]
    """The imported rows in which their handles stand."""

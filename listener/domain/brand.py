"""Whom we listen for, and why a mention was found relevant."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """One brand and the terms that point to it."""

    name: str
    handles: tuple[str, ...] = ()
    """Account names without @; matched as `@handle` anywhere in the text, case folded."""
    names: tuple[str, ...] = ()
    """Words or phrases matched as whole words, case folded."""
    queries: tuple[str, ...] = ()
    """Boolean queries; see `listener.matching.query`."""
    exclude: tuple[str, ...] = ()
    """Boolean queries; a mention that satisfies one is not about this brand."""
    own_accounts: tuple[str, ...] = ()
    """Handles the brand posts from; their posts are never mentions."""
    competitor: bool = False
    """Counted for share of voice; never opens a case."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Match:
    """Brand, term and span: the answer to "why is this here"."""

    brand: str
    term: str
    """The handle (with @), name or query as configured."""
    start: int
    """Code point offset into the mention's text; -1 where the term has no words of its own (`author:x`)."""
    end: int


SOURCE = "source "
"""Begins the term of a match that a post owes to where it was found, not to its words; the source's name follows."""


def found_at(brand: str, source: str) -> Match:
    """A match for what is about a brand wherever it stands: a review of its app, a comment on its page."""
    return Match(brand=brand, term=f"{SOURCE}{source}", start=-1, end=-1)


def addressed(matches: Collection[Match]) -> frozenset[str]:
    """The brands a mention speaks to, of those it matched.

    A post that calls several brands by handle speaks to the one it calls first (so did 279 of 280 posts to airlines,
    by their annotators' word); a brand that only a later handle points to is named beside it. Its volume counts, but
    the complaint or praise is not about it.
    """
    handles = sorted((match.start, match.brand) for match in matches if match.term.startswith("@"))
    beside = {brand for _, brand in handles[1:] if brand != handles[0][1]}
    named = {match.brand for match in matches if not match.term.startswith("@")}
    return frozenset(match.brand for match in matches) - (beside - named)

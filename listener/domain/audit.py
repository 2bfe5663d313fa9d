"""The audit: what people did, each act sealed with the one before, so that nothing is changed or left out unseen.

    digest = SHA-256(salt ‖ the event's words)        link = SHA-256(the link before ‖ this act's facts ‖ digest)

The salt is random and stands beside the digest until somebody is erased: then words and salt both go, the digest no
longer tells what they were, and the chain still holds. What the program does by itself isn't sealed: a case's own
history has it.

Words and facts are hashed as JSON in one form only: keys sorted, ASCII, no white space. Anybody can compute it again;
`docs/audit.md` shows how.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

GENESIS = "0" * 64
"""The link before the first."""
CASE = "case:"
"""Begins the subject of what was done to a case."""
ALERT = "alert:"
"""Begins the subject of what was done to an alert; every other subject is of the desk's own history."""

_plain = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode


class SealedEvent(NamedTuple):
    """An event as the histories have it now, to be compared with what was sealed."""

    at: datetime
    agent: str
    kind: str
    subject: str
    detail: Mapping[str, object]
    before: Mapping[str, object]


class Sealed(NamedTuple):
    """A row of the chain; a tuple, since a chain is walked by the hundred thousand."""

    id: int
    """Counts from 1 without a gap."""
    at: datetime
    agent: str
    kind: str
    subject: str
    """`case:12`, `alert:spike:…`, `incident:3`, `agent:ana`, …"""
    event_id: int
    salt: bytes
    """Empty once its words were erased."""
    digest: str
    link: str
    event: SealedEvent | None
    """None if the history no longer has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody did, for reading."""

    id: int
    at: datetime
    agent: str
    kind: str
    subject: str
    detail: Mapping[str, object]
    erased: bool
    """Whether its words were emptied when somebody was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActFilter:
    """Which acts a list shows; empty fields don't restrict."""

    agent: str = ""
    subject: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where the chain stood: written down elsewhere, it proves that nothing up to there was rewritten or cut off."""

    count: int
    link: str

    def __str__(self) -> str:
        return f"{self.count}:{self.link}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """An event by a person that the audit doesn't have."""

    event_id: int
    subject: str
    agent: str
    kind: str


def digest_of(salt: bytes, detail: Mapping[str, object], before: Mapping[str, object]) -> str:
    """Of an event's words: what was said, and what it overwrote."""
    return hashlib.sha256(salt + _plain([dict(detail), dict(before)]).encode()).hexdigest()


def link_of(before: str, *, at: datetime, agent: str, kind: str, subject: str, event_id: int, digest: str) -> str:
    """Of an act's facts and the link before it."""
    facts = _plain([before, instant(at), agent, kind, subject, event_id, digest])
    return hashlib.sha256(facts.encode()).hexdigest()


def instant(at: datetime) -> str:
    """The same for the same instant, whatever zone it was given in."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")

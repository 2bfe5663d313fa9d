"""The unscheduled notice that needs action now, and the outbox row that carries it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AlertKind(StrEnum):
    SPIKE = "spike"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Opened once, escalated when it grows, closed with hysteresis."""

    key: str
    """Stable identity: kind, subject and the instant it opened; a second insert of the same key changes nothing."""
    kind: AlertKind
    subject: str
    """`brand/queue` of a spike, source of a silence."""
    opened_at: datetime
    title: str
    body: str
    """Plain text: why, in a few lines."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """JSON-able: rate, baseline, top terms, sample links."""
    closed_at: datetime | None = None
    level: int = 1
    """Grows with each escalation."""


DESK = "desk"
"""What a target lists among its kinds to be told of promises about to break and of what rules pass on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message from the desk: sent once, with no life of its own."""

    key: str
    """Unique; a second one of the same key is dropped."""
    title: str
    body: str
    """Plain text; lines that quote a stranger begin with `> `."""
    targets: frozenset[str] = frozenset()
    """Names of targets; empty means all that list `desk`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A message that must reach a target once."""

    id: int
    key: str
    """Unique: what is sent again after a crash carries the same key."""
    target: str
    """Name of a configured target; never its URL, which may hold a secret."""
    title: str
    body: str
    attempts: int
    created_at: datetime
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxDraft:
    key: str
    target: str
    title: str
    body: str

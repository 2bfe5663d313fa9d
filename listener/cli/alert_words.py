"""Alerts, their life and their messages as the command line says them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from listener.domain.alert import AlertEvent, OutboxEntry


def said(event: AlertEvent) -> str:
    """What an event tells besides its kind."""
    told = [f"{name} {value}" if name != "why" else value for name, value in event.detail.items() if name != "title"]
    return f": {', '.join(told)}" if told else ""


def fate(entry: OutboxEntry) -> str:
    """What became of a message."""
    if entry.sent_at:
        return f"{entry.row.step} sent {clock(entry.sent_at)}"
    error = f": {entry.error}" if entry.error else ""
    return f"{entry.row.step} {entry.state}{error}"


def event_json(event: AlertEvent) -> dict[str, object]:
    """One event, with its alert as it stands."""
    told: dict[str, object] = {
        "id": event.id,
        "at": event.at,
        "what": event.step,
        "by": event.agent,
        "alert": event.alert.key if event.alert else None,
        "subject": event.alert.subject if event.alert else event.subject.partition("brand:")[2],
        "detail": event.detail,
    }
    if event.alert is not None:
        alert = event.alert
        told |= {"kind": alert.kind, "brand": alert.brand, "level": alert.level, "title": alert.title}
        told |= {"opened": alert.opened_at, "closed": alert.closed_at}
    return told


def message_json(entry: OutboxEntry) -> dict[str, object]:
    """One message and what became of it."""
    row = entry.row
    return {
        "id": row.id,
        "key": row.key,
        "target": row.target,
        "alert": row.alert or None,
        "step": row.step or None,
        "severity": row.severity,
        "state": entry.state,
        "attempts": row.attempts,
        "created": row.created_at,
        "sent": entry.sent_at,
        "next": row.not_before if entry.state == "waiting" else None,
        "error": entry.error or None,
        "folded_into": entry.folded_into,
        "title": row.title,
    }


def because(why: str) -> str:
    """A reason in brackets, where there is one."""
    return f" ({why})" if why else ""


def clock(at: datetime) -> str:
    """An instant to the minute."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

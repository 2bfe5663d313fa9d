"""Alerts as rows: what stands, what has passed, and in what state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from listener.domain.alert import Alert
    from listener.domain.policy import Settings
    from listener.insight.windows import Window
    from listener.lists import Row
    from listener.ports import Reads

DEFAULT_DAYS = 30
LIMIT = 200
COLUMNS = ("key", "opened", "state", "severity", "level", "by", "title")


def standing(reads: Reads, days: int, now: datetime) -> tuple[list[Alert], list[Alert]]:
    """Those open now, and those past that began within so many days."""
    open_now = reads.open_alerts()
    keys = {alert.key for alert in open_now}
    return open_now, [one for one in reads.alerts(now - timedelta(days=days), LIMIT) if one.key not in keys]


def begun(settings: Settings, reads: Reads, window: Window, brand: str) -> list[Alert]:
    """Those that began in the window, as the digest counts them: of a brand or all own ones, and of no brand."""
    from listener.insight.digest import alerts_within

    own = {entry.name for entry in settings.brands if not entry.competitor}
    return alerts_within(reads, window, {brand} if brand else own)


def row(settings: Settings, alert: Alert, now: datetime) -> Row:
    """One alert."""
    from listener.alerts.telling import severity_of

    handling = alert.handling
    return {
        "key": alert.key,
        "opened": alert.opened_at,
        "closed": alert.closed_at,
        "state": state_of(alert, now),
        "severity": severity_of(alert, settings.alerts),
        "level": alert.level,
        "by": handling.closed_by if handling.closed_why else handling.acked_by,
        "kind": alert.kind,
        "subject": alert.subject,
        "held": handling.held or None,
        "muted_until": handling.muted_until,
        "title": alert.title,
    }


def state_of(alert: Alert, now: datetime) -> str:
    """In one word: closed, muted, quiet (nobody was told), taken (acknowledged) or open."""
    handling = alert.handling
    if alert.closed_at:
        return "closed"
    if handling.muted_until is not None and handling.muted_until > now:
        return "muted"
    if not alert.unacknowledged:
        return "taken"
    return "quiet" if handling.held else "open"

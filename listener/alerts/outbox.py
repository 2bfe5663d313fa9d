"""Alerts leave through rows written in the transaction that raised them, and marked once they were sent.

A crash between the far side's acceptance and our mark sends a row again, under the same key: the one window in which
a message can arrive twice. None is ever lost.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.clock import Clock
from listener.domain.alert import DESK, Alert, Notice, OutboxDraft, OutboxRow
from listener.domain.policy import Target
from listener.errors import ConfigError, Retry
from listener.ports import AlertWrites, Notifier, Store

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
"""With the delays below a target may be down for about a day."""

BATCH = 50


@dataclass(slots=True, kw_only=True)
class Delivery:
    """How many rows reached their target, and how many are still due or given up."""

    sent: int = 0
    failed: int = 0


def enqueue(tx: AlertWrites, alert: Alert, targets: Sequence[Target], now: datetime) -> int:
    """One row for each target that wants this kind, in the caller's transaction; how many are new.

    The words of strangers go only where the target allows it.
    """
    wanted = [target for target in targets if alert.kind in target.kinds]
    return sum(tx.enqueue(draft(alert, target), now) for target in wanted)


def draft(alert: Alert, target: Target) -> OutboxDraft:
    """The message for one target; its key names the alert, the step of its life and the target."""
    step = "closed" if alert.closed_at else f"level{alert.level}"
    key = f"{alert.key}|{step}|{target.name}"
    return OutboxDraft(key=key, target=target.name, title=alert.title, body=_body(alert.body, target))


def enqueue_notice(tx: AlertWrites, notice: Notice, targets: Sequence[Target], now: datetime) -> int:
    """One row for each target it names, or else for each that listens to the desk; how many are new."""
    wanted = [target for target in targets if target.name in notice.targets] or [
        target for target in targets if not notice.targets and DESK in target.kinds
    ]
    rows = (
        OutboxDraft(
            key=f"{notice.key}|{target.name}", target=target.name, title=notice.title, body=_body(notice.body, target)
        )
        for target in wanted
    )
    return sum(tx.enqueue(row, now) for row in rows)


def _body(text: str, target: Target) -> str:
    """The words of strangers go only where the target allows it."""
    return text if target.include_text or target.is_console else without_quotes(text)


def without_quotes(body: str) -> str:
    """The body less its quoting lines, which start with `> `; links stay."""
    return "\n".join(line for line in body.splitlines() if not line.startswith("> "))


def deliver(store: Store, notifiers: Mapping[str, Notifier], clock: Clock) -> Delivery:
    """Send what is due, oldest first; each result is committed before the next row is tried."""
    now = clock.now()
    with store.read() as reads:
        due = reads.outbox_due(now, BATCH)
    result = Delivery()
    for row in due:
        error, retry_at = _send(row, notifiers, clock.now())
        with store.write() as tx:
            if error:
                tx.mark_failed(row.id, error, retry_at)
                result.failed += 1
            else:
                tx.mark_sent(row.id, clock.now())
                result.sent += 1
    return result


def _send(row: OutboxRow, notifiers: Mapping[str, Notifier], now: datetime) -> tuple[str, datetime | None]:
    """Error (empty if it was sent) and when to try again (None: never)."""
    notifier = notifiers.get(row.target)
    try:
        if notifier is None:
            raise ConfigError(f"no target named {row.target!r} in alerts.toml")
        notifier.send(row)
    except Retry as error:
        log.warning("notification failed", extra={"target": row.target, "attempt": row.attempts + 1})
        return str(error), retry_at(row.attempts + 1, now)
    except ConfigError as error:
        log.error("notification can't be sent", extra={"target": row.target, "error": str(error)})
        return str(error), None
    return "", None


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When attempt `attempts` + 1 is due: 1, 2, 4 … minutes later, at most 3 hours; None after the last."""
    if attempts >= MAX_ATTEMPTS:
        return None
    return now + timedelta(minutes=min(2 ** (attempts - 1), 180))

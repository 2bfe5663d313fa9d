"""Messages leave through rows written in the transaction that raised them, and marked once they were sent.

A row is claimed before it is sent, so that no two processes send it. A crash, or a lost answer, between the far side's
acceptance and our mark sends it again under the same key once the claim runs out: the one window in which a message can
arrive twice. None is ever lost.

A target that had its fill for the hour gets what else is due put together, a summary every five minutes at most.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.clock import Clock
from listener.domain.alert import DIGEST, SUMMARY, OutboxDraft, OutboxRow, Severity
from listener.domain.policy import AlertPolicy
from listener.errors import ConfigError, RateLimited, Retry
from listener.ports import Notifier, Store
from listener.ports.alarms import AlertWrites

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
"""With the delays below a target may be down for about a day."""

BATCH = 50
"""Messages sent to one target at a time."""
MOST_FOLDED = 1000
LEASE = timedelta(minutes=2)
"""How long a claim holds; whatever carries a message gives up sooner."""
LONGEST_WAIT = timedelta(hours=3)
HOUR = timedelta(hours=1)
SUMMARY_EVERY = timedelta(minutes=5)
NAMED = 100
"""Messages named in one summary; `listener alerts outbox` has the rest."""
LANES = 8
"""Targets served side by side: one that hangs holds up no other."""


@dataclass(slots=True, kw_only=True)
class Delivery:
    """How many rows reached their target, and how many are still due or given up."""

    sent: int = 0
    failed: int = 0


def deliver(
    store: Store, notifiers: Mapping[str, Notifier], clock: Clock, policy: AlertPolicy | None = None
) -> Delivery:
    """Send what is due, to every target side by side; each result is committed before the next row is tried."""
    with store.read() as reads:
        names = reads.targets_due(clock.now())
    limits = {target.name: target.flood for target in policy.targets} if policy else {}
    lanes = [_Lane(store, name, notifiers.get(name), limits.get(name), clock) for name in names]
    if len(lanes) < 2:
        results = [lane.serve() for lane in lanes]
    else:
        with ThreadPoolExecutor(max_workers=LANES) as pool:
            results = list(pool.map(_Lane.serve, lanes))
    return Delivery(sent=sum(one.sent for one in results), failed=sum(one.failed for one in results))


@dataclass(frozen=True, slots=True)
class _Lane:
    """One target, its messages one after the other."""

    store: Store
    target: str
    notifier: Notifier | None
    flood: int | None
    clock: Clock

    def serve(self) -> Delivery:
        """What is due; after a failure that may heal the others wait for the next time."""
        result = Delivery()
        with self.store.write() as tx:
            rows = _due(tx, self.target, self.flood, self.clock.now())
        for row in rows:
            if not self._claimed(row):
                continue
            error, again = _send(row, self.notifier, self.clock)
            with self.store.write() as tx:
                if not error:
                    tx.mark_sent(row.id, self.clock.now())
                    result.sent += 1
                    continue
                tx.mark_failed(row.id, error, again, self.clock.now())
            result.failed += 1
            if again is not None:
                break
        return result

    def _claimed(self, row: OutboxRow) -> bool:
        with self.store.write() as tx:
            return tx.claim_message(row, self.clock.now() + LEASE)


def _due(tx: AlertWrites, target: str, flood: int | None, now: datetime) -> Sequence[OutboxRow]:
    """What to send now, by its hurry; above the target's limit, summaries in the place of their messages."""
    due = tx.outbox_due(now, MOST_FOLDED, target)
    if flood is None:
        return due[:BATCH]
    single = [row for row in due if row.step not in (SUMMARY, DIGEST)]
    taken = tx.sent_lately(target, now - HOUR)
    room = max(0, flood - len(taken))
    above = single[room:]
    if not above:
        return due[:BATCH]
    lately = any(step == SUMMARY and now - at < SUMMARY_EVERY for at, step in taken)
    if not lately and not any(row.step == SUMMARY for row in due):
        tx.fold(above, summary_of(above, target), now)
    left = {row.id for row in above}
    return [row for row in tx.outbox_due(now, MOST_FOLDED, target) if row.id not in left][:BATCH]


def summary_of(rows: Sequence[OutboxRow], target: str) -> OutboxDraft:
    """How many, and which."""
    lines = [f"{row.title} [{row.key}]" for row in rows[:NAMED]]
    more = [f"and {len(rows) - NAMED} more: listener alerts outbox"] if len(rows) > NAMED else []
    return OutboxDraft(
        key=f"{SUMMARY}:{rows[0].id}-{rows[-1].id}|{target}",
        target=target,
        title=f"{len(rows)} messages at once" if len(rows) > 1 else rows[0].title,
        body="\n".join(["More came than you are to be sent in an hour; these are told together.", *lines, *more]),
        step=SUMMARY,
        severity=Severity.PAGE if any(row.severity is Severity.PAGE for row in rows) else Severity.NOTICE,
    )


def _send(row: OutboxRow, notifier: Notifier | None, clock: Clock) -> tuple[str, datetime | None]:
    """Error (empty if it was sent) and when to try again (None: never)."""
    try:
        if notifier is None:
            raise ConfigError(f"no target named {row.target!r} in alerts.toml")
        notifier.send(row)
    except Retry as error:
        log.warning("notification failed", extra={"target": row.target, "attempt": row.attempts + 1})
        return str(error), _again(row, error, clock.now())
    except ConfigError as error:
        log.error("notification can't be sent", extra={"target": row.target, "error": str(error)})
        return str(error), None
    return "", None


def _again(row: OutboxRow, error: Retry, now: datetime) -> datetime | None:
    """As our own patience has it, or as the far side asks, within reason."""
    ours = retry_at(row.attempts + 1, now)
    if ours is None or not isinstance(error, RateLimited):
        return ours
    return max(ours, min(error.until, now + LONGEST_WAIT))


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When attempt `attempts` + 1 is due: 1, 2, 4 … minutes later, at most 3 hours; None after the last."""
    if attempts >= MAX_ATTEMPTS:
        return None
    return now + min(timedelta(minutes=2 ** (attempts - 1)), LONGEST_WAIT)

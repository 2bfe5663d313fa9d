"""A store, targets and the steps of an alert's life, for tests that name only what they are about."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from listener.alerts.telling import keep_up, tell
from listener.domain.alert import Alert, AlertKind, OutboxRow
from listener.domain.policy import AlertPolicy, Secret, Target
from listener.errors import Retry
from listener.ports import Store
from tests.builders import NOON

BODY = "42 people complained\n> @ann: my parcel\n  https://example.com/1"
CONSOLE = Target(name="console", url=Secret("console:"))
TEAM = AlertPolicy(targets=(CONSOLE,))


class Recorder:
    """A carrier that keeps what it was given, failing as often as told."""

    def __init__(self, failures: int = 0, error: type[Exception] = Retry) -> None:
        self.rows: list[OutboxRow] = []
        self.failures, self._error = failures, error

    def send(self, row: OutboxRow) -> None:
        if self.failures:
            self.failures -= 1
            raise self._error("down")
        self.rows.append(row)

    @property
    def titles(self) -> list[str]:
        return [row.title for row in self.rows]


def target(name: str, **more: Any) -> Target:
    return Target(name=name, url=Secret(f"json://127.0.0.1:9/{name}"), **more)


def spike(**more: Any) -> Alert:
    alert = Alert(key="spike:Acme/:1", kind=AlertKind.SPIKE, subject="Acme/", opened_at=NOON, title="Spike", body=BODY)
    return replace(alert, **more)


def opens(store: Store, policy: AlertPolicy, alert: Alert | None = None, now: datetime = NOON) -> int:
    """As the watch does it."""
    with store.write() as tx:
        assert tx.open_alert(alert or spike(), now)
        return tell(tx, alert or spike(), policy, now)


def grows(store: Store, policy: AlertPolicy, level: int, now: datetime, key: str = "spike:Acme/:1") -> int:
    with store.write() as tx:
        tx.escalate_alert(key, level, f"Worse {level}", BODY, {}, now)
        return tell(tx, tx.alert(key), policy, now)


def ends(store: Store, policy: AlertPolicy, now: datetime, key: str = "spike:Acme/:1") -> int:
    with store.write() as tx:
        tx.close_alert(key, now)
        return tell(tx, replace(tx.alert(key), title="Over", body="It lasted."), policy, now)


def passes(store: Store, policy: AlertPolicy, now: datetime) -> None:
    """Time, as the run looks at it."""
    with store.write() as tx:
        keep_up(tx, policy, now)


def due(store: Store, now: datetime, name: str = "") -> list[tuple[str, str]]:
    """(target, title) of what may go out now, in order."""
    with store.read() as reads:
        return [(row.target, row.title) for row in reads.outbox_due(now, 999, name)]


def life(store: Store, key: str = "spike:Acme/:1") -> list[tuple[str, str]]:
    """(who, what)."""
    with store.read() as reads:
        return [(event.agent, str(event.step)) for event in reads.alert_life(key)]

"""What alerts need of the store: what stands, its life among people, and messages on their way."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.alert import (
    Alert,
    AlertChange,
    AlertEvent,
    Mute,
    OutboxDraft,
    OutboxEntry,
    OutboxRow,
    OutboxState,
)
from listener.domain.gauges import Gauges


class AlertReads(Protocol):
    """Questions."""

    def open_alerts(self) -> list[Alert]: ...
    def alerts(self, since: datetime, limit: int) -> list[Alert]: ...
    def alert(self, key: str) -> Alert:
        """Raises `NotFound`."""
        ...

    def alerts_beginning(self, beginning: str, limit: int) -> list[Alert]:
        """Those whose key begins so, newest first."""
        ...

    def subject_told_at(self, alert: Alert) -> datetime | None:
        """When anybody was last told of another alert of this kind about the same."""
        ...

    def alert_mutes(self, now: datetime) -> list[Mute]:
        """Brands of which nothing is told now."""
        ...

    def alert_events(self, after: int, limit: int) -> list[AlertEvent]:
        """What happened since an event, oldest first."""
        ...

    def alert_life(self, key: str) -> list[AlertEvent]:
        """All that happened to one alert, oldest first."""
        ...

    def latest_alert_event(self) -> int: ...

    def outbox_due(self, now: datetime, limit: int, target: str = "") -> list[OutboxRow]:
        """Pages first, then whatever has waited longest."""
        ...

    def targets_due(self, now: datetime) -> list[str]:
        """For whom something is due."""
        ...

    def sent_lately(self, target: str, since: datetime) -> list[tuple[datetime, str]]:
        """(when, step) of what a target took since."""
        ...

    def told_of(self, alert: str) -> set[str]:
        """Targets that a message about this alert was written for, its end apart."""
        ...

    def messages(self, states: Sequence[OutboxState], limit: int) -> list[OutboxEntry]:
        """The newest first; no states means all."""
        ...

    def messages_numbered(self, ids: Sequence[int]) -> list[OutboxEntry]: ...
    def messages_about(self, alert: str) -> list[OutboxEntry]: ...

    def gauges(self) -> Gauges:
        """What monitors are told, from one state of the store."""
        ...

    def undelivered(self) -> list[tuple[str, OutboxState, int]]:
        """(target, waiting or failed, how many)."""
        ...


class AlertWrites(AlertReads, Protocol):
    """Changes; each step of an alert's life leaves an event, sealed in the audit where a person acted."""

    def open_alert(self, alert: Alert, now: datetime | None = None) -> bool:
        """False if an alert of this key exists. `now` is when it was noticed, if that isn't when it began."""
        ...

    def escalate_alert(
        self, key: str, level: int, title: str, body: str, facts: Mapping[str, object], now: datetime | None = None
    ) -> None:
        """Words and facts anew; an event only where the level is another."""
        ...

    def close_alert(self, key: str, now: datetime) -> None: ...

    def change_alert(self, key: str, change: AlertChange) -> Alert:
        """Apply and append the event. Raises `NotFound`."""
        ...

    def mute_brand(self, mute: Mute, now: datetime) -> None:
        """A mute that ends now, or has ended, takes one back."""
        ...

    def enqueue(self, draft: OutboxDraft, now: datetime) -> bool:
        """False if a row of this key exists."""
        ...

    def claim_message(self, row: OutboxRow, until: datetime) -> bool:
        """Nobody else sends it until then; False if somebody else was first."""
        ...

    def mark_sent(self, row_id: int, now: datetime) -> None: ...
    def mark_failed(self, row_id: int, error: str, retry_at: datetime | None, now: datetime | None = None) -> None:
        """`retry_at` None gives up; the row stays as failed."""
        ...

    def fold(self, rows: Sequence[OutboxRow], summary: OutboxDraft, now: datetime) -> None:
        """One message stands for these."""
        ...

    def retry_message(self, row_id: int, now: datetime) -> bool:
        """Due at once, as if it had never been tried; False if it is sent or there is none."""
        ...

    def set_mark(self, name: str, value: str) -> None:
        """A named bookmark, such as the last hour the spike detector has seen."""
        ...

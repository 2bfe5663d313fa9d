"""Alerts, the outbox that carries them, and bookmarks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from listener.domain.alert import Alert, AlertKind, OutboxDraft, OutboxRow
from listener.errors import NotFound
from listener.store.base import Part
from listener.store.desk_tables import alerts, marks, outbox
from listener.store.dialect import insert_into


class Alarms(Part):
    """What is asked of alerts."""

    def open_alerts(self) -> list[Alert]:
        return self._alerts(select(alerts).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.opened_at))

    def alerts(self, since: datetime, limit: int) -> list[Alert]:
        recent = select(alerts).where(alerts.c.opened_at >= since)
        return self._alerts(recent.order_by(alerts.c.opened_at.desc(), alerts.c.key).limit(limit))

    def _alerts(self, wanted: Select[Any]) -> list[Alert]:
        return [Alert(**{**row._mapping, "kind": AlertKind(row.kind)}) for row in self._db.execute(wanted)]

    def outbox_due(self, now: datetime, limit: int) -> list[OutboxRow]:
        o = outbox.c
        due = select(o.id, o.key, o.target, o.title, o.body, o.attempts, o.created_at, o.not_before).where(
            o.state == "waiting", o.not_before <= now
        )
        rows = self._db.execute(due.order_by(o.not_before, o.id).limit(limit))
        return [OutboxRow(**row._mapping) for row in rows]

    def mark(self, name: str) -> str:
        return self._db.scalars(select(marks.c.value).where(marks.c.name == name)).first() or ""


class AlarmWrites(Part):
    """What alerts write."""

    def open_alert(self, alert: Alert) -> bool:
        new = insert_into(self._db, alerts).values(
            key=alert.key,
            kind=alert.kind,
            subject=alert.subject,
            opened_at=alert.opened_at,
            title=alert.title,
            body=alert.body,
            facts=dict(alert.facts),
            closed_at=alert.closed_at,
            level=alert.level,
        )
        return self._db.execute(new.on_conflict_do_nothing(index_elements=[alerts.c.key])).rowcount == 1

    def escalate_alert(self, key: str, level: int, title: str, body: str, facts: Mapping[str, object]) -> None:
        self._change(key, level=level, title=title, body=body, facts=dict(facts))

    def close_alert(self, key: str, now: datetime) -> None:
        self._change(key, closed_at=now)

    def _change(self, key: str, **values: object) -> None:
        if self._db.execute(update(alerts).where(alerts.c.key == key).values(**values)).rowcount != 1:
            raise NotFound(f"there is no alert {key}")

    def enqueue(self, draft: OutboxDraft, now: datetime) -> bool:
        new = insert_into(self._db, outbox).values(
            key=draft.key,
            target=draft.target,
            title=draft.title,
            body=draft.body,
            state="waiting",
            attempts=0,
            error="",
            created_at=now,
            not_before=now,
        )
        return self._db.execute(new.on_conflict_do_nothing(index_elements=[outbox.c.key])).rowcount == 1

    def mark_sent(self, row_id: int, now: datetime) -> None:
        sent = {"state": "sent", "sent_at": now, "error": "", "attempts": outbox.c.attempts + 1}
        self._db.execute(update(outbox).where(outbox.c.id == row_id, outbox.c.state == "waiting").values(sent))

    def mark_failed(self, row_id: int, error: str, retry_at: datetime | None) -> None:
        failed: dict[str, object] = {"error": error, "attempts": outbox.c.attempts + 1}
        failed |= {"state": "failed"} if retry_at is None else {"not_before": retry_at}
        self._db.execute(update(outbox).where(outbox.c.id == row_id, outbox.c.state == "waiting").values(failed))

    def set_mark(self, name: str, value: str) -> None:
        new = insert_into(self._db, marks).values(name=name, value=value)
        set_ = {"value": new.excluded.value}
        self._db.execute(new.on_conflict_do_update(index_elements=[marks.c.name], set_=set_))

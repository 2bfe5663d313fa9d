"""Alerts and their life: what stands, what happened to it, what is muted; and bookmarks."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from listener.domain.alert import (
    Alert,
    AlertChange,
    AlertEvent,
    AlertKind,
    AlertStep,
    Handling,
    Mute,
    Severity,
)
from listener.domain.audit import ALERT
from listener.domain.case import PROGRAM
from listener.errors import NotFound
from listener.store.alert_tables import alert_events, alert_mutes
from listener.store.base import Part
from listener.store.chain import seal
from listener.store.desk_tables import alerts
from listener.store.dialect import insert_into
from listener.store.marks import read_mark, write_mark

BRAND = f"{ALERT}brand:"
"""Begins the subject of a brand's mute. No alert's key does: keys begin with their kind."""

_HANDLED = tuple(field.name for field in fields(Handling))
_PAGE = 500
_LAST = "\U0010ffff"
"""Sorts after whatever a key goes on with."""


class Alarms(Part):
    """What is asked of alerts."""

    def open_alerts(self) -> list[Alert]:
        return self._alerts(select(alerts).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.opened_at))

    def alerts(self, since: datetime, limit: int) -> list[Alert]:
        recent = select(alerts).where(alerts.c.opened_at >= since)
        return self._alerts(recent.order_by(alerts.c.opened_at.desc(), alerts.c.key).limit(limit))

    def alert(self, key: str) -> Alert:
        found = self._alerts(select(alerts).where(alerts.c.key == key))
        if not found:
            raise NotFound(f"there is no alert {key}")
        return found[0]

    def alerts_beginning(self, beginning: str, limit: int) -> list[Alert]:
        near = select(alerts).where(alerts.c.key >= beginning, alerts.c.key <= beginning + _LAST)
        return self._alerts(near.order_by(alerts.c.opened_at.desc(), alerts.c.key).limit(limit))

    def subject_told_at(self, alert: Alert) -> datetime | None:
        others = alerts.c.subject == alert.subject, alerts.c.kind == alert.kind, alerts.c.key != alert.key
        return self._db.scalars(select(func.max(alerts.c.told_at)).where(*others)).first()

    def alert_mutes(self, now: datetime) -> list[Mute]:
        rows = self._db.execute(select(alert_mutes).where(alert_mutes.c.until > now).order_by(alert_mutes.c.brand))
        return [Mute(**row._mapping) for row in rows]

    def alert_events(self, after: int, limit: int) -> list[AlertEvent]:
        # Ids grow in the order of commits only because writers take turns.
        later = select(alert_events).where(alert_events.c.id > after)
        return list(self._events(later.order_by(alert_events.c.id).limit(limit)))

    def alert_life(self, key: str) -> list[AlertEvent]:
        own = select(alert_events).where(alert_events.c.subject == f"{ALERT}{key}")
        return list(self._events(own.order_by(alert_events.c.id)))

    def latest_alert_event(self) -> int:
        return self._db.scalars(select(func.max(alert_events.c.id))).first() or 0

    def mark(self, name: str) -> str:
        return read_mark(self._db, name)

    def _alerts(self, wanted: Select[Any]) -> list[Alert]:
        return [_alert(row._mapping) for row in self._db.execute(wanted)]

    def _events(self, wanted: Select[Any]) -> Iterator[AlertEvent]:
        rows = self._db.execute(wanted).all()
        keys = {row.subject.removeprefix(ALERT) for row in rows}
        known: dict[str, Alert] = {}
        for start in range(0, len(keys), _PAGE):
            some = sorted(keys)[start : start + _PAGE]
            known |= {alert.key: alert for alert in self._alerts(select(alerts).where(alerts.c.key.in_(some)))}
        for row in rows:
            yield AlertEvent(
                id=row.id,
                at=row.at,
                agent=row.agent,
                subject=row.subject,
                step=AlertStep(row.kind),
                detail=row.detail,
                alert=known.get(row.subject.removeprefix(ALERT)),
            )


class AlarmWrites(Alarms):
    """What happens to alerts; each step leaves its event in the same transaction."""

    def open_alert(self, alert: Alert, now: datetime | None = None) -> bool:
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
            **_columns({name: getattr(alert.handling, name) for name in _HANDLED}),
        )
        opened = self._db.execute(new.on_conflict_do_nothing(index_elements=[alerts.c.key])).rowcount == 1
        if opened:
            detail = {"level": str(alert.level), "title": alert.title}
            self._note(f"{ALERT}{alert.key}", AlertStep.OPENED, PROGRAM, now or alert.opened_at, detail)
        return opened

    def escalate_alert(
        self,
        key: str,
        level: int,
        title: str,
        body: str,
        facts: Mapping[str, object],
        now: datetime | None = None,
    ) -> None:
        before = self.alert(key).level
        self._change(key, level=level, title=title, body=body, facts=dict(facts))
        if level == before:
            return
        subject = f"{ALERT}{key}"
        at = now or self._db.scalars(select(func.max(alert_events.c.at)).where(alert_events.c.subject == subject)).one()
        self._note(subject, AlertStep.ESCALATED, PROGRAM, at, {"level": str(level), "title": title})

    def close_alert(self, key: str, now: datetime) -> None:
        self._change(key, closed_at=now, closed_by=PROGRAM)
        self._note(f"{ALERT}{key}", AlertStep.RESOLVED, PROGRAM, now, {})

    def change_alert(self, key: str, change: AlertChange) -> Alert:
        if change.set:
            self._change(key, **_columns(change.set))
        self._note(f"{ALERT}{key}", change.step, change.agent, change.at, change.detail)
        return self.alert(key)

    def mute_brand(self, mute: Mute, now: datetime) -> None:
        new = insert_into(self._db, alert_mutes).values(
            brand=mute.brand, until=mute.until, agent=mute.agent, why=mute.why
        )
        self._db.execute(
            new.on_conflict_do_update(
                index_elements=[alert_mutes.c.brand],
                set_={name: getattr(new.excluded, name) for name in ("until", "agent", "why")},
            )
        )
        ends = mute.until <= now
        detail = {} if ends else {"until": mute.until.isoformat()}
        detail |= {"why": mute.why} if mute.why else {}
        step = AlertStep.UNMUTED if ends else AlertStep.MUTED
        self._note(f"{BRAND}{mute.brand}", step, mute.agent, now, detail)

    def set_mark(self, name: str, value: str) -> None:
        write_mark(self._db, name, value)

    def _change(self, key: str, **values: object) -> None:
        if self._db.execute(update(alerts).where(alerts.c.key == key).values(**values)).rowcount != 1:
            raise NotFound(f"there is no alert {key}")

    def _note(self, subject: str, step: AlertStep, agent: str, at: datetime, detail: Mapping[str, str]) -> None:
        """Append one event, and seal it in the audit where a person acted."""
        row = {"at": at, "agent": agent, "subject": subject, "kind": step.value, "detail": dict(detail)}
        event_id = self._db.scalars(_NOTE, row).one()
        if agent != PROGRAM:
            seal(self._db, at=at, agent=agent, kind=step, subject=subject, event_id=event_id, detail=detail)


_NOTE = insert(alert_events).returning(alert_events.c.id)


def _alert(row: Any) -> Alert:
    handled = {name: row[name] for name in _HANDLED}
    handled["severity"] = Severity(handled["severity"]) if handled["severity"] else None
    return Alert(
        key=row["key"],
        kind=AlertKind(row["kind"]),
        subject=row["subject"],
        opened_at=row["opened_at"],
        title=row["title"],
        body=row["body"],
        facts=row["facts"],
        closed_at=row["closed_at"],
        level=row["level"],
        handling=Handling(**handled),
    )


def _columns(values: Mapping[str, object]) -> dict[str, object]:
    """As the table has them: no severity is an empty one."""
    return {name: ("" if name == "severity" and value is None else value) for name, value in values.items()}

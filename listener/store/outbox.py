"""The outbox: messages that must reach a target once, in the order in which they matter."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select, update

from listener.domain.alert import (
    CLOSED,
    AlertChange,
    AlertStep,
    OutboxDraft,
    OutboxEntry,
    OutboxRow,
    OutboxState,
    Severity,
)
from listener.domain.case import PROGRAM
from listener.store.alerts import AlarmWrites
from listener.store.base import Part, in_chunks
from listener.store.desk_tables import outbox
from listener.store.dialect import insert_into

_o = outbox.c
_ROW = (
    _o.id, _o.key, _o.target, _o.title, _o.body, _o.attempts, _o.created_at, _o.not_before, _o.alert, _o.step,
    _o.severity,
)  # fmt: skip
_PAGES_FIRST = case((_o.severity == Severity.PAGE, 0), else_=1)


class Outbox(Part):
    """What is asked of messages."""

    def outbox_due(self, now: datetime, limit: int, target: str = "") -> list[OutboxRow]:
        due = select(*_ROW).where(_o.state == OutboxState.WAITING, _o.not_before <= now)
        if target:
            due = due.where(_o.target == target)
        return [_row(row) for row in self._db.execute(due.order_by(_PAGES_FIRST, _o.not_before, _o.id).limit(limit))]

    def targets_due(self, now: datetime) -> list[str]:
        due = select(_o.target).where(_o.state == OutboxState.WAITING, _o.not_before <= now).distinct()
        return sorted(self._db.scalars(due))

    def sent_lately(self, target: str, since: datetime) -> list[tuple[datetime, str]]:
        taken = select(_o.sent_at, _o.step).where(_o.target == target, _o.sent_at > since).order_by(_o.sent_at)
        return [(row.sent_at, row.step) for row in self._db.execute(taken)]

    def told_of(self, alert: str) -> set[str]:
        return set(self._db.scalars(select(_o.target).where(_o.alert == alert, _o.step != CLOSED).distinct()))

    def messages(self, states: Sequence[OutboxState], limit: int) -> list[OutboxEntry]:
        wanted = select(*_ROW, _o.state, _o.error, _o.sent_at, _o.folded_into)
        if states:
            wanted = wanted.where(_o.state.in_(states))
        return self._entries(wanted.order_by(_o.id.desc()).limit(limit))

    def messages_numbered(self, ids: Sequence[int]) -> list[OutboxEntry]:
        wanted = select(*_ROW, _o.state, _o.error, _o.sent_at, _o.folded_into).order_by(_o.id)
        return [entry for chunk in in_chunks(ids) for entry in self._entries(wanted.where(_o.id.in_(chunk)))]

    def messages_about(self, alert: str) -> list[OutboxEntry]:
        wanted = select(*_ROW, _o.state, _o.error, _o.sent_at, _o.folded_into).where(_o.alert == alert)
        return self._entries(wanted.order_by(_o.id))

    def undelivered(self) -> list[tuple[str, OutboxState, int]]:
        states = (OutboxState.WAITING, OutboxState.FAILED)
        counted = select(_o.target, _o.state, func.count()).where(_o.state.in_(states)).group_by(_o.target, _o.state)
        return [(target, OutboxState(state), n) for target, state, n in self._db.execute(counted.order_by(_o.target))]

    def _entries(self, wanted: Select[Any]) -> list[OutboxEntry]:
        return [
            OutboxEntry(
                row=_row(row[: len(_ROW)]),
                state=OutboxState(row.state),
                error=row.error,
                sent_at=row.sent_at,
                folded_into=row.folded_into,
            )
            for row in self._db.execute(wanted)
        ]


class OutboxWrites(Outbox, AlarmWrites):
    """What becomes of messages; what becomes of one about an alert is an event of its life."""

    def enqueue(self, draft: OutboxDraft, now: datetime) -> bool:
        new = insert_into(self._db, outbox).values(_values(draft, now))
        return self._db.execute(new.on_conflict_do_nothing(index_elements=[_o.key])).rowcount == 1

    def claim_message(self, row: OutboxRow, until: datetime) -> bool:
        mine = _o.id == row.id, _o.state == OutboxState.WAITING, _o.not_before == row.not_before
        return self._db.execute(update(outbox).where(*mine).values(not_before=until)).rowcount == 1

    def mark_sent(self, row_id: int, now: datetime) -> None:
        sent = {"state": OutboxState.SENT, "sent_at": now, "error": "", "attempts": _o.attempts + 1}
        self._settle(row_id, sent, AlertStep.SENT, now)

    def mark_failed(self, row_id: int, error: str, retry_at: datetime | None, now: datetime | None = None) -> None:
        failed: dict[str, object] = {"error": error, "attempts": _o.attempts + 1}
        if retry_at is None:
            self._settle(row_id, failed | {"state": OutboxState.FAILED}, AlertStep.UNDELIVERED, now)
        else:
            self._settle(row_id, failed | {"not_before": retry_at}, None, now)

    def fold(self, rows: Sequence[OutboxRow], summary: OutboxDraft, now: datetime) -> None:
        new = insert_into(self._db, outbox).values(_values(summary, now)).returning(_o.id)
        summary_id = self._db.scalars(new).one()
        folded = {"state": OutboxState.FOLDED, "folded_into": summary_id}
        for chunk in in_chunks([row.id for row in rows]):
            waiting = _o.id.in_(chunk), _o.state == OutboxState.WAITING
            self._db.execute(update(outbox).where(*waiting).values(folded))

    def retry_message(self, row_id: int, now: datetime) -> bool:
        undone = _o.id == row_id, _o.state.in_((OutboxState.FAILED, OutboxState.WAITING))
        again = {"state": OutboxState.WAITING, "attempts": 0, "not_before": now}
        return self._db.execute(update(outbox).where(*undone).values(again)).rowcount == 1

    def _settle(self, row_id: int, values: dict[str, object], step: AlertStep | None, now: datetime | None) -> None:
        mine = update(outbox).where(_o.id == row_id, _o.state == OutboxState.WAITING).values(values)
        row = self._db.execute(mine.returning(_o.alert, _o.target, _o.step, _o.error, _o.not_before)).first()
        if row is None or not row.alert or step is None:
            return
        detail = {"target": row.target, "of": row.step} | ({"error": row.error} if row.error else {})
        self.change_alert(row.alert, AlertChange(step=step, agent=PROGRAM, at=now or row.not_before, detail=detail))


def _row(row: Any) -> OutboxRow:
    names = [column.name for column in _ROW]
    values = dict(zip(names, row, strict=True))
    return OutboxRow(**{**values, "severity": Severity(values["severity"])})


def _values(draft: OutboxDraft, now: datetime) -> dict[str, object]:
    return {
        "key": draft.key,
        "target": draft.target,
        "title": draft.title,
        "body": draft.body,
        "state": OutboxState.WAITING,
        "attempts": 0,
        "error": "",
        "created_at": now,
        "not_before": draft.not_before or now,
        "alert": draft.alert,
        "step": draft.step,
        "severity": draft.severity,
    }

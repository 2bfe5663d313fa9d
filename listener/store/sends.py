"""Rows of replies on their way: what is due, whose turn it is, what became of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from listener.domain.case import PROGRAM, EventKind
from listener.domain.mention import MentionKey
from listener.domain.sending import UNFINISHED, Outcome, Send, SendDraft, SendState
from listener.errors import NotFound
from listener.store.base import Part, in_chunks
from listener.store.desk_tables import case_events, cases
from listener.store.reach_tables import sends

_S = sends.c

_earlier = sends.alias("earlier")
# What one customer is told is told in its order.
_IN_TURN = (
    ~select(_earlier.c.id)
    .where(_earlier.c.case_id == _S.case_id, _earlier.c.id < _S.id, _earlier.c.state.in_(UNFINISHED))
    .exists()
)


class Sends(Part):
    """What is asked."""

    def send(self, send_id: int) -> Send:
        row = self._db.execute(select(sends).where(_S.id == send_id)).first()
        if row is None:
            raise NotFound(f"there is no reply {send_id}", next_step="listener replies list")
        return send_from(row)

    def sends(self, states: Collection[SendState], limit: int, case_id: int | None = None) -> list[Send]:
        wanted = select(sends).order_by(_S.id.desc()).limit(limit)
        if states:
            wanted = wanted.where(_S.state.in_(states))
        if case_id is not None:
            wanted = wanted.where(_S.case_id == case_id)
        return [send_from(row) for row in self._db.execute(wanted)]

    def sends_due(self, now: datetime, limit: int, case_id: int | None = None) -> list[Send]:
        due = select(sends).where(_S.state.in_(UNFINISHED), _S.due_at <= now, _IN_TURN)
        if case_id is not None:
            due = due.where(_S.case_id == case_id)
        return [send_from(row) for row in self._db.execute(due.order_by(_S.due_at, _S.id).limit(limit))]

    def same_send(self, mention_id: int, text: str) -> Send | None:
        may_stand = (*UNFINISHED, SendState.SENT)
        same = select(sends).where(_S.mention_id == mention_id, _S.text == text, _S.state.in_(may_stand))
        row = self._db.execute(same.order_by(_S.id.desc()).limit(1)).first()
        return None if row is None else send_from(row)

    def sent_among(self, keys: Sequence[MentionKey]) -> set[MentionKey]:
        found: set[MentionKey] = set()
        for platform in {key.platform for key in keys}:
            there = [key.native_id for key in keys if key.platform == platform]
            for chunk in in_chunks(there):
                ours = select(_S.native_id).where(_S.platform == platform, _S.native_id.in_(chunk))
                found |= {MentionKey(platform=platform, native_id=one) for one in self._db.scalars(ours)}
        return found


class SendsWrites(Sends):
    """What is written."""

    def queue_send(self, draft: SendDraft, now: datetime) -> Send:
        row = {
            "case_id": draft.case_id,
            "mention_id": draft.mention_id,
            "source": draft.source,
            "platform": draft.platform,
            "agent": draft.agent,
            "text": draft.text,
            "key": draft.key,
            "state": SendState.QUEUED,
            "attempts": 0,
            "created_at": now,
            "due_at": draft.due_at,
            "native_id": "",
            "url": "",
            "error": "",
        }
        return send_from(self._db.execute(insert(sends).returning(*_S), row).one())

    def claim_send(self, send: Send, until: datetime, now: datetime) -> Send | None:
        values: dict[str, object] = {"state": SendState.UNKNOWN, "due_at": until}
        if send.state is SendState.QUEUED:
            values = {
                "state": SendState.SENDING,
                "due_at": until,
                "attempts": _S.attempts + 1,
                "began_at": send.began_at or now,
                "tried_at": now,
            }
        return self._changed(and_(_as_read(send), _S.due_at <= now, _IN_TURN), values)

    def settle_send(self, send: Send, outcome: Outcome, now: datetime) -> Send | None:
        done = outcome.state not in UNFINISHED
        values: dict[str, object] = {
            "state": outcome.state,
            "due_at": None if done else outcome.due_at,
            "done_at": now if done else None,
            "error": outcome.error,
            "native_id": outcome.native_id,
            "url": outcome.url,
            "tried_at": outcome.tried_at or send.tried_at,
        }
        ours = _as_read(send)
        if outcome.state is SendState.SENT:
            # Whoever took it over meanwhile must not send it again.
            ours = or_(ours, and_(_S.id == send.id, _S.state.in_(UNFINISHED)))
        return self._changed(ours, values)

    def tell_case(self, case_id: int, at: datetime, kind: EventKind, detail: Mapping[str, str]) -> None:
        row = {"case_id": case_id, "at": at, "agent": PROGRAM, "kind": kind, "detail": dict(detail), "before": {}}
        self._db.execute(insert(case_events), row)

    def _changed(self, where: ColumnElement[bool], values: Mapping[str, object]) -> Send | None:
        row = self._db.execute(update(sends).where(where).values(**values).returning(*_S)).first()
        return None if row is None else send_from(row)


def forget_sends(db: Connection, author_id: int, now: datetime) -> None:
    """Nothing of replies to somebody erased is left, and none goes out any more; what stands there stays known."""
    theirs = _S.case_id.in_(select(cases.c.id).where(cases.c.author_id == author_id))
    stopped = {"state": SendState.CANCELLED, "due_at": None, "done_at": now, "error": "its customer was erased"}
    db.execute(update(sends).where(theirs, _S.state == SendState.QUEUED).values(**stopped))
    db.execute(update(sends).where(theirs).values(text=""))


def sends_of(db: Connection, case_id: int) -> tuple[Send, ...]:
    """All of a case, the oldest first."""
    rows = db.execute(select(sends).where(_S.case_id == case_id).order_by(_S.id))
    return tuple(send_from(row) for row in rows)


def send_from(row: Any) -> Send:
    """From a row of `sends`."""
    return Send(**{**row._mapping, "state": SendState(row.state)})


def _as_read(send: Send) -> ColumnElement[bool]:
    """Nobody has touched it since: every claim and every outcome sets another instant."""
    same_turn = (_S.state == send.state, _S.due_at == send.due_at, _S.attempts == send.attempts)
    return and_(_S.id == send.id, *same_turn)

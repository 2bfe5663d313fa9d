"""Changing cases: open, change, claim, wake, correct. Each is fenced by the case's version, and an event."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from listener.domain.audit import CASE
from listener.domain.case import PROGRAM, Case, CaseChange, CaseDraft, CaseState, EventKind
from listener.domain.clocks import clocks_json
from listener.domain.roster import ANYTHING, Skills
from listener.domain.sla import SlaClock
from listener.domain.verdict import Verdict
from listener.errors import Conflict, NotFound
from listener.store.answers import withdraw_with_case
from listener.store.base import in_chunks
from listener.store.cases import QUEUE_ORDER, Cases, choose_headline, unheld
from listener.store.chain import seal
from listener.store.desk_tables import case_events, case_mentions, cases
from listener.store.late import LateWrites
from listener.store.skills import allowed
from listener.store.steady import note_lease
from listener.store.tables import mentions, voices
from listener.store.types import Instant

_CHANGEABLE = frozenset(
    {
        "queue",
        "state",
        "reason",
        "priority",
        "terms",
        "rank_at",
        "escalated",
        "assignee",
        "lease_until",
        "due_at",
        "first_reply_at",
        "snoozed_until",
        "resolved_at",
        "resolution",
        "tags",
        "clocks",
        "sla_at",
        "alarm_at",
        "wrote_at",
        "answered_at",
        "assigned_at",
        "incident_id",
        "merged_into",
    }
)
_EMPTY_TEXT = frozenset({"assignee", "resolution"})
_NOBODYS = {"assignee": "", "lease_until": None, "assigned_at": None}
"""What a case was before `claim_next` took it, whoever let it lapse before that."""


class Desk(LateWrites, Cases):
    """What triage and agents write."""

    def open_case(self, draft: CaseDraft) -> Case:
        return self.open_cases([draft])[0]

    def open_cases(self, drafts: Sequence[CaseDraft]) -> list[Case]:
        platforms = self._platforms([draft.mention_id for draft in drafts])
        self._refuse_second_cases(drafts)
        if not drafts:
            return []
        made = self._db.execute(
            insert(cases).returning(cases.c.id, cases.c.headline_id, cases.c.brand),
            [_new_row(draft, platforms[draft.mention_id]) for draft in drafts],
        )
        ids = {(row.headline_id, row.brand): row.id for row in made}
        placed = [(ids[draft.mention_id, draft.brand], draft) for draft in drafts]
        self._db.execute(
            insert(case_mentions),
            [{"case_id": n, "mention_id": draft.mention_id, "brand": draft.brand} for n, draft in placed],
        )
        self._db.execute(_QUEUE_VOICE, [{"post": d.mention_id, "about": d.brand, "to_queue": d.queue} for d in drafts])
        self._db.execute(insert(case_events), [_opened(case_id, draft) for case_id, draft in placed])
        return self._in_order([case_id for case_id, _ in placed])

    def change_case(self, case_id: int, expected_version: int, change: CaseChange) -> Case:
        values = _values(change.set)
        joins = change.add_mention is not None and self._may_join(case_id, change.add_mention)
        before = self._before(case_id, change, values)
        changed = self._db.execute(
            _changing(tuple(sorted(values)), joins=joins),
            {"changed": case_id, "seen": expected_version, "moment": change.at, **_to(values)},
        ).first()
        if changed is None:
            raise self._conflict(case_id)
        if values.get("lease_until") is not None:
            note_lease(self._db)
        if joins and change.add_mention is not None:
            self._hold(case_id, changed.brand, change.add_mention, changed.queue)
            choose_headline(self._db, case_id)
        if "queue" in values:
            self._move_voices(case_id, changed.brand, changed.queue)
        if values.get("state") is CaseState.RESOLVED:
            withdraw_with_case(self._db, case_id, change.at)
        self._record(case_id, change.at, change.agent, change.kind, change.detail, before)
        return self.case(case_id)

    def _before(self, case_id: int, change: CaseChange, values: Mapping[str, object]) -> dict[str, object]:
        """What a change is about to overwrite: undo restores a person's, and the program's tells what has moved on."""
        if not change.set:
            return {}
        columns = [cases.c[name] for name in sorted(change.set)]
        row = self._db.execute(select(*columns).where(cases.c.id == case_id)).first()
        if row is None:
            return {}
        was = {name: _kept(value) for name, value in row._mapping.items()}
        return {name: value for name, value in was.items() if value != _kept(values[name])}

    def claim_next(
        self, agent: str, queues: Sequence[str], now: datetime, lease: timedelta, skills: Skills = ANYTHING
    ) -> Case | None:
        some = {"queues": list(queues)} if queues else {}
        claimed = self._db.execute(
            _claim(skills, of_queues=bool(queues)), {"agent": agent, "now": now, "until": now + lease, **some}
        ).first()
        if claimed is None:
            return None
        if claimed.lapsed:
            self._record(claimed.id, now, PROGRAM, EventKind.LEASE_EXPIRED, {"agent": claimed.lapsed})
        note_lease(self._db)
        self._record(claimed.id, now, agent, EventKind.CLAIMED, {}, _NOBODYS)
        return self.case(claimed.id)

    def save_verdict(self, mention_id: int, verdict: Verdict, now: datetime) -> None:
        self._platforms([mention_id])
        self.judge_stored({mention_id: verdict}, now)

    def _platforms(self, mention_ids: Sequence[int]) -> dict[int, str]:
        """Of mentions that can be worked on. Raises `NotFound` for an unknown or erased one."""
        found: dict[int, str] = {}
        for chunk in in_chunks(mention_ids):
            found |= {row.id: row.platform for row in self._db.execute(_ALIVE, {"ids": chunk})}
        missing = next((mention_id for mention_id in mention_ids if mention_id not in found), None)
        if missing is not None:
            raise NotFound(f"there is no mention {missing}, or its author deleted it")
        return found

    def _refuse_second_cases(self, drafts: Sequence[CaseDraft]) -> None:
        wanted = {(draft.mention_id, draft.brand) for draft in drafts}
        for chunk in in_chunks(sorted({draft.mention_id for draft in drafts})):
            for row in self._db.execute(select(case_mentions).where(case_mentions.c.mention_id.in_(chunk))):
                if (row.mention_id, row.brand) in wanted:
                    raise Conflict(f"mention {row.mention_id} belongs to case {row.case_id} already")

    def _may_join(self, case_id: int, mention_id: int) -> bool:
        """False if the case holds the mention already. Raises before anything is written."""
        self._platforms([mention_id])
        holder = self._db.scalars(_HOLDER, {"post": mention_id, "joining": case_id}).first()
        if holder not in (None, case_id):
            raise Conflict(f"mention {mention_id} belongs to case {holder} already")
        return holder is None

    def _hold(self, case_id: int, brand: str, mention_id: int, queue: str) -> None:
        self._db.execute(_HOLD, {"case_id": case_id, "mention_id": mention_id, "brand": brand})
        self._db.execute(_QUEUE_VOICE, {"post": mention_id, "about": brand, "to_queue": queue})

    def _move_voices(self, case_id: int, brand: str, queue: str) -> None:
        held = select(case_mentions.c.mention_id).where(case_mentions.c.case_id == case_id)
        mine = update(voices).where(voices.c.mention_id.in_(held), voices.c.brand == brand)
        self._db.execute(mine.values(queue=queue))

    def _record(
        self,
        case_id: int,
        at: datetime,
        agent: str,
        kind: EventKind,
        detail: Mapping[str, str],
        before: Mapping[str, object] | None = None,
    ) -> None:
        row = {"case_id": case_id, "at": at, "agent": agent, "kind": kind, "detail": dict(detail)}
        event_id = self._db.scalars(_RECORD, {**row, "before": dict(before or {})}).one()
        if agent != PROGRAM:
            seal(
                self._db,
                at=at,
                agent=agent,
                kind=kind,
                subject=f"{CASE}{case_id}",
                event_id=event_id,
                detail=detail,
                before=before,
            )

    def _conflict(self, case_id: int) -> Conflict | NotFound:
        """Why a change was refused; the last event says who was first."""
        events = select(case_events).where(case_events.c.case_id == case_id)
        last = self._db.execute(events.order_by(case_events.c.id.desc()).limit(1)).first()
        if last is None:
            return NotFound(f"there is no case {case_id}", next_step="listener inbox")
        return Conflict(
            f"case {case_id} was changed by {last.agent} at {last.at:%Y-%m-%d %H:%M:%S} UTC ({last.kind})",
            next_step=f"look at it again: listener case show {case_id}",
        )


# Statements made once: building one costs several times what running it does.
_RECORD = insert(case_events).returning(case_events.c.id)
_HOLD = insert(case_mentions)
_ALIVE = select(mentions.c.id, mentions.c.platform).where(
    mentions.c.id.in_(bindparam("ids", expanding=True)), mentions.c.deleted_at.is_(None)
)
_HOLDER = select(case_mentions.c.case_id).where(
    case_mentions.c.mention_id == bindparam("post"),
    case_mentions.c.brand == select(cases.c.brand).where(cases.c.id == bindparam("joining")).scalar_subquery(),
)
_QUEUE_VOICE = (
    update(voices)
    .where(voices.c.mention_id == bindparam("post"), voices.c.brand == bindparam("about"))
    .values(queue=bindparam("to_queue"))
)


@lru_cache(maxsize=256)
def _claim(skills: Skills, *, of_queues: bool) -> ReturningUpdate[tuple[int, str]]:
    """One statement chooses and takes.

    SQLite serialises writers; elsewhere SKIP LOCKED keeps two agents from waiting for, and then both taking, the same
    case.
    """
    now = bindparam("now", type_=Instant)
    named = [cases.c.queue.in_(bindparam("queues", expanding=True))] if of_queues else []
    best = select(cases.c.id).where(cases.c.state == CaseState.OPEN, unheld(now), *named, *allowed(skills))
    best = best.order_by(*QUEUE_ORDER).limit(1).with_for_update(skip_locked=True)
    taken = {
        "lapsed": cases.c.assignee,
        "assignee": bindparam("agent"),
        "assigned_at": now,
        "lease_until": bindparam("until"),
    }
    return (
        update(cases)
        .where(cases.c.id == best.scalar_subquery())
        .values(version=cases.c.version + 1, updated_at=now, **taken)
        .returning(cases.c.id, cases.c.lapsed)
    )


def _to(values: Mapping[str, object]) -> dict[str, object]:
    """The parameters of `_changing`."""
    return {f"to_{name}": value for name, value in values.items()}


@lru_cache(maxsize=256)
def _changing(names: tuple[str, ...], *, joins: bool) -> ReturningUpdate[tuple[str, str]]:
    """The change of these columns, fenced by the version that was seen."""
    grows = {"mentions": cases.c.mentions + 1} if joins else {}
    return (
        update(cases)
        .where(cases.c.id == bindparam("changed"), cases.c.version == bindparam("seen"))
        .values(
            version=cases.c.version + 1,
            updated_at=bindparam("moment"),
            **{name: bindparam(f"to_{name}") for name in names},
            **grows,
        )
        .returning(cases.c.brand, cases.c.queue)
    )


@lru_cache(maxsize=256)
def _standing(names: tuple[str, ...]) -> Select[Any]:
    """What these columns hold."""
    return select(*(cases.c[name] for name in names)).where(cases.c.id == bindparam("changed"))


def _new_row(draft: CaseDraft, platform: str) -> dict[str, object]:
    return {
        "version": 1,
        "brand": draft.brand,
        "platform": platform,
        "author_id": draft.author_id,
        "thread": draft.thread,
        "queue": draft.queue,
        "state": CaseState.OPEN,
        "reason": draft.reason,
        "priority": draft.priority,
        "terms": dict(draft.terms),
        "rank_at": draft.rank_at or draft.opened_at,
        "escalated": draft.escalated,
        "assignee": draft.assignee,
        "assigned_at": draft.opened_at if draft.assignee else None,
        "lapsed": "",
        "opened_at": draft.opened_at,
        "updated_at": draft.opened_at,
        "wrote_at": draft.opened_at,
        "tags": sorted(set(draft.tags)),
        "clocks": clocks_json(draft.clocks),
        "sla_at": draft.sla_at,
        "alarm_at": draft.alarm_at,
        "due_at": draft.due_at,
        "resolution": "",
        "mentions": 1,
        "headline_id": draft.mention_id,
    }


def _opened(case_id: int, draft: CaseDraft) -> dict[str, object]:
    return {
        "case_id": case_id,
        "at": draft.opened_at,
        "agent": PROGRAM,
        "kind": EventKind.OPENED,
        "detail": dict(draft.detail),
        "before": {},
    }


def _kept(value: object) -> object:
    """A column's value as JSON."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _values(wanted: Mapping[str, object]) -> dict[str, object]:
    """Column values. Raises ValueError for a field that may not be set: no caller writes what it pleases."""
    unknown = set(wanted) - _CHANGEABLE
    if unknown:
        raise ValueError(f"not a case field that can be changed: {', '.join(sorted(unknown))}")
    values = {name: "" if value is None and name in _EMPTY_TEXT else value for name, value in wanted.items()}
    terms = values.get("terms")
    if isinstance(terms, Mapping):
        values["terms"] = dict(terms)
    if "tags" in wanted:
        values["tags"] = sorted(set(cast("Iterable[str]", wanted["tags"])))
    if "clocks" in wanted:
        values["clocks"] = clocks_json(cast("Mapping[str, SlaClock]", wanted["clocks"]))
    return values

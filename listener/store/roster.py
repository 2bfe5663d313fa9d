"""Rows of who is at work, what they have in hand, and what could be given to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from listener.domain.case import PROGRAM, CaseState, EventKind
from listener.domain.roster import Cause, GivenCase, Known, Presence, Skills, WaitingCase
from listener.store.base import Part, in_chunks
from listener.store.cases import QUEUE_ORDER, unheld
from listener.store.desk_log import record
from listener.store.desk_tables import case_events, cases
from listener.store.dialect import insert_into
from listener.store.skills import allowed
from listener.store.tables import mentions
from listener.store.team_tables import audit, desk_events, presence
from listener.store.types import Instant

SILENT = "silent"
"""What the history of an agent calls being taken for gone."""

# Not where our word was the last: there is nothing to do until the author writes.
_OURS_TO_ANSWER = or_(cases.c.answered_at.is_(None), cases.c.wrote_at > cases.c.answered_at)


class Roster(Part):
    """What is asked."""

    def presences(self) -> list[Presence]:
        return [Presence(**row._mapping) for row in self._db.execute(_PRESENCES)]

    def loads(self, agents: Sequence[str], now: datetime, *, count_waiting: bool) -> dict[str, int]:
        if not agents:
            return {}
        rows = self._db.execute(_LOADS[count_waiting], {"agents": list(agents), "now": now})
        return {row.assignee: row.load for row in rows}

    def given_cases(self, agents: Sequence[str]) -> list[GivenCase]:
        if not agents:
            return []
        rows = self._db.execute(_GIVEN, {"agents": list(agents)})
        return [GivenCase(**row._mapping) for row in rows]

    def waiting_cases(
        self, agents: Sequence[str], skills: Skills, not_queues: Sequence[str], now: datetime, limit: int
    ) -> list[int]:
        asked = {"agents": list(agents), "all": len(agents), "now": now, "most": limit}
        return list(self._db.scalars(_waiting(skills, tuple(not_queues)), asked))

    def waiting_facts(self, case_ids: Sequence[int]) -> list[WaitingCase]:
        found: list[tuple[tuple[object, ...], WaitingCase]] = []
        for chunk in in_chunks(case_ids):
            passed_by = self._passed_by(chunk)
            for row in self._db.execute(_FACTS, {"ids": chunk}):
                place = (not row.escalated, row.rank_at, row.id)
                found.append((place, _waiting_case(row, passed_by.get(row.id, frozenset()))))
        return [case for _, case in sorted(found, key=lambda pair: pair[0])]

    def who_knows(self, author_ids: Sequence[int], agents: Sequence[str], since: datetime) -> Mapping[int, Known]:
        found: dict[int, Known] = {}
        for chunk in in_chunks(author_ids):
            asked = {"authors": chunk, "agents": list(agents), "since": since}
            for row in self._db.execute(_KNOWN, asked):
                found[row.author_id] = Known(agent=row.agent, case_id=row.case_id, did=row.kind)
        return found

    def next_in_hand(self, agent: str, queues: Sequence[str]) -> int | None:
        some = {"queues": list(queues)} if queues else {}
        return self._db.scalars(_NEXT_IN_HAND[bool(queues)], {"agent": agent, **some}).first()

    def _passed_by(self, case_ids: Sequence[int]) -> dict[int, frozenset[str]]:
        found: dict[int, set[str]] = {}
        for row in self._db.execute(_PASSED_BY, {"ids": case_ids}):
            found.setdefault(row.case_id, set()).add(row.agent)
        return {case_id: frozenset(names) for case_id, names in found.items()}


class RosterWrites(Roster):
    """What is written."""

    def set_available(self, name: str, agent: str, now: datetime, *, available: bool) -> None:
        self._put(name, {"available": available, "changed_at": now}, now)
        kind = "available" if available else "away"
        record(self._db, at=now, agent=agent, subject=f"agent:{name}", kind=kind, detail={})

    def note_given(self, name: str, turn: datetime, now: datetime) -> None:
        self._put(name, {"given_at": turn}, now)

    def note_silent(self, name: str, now: datetime) -> None:
        record(self._db, at=now, agent=PROGRAM, subject=f"agent:{name}", kind=SILENT, detail={})

    def _put(self, name: str, values: Mapping[str, object], now: datetime) -> None:
        new = {"agent": name, "available": True, "changed_at": now, **values}
        statement = insert_into(self._db, presence).values(new)
        self._db.execute(statement.on_conflict_do_update(index_elements=[presence.c.agent], set_=dict(values)))


def _waiting_case(row: Any, passed_by: frozenset[str]) -> WaitingCase:
    return WaitingCase(
        id=row.id,
        version=row.version,
        queue=row.queue,
        brand=row.brand,
        platform=row.platform,
        reason=row.reason,
        lang=row.lang,
        author_id=row.author_id,
        lapsed=row.assignee if row.lease_until is not None else "",
        passed_by=passed_by,
    )


# Statements made once: building one costs several times what running it does.
_ACTED = select(func.max(audit.c.at)).where(audit.c.agent == presence.c.agent).scalar_subquery()
_FELL_SILENT = (
    select(func.max(desk_events.c.at))
    .where(desk_events.c.subject == "agent:" + presence.c.agent, desk_events.c.kind == SILENT)
    .scalar_subquery()
)
_PRESENCES = select(presence, _ACTED.label("acted_at"), _FELL_SILENT.label("silent_at")).order_by(presence.c.agent)


def _loads(*, count_waiting: bool) -> Select[Any]:
    now = bindparam("now", type_=Instant)
    in_hand = and_(
        cases.c.assignee.in_(bindparam("agents", expanding=True)),
        or_(cases.c.lease_until.is_(None), cases.c.lease_until > now),
    )
    states = [CaseState.OPEN, CaseState.SNOOZED] if count_waiting else [CaseState.OPEN]
    where = [cases.c.state.in_(states), in_hand]
    if not count_waiting:
        where.append(_OURS_TO_ANSWER)
    return select(cases.c.assignee, func.count().label("load")).where(*where).group_by(cases.c.assignee)


_LOADS = {wanted: _loads(count_waiting=wanted) for wanted in (False, True)}


def _given() -> Select[Any]:
    gave, later = case_events.alias("gave"), case_events.alias("later")
    by_hand = select(1).where(later.c.case_id == cases.c.id, later.c.id > gave.c.id, later.c.kind == EventKind.ASSIGNED)
    touched = (
        select(func.max(later.c.at))
        .where(later.c.case_id == cases.c.id, later.c.id > gave.c.id, later.c.agent == cases.c.assignee)
        .scalar_subquery()
    )
    given = and_(
        gave.c.case_id == cases.c.id,
        gave.c.kind == EventKind.DISTRIBUTED,
        gave.c.at == cases.c.assigned_at,
        gave.c.detail["to"].as_string() == cases.c.assignee,
    )
    facts = (cases.c.id, cases.c.version, cases.c.assignee.label("agent"), cases.c.assigned_at.label("given_at"))
    return (
        select(*facts, touched.label("touched_at"), cases.c.wrote_at)
        .join(gave, given)
        .where(
            cases.c.state == CaseState.OPEN,
            cases.c.assignee.in_(bindparam("agents", expanding=True)),
            cases.c.lease_until.is_(None),
            _OURS_TO_ANSWER,
            ~by_hand.exists(),
        )
        .order_by(cases.c.id)
    )


_GIVEN = _given()


def _came_back_since() -> ColumnElement[bool]:
    """Whether somebody who left a case untouched came or went since, which gives them another chance at it."""
    left_it = case_events.c.detail["from"].as_string()
    return select(1).where(presence.c.agent == left_it, presence.c.changed_at > case_events.c.at).exists()


_LEFT_UNTOUCHED = and_(
    case_events.c.kind == EventKind.RETURNED, case_events.c.detail["cause"].as_string() == Cause.UNTOUCHED
)
_PASSED_BY = select(case_events.c.case_id, case_events.c.detail["from"].as_string().label("agent")).where(
    case_events.c.case_id.in_(bindparam("ids", expanding=True)), _LEFT_UNTOUCHED, ~_came_back_since()
)


@lru_cache(maxsize=256)
def _waiting(skills: Skills, not_queues: tuple[str, ...]) -> Select[Any]:
    now = bindparam("now", type_=Instant)
    left_it = case_events.c.detail["from"].as_string()
    passed_by = (
        select(func.count(left_it.distinct()))
        .where(
            case_events.c.case_id == cases.c.id,
            _LEFT_UNTOUCHED,
            left_it.in_(bindparam("agents", expanding=True)),
            ~_came_back_since(),
        )
        .scalar_subquery()
    )
    where = [cases.c.state == CaseState.OPEN, unheld(now), *allowed(skills)]
    if not_queues:
        where.append(cases.c.queue.not_in(not_queues))
    chosen = select(cases.c.id).where(*where, _OURS_TO_ANSWER, passed_by < bindparam("all"))
    return chosen.order_by(*QUEUE_ORDER).limit(bindparam("most"))


_FACTS = (
    select(
        cases.c.id,
        cases.c.version,
        cases.c.queue,
        cases.c.brand,
        cases.c.platform,
        cases.c.reason,
        cases.c.author_id,
        cases.c.assignee,
        cases.c.lease_until,
        cases.c.escalated,
        cases.c.rank_at,
        mentions.c.lang,
    )
    .join(mentions, mentions.c.id == cases.c.headline_id)
    .where(cases.c.id.in_(bindparam("ids", expanding=True)))
)

_DEALT = (
    select(
        cases.c.author_id,
        case_events.c.agent,
        case_events.c.case_id,
        case_events.c.kind,
        func.row_number()
        .over(partition_by=cases.c.author_id, order_by=(case_events.c.at.desc(), case_events.c.id.desc()))
        .label("back"),
    )
    .join(case_events, case_events.c.case_id == cases.c.id)
    .where(
        cases.c.author_id.in_(bindparam("authors", expanding=True)),
        case_events.c.kind.in_([EventKind.REPLIED, EventKind.RESOLVED]),
        case_events.c.agent.in_(bindparam("agents", expanding=True)),
        case_events.c.at >= bindparam("since", type_=Instant),
    )
    .subquery()
)
_KNOWN = select(_DEALT).where(_DEALT.c.back == 1)


def _next_in_hand(*, of_queues: bool) -> Select[Any]:
    seen = select(1).where(
        case_events.c.case_id == cases.c.id,
        case_events.c.agent == cases.c.assignee,
        or_(cases.c.assigned_at.is_(None), case_events.c.at >= cases.c.assigned_at),
        or_(cases.c.wrote_at.is_(None), case_events.c.at >= cases.c.wrote_at),
    )
    named = [cases.c.queue.in_(bindparam("queues", expanding=True))] if of_queues else []
    theirs = and_(cases.c.assignee == bindparam("agent"), cases.c.lease_until.is_(None))
    chosen = select(cases.c.id).where(cases.c.state == CaseState.OPEN, theirs, _OURS_TO_ANSWER, ~seen.exists(), *named)
    return chosen.order_by(*QUEUE_ORDER).limit(1)


_NEXT_IN_HAND = {wanted: _next_in_hand(of_queues=wanted) for wanted in (False, True)}

"""Rows of incidents: each, its cases, what was done to it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, and_, func, insert, or_, select, update

from listener.domain.case import REVOKES, Case, CaseEvent, CaseState, EventKind
from listener.domain.incident import (
    Incident,
    IncidentChange,
    IncidentDraft,
    IncidentEvent,
    IncidentKind,
    IncidentLine,
    IncidentState,
    Member,
)
from listener.domain.stored import StoredMention
from listener.domain.verdict import Label
from listener.errors import Conflict, NotFound
from listener.store.base import in_chunks
from listener.store.cases import case_from, case_rows
from listener.store.desk_log import record
from listener.store.desk_tables import case_events, case_mentions, cases
from listener.store.likeness import Likeness, LikenessWrites
from listener.store.rows import load_mentions
from listener.store.team_tables import desk_events, incidents

_COLUMNS = frozenset({"title", "owner", "answer", "approved_by", "state", "closed_at"})
_DETAIL = frozenset({"answer_by", "terms", "apart"})
_SAID = ("opened", "attached", "reopened", "woke", "edited")
"""Events of a case by which its author says something."""


class Incidents(Likeness):
    """What is asked."""

    def incident(self, incident_id: int) -> Incident:
        row = self._db.execute(select(incidents).where(incidents.c.id == incident_id)).first()
        if row is None:
            raise NotFound(f"there is no incident {incident_id}", next_step="listener incident list")
        return _incident(row)

    def incidents(self, brand: str = "", *, closed_since: datetime | None = None) -> list[Incident]:
        counts = incidents.c.state == IncidentState.OPEN
        if closed_since is not None:
            counts = or_(counts, and_(incidents.c.state == IncidentState.CLOSED, incidents.c.closed_at >= closed_since))
        wanted = select(incidents).where(counts)
        if brand:
            wanted = wanted.where(incidents.c.brand == brand)
        return [_incident(row) for row in self._db.execute(wanted.order_by(incidents.c.id))]

    def incidents_named(self, incident_ids: Collection[int]) -> list[Incident]:
        found: list[Incident] = []
        for chunk in in_chunks(sorted(incident_ids)):
            found += [_incident(row) for row in self._db.execute(select(incidents).where(incidents.c.id.in_(chunk)))]
        return sorted(found, key=lambda one: one.id)

    def incidents_by_words(self, brand: str) -> list[Incident]:
        open_here = (incidents.c.state == IncidentState.OPEN, incidents.c.brand == brand)
        wanted = select(incidents).where(*open_here, incidents.c.kind != IncidentKind.ALIKE).order_by(incidents.c.id)
        return [_incident(row) for row in self._db.execute(wanted)]

    def incident_lines(self, incidents: Sequence[Incident]) -> list[IncidentLine]:
        counts: dict[int, Any] = {}
        for chunk in in_chunks(one.id for one in incidents):
            counts |= {row.incident_id: row for row in self._db.execute(_counts(chunk))}
        lines = [(one, counts.get(one.id)) for one in incidents]
        return [
            IncidentLine(
                incident=one,
                cases=row.cases if row else 0,
                people=row.people if row else 0,
                live=row.live if row else 0,
            )
            for one, row in lines
        ]

    def incident_members(self, incident_id: int) -> list[Member]:
        rows = self._db.execute(case_rows(cases.c.incident_id == incident_id).order_by(cases.c.id))
        found = [case_from(row) for row in rows]
        posts = self._posts_of(found)
        events = self._events_of(found)
        return [_member(case, posts[case.id], events[case.id], incident_id) for case in found]

    def _posts_of(self, found: Sequence[Case]) -> dict[int, list[StoredMention]]:
        """Oldest first."""
        held: dict[int, list[int]] = defaultdict(list)
        for chunk in in_chunks(case.id for case in found):
            for row in self._db.execute(select(case_mentions).where(case_mentions.c.case_id.in_(chunk))):
                held[row.case_id].append(row.mention_id)
        posts = load_mentions(self._db, sorted({n for ids in held.values() for n in ids}))
        return {
            case.id: sorted((posts[n] for n in held[case.id]), key=lambda post: (post.mention.created_at, post.id))
            for case in found
        }

    def _events_of(self, found: Sequence[Case]) -> dict[int, list[CaseEvent]]:
        """What was said and answered; an answer that was taken back, or never went out, is none."""
        by_case: dict[int, dict[str, CaseEvent]] = defaultdict(dict)
        kinds = (*_SAID, EventKind.GROUPED, EventKind.REPLIED, *REVOKES)
        for chunk in in_chunks(case.id for case in found):
            wanted = select(case_events).where(case_events.c.case_id.in_(chunk), case_events.c.kind.in_(kinds))
            for row in self._db.execute(wanted.order_by(case_events.c.id)):
                kind = EventKind(row.kind)
                if kind in REVOKES:
                    by_case[row.case_id].pop(row.detail.get("event", ""), None)
                    continue
                event = CaseEvent(case_id=row.case_id, at=row.at, agent=row.agent, kind=kind, detail=row.detail)
                by_case[row.case_id][str(row.id)] = event
        return {case.id: list(by_case[case.id].values()) for case in found}

    def incident_history(self, incident_id: int) -> list[IncidentEvent]:
        about = select(desk_events).where(desk_events.c.subject == f"incident:{incident_id}")
        rows = self._db.execute(about.order_by(desk_events.c.id))
        return [IncidentEvent(at=row.at, agent=row.agent, kind=row.kind, detail=row.detail) for row in rows]


class IncidentsWrites(Incidents, LikenessWrites):
    """What is written."""

    def open_incident(self, draft: IncidentDraft, agent: str, now: datetime) -> Incident:
        row = {
            "version": 1,
            "brand": draft.brand,
            "title": draft.title,
            "kind": draft.kind,
            "state": IncidentState.OPEN,
            "owner": draft.owner,
            "answer": "",
            "approved_by": "",
            "detail": {"answer_by": "", "terms": list(draft.terms), "first": draft.first, "apart": []},
            "opened_at": now,
            "updated_at": now,
        }
        made = self._db.scalars(insert(incidents).returning(incidents.c.id), row).one()
        self._log(made, now, agent, "opened", {"title": draft.title, "kind": draft.kind, "brand": draft.brand})
        return self.incident(made)

    def change_incident(self, incident_id: int, expected_version: int, change: IncidentChange) -> Incident:
        was = self._db.execute(select(incidents).where(incidents.c.id == incident_id)).first()
        if was is None:
            raise NotFound(f"there is no incident {incident_id}", next_step="listener incident list")
        fenced = update(incidents).where(incidents.c.id == incident_id, incidents.c.version == expected_version)
        values = _values(was.detail, change.set)
        changed = self._db.execute(
            fenced.values(version=incidents.c.version + 1, updated_at=change.at, **values).returning(incidents.c.id)
        ).first()
        if changed is None:
            raise Conflict(
                f"incident {incident_id} was changed at {was.updated_at:%Y-%m-%d %H:%M:%S} UTC",
                next_step=f"look at it again: listener incident show {incident_id}",
            )
        self._log(incident_id, change.at, change.agent, change.kind, change.detail)
        return self.incident(incident_id)

    def _log(self, incident_id: int, at: datetime, agent: str, kind: str, detail: Mapping[str, str]) -> None:
        record(self._db, at=at, agent=agent, subject=f"incident:{incident_id}", kind=kind, detail=detail)


def _incident(row: Any) -> Incident:
    detail = row.detail
    return Incident(
        id=row.id,
        version=row.version,
        brand=row.brand,
        title=row.title,
        kind=IncidentKind(row.kind),
        state=IncidentState(row.state),
        owner=row.owner,
        answer=row.answer,
        answer_by=detail["answer_by"],
        approved_by=row.approved_by,
        terms=tuple(detail["terms"]),
        first=detail["first"],
        apart=frozenset(detail["apart"]),
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
    )


def _values(detail: Mapping[str, object], wanted: Mapping[str, object]) -> dict[str, object]:
    """Column values. Raises ValueError for a field that may not be set."""
    unknown = set(wanted) - _COLUMNS - _DETAIL
    if unknown:
        raise ValueError(f"not an incident's field that can be changed: {', '.join(sorted(unknown))}")
    values = {name: value for name, value in wanted.items() if name in _COLUMNS}
    inside = {name: _plain(value) for name, value in wanted.items() if name in _DETAIL}
    return {**values, "detail": {**detail, **inside}} if inside else values


def _plain(value: object) -> object:
    return value if isinstance(value, str) else sorted(cast("Collection[Any]", value))


def _counts(ids: Sequence[int]) -> Select[Any]:
    live = func.count().filter(cases.c.state != CaseState.RESOLVED)
    people = func.count(cases.c.author_id.distinct())
    wanted = select(cases.c.incident_id, func.count().label("cases"), people.label("people"), live.label("live"))
    return wanted.where(cases.c.incident_id.in_(ids)).group_by(cases.c.incident_id)


def _member(case: Case, posts: Sequence[StoredMention], events: Sequence[CaseEvent], incident_id: int) -> Member:
    mine = str(incident_id)
    standing = [post for post in posts if not post.deleted]
    latest = standing[-1] if standing else None
    grouped_at = again = apart = None
    answers: dict[str, datetime] = {}
    for event in events:
        ours = event.detail.get("incident") == mine
        if event.kind is EventKind.GROUPED and ours:
            grouped_at, again = event.at, None
        elif event.kind is EventKind.REPLIED:
            again, apart = None, None if ours else event.at
            answers |= {event.detail["answer"]: event.at} if ours and "answer" in event.detail else {}
        elif event.kind in _SAID and (grouped_at or answers or apart):
            again = event.at
    if latest is not None and again is None and not answers and apart is None and _turned(standing):
        again = latest.mention.created_at
    return Member(
        case=case,
        name=latest.mention.author.name if latest else "",
        text=latest.mention.text if latest else "",
        url=(latest.mention.url or case.url) if latest else "",
        standing=latest is not None,
        can_reply=latest is not None and latest.mention.can_reply,
        reply_note=latest.mention.reply_note if latest else "",
        grouped_at=grouped_at,
        wrote_again_at=again,
        answered=answers,
        answered_apart_at=apart,
    )


def _turned(standing: Sequence[StoredMention]) -> bool:
    """Somebody who complained before says something else by now: thanks, it may be."""
    complains = [post.verdict is not None and Label.COMPLAINT in post.verdict.labels for post in standing]
    return any(complains) and not complains[-1]

"""Reading the audit: lists for people, and the whole chain for those who check it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, and_, except_, func, select

from listener.domain.audit import ALERT, CASE, GENESIS, Act, ActFilter, Anchor, Sealed, SealedEvent, Unsealed
from listener.domain.case import PROGRAM
from listener.errors import ConfigError
from listener.store.alert_tables import alert_events
from listener.store.base import Part
from listener.store.desk_tables import case_events
from listener.store.team_tables import audit, desk_events

_a, _ce, _ae, _de = audit.c, case_events.c, alert_events.c, desk_events.c
_ON_CASE = _a.subject.startswith(CASE, autoescape=True)
_ON_ALERT = _a.subject.startswith(ALERT, autoescape=True)
_ON_DESK = and_(~_ON_CASE, ~_ON_ALERT)
_WITH_EVENTS = (
    audit.outerjoin(case_events, and_(_ON_CASE, _ce.id == _a.event_id))
    .outerjoin(alert_events, and_(_ON_ALERT, _ae.id == _a.event_id))
    .outerjoin(desk_events, and_(_ON_DESK, _de.id == _a.event_id))
)
_PAGE = 1000


class AuditRows(Part):
    """The audit's questions."""

    def acts(self, want: ActFilter, limit: int) -> list[Act]:
        words = (_ce.detail.label("on_case"), _ae.detail.label("on_alert"), _de.detail.label("on_desk"))
        said = select(audit, *words).select_from(_WITH_EVENTS)
        if want.agent:
            said = said.where(_a.agent == want.agent)
        if want.since:
            said = said.where(_a.at >= want.since)
        if want.subject:
            said = said.where(_a.subject == want.subject, _a.at.in_(_instants(want.subject)))
        rows = self._db.execute(said.order_by(_a.at.desc(), _a.id.desc()).limit(limit))
        return [
            Act(
                id=row.id,
                at=row.at,
                agent=row.agent,
                kind=row.kind,
                subject=row.subject,
                detail=row.on_case or row.on_alert or row.on_desk or {},
                erased=not row.salt,
            )
            for row in rows
        ]

    def sealed(self) -> Iterator[Sealed]:
        columns = (_a.id, _a.at, _a.agent, _a.kind, _a.subject, _a.event_id, _a.salt, _a.digest, _a.link)
        on_case = (_ce.at, _ce.agent, _ce.kind, _ce.case_id, _ce.detail, _ce.before)
        on_alert = (_ae.at, _ae.agent, _ae.kind, _ae.subject, _ae.detail)
        on_desk = (_de.at, _de.agent, _de.kind, _de.subject, _de.detail)
        wanted = select(*columns, *on_case, *on_alert, *on_desk).select_from(_WITH_EVENTS).order_by(_a.id)
        with self._db.execute(wanted.execution_options(yield_per=_PAGE)) as rows:
            for row in rows:
                yield Sealed(*row[:9], event=_event(row))

    def unsealed(self, limit: int) -> list[Unsealed]:
        found: list[Unsealed] = []
        # The desk's and the alerts' own histories began with the audit, or later; cases are older.
        first = select(func.min(_a.event_id)).where(_ON_CASE).scalar_subquery()
        histories = ((case_events, _ON_CASE, first), (alert_events, _ON_ALERT, 0), (desk_events, _ON_DESK, 0))
        for table, sealed, begins in histories:
            by_people = select(table.c.id).where(table.c.agent != PROGRAM, table.c.id >= begins)
            missing = except_(by_people, select(_a.event_id).where(sealed)).subquery()
            of = table.c.case_id if table is case_events else table.c.subject
            wanted = select(table.c.id, of, table.c.agent, table.c.kind).join(missing, missing.c.id == table.c.id)
            for row in self._db.execute(wanted.order_by(table.c.id).limit(limit)):
                subject = f"{CASE}{row[1]}" if table is case_events else row[1]
                found.append(Unsealed(event_id=row.id, subject=subject, agent=row.agent, kind=row.kind))
        return found[:limit]

    def acts_before_audit(self) -> int:
        first = select(func.min(_a.event_id)).where(_ON_CASE).scalar_subquery()
        earlier = select(func.count()).where(_ce.agent != PROGRAM, _ce.id < func.coalesce(first, _NO_END))
        return int(self._db.scalars(earlier).one())

    def anchor(self) -> Anchor:
        last = self._db.execute(select(_a.id, _a.link).order_by(_a.id.desc()).limit(1)).first()
        return Anchor(count=last.id, link=last.link) if last else Anchor(count=0, link=GENESIS)


_NO_END = 2**62


def _instants(subject: str) -> Select[Any]:
    """When something was done to a subject: the histories are indexed by it, the audit by time."""
    if subject.startswith(ALERT):
        return select(_ae.at).where(_ae.subject == subject)
    if not subject.startswith(CASE):
        return select(_de.at).where(_de.subject == subject)
    number = subject.removeprefix(CASE)
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise ConfigError(f"{subject!r} is no case: write it as case:12")
    return select(_ce.at).where(_ce.case_id == int(number))


def _event(row: Any) -> SealedEvent | None:
    """From the columns after the chain's own: six of a case's event, five of an alert's, five of the desk's."""
    if row[9] is not None:
        return SealedEvent(row[9], row[10], row[11], f"{CASE}{row[12]}", row[13], row[14])
    for first in (15, 20):
        if row[first] is not None:
            at, agent, kind, subject, detail = row[first : first + 5]
            return SealedEvent(at, agent, kind, subject, detail, before={})
    return None

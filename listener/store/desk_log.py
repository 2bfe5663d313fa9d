"""The history of what concerns no single case: incidents, agents, authors."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert

from listener.domain.audit import CASE
from listener.domain.case import PROGRAM
from listener.store.chain import seal
from listener.store.team_tables import desk_events

_RECORD = insert(desk_events).returning(desk_events.c.id)


def record(db: Connection, *, at: datetime, agent: str, subject: str, kind: str, detail: Mapping[str, str]) -> None:
    """Append one event, and seal it in the audit where a person acted. `subject` is as `incident:3`, never a case."""
    if subject.startswith(CASE):
        raise ValueError(f"{subject} has a history of its own: tx.change_case")
    row = {"at": at, "agent": agent, "subject": subject, "kind": kind, "detail": dict(detail)}
    event_id = db.scalars(_RECORD, row).one()
    if agent != PROGRAM:
        seal(db, at=at, agent=agent, kind=kind, subject=subject, event_id=event_id, detail=detail)

"""Whose time has come: sleepers to wake, clocks with something to tell."""

from datetime import datetime

from sqlalchemy import Integer, bindparam

from listener.domain.case import Case, CaseState
from listener.store.base import Part
from listener.store.cases import case_from, case_rows
from listener.store.desk_tables import cases
from listener.store.types import Instant


class Promises(Part):
    """What is asked."""

    def sleepers_due(self, now: datetime, limit: int) -> list[Case]:
        return [case_from(row) for row in self._db.execute(_SLEEPERS, {"now": now, "most": limit})]

    def alarms_due(self, now: datetime, limit: int) -> list[Case]:
        return [case_from(row) for row in self._db.execute(_ALARMS, {"now": now, "most": limit})]


_NOW = bindparam("now", type_=Instant)
_MOST = bindparam("most", type_=Integer)

_SLEEPERS = (
    case_rows(cases.c.state == CaseState.SNOOZED, cases.c.snoozed_until <= _NOW)
    .order_by(cases.c.snoozed_until, cases.c.id)
    .limit(_MOST)
)

_ALARMS = (
    case_rows(cases.c.state.in_([CaseState.OPEN, CaseState.SNOOZED]), cases.c.alarm_at <= _NOW)
    .order_by(cases.c.alarm_at, cases.c.id)
    .limit(_MOST)
)

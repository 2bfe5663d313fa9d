"""The numbers that monitors ask for every few seconds: each from an index, or from a table that stays small."""

from sqlalchemy import func, select, text

from listener.domain.case import CaseState
from listener.domain.gauges import Gauges
from listener.store.alerts import Alarms
from listener.store.base import Part
from listener.store.bookkeeping import Books
from listener.store.desk_tables import cases
from listener.store.migrations import HEAD
from listener.store.outbox import Outbox
from listener.store.tables import gaps, mentions, voices


class Gauging(Part):
    """What is asked by monitors."""

    def gauges(self) -> Gauges:
        missing = (
            select(gaps.c.source, func.count().label("n")).where(gaps.c.closed_at.is_(None)).group_by(gaps.c.source)
        )
        waiting = select(func.count(voices.c.mention_id.distinct())).where(~voices.c.scored)
        schema = self._db.scalars(text("SELECT version_num FROM alembic_version")).one()
        return Gauges(
            # Rows are blanked, never deleted, so the last one's number is how many there are.
            mentions=self._db.scalars(select(func.max(mentions.c.id))).one() or 0,
            cases=self._cases(),
            unscored=self._db.scalars(waiting).one(),
            health=Books(self._db).health(),
            gaps={row.source: row.n for row in self._db.execute(missing)},
            undelivered=Outbox(self._db).undelivered(),
            open_alerts=Alarms(self._db).open_alerts(),
            schema=schema,
            current=schema == HEAD,
        )

    def _cases(self) -> dict[str, int]:
        """By state, of those that have any. Most are resolved: they are the rest, where all needn't be counted."""
        counted = select(cases.c.state, func.count().label("n")).group_by(cases.c.state)
        if self._is_postgres:  # a number drawn in a transaction that fails leaves a hole
            return {row.state: row.n for row in self._db.execute(counted)}
        unresolved = counted.where(cases.c.state.in_([CaseState.OPEN, CaseState.SNOOZED]))
        found = {row.state: row.n for row in self._db.execute(unresolved)}
        # None is ever deleted, so the last one's number is how many there are.
        resolved = (self._db.scalar(select(func.max(cases.c.id))) or 0) - sum(found.values())
        return {**found, CaseState.RESOLVED.value: resolved} if resolved else found

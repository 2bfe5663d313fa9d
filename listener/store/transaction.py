"""One unit of work, put together from its audiences' parts."""

from listener.store.alerts import Alarms, AlarmWrites
from listener.store.bookkeeping import Books, BookWrites
from listener.store.cases import Cases
from listener.store.census import Census
from listener.store.desk import Desk
from listener.store.erasure import Erasure
from listener.store.ingest import Ingest
from listener.store.insight import Insight
from listener.store.money import Money


class Snapshot(Books, Cases, Insight, Alarms, Census):
    """`listener.ports.Reads` over one consistent state of the database."""


class UnitOfWork(Ingest, Erasure, BookWrites, Desk, AlarmWrites, Money, Snapshot):
    """`listener.ports.Transaction`: everything it writes is committed together."""

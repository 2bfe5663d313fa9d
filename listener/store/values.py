"""Customers as the company knows them, with the accounts they write from."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from listener.domain.case import Case, CaseState
from listener.domain.loyalty import Customer, CustomersSaved
from listener.domain.worth import Unresolved
from listener.store.base import Part, in_chunks
from listener.store.cases import case_from, case_rows
from listener.store.desk_log import record
from listener.store.desk_tables import cases
from listener.store.loyalty_tables import customer_accounts, customers
from listener.store.marks import count_erasure
from listener.store.tables import authors
from listener.store.team_tables import author_links
from listener.store.value_rows import Importing
from listener.store.worth import UNKNOWN, worth_of

_A, _C, _K, _L = authors.c, customers.c, customer_accounts.c, author_links.c
_ROWS = 400
"""Of an import, looked up and written together."""


class Values(Part):
    """What is asked."""

    def customer_refs(self) -> list[str]:
        return list(self._db.scalars(select(_C.ref).order_by(_C.ref)))

    def imported(self, after: str = "", limit: int = 1000) -> list[Customer]:
        rows = self._db.execute(select(customers).where(_C.ref > after).order_by(_C.ref).limit(limit)).all()
        held: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        for chunk in in_chunks(row.id for row in rows):
            found = select(customer_accounts).where(_K.customer_id.in_(chunk)).order_by(_K.platform, _K.handle)
            for row in self._db.execute(found):
                held[row.customer_id].append((row.platform, row.handle))
        return [_customer(row, held[row.id]) for row in rows]

    def unresolved(self, brand: str) -> list[Unresolved]:
        c = cases.c
        who = func.coalesce(_L.person, c.author_id).label("author_id")
        rows = (
            select(c.id, who, c.reason, c.opened_at)
            .select_from(cases.join(authors, _A.id == c.author_id).outerjoin(author_links, _L.author_id == c.author_id))
            .where(c.state.in_(_UNRESOLVED), c.brand == brand, _A.native_id != "")
            .order_by(c.id)
        )
        return [
            Unresolved(case_id=row.id, author_id=row.author_id, reason=row.reason, opened_at=row.opened_at)
            for row in self._db.execute(rows)
        ]

    def ranked_by_value(self, after: int, limit: int) -> list[tuple[Case, float | None]]:
        rows = case_rows(cases.c.id > after, cases.c.state.in_(_UNRESOLVED)).order_by(cases.c.id).limit(limit)
        found = [case_from(row) for row in self._db.execute(rows)]
        known = worth_of(self._db, [case.author_id for case in found])
        return [(case, known.get(case.author_id, UNKNOWN)["value_percentile"]) for case in found]


class ValuesWrites(Values):
    """What is written."""

    has_erased = False
    """As `listener.store.erasure` has it."""

    def save_customers(self, customers: Iterable[Customer], now: datetime, *, replace: bool = False) -> CustomersSaved:
        importing = Importing(self._db, self._moment(now))
        if replace:
            self.has_erased = True
            count_erasure(self._db)
            importing.forget_all()
        for chunk in in_chunks(customers, _ROWS):
            importing.take(chunk)
        self._rank()
        return importing.result()

    def forget_customer(self, ref: str) -> bool:
        known = self._db.scalars(select(_C.id).where(_C.ref == ref)).first()
        if known is None:
            return False
        self.has_erased = True
        count_erasure(self._db)
        self._db.execute(delete(customer_accounts).where(_K.customer_id == known))
        self._db.execute(delete(customers).where(_C.id == known))
        self._rank()
        return True

    def note_customers(self, kind: str, agent: str, detail: dict[str, str], now: datetime) -> None:
        record(self._db, at=now, agent=agent, subject="customers", kind=kind, detail=detail)

    def _moment(self, now: datetime) -> datetime:
        """When this import is said to be: later than any before it, so that its own rows are told from theirs."""
        last = self._db.scalars(select(func.max(_C.imported_at))).one()
        return now if last is None or last < now else last + timedelta(microseconds=1)

    def _rank(self) -> None:
        """Mid-rank among customers with a value: (those below + half of those equal, itself among them) ÷ all."""
        below = func.rank().over(order_by=_C.value) - 1
        equal = func.count().over(partition_by=_C.value)
        ranked = select(_C.id, ((below + equal / 2.0) / func.count().over()).label("percentile"))
        new = ranked.where(_C.value.is_not(None)).subquery()
        self._db.execute(update(customers).where(_C.value.is_(None)).values(percentile=None))
        self._db.execute(update(customers).where(_C.id == new.c.id).values(percentile=new.c.percentile))


_UNRESOLVED = (CaseState.OPEN, CaseState.SNOOZED)


def _customer(row: Row[Any], accounts: Sequence[tuple[str, str]]) -> Customer:
    return Customer(
        ref=row.ref,
        accounts=tuple(accounts),
        value=row.value,
        tier=row.tier,
        since=date.fromisoformat(row.since) if row.since else None,
        no_contact=row.no_contact,
        percentile=row.percentile,
    )

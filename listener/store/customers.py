"""Rows of the customer behind the accounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from listener.domain.case import EventKind
from listener.domain.customer import Account, Basis, CaseNote, CustomerFacts, Said
from listener.errors import Conflict, NotFound
from listener.store.base import Part, in_chunks
from listener.store.cases import case_from, case_rows
from listener.store.desk_log import record
from listener.store.desk_tables import case_events, cases
from listener.store.dialect import insert_into
from listener.store.rows import author_from
from listener.store.tables import authors, mentions, voices
from listener.store.team_tables import author_links
from listener.store.worth import UNKNOWN, Worth, worth_of

_A, _L, _V = authors.c, author_links.c, voices.c

LINKED, UNLINKED = "linked", "unlinked"
"""What the audit calls it."""


class Customers(Part):
    """What is asked."""

    def accounts_named(self, handle: str, platform: str = "") -> list[Account]:
        wanted = [func.lower(_A.handle) == func.lower(bindparam("handle", handle)), _A.native_id != ""]
        if platform:
            wanted.append(_A.platform == platform)
        return self._known_accounts(list(self._db.scalars(select(_A.id).where(*wanted).order_by(_A.platform, _A.id))))

    def customer(self, author_id: int) -> CustomerFacts:
        known = self._db.scalars(select(_A.id).where(_A.id == author_id, _A.native_id != "")).first()
        if known is None:
            raise NotFound(f"there is no author {author_id}, or they deleted what they wrote")
        ids = linked_to(self._db, author_id)
        held = [case_from(row) for row in self._db.execute(case_rows(cases.c.author_id.in_(ids)).order_by(cases.c.id))]
        return CustomerFacts(
            accounts=tuple(self._known_accounts(ids)),
            said=tuple(self._voiced(ids)),
            cases=tuple(held),
            notes=tuple(self._noted([case.id for case in held])),
        )

    def _known_accounts(self, ids: Sequence[int]) -> list[Account]:
        m = mentions.c
        first = (
            select(m.author_id, func.min(m.created_at).label("at")).where(m.author_id.in_(ids)).group_by(m.author_id)
        )
        seen = {row.author_id: row.at for row in self._db.execute(first)}
        worth = worth_of(self._db, ids)
        rows = select(authors, _L.agent.label("linked_by"), _L.at.label("linked_at")).outerjoin(author_links)
        found = {
            row.id: _account(row, seen.get(row.id), worth.get(row.id, UNKNOWN))
            for row in self._db.execute(rows.where(_A.id.in_(ids)))
        }
        return [found[author_id] for author_id in ids]

    def _voiced(self, ids: Sequence[int]) -> list[Said]:
        columns = [_V.author_id, _V.brand, _V.created_at.label("at"), _V.scored, _V.complaint, _V.praise, _V.question]
        rows = select(*columns, _V.sentiment).where(_V.author_id.in_(ids), ~_V.is_repost)
        return [Said(**row._mapping) for row in self._db.execute(rows.order_by(_V.created_at, _V.mention_id))]

    def _noted(self, case_ids: Sequence[int]) -> list[CaseNote]:
        e = case_events.c
        found: list[CaseNote] = []
        for chunk in in_chunks(case_ids):
            rows = select(e.case_id, e.at, e.agent, e.detail).where(e.case_id.in_(chunk), e.kind == EventKind.NOTED)
            found += [
                CaseNote(case_id=row.case_id, at=row.at, agent=row.agent, text=row.detail.get("text", ""))
                for row in self._db.execute(rows)
            ]
        return sorted((note for note in found if note.text), key=lambda note: (note.at, note.case_id))


class CustomersWrites(Customers):
    """What is written."""

    def link_authors(self, author_id: int, other_id: int, basis: Basis, agent: str, now: datetime) -> None:
        here, there = linked_to(self._db, author_id), linked_to(self._db, other_id)
        if other_id in here:
            raise Conflict(f"authors {author_id} and {other_id} are one customer already")
        person = min(*here, *there)
        new = insert_into(self._db, author_links)
        rows = [{"author_id": one, "person": person, "agent": agent, "at": now} for one in (*here, *there)]
        kept = new.on_conflict_do_update(index_elements=[_L.author_id], set_={"person": new.excluded.person})
        self._db.execute(kept, rows)
        # Ids alone: names would outlive the people who bear them.
        detail = {"with": f"author:{other_id}", "basis": str(basis)}
        record(self._db, at=now, agent=agent, subject=f"author:{author_id}", kind=LINKED, detail=detail)

    def unlink_author(self, author_id: int, agent: str, now: datetime) -> None:
        if len(linked_to(self._db, author_id)) == 1:
            raise Conflict(f"author {author_id} is linked to nobody")
        forget_link(self._db, author_id)
        record(self._db, at=now, agent=agent, subject=f"author:{author_id}", kind=UNLINKED, detail={})


def linked_to(db: Connection, author_id: int) -> list[int]:
    """This account and all that are the same customer's, by id."""
    person = select(_L.person).where(_L.author_id == author_id).scalar_subquery()
    return sorted({author_id, *db.scalars(select(_L.author_id).where(_L.person == person))})


def forget_link(db: Connection, author_id: int) -> None:
    """Take one account out of its customer's; a link of one alone is none."""
    rest = [one for one in linked_to(db, author_id) if one != author_id]
    gone = [author_id, *rest] if len(rest) == 1 else [author_id]
    db.execute(delete(author_links).where(_L.author_id.in_(gone)))
    if len(rest) > 1:
        db.execute(update(author_links).where(_L.author_id.in_(rest)).values(person=min(rest)))


def _account(row: Any, first_seen: datetime | None, worth: Worth) -> Account:
    return Account(
        id=row.id,
        author=author_from(row._mapping),
        first_seen=first_seen,
        **worth,
        linked_by=row.linked_by or "",
        linked_at=row.linked_at,
    )

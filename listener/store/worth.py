"""What the customer behind an account is worth, read wherever an account is."""

from collections.abc import Iterable
from typing import TypedDict

from sqlalchemy import Connection, and_, delete, func, or_, select

from listener.store.base import in_chunks
from listener.store.loyalty_tables import customer_accounts, customers
from listener.store.tables import authors
from listener.store.team_tables import author_links

_A, _C, _K, _L = authors.c, customers.c, customer_accounts.c, author_links.c


class Worth(TypedDict):
    """Of one imported customer."""

    value: float | None
    value_percentile: float | None
    tier: str


UNKNOWN: Worth = {"value": None, "value_percentile": None, "tier": ""}


def worth_of(db: Connection, author_ids: Iterable[int]) -> dict[int, Worth]:
    """By author id; where linked accounts lead to several customers, of the most valuable. Erased ones are absent."""
    persons: dict[int, int] = {}
    for chunk in in_chunks(sorted(set(author_ids))):
        rows = select(_A.id, func.coalesce(_L.person, _A.id).label("person")).outerjoin(author_links)
        persons |= {row.id: row.person for row in db.execute(rows.where(_A.id.in_(chunk), _A.native_id != ""))}
    behind: dict[int, Worth] = {}
    for chunk in in_chunks(sorted(set(persons.values()))):
        behind |= _behind(db, chunk)
    return {author_id: behind[person] for author_id, person in persons.items() if person in behind}


def _behind(db: Connection, persons: Iterable[int]) -> dict[int, Worth]:
    here = and_(_K.platform == _A.platform, _K.handle == func.lower(_A.handle))
    joined = authors.outerjoin(author_links, _L.author_id == _A.id).join(customer_accounts, here)
    person = func.coalesce(_L.person, _A.id).label("person")
    rows = select(person, _C.value, _C.percentile, _C.tier).select_from(joined.join(customers, _C.id == _K.customer_id))
    members = select(_L.author_id).where(_L.person.in_(list(persons)))
    mine = or_(_A.id.in_(list(persons)), _A.id.in_(members))
    found = db.execute(rows.where(mine, _A.native_id != "").order_by(func.coalesce(_C.value, -1), _C.id))
    return {row.person: Worth(value=row.value, value_percentile=row.percentile, tier=row.tier) for row in found}


def forget_account(db: Connection, author_id: int) -> None:
    """An account that its owner erased no longer points at a customer; the next import may name it again."""
    mine = select(_A.platform, func.lower(_A.handle)).where(_A.id == author_id)
    for platform, handle in db.execute(mine).all():
        db.execute(delete(customer_accounts).where(_K.platform == platform, _K.handle == handle))


def one_persons(db: Connection, author_ids: Iterable[int]) -> set[int]:
    """These accounts, and all that are linked to theirs or belong to the same imported customer."""
    found = _with_linked(db, set(author_ids))
    here = and_(_K.platform == _A.platform, _K.handle == func.lower(_A.handle))
    known: set[int] = set()
    for chunk in in_chunks(sorted(found)):
        owned = select(_K.customer_id).join(authors, here).where(_A.id.in_(chunk), _A.native_id != "")
        known.update(db.scalars(owned))
    accounts: set[tuple[str, str]] = set()
    for chunk in in_chunks(sorted(known)):
        theirs = select(_K.platform, _K.handle).where(_K.customer_id.in_(chunk))
        accounts.update((row.platform, row.handle) for row in db.execute(theirs))
    return _with_linked(db, found | _bearing(db, accounts))


def _bearing(db: Connection, accounts: set[tuple[str, str]]) -> set[int]:
    """Author ids of these (platform, handle)s. By the handle's index: joined, SQLite would walk all of a platform."""
    found: set[int] = set()
    handle = func.lower(_A.handle)
    for chunk in in_chunks(sorted({handle for _, handle in accounts})):
        named = select(_A.id, _A.platform, handle.label("handle")).where(handle.in_(chunk), _A.native_id != "")
        found.update(row.id for row in db.execute(named) if (row.platform, row.handle) in accounts)
    return found


def _with_linked(db: Connection, ids: set[int]) -> set[int]:
    found = set(ids)
    for chunk in in_chunks(sorted(ids)):
        persons = select(_L.person).where(_L.author_id.in_(chunk))
        found.update(db.scalars(select(_L.author_id).where(_L.person.in_(persons))))
    return found

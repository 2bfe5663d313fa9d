"""An import of customers: rows on their way in, some hundred at a time, so that a file of any size fits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from listener.domain.loyalty import Clash, Customer, CustomersSaved
from listener.store.base import in_chunks
from listener.store.dialect import insert_into
from listener.store.loyalty_tables import customer_accounts, customers

_C, _K = customers.c, customer_accounts.c
SHOWN = 20
"""Clashes that are told one by one."""


@dataclass(slots=True)
class _Held:
    """One customer as it stands, with what this import brought."""

    facts: dict[str, Any]
    here: bool
    """Whether an earlier row of this import named it."""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose an account is, and whether an earlier row of this import said so."""

    ref: str
    here: bool


_Account = tuple[str, str]


class Importing:
    """Writes customers chunk by chunk within the caller's transaction; `now` marks the rows that are this import's."""

    def __init__(self, db: Connection, now: datetime) -> None:
        self._db = db
        self._now = now
        self._customers = self._new = self._accounts = self._moved = self._clashed = 0
        self._clashes: list[Clash] = []

    def forget_all(self) -> None:
        self._db.execute(delete(customer_accounts))
        self._db.execute(delete(customers))

    def take(self, rows: Sequence[Customer]) -> None:
        held = self._standing([row.ref for row in rows])
        owners = self._owners(rows)
        named: dict[_Account, str] = {}
        for row in rows:
            self._add(row, held, owners, named)
        self._write(held)
        self._write_accounts(named)

    def result(self) -> CustomersSaved:
        return CustomersSaved(
            customers=self._customers,
            new=self._new,
            accounts=self._accounts,
            moved=self._moved,
            clashed=self._clashed,
            clashes=tuple(self._clashes),
        )

    def _standing(self, refs: Sequence[str]) -> dict[str, _Held]:
        rows = self._db.execute(select(customers).where(_C.ref.in_(set(refs))))
        return {
            row.ref: _Held(
                facts={name: row._mapping[name] for name in _FACTS}, here=row.imported_at == self._now, id=row.id
            )
            for row in rows
        }

    def _owners(self, rows: Sequence[Customer]) -> dict[_Account, _Owner]:
        """Of the accounts named in these rows, as far as somebody has them."""
        handles: defaultdict[str, set[str]] = defaultdict(set)
        for platform, handle in (one for row in rows for one in row.accounts):
            handles[platform].add(handle)
        found: dict[_Account, _Owner] = {}
        wanted = select(_K.platform, _K.handle, _K.imported_at, _C.ref).join(customers, _C.id == _K.customer_id)
        for platform, named in handles.items():
            for chunk in in_chunks(sorted(named)):
                for row in self._db.execute(wanted.where(_K.platform == platform, _K.handle.in_(chunk))):
                    found[row.platform, row.handle] = _Owner(row.ref, row.imported_at == self._now)
        return found

    def _add(
        self, row: Customer, held: dict[str, _Held], owners: dict[_Account, _Owner], named: dict[_Account, str]
    ) -> None:
        said, known = _said(row), held.get(row.ref)
        repeats = known is not None and known.here
        fresh = [one for one in row.accounts if not (one in owners and owners[one] == _Owner(row.ref, here=True))]
        taken = [one for one in fresh if one in owners and owners[one].here]
        reason = _taken(taken[0], owners) if taken else ""
        if not reason and known is not None and known.here:
            reason = _contradicts(said, known.facts) or ("" if fresh or _adds(said, known.facts) else _SAME)
        if reason:
            self._clash(row.line, f"customer {row.ref}: {reason}")
            return
        if not repeats:
            self._customers += 1
            self._new += known is None
        held[row.ref] = known = known or _Held(facts=dict(_NOTHING), here=True)
        known.here = True
        known.facts |= said
        for one in fresh:
            self._moved += one in owners and owners[one].ref != row.ref
            self._accounts += 1
            owners[one] = _Owner(row.ref, here=True)
            named[one] = row.ref

    def _clash(self, line: int, reason: str) -> None:
        self._clashed += 1
        if len(self._clashes) < SHOWN:
            self._clashes.append(Clash(line=line, reason=reason))

    def _write(self, held: dict[str, _Held]) -> None:
        fresh = [{"ref": ref, "imported_at": self._now, **one.facts} for ref, one in held.items() if one.id is None]
        standing = [one for one in held.values() if one.id is not None and one.here]
        known = [{"known": one.id, "imported_at": self._now, **one.facts} for one in standing]
        if fresh:
            self._db.execute(insert(customers), fresh)
        if known:
            self._db.execute(update(customers).where(_C.id == bindparam("known")), known)

    def _write_accounts(self, named: dict[_Account, str]) -> None:
        if not named:
            return
        wanted = select(_C.id, _C.ref).where(_C.ref.in_(set(named.values())))
        ids = {row.ref: row.id for row in self._db.execute(wanted)}
        rows = [
            {"platform": platform, "handle": handle, "customer_id": ids[ref], "imported_at": self._now}
            for (platform, handle), ref in named.items()
        ]
        new = insert_into(self._db, customer_accounts)
        changed = {"customer_id": new.excluded.customer_id, "imported_at": new.excluded.imported_at}
        taken = new.on_conflict_do_update(index_elements=[_K.platform, _K.handle], set_=changed)
        self._db.execute(taken, rows)


_NOTHING: dict[str, Any] = {"value": None, "tier": "", "since": "", "no_contact": False}
_FACTS = tuple(_NOTHING)


def _said(row: Customer) -> dict[str, Any]:
    """What the row says; what it leaves out is absent."""
    said = {
        "value": row.value,
        "tier": row.tier or None,
        "since": row.since.isoformat() if row.since else None,
        "no_contact": row.no_contact,
    }
    return {name: value for name, value in said.items() if value is not None}


_SAME = "an earlier row says all of this already"


def _taken(account: _Account, owners: dict[_Account, _Owner]) -> str:
    return f"{account[0]}:{account[1]} is customer {owners[account].ref}'s in an earlier row"


def _contradicts(said: dict[str, Any], before: dict[str, Any]) -> str:
    """What another row of the same customer says otherwise; empty if nothing."""
    if before["no_contact"]:
        # Whoever asks in one row not to be contacted isn't overruled by another.
        said.pop("no_contact", None)
    known = (name for name in ("value", "tier", "since") if before[name] not in (None, ""))
    other = next((name for name in known if name in said and said[name] != before[name]), "")
    return f"another {other} than it had before this row" if other else ""


def _adds(said: dict[str, Any], before: dict[str, Any]) -> bool:
    return any(before[name] != value for name, value in said.items())

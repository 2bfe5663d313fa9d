"""Everything of one person: to be shown to them, or erased."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from listener.domain.audit import CASE
from listener.domain.case import CaseEvent, EventKind
from listener.domain.forgetting import Dossier
from listener.domain.mention import MentionKey
from listener.store.base import Part, in_chunks
from listener.store.cases import case_from, case_rows
from listener.store.desk_log import record
from listener.store.desk_tables import alerts, case_events, cases, outbox
from listener.store.dialect import insert_into
from listener.store.ingest import key_hash
from listener.store.loyalty_tables import customer_accounts, customers, rewards, tags
from listener.store.reach_tables import sends
from listener.store.rows import author_from, load_mentions
from listener.store.tables import authors, mention_versions, mentions, tombstones
from listener.store.team_tables import audit

_M, _A, _C, _E = mentions.c, authors.c, cases.c, case_events.c
_PAGE = 1_000
FORGOTTEN = "forgotten"
"""What the audit calls it."""
QUOTED_WITHIN = timedelta(days=9)
"""A message quotes posts of its hours, its day or its week; later ones have no need to be searched."""


_QUOTING = ((alerts, alerts.c.key, alerts.c.opened_at), (outbox, outbox.c.id, outbox.c.created_at))
"""Tables whose bodies quote posts, each with its key and when it was written."""


class Forgetting(Part):
    """What is asked."""

    def keys_of(self, author_ids: Sequence[int], limit: int) -> list[MentionKey]:
        written = select(_M.platform, _M.native_id).where(_M.author_id.in_(author_ids), _M.deleted_at.is_(None))
        rows = self._db.execute(written.limit(limit))
        return [MentionKey(platform=row.platform, native_id=row.native_id) for row in rows]

    def erased_keys(self) -> Iterator[str]:
        with self._db.scalars(select(tombstones.c.key_hash).execution_options(yield_per=_PAGE)) as found:
            yield from found

    def posts_among(self, erased: Collection[str]) -> list[MentionKey]:
        rows = self._db.execute(select(_M.platform, _M.native_id).where(_M.deleted_at.is_(None)))
        keys = (MentionKey(platform=row.platform, native_id=row.native_id) for row in rows)
        return [key for key in keys if key_hash(key) in erased]

    def people_among(self, erased: Collection[str]) -> list[int]:
        rows = self._db.execute(select(_A.id, _A.platform, _A.native_id).where(_A.native_id != ""))
        return [row.id for row in rows if _person_hash(row.platform, row.native_id) in erased]

    def dossier(self, author_ids: Sequence[int]) -> Dossier:
        ids = self._db.scalars(select(_M.id).where(_M.author_id.in_(author_ids)).order_by(_M.created_at, _M.id)).all()
        found = load_mentions(self._db, ids)
        held = self._db.execute(case_rows(_C.author_id.in_(author_ids)).order_by(_C.id))
        mine = tuple(case_from(row) for row in held)
        people = self._db.execute(select(authors).where(_A.id.in_(author_ids)).order_by(_A.id))
        return Dossier(
            accounts=tuple(author_from(row._mapping) for row in people),
            posts=tuple(found[one] for one in ids),
            earlier=self._earlier(ids),
            tags=self._tags(ids),
            cases=mine,
            events=self._said_in([case.id for case in mine]),
            replies=self._replies([case.id for case in mine]),
            rewards=tuple(dict(row._mapping) for row in self._gifts(author_ids)),
            customers=self._customers(author_ids),
        )

    def _earlier(self, ids: Sequence[int]) -> dict[int, tuple[tuple[datetime, str], ...]]:
        v = mention_versions.c
        found: defaultdict[int, list[tuple[datetime, str]]] = defaultdict(list)
        for chunk in in_chunks(ids):
            for row in self._db.execute(select(mention_versions).where(v.mention_id.in_(chunk)).order_by(v.revision)):
                found[row.mention_id].append((row.replaced_at, row.text))
        return {one: tuple(texts) for one, texts in found.items()}

    def _tags(self, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        for chunk in in_chunks(ids):
            for row in self._db.execute(select(tags).where(tags.c.mention_id.in_(chunk)).order_by(tags.c.tag)):
                found[row.mention_id].append(row.tag)
        return {one: tuple(names) for one, names in found.items()}

    def _said_in(self, case_ids: Sequence[int]) -> tuple[CaseEvent, ...]:
        found: list[CaseEvent] = []
        for chunk in in_chunks(case_ids):
            rows = self._db.execute(select(case_events).where(_E.case_id.in_(chunk)).order_by(_E.id))
            found += [CaseEvent(**{**row._mapping, "kind": EventKind(row.kind)}) for row in rows]
        return tuple(found)

    def _replies(self, case_ids: Sequence[int]) -> tuple[tuple[int, datetime, str, str], ...]:
        s = sends.c
        found: list[tuple[int, datetime, str, str]] = []
        for chunk in in_chunks(case_ids):
            rows = self._db.execute(select(sends).where(s.case_id.in_(chunk)).order_by(s.id))
            found += [(row.case_id, row.created_at, row.state, row.text) for row in rows]
        return tuple(found)

    def _gifts(self, author_ids: Sequence[int]) -> Sequence[Any]:
        return self._db.execute(select(rewards).where(rewards.c.author_id.in_(author_ids)).order_by(rewards.c.id)).all()

    def _customers(self, author_ids: Sequence[int]) -> tuple[dict[str, object], ...]:
        k = customer_accounts.c
        named = authors.join(customer_accounts, (k.platform == _A.platform) & (k.handle == func.lower(_A.handle)))
        wanted = select(customers).select_from(named.join(customers, customers.c.id == k.customer_id)).distinct()
        rows = self._db.execute(wanted.where(_A.id.in_(author_ids)).order_by(customers.c.id))
        return tuple(dict(row._mapping) for row in rows)


class ForgettingWrites(Forgetting):
    """What is written."""

    def empty_histories(self, author_ids: Sequence[int]) -> int:
        ids = list(self._db.scalars(select(_C.id).where(_C.author_id.in_(author_ids))))
        for chunk in in_chunks(ids):
            self._db.execute(update(case_events).where(_E.case_id.in_(chunk)).values(detail={}, before={}))
            subjects = [f"{CASE}{case_id}" for case_id in chunk]
            events = select(_E.id).where(_E.case_id.in_(chunk))
            sealed = audit.c.subject.in_(subjects), audit.c.event_id.in_(events)
            self._db.execute(update(audit).where(*sealed).values(salt=b""))
        return len(ids)

    def bury(self, hashes: Iterable[str], now: datetime) -> None:
        """Tombstones as another file has them."""
        buried = insert_into(self._db, tombstones).on_conflict_do_nothing(index_elements=[tombstones.c.key_hash])
        if rows := [{"key_hash": hashed, "at": now} for hashed in hashes]:
            self._db.execute(buried, rows)

    def note_forgotten(self, author_ids: Sequence[int], agent: str, now: datetime) -> None:
        known = select(_A.platform, _A.native_id).where(_A.id.in_(author_ids), _A.native_id != "")
        self.bury([_person_hash(row.platform, row.native_id) for row in self._db.execute(known)], now)
        for author_id in author_ids:
            record(self._db, at=now, agent=agent, subject=f"author:{author_id}", kind=FORGOTTEN, detail={})


def _person_hash(platform: str, native_id: str) -> str:
    """What a tombstone keeps of somebody forgotten: no post's hash, whatever its platform is called."""
    return key_hash(MentionKey(platform=f"person\0{platform}", native_id=native_id))


def unquote(db: Connection, ids: Sequence[int]) -> int:
    """Take these mentions out of alerts, and of messages, that quote them by address or author; out of how many."""
    said = select(_M.url, _M.created_at, _A.handle).join(authors, _A.id == _M.author_id).where(_M.id.in_(ids))
    posts = db.execute(said).all()
    if not posts:
        return 0
    count, times = 0, [row.created_at for row in posts]
    since, until = min(times), max(times) + QUOTED_WITHIN
    written = [
        one for one in _QUOTING if db.execute(select(one[1]).where(one[2].between(since, until)).limit(1)).first()
    ]
    for url, at, handle in posts:
        marks = [mark for mark in (url, f"> @{handle}:" if handle else "") if mark]
        for table, key, when in written:
            quoting = or_(*(table.c.body.contains(mark, autoescape=True) for mark in marks))
            rows = select(key, *(table.c[name] for name in ("body", "facts") if name in table.c))
            within = when.between(at, at + QUOTED_WITHIN)
            for row in db.execute(rows.where(within, quoting)).all() if marks else ():
                kept: dict[str, object] = {"body": without_quote(row.body, url, handle)}
                if "facts" in table.c:
                    kept["facts"] = _without(row.facts, url)
                count += db.execute(update(table).where(key == row[0]).values(kept)).rowcount
    return count


def without_quote(body: str, url: str, handle: str) -> str:
    """A message's lines but for what quotes one post: `> @handle: …`, and the address on the line after it."""
    kept: list[str] = []
    for line in body.split("\n"):
        if url and line.strip() == url:
            if kept and kept[-1].startswith("> @"):
                kept.pop()
            continue
        kept.append(line)
    return "\n".join(line for line in kept if not handle or not line.startswith(f"> @{handle}:"))


def _without(facts: object, url: str) -> object:
    if isinstance(facts, dict):
        return {name: _without(value, url) for name, value in facts.items() if value != url}
    return [_without(value, url) for value in facts if value != url] if isinstance(facts, list) else facts

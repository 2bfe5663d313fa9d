"""Who says what of a brand: one narrow row a post, with its themes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Integer, Row, and_, cast, func, select

from listener.domain.loyalty import Person, Saying
from listener.domain.mention import MentionKey
from listener.domain.themes import Tagging
from listener.store.base import Part, in_chunks
from listener.store.dialect import insert_into
from listener.store.loyalty_tables import customer_accounts, customers, own_posts, tags
from listener.store.tables import authors, matches, mentions, voices
from listener.store.team_tables import author_links
from listener.store.theming import retag

_V, _A, _L, _T = voices.c, authors.c, author_links.c, tags.c
_WHO = func.coalesce(_L.person, _V.author_id)
"""All accounts of one linked customer bear the least of their ids."""


class Loyalty(Part):
    """What is asked."""

    def sayings(self, brand: str, since: datetime, until: datetime) -> list[Saying]:
        return self._sayings(_window(brand, since, until))

    def sayings_of(self, brand: str, author_ids: Sequence[int], since: datetime, until: datetime) -> list[Saying]:
        found: list[Saying] = []
        for chunk in in_chunks(sorted(self._all_accounts(author_ids))):
            found += self._sayings([*_window(brand, since, until), _V.author_id.in_(chunk)])
        return sorted(found, key=lambda one: (one.at, one.mention_id))

    def people(self, author_ids: Sequence[int]) -> dict[int, Person]:
        persons: dict[int, int] = {}
        rows: dict[int, Row[tuple[object, ...]]] = {}
        for chunk in in_chunks(sorted(set(author_ids))):
            known = select(authors, _L.person).outerjoin(author_links, _L.author_id == _A.id)
            for row in self._db.execute(known.where(_A.id.in_(chunk), _A.native_id != "")):
                rows[row.id] = row
                persons[row.id] = row.person or row.id
        behind = self._customers_behind(set(persons.values()))
        return {author_id: _person(row, behind.get(persons[author_id])) for author_id, row in rows.items()}

    def own_posts(self, brand: str, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
        o = own_posts.c
        wanted = select(o.created_at, o.platform).where(o.brand == brand, o.created_at >= since, o.created_at < until)
        return [(row.created_at, row.platform) for row in self._db.execute(wanted.order_by(o.created_at, o.native_id))]

    def taggers(self, brand: str, since: datetime, until: datetime) -> dict[str, int]:
        counted = (
            select(mentions.c.tagger, func.count().label("posts"))
            .select_from(voices.join(mentions, mentions.c.id == _V.mention_id))
            .where(*_window(brand, since, until))
            .group_by(mentions.c.tagger)
        )
        return {row.tagger: row.posts for row in self._db.execute(counted)}

    def untagged(self, tagger: str, since: datetime, limit: int) -> list[tuple[int, str, tuple[str, ...]]]:
        m = mentions.c
        wanted = select(m.id, m.text).where(*_untagged(tagger, since)).order_by(m.id.desc()).limit(limit)
        texts = {row.id: row.text for row in self._db.execute(wanted)}
        about: defaultdict[int, set[str]] = defaultdict(set)
        for chunk in in_chunks(texts):
            named = select(matches.c.mention_id, matches.c.brand).where(matches.c.mention_id.in_(chunk)).distinct()
            for row in self._db.execute(named):
                about[row.mention_id].add(row.brand)
        return [(mention_id, text, tuple(sorted(about[mention_id]))) for mention_id, text in texts.items()]

    def untagged_count(self, tagger: str, since: datetime) -> int:
        return int(self._db.scalars(select(func.count()).select_from(mentions).where(*_untagged(tagger, since))).one())

    def _sayings(self, where: Sequence[ColumnElement[bool]]) -> list[Saying]:
        spoken: defaultdict[int, list[str]] = defaultdict(list)
        for mention_id, tag in self._db.execute(select(_T.mention_id, _T.tag).join(voices, _here).where(*where)):
            spoken[mention_id].append(tag)
        columns = [column for column in voices.columns if column.name in _SAID]
        wanted = select(_WHO.label("author_id"), _V.created_at.label("at"), *columns)
        rows = self._db.execute(
            wanted.select_from(voices.outerjoin(author_links, _L.author_id == _V.author_id))
            .where(*where)
            .order_by(_V.created_at, _V.mention_id)
        )
        return [Saying(**row._mapping, tags=frozenset(spoken[row.mention_id])) for row in rows]

    def _all_accounts(self, author_ids: Iterable[int]) -> set[int]:
        """These and all that are linked to them."""
        found = set(author_ids)
        for chunk in in_chunks(sorted(found)):
            persons = select(_L.person).where(_L.author_id.in_(chunk))
            found.update(self._db.scalars(select(_L.author_id).where(_L.person.in_(persons))))
        return found

    def _customers_behind(self, persons: set[int]) -> dict[int, Row[tuple[object, ...]]]:
        """By person; where several customers claim one's accounts, the most valuable."""
        c, k = customers.c, customer_accounts.c
        person = func.coalesce(_L.person, _A.id)
        joined = (
            authors.outerjoin(author_links, _L.author_id == _A.id)
            .join(customer_accounts, and_(k.platform == _A.platform, k.handle == func.lower(_A.handle)))
            .join(customers, c.id == k.customer_id)
        )
        found: dict[int, Row[tuple[object, ...]]] = {}
        # One request not to be contacted holds for all that are theirs.
        asked = func.max(cast(c.no_contact, Integer)).over(partition_by=person).label("asked")
        for chunk in in_chunks(sorted(persons)):
            members = select(_L.author_id).where(_L.person.in_(chunk))
            rows = select(person.label("person"), customers, asked).select_from(joined)
            held = rows.where((_A.id.in_(chunk)) | (_A.id.in_(members)), _A.native_id != "")
            for row in self._db.execute(held.order_by(func.coalesce(c.value, -1), c.id)):
                found[row.person] = row
        return found


class LoyaltyWrites(Loyalty):
    """What is written."""

    def save_tags(self, found: Mapping[int, Tagging]) -> None:
        retag(self._db, found)

    def note_own_posts(self, posts: Sequence[tuple[MentionKey, str, datetime]]) -> None:
        if not posts:
            return
        rows = [
            {"platform": key.platform, "native_id": key.native_id, "brand": brand, "created_at": at}
            for key, brand, at in posts
        ]
        self._db.execute(insert_into(self._db, own_posts).on_conflict_do_nothing(), rows)


_here = _T.mention_id == _V.mention_id
_SAID = frozenset(Saying.__slots__) - {"author_id", "at", "tags"}


def _window(brand: str, since: datetime, until: datetime) -> list[ColumnElement[bool]]:
    return [_V.brand == brand, _V.created_at >= since, _V.created_at < until, ~_V.is_repost]


def _untagged(tagger: str, since: datetime) -> list[ColumnElement[bool]]:
    m = mentions.c
    return [m.created_at >= since, m.tagger != tagger, m.deleted_at.is_(None), ~m.is_repost]


def _person(row: Row[tuple[object, ...]], customer: Row[tuple[object, ...]] | None) -> Person:
    known = {name: row._mapping[name] for name in ("platform", "handle", "name", "followers")}
    if customer is None:
        return Person(author_id=row._mapping["id"], **known)
    behind = customer._mapping
    return Person(
        author_id=row._mapping["id"],
        **known,
        customer=behind["ref"],
        value=behind["value"],
        percentile=behind["percentile"],
        tier=behind["tier"],
        since=date.fromisoformat(behind["since"]) if behind["since"] else None,
        no_contact=bool(behind["asked"]),
    )

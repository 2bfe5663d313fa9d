"""The rows behind a digest's numbers, page by page, and the cases whose promise is due first."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select, tuple_, type_coerce

from listener.domain.case import Case, CaseState, Reason
from listener.domain.listing import REPOST, Poster, Sighted, Sought, Wanted, Words
from listener.domain.stored import StoredMention
from listener.store.base import Part, in_chunks
from listener.store.cases import case_from, case_rows
from listener.store.desk_tables import cases
from listener.store.insight import bears, sampled
from listener.store.loyalty_tables import tags
from listener.store.rows import load_mentions
from listener.store.tables import authors, mentions, voices
from listener.store.types import Whole

_V = voices.c


class Listing(Part):
    """What is asked."""

    def said(self, want: Wanted, limit: int, after: tuple[datetime, int] | None = None) -> list[StoredMention]:
        where = _where(want)
        if after is not None:
            at, mention_id = after
            # The instant alone says to an index where to go on.
            where += [_V.created_at >= at, or_(_V.created_at > at, _V.mention_id > mention_id)]
        page = select(_V.mention_id).where(*where).order_by(_V.created_at, _V.mention_id).limit(limit)
        ids = list(self._db.scalars(page))
        found = load_mentions(self._db, ids)
        return [found[mention_id] for mention_id in ids]

    def search(self, want: Sought, limit: int) -> Sighted:
        """Words are looked for post by post: an index of words would hold on to what is erased."""
        where = [_V.brand == want.brand]
        if want.before is not None:
            at, _ = want.before
            where += [_V.created_at <= at, tuple_(_V.created_at, _V.mention_id) < want.before]
        order = (_V.created_at.desc(), _V.mention_id.desc())
        read = select(_V.mention_id, _V.created_at).where(*where).order_by(*order).limit(want.most).subquery()
        joined = read.join(mentions, mentions.c.id == read.c.mention_id).join(
            authors, authors.c.id == mentions.c.author_id
        )
        bearing = select(read.c.created_at, read.c.mention_id).select_from(joined).where(*map(_says, want.words))
        newest = bearing.order_by(read.c.created_at.desc(), read.c.mention_id.desc()).limit(limit)
        places = tuple((at, mention_id) for at, mention_id in self._db.execute(newest))
        if len(places) == limit:
            return Sighted(places=places, back_to=places[-1])
        oldest = self._db.execute(
            select(_V.created_at, _V.mention_id).where(*where).order_by(*order).offset(want.most - 1).limit(1)
        ).first()
        return Sighted(places=places, back_to=(oldest[0], oldest[1]) if oldest else None)

    def sampled_words(self, brand: str, label: str, since: datetime, until: datetime, limit: int) -> list[Words]:
        ids = list(self._db.scalars(sampled(brand, label, since, until, limit)))
        found: dict[int, Words] = {}
        m = mentions.c
        for chunk in in_chunks(ids):
            rows = self._db.execute(select(m.id.label("mention_id"), m.author_id, m.text).where(m.id.in_(chunk)))
            found |= {row.mention_id: Words(**row._mapping) for row in rows}
        return [found[mention_id] for mention_id in ids]

    def posters(self, want: Wanted) -> list[Poster]:
        spoken = (
            select(_V.author_id, func.count().label("posts"), func.max(_V.created_at).label("last_at"))
            .where(*_where(want))
            .group_by(_V.author_id)
            .subquery()
        )
        who = select(spoken, authors.c.platform, authors.c.handle, authors.c.followers)
        rows = self._db.execute(
            who.join(authors, authors.c.id == spoken.c.author_id).order_by(spoken.c.last_at.desc(), spoken.c.author_id)
        )
        return [Poster(**row._mapping) for row in rows]

    def tagged_authors(self, want: Wanted, beginning: str) -> dict[str, int]:
        joined = voices.join(tags, tags.c.mention_id == _V.mention_id)
        counted = select(tags.c.tag, func.count(_V.author_id.distinct()).label("people")).select_from(joined)
        these = tags.c.tag.startswith(beginning, autoescape=True)
        rows = self._db.execute(counted.where(*_where(want), these).group_by(tags.c.tag))
        return {row.tag: row.people for row in rows}

    def owed(self, brand: str, limit: int) -> list[Case]:
        where = [cases.c.state == CaseState.OPEN, cases.c.sla_at.is_not(None)]
        where += [cases.c.brand == brand] if brand else []
        rows = self._db.execute(case_rows(*where).order_by(cases.c.sla_at, cases.c.id).limit(limit))
        return [case_from(row) for row in rows]

    def unanswered(self, brand: str, since: datetime, until: datetime) -> list[Case]:
        # Most cases of a large store were never answered: by the index of answers SQLite would look at all of them.
        unanswered = func.coalesce(type_coerce(cases.c.first_reply_at, Whole), 0) == 0
        where = [cases.c.opened_at >= since, cases.c.opened_at < until, unanswered]
        where += [cases.c.state != CaseState.RESOLVED, cases.c.reason == Reason.COMPLAINT]
        where += [cases.c.brand == brand] if brand else []
        rows = self._db.execute(case_rows(*where).order_by(cases.c.priority.desc(), cases.c.id))
        return [case_from(row) for row in rows]


def _where(want: Wanted) -> list[ColumnElement[bool]]:
    where = [_V.brand == want.brand, _V.created_at >= want.since, _V.created_at < want.until, bears(want.label)]
    where += [] if want.label == REPOST else [~_V.is_repost]
    if want.tag:
        where.append(exists().where(tags.c.mention_id == _V.mention_id, tags.c.tag == want.tag))
    return where


def _says(word: str) -> ColumnElement[bool]:
    """SQLite knows the case of ASCII letters alone, so that others are looked for as they may be written."""
    if word.startswith("@") and len(word) > 1:
        return authors.c.handle.icontains(word[1:], autoescape=True)
    ways = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    return or_(*(mentions.c.text.icontains(way, autoescape=True) for way in sorted(ways)))

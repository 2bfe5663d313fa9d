"""What insight asks: range scans over tallies and voices, never over mentions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_

from listener.domain.stored import AuthorStand, CaseFacts, StoredMention, TallyCell
from listener.domain.themes import ThemeKind, tag
from listener.domain.verdict import Label, Sentiment
from listener.domain.voice import Speaker
from listener.store.base import Part
from listener.store.desk_tables import cases
from listener.store.loyalty_tables import tags
from listener.store.rows import load_mentions
from listener.store.tables import authors, mentions, tallies, voices
from listener.store.team_tables import author_links


class Insight(Part):
    """Counts, authors, samples, the day's cases."""

    def tallies(self, since: datetime, until: datetime, brand: str = "") -> list[TallyCell]:
        t = tallies.c
        wanted = select(tallies).where(t.hour >= since, t.hour < until, t.mentions > 0)
        if brand:
            wanted = wanted.where(t.brand == brand)
        rows = self._db.execute(wanted.order_by(t.hour, t.brand, t.platform, t.label))
        return [TallyCell(**row._mapping) for row in rows]

    def stands(self, brand: str, since: datetime, until: datetime) -> list[AuthorStand]:
        v = voices.c
        found: dict[int, AuthorStand] = {}
        posts = (
            select(voices, authors.c.handle, authors.c.followers)
            .join(authors, authors.c.id == v.author_id)
            .where(*_window(brand, since, until), ~v.is_repost)
            .order_by(v.created_at, v.mention_id)
        )
        for row in self._db.execute(posts):
            labels = frozenset(label for label in Label if getattr(row, label.value))
            before = found.get(row.author_id)
            # The latest post that takes a stand speaks; one without labels doesn't take back what was said.
            silent = before is not None and not labels
            found[row.author_id] = AuthorStand(
                author_id=row.author_id,
                handle=row.handle,
                platform=row.platform,
                followers=row.followers,
                mentions=before.mentions + 1 if before else 1,
                labels=before.labels if before and silent else labels,
                sentiment=before.sentiment if before and silent else _sentiment(row.sentiment),
                at=before.at if before and silent else row.created_at,
            )
        return list(found.values())

    def who_spoke(self, brand: str, since: datetime, until: datetime) -> list[Speaker]:
        v, a = voices.c, authors.c
        one = (
            func.coalesce(author_links.c.person, v.author_id).label("author_id"),
            v.author_id.label("account_id"),
            a.followers,
            v.platform,
            v.lang,
            v.hour,
        )
        joined = voices.join(authors, a.id == v.author_id).outerjoin(
            author_links, author_links.c.author_id == v.author_id
        )
        counted = (
            select(*one, func.count().label("mentions"), func.sum(case((_MESSAGE, 1), else_=0)).label("messages"))
            .select_from(joined)
            .where(*_window(brand, since, until), ~v.is_repost)
            .group_by(*one)
            .order_by(v.hour, v.author_id, v.platform, v.lang)
        )
        return [Speaker(**row._mapping) for row in self._db.execute(counted)]

    def carried(self, brand: str, since: datetime, until: datetime) -> tuple[int, int]:
        m = mentions.c
        further = func.sum(case((m.replies + m.reposts > 0, 1), else_=0))
        counted = (
            select(func.coalesce(further, 0), func.count())
            .select_from(voices.join(mentions, m.id == voices.c.mention_id))
            .where(*_window(brand, since, until), ~voices.c.is_repost)
        )
        some, of = self._db.execute(counted).one()
        return int(some), int(of)

    def posts(self, mention_ids: Sequence[int]) -> dict[int, StoredMention]:
        return load_mentions(self._db, mention_ids)

    def distinct_authors(self, since: datetime, until: datetime, brand: str, label: str, platform: str = "") -> int:
        where = [*_window(brand, since, until), bears(label)]
        if platform:
            where.append(voices.c.platform == platform)
        count = select(func.count(voices.c.author_id.distinct())).where(*where)
        return int(self._db.scalars(count).one())

    def hourly_authors(self, brand: str, queue: str, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
        v = voices.c
        counts = select(v.hour, func.count(v.author_id.distinct()).label("authors")).where(
            v.complaint, v.brand == brand, v.hour >= since, v.hour < until
        )
        if queue:
            counts = counts.where(v.queue == queue)
        return [(row.hour, row.authors) for row in self._db.execute(counts.group_by(v.hour).order_by(v.hour))]

    def spike_series(self) -> list[tuple[str, str]]:
        """Steps from pair to pair along the index: there are few pairs, and many complaints of each."""
        pair = tuple_(voices.c.brand, voices.c.queue)
        found: list[tuple[str, str]] = []
        at = ("", "")
        while True:
            following = select(voices.c.brand, voices.c.queue).where(voices.c.complaint, pair > tuple_(*at))
            row = self._db.execute(following.order_by(voices.c.brand, voices.c.queue).limit(1)).first()
            if row is None:
                return found
            if row.brand != at[0]:
                found.append((row.brand, ""))
            if row.queue:
                found.append((row.brand, row.queue))
            at = (row.brand, row.queue)

    def first_mention_hour(self, brand: str) -> datetime | None:
        hours = select(tallies.c.hour).where(tallies.c.brand == brand, tallies.c.mentions > 0)
        return self._db.scalars(hours.order_by(tallies.c.hour).limit(1)).first()

    def samples(self, brand: str, label: str, since: datetime, until: datetime, limit: int) -> list[StoredMention]:
        ids = list(self._db.scalars(sampled(brand, label, since, until, limit)))
        found = load_mentions(self._db, ids)
        return [found[mention_id] for mention_id in ids]

    def case_facts(self, since: datetime, until: datetime, brand: str = "") -> list[CaseFacts]:
        c = cases.c
        touched = or_(*(and_(moment >= since, moment < until) for moment in _MOMENTS))
        joined = cases.join(authors, authors.c.id == c.author_id).join(mentions, mentions.c.id == c.headline_id)
        wanted = select(
            c.id,
            c.brand,
            c.queue,
            c.reason,
            authors.c.handle,
            mentions.c.text.label("headline"),
            mentions.c.url,
            c.opened_at,
            c.due_at,
            c.first_reply_at,
            c.resolved_at,
            c.state,
        ).select_from(joined)
        if brand:
            wanted = wanted.where(c.brand == brand)
        rows = self._db.execute(wanted.where(touched).order_by(c.opened_at, c.id))
        return [CaseFacts(**row._mapping) for row in rows]


_MESSAGES = tag(ThemeKind.MESSAGE, "")
_MESSAGE = (
    select(tags.c.tag)
    # The range of one prefix: the character after the colon ends it.
    .where(tags.c.mention_id == voices.c.mention_id, tags.c.tag >= _MESSAGES, tags.c.tag < _MESSAGES[:-1] + ";")
    .exists()
)

_MOMENTS = (cases.c.opened_at, cases.c.first_reply_at, cases.c.resolved_at)


def sampled(brand: str, label: str, since: datetime, until: datetime, limit: int) -> Select[Any]:
    """Mention ids by engagement and reach, at most one an author; reposts apart."""
    v = voices.c
    weight = (v.engagement.desc(), func.coalesce(authors.c.followers, 0).desc(), v.mention_id)
    ranked = (
        select(
            v.mention_id,
            v.engagement,
            authors.c.followers,
            func.row_number().over(partition_by=v.author_id, order_by=weight).label("place"),
        )
        .join(authors, authors.c.id == v.author_id)
        .where(*_window(brand, since, until), bears(label), ~v.is_repost)
        .subquery()
    )
    best = select(ranked.c.mention_id).where(ranked.c.place == 1)
    order = (ranked.c.engagement.desc(), func.coalesce(ranked.c.followers, 0).desc(), ranked.c.mention_id)
    return best.order_by(*order).limit(limit)


def _window(brand: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (voices.c.brand == brand, voices.c.created_at >= since, voices.c.created_at < until)


def bears(label: str) -> ColumnElement[bool]:
    """Whether a voice counts under this label, as in `Voice.cells`."""
    v = voices.c
    if label in set(Label):
        return v[label].is_(True)
    if label in set(Sentiment):
        return v.sentiment == label
    others = {
        "all": ~v.is_repost,
        "repost": v.is_repost,
        "abstained": v.abstained,
        "unscored": ~v.scored & ~v.is_repost,
        "aside": v.scored & v.sentiment.is_(None) & ~v.abstained & ~v.is_repost,
    }
    return others[label]


def _sentiment(name: str | None) -> Sentiment | None:
    return Sentiment(name) if name else None

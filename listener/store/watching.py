"""What watching asks: counts by the hour from narrow rows and tallies, and how much waits for the classifier."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, String, case, cast, func, select

from listener.domain.themes import ThemeKind, tag
from listener.domain.verdict import Label
from listener.domain.watched import Backlog, Dimension, HourOf, HourPosts, Worded
from listener.store.desk_tables import case_mentions, cases
from listener.store.languages import Languages
from listener.store.loyalty_tables import tags
from listener.store.tables import mentions, tallies, voices


class Watching(Languages):
    """Every question is of one brand, or of a bounded stretch."""

    def hourly_by(
        self, brand: str, dimension: Dimension, label: Label, since: datetime, until: datetime
    ) -> list[HourOf]:
        joined, value = _value(dimension)
        v = voices.c
        wanted = (
            select(v.hour, value.label("value"), func.count(v.author_id.distinct()).label("authors"))
            .select_from(joined)
            .where(v.brand == brand, *_within(label, since, until))
            .group_by(v.hour, value)
            .order_by(v.hour, value)
        )
        if dimension is Dimension.INCIDENT:
            wanted = wanted.where(cases.c.incident_id.is_not(None))
        elif dimension is not Dimension.WHOLE:
            wanted = wanted.where(value != "")
        return [HourOf(row.hour, row.value, row.authors) for row in self._db.execute(wanted)]

    def hourly_posts(self, brand: str, since: datetime, until: datetime, platform: str = "") -> list[HourPosts]:
        t = tallies.c
        sums = {name: func.sum(case((t.label == name, t.mentions), else_=0)) for name in _COUNTED}
        wanted = select(t.hour, *(sums[name].label(name) for name in _COUNTED)).where(
            t.brand == brand, t.hour >= since, t.hour < until, t.label.in_(_COUNTED)
        )
        if platform:
            wanted = wanted.where(t.platform == platform)
        rows = self._db.execute(wanted.group_by(t.hour).order_by(t.hour)).all()
        return [HourPosts(row.hour, int(row.all), int(row.complaint), int(row.unscored)) for row in rows]

    def platform_hours(self, since: datetime, until: datetime) -> list[HourOf]:
        t = tallies.c
        wanted = select(t.hour, t.platform, func.sum(t.mentions).label("posts")).where(
            t.hour >= since, t.hour < until, t.label.in_(("all", "repost")), t.mentions > 0
        )
        rows = self._db.execute(wanted.group_by(t.hour, t.platform).order_by(t.hour, t.platform))
        return [HourOf(row.hour, row.platform, int(row.posts)) for row in rows]

    def worded(self, brand: str, label: Label, since: datetime, until: datetime, limit: int) -> list[Worded]:
        v = voices.c
        latest = (
            select(v.author_id, func.max(v.mention_id).label("mention_id"))
            .where(v.brand == brand, v.created_at >= since, v.created_at < until, v[label].is_(True))
            .group_by(v.author_id)
            .order_by(func.max(v.created_at).desc(), v.author_id)
            .limit(limit)
            .subquery()
        )
        rows = self._db.execute(
            select(latest.c.author_id, mentions.c.text).join(mentions, mentions.c.id == latest.c.mention_id)
        )
        return [Worded(row.author_id, row.text) for row in rows]

    def repeats(self, brand: str, label: Label, since: datetime, until: datetime) -> int:
        v = voices.c
        hours = func.count(v.hour.distinct())
        often = (
            select((hours - 2).label("beyond"))
            .where(v.brand == brand, *_within(label, since, until))
            .group_by(v.author_id)
            .having(hours > 2)
            .subquery()
        )
        return int(self._db.scalars(select(func.coalesce(func.sum(often.c.beyond), 0))).one())

    def backlog(self) -> Backlog:
        waiting = select(
            func.count(voices.c.mention_id.distinct()).label("posts"), func.min(mentions.c.seen_at).label("oldest")
        ).select_from(voices.join(mentions, mentions.c.id == voices.c.mention_id))
        row = self._db.execute(waiting.where(~voices.c.scored)).one()
        return Backlog(int(row.posts), row.oldest)


_COUNTED = ("all", "complaint", "unscored")


def most_urgent(limit: int) -> Select[Any]:
    """Ids of mentions without a verdict: what stands in cases that are worked goes first, then the newest."""
    v = voices.c
    worked = (
        select(1)
        .select_from(case_mentions.join(cases, cases.c.id == case_mentions.c.case_id))
        .where(case_mentions.c.mention_id == v.mention_id, cases.c.state != "resolved")
        .exists()
    )
    urgent = func.max(case((worked, 1), else_=0))
    waiting = select(v.mention_id).where(~v.scored).group_by(v.mention_id)
    return waiting.order_by(urgent.desc(), func.max(v.created_at).desc(), v.mention_id).limit(limit)


def _value(dimension: Dimension) -> tuple[FromClause, ColumnElement[Any]]:
    """Where a dimension's value stands, and what has to be joined for it."""
    v = voices.c
    match dimension:
        case Dimension.QUEUE:
            return voices, v.queue
        case Dimension.PLATFORM:
            return voices, v.platform
        case Dimension.LANG:
            return voices, v.lang
        case Dimension.TOUCHPOINT:
            begin = tag(ThemeKind.TOUCHPOINT, "")
            bears = (tags.c.mention_id == v.mention_id) & tags.c.tag.startswith(begin, autoescape=True)
            return voices.join(tags, bears), func.substr(tags.c.tag, len(begin) + 1)
        case Dimension.INCIDENT:
            held = (case_mentions.c.mention_id == v.mention_id) & (case_mentions.c.brand == v.brand)
            joined = voices.join(case_mentions, held).join(cases, cases.c.id == case_mentions.c.case_id)
            return joined, cast(cases.c.incident_id, String)
        case _:
            return voices, func.substr(v.brand, 1, 0)


def _within(label: Label, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Complaints have an index by the hour; other labels are read along the brand's posts."""
    v = voices.c
    if label is Label.COMPLAINT:
        return (v.complaint, v.hour >= since, v.hour < until)
    return (v[label].is_(True), v.created_at >= since, v.created_at < until)

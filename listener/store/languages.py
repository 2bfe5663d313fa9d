"""How many posts were in which language, and how many of them a model could read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, case, func, select

from listener.domain.watched import LanguageCount
from listener.store.base import Part
from listener.store.tables import verdicts, voices


class Languages(Part):
    """By the verdicts in force, of posts that name a brand."""

    def languages(self, brands: Sequence[str], since: datetime, until: datetime) -> list[LanguageCount]:
        v = voices.c
        heard = (
            select(v.mention_id)
            .where(v.brand.in_(brands), v.created_at >= since, v.created_at < until, ~v.is_repost)
            .group_by(v.mention_id)
            .subquery()
        )
        code = func.coalesce(verdicts.c.scores[("language", "code")].as_string(), "")
        unread = verdicts.c.scores[("language", "read")].as_boolean().is_(False)
        joined = heard.outerjoin(verdicts, and_(verdicts.c.mention_id == heard.c.mention_id, verdicts.c.in_force))
        counted = (
            select(
                code.label("code"),
                func.count().label("posts"),
                func.sum(case((verdicts.c.id.is_(None), 1), else_=0)).label("unscored"),
                func.sum(case((verdicts.c.abstained, 1), else_=0)).label("abstained"),
                func.sum(case((unread, 1), else_=0)).label("unread"),
            )
            .select_from(joined)
            .group_by("code")  # by its name: PostgreSQL takes the expression's parameters for others
            .order_by(func.count().desc(), "code")
        )
        return [
            LanguageCount(
                code=row.code, posts=row.posts, unscored=row.unscored, abstained=row.abstained, unread=row.unread
            )
            for row in self._db.execute(counted)
        ]

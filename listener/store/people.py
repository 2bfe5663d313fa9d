"""Who wrote, and what is known of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from listener.domain.case import CaseState
from listener.domain.mention import Author
from listener.domain.stored import AuthorHistory
from listener.errors import NotFound
from listener.store.base import Part, in_chunks
from listener.store.desk_tables import cases
from listener.store.rows import author_from
from listener.store.tables import authors, mentions, voices
from listener.store.worth import UNKNOWN, worth_of


class People(Part):
    """Authors and their histories."""

    def author(self, author_id: int) -> Author:
        row = self._db.execute(select(authors).where(authors.c.id == author_id)).first()
        if row is None:
            raise NotFound(f"there is no author {author_id}")
        return author_from(row._mapping)

    def author_history(self, brand: str, author_id: int) -> AuthorHistory:
        found = self.author_histories(brand, [author_id])
        if author_id not in found:
            raise NotFound(f"there is no author {author_id}")
        return found[author_id]

    def author_histories(self, brand: str, author_ids: Sequence[int]) -> dict[int, AuthorHistory]:
        found: dict[int, AuthorHistory] = {}
        for chunk in in_chunks(dict.fromkeys(author_ids)):
            said = self._said(brand, chunk)
            held = self._held(brand, chunk)
            first = self._first_seen([author_id for author_id in chunk if author_id not in said])
            worth = worth_of(self._db, chunk)
            for row in self._db.execute(select(authors).where(authors.c.id.in_(chunk))):
                mentioned = said.get(row.id)
                found[row.id] = AuthorHistory(
                    author_id=row.id,
                    handle=row.handle,
                    name=row.name,
                    platform=row.platform,
                    followers=row.followers,
                    mentions=mentioned.mentions if mentioned else 0,
                    complaints=mentioned.complaints if mentioned else 0,
                    praises=mentioned.praises if mentioned else 0,
                    # The nameless author stands for many people, so its cases say nothing of any of them.
                    cases=held[row.id].cases if row.native_id and row.id in held else 0,
                    open_cases=held[row.id].open if row.native_id and row.id in held else 0,
                    first_seen=mentioned.first if mentioned else first[row.id],
                    **worth.get(row.id, UNKNOWN),
                )
        return found

    def _said(self, brand: str, ids: Sequence[int]) -> dict[int, Row[Any]]:
        """What each posted on the brand, reposts apart."""
        v = voices.c
        counts = (
            select(
                v.author_id,
                func.count().label("mentions"),
                func.count().filter(v.complaint).label("complaints"),
                func.count().filter(v.praise).label("praises"),
                func.min(v.created_at).label("first"),
            )
            .where(v.author_id.in_(ids), v.brand == brand, ~v.is_repost)
            .group_by(v.author_id)
        )
        return {row.author_id: row for row in self._db.execute(counts)}

    def _held(self, brand: str, ids: Sequence[int]) -> dict[int, Row[Any]]:
        c = cases.c
        counts = (
            select(
                c.author_id,
                func.count().label("cases"),
                func.count().filter(c.state != CaseState.RESOLVED).label("open"),
            )
            .where(c.author_id.in_(ids), c.brand == brand)
            .group_by(c.author_id)
        )
        return {row.author_id: row for row in self._db.execute(counts)}

    def _first_seen(self, ids: Sequence[int]) -> dict[int, datetime]:
        """Of those who posted nothing on the brand: their first post of all."""
        if not ids:
            return {}
        m = mentions.c
        first = select(m.author_id, func.min(m.created_at).label("at")).where(m.author_id.in_(ids))
        return {row.author_id: row.at for row in self._db.execute(first.group_by(m.author_id))}

"""How much the store holds, for `listener doctor`."""

from sqlalchemy import ColumnElement, Table, func, select, text

from listener.domain.stored import StoreStats
from listener.store.base import Part
from listener.store.desk_tables import cases
from listener.store.migrations import HEAD
from listener.store.tables import authors, gaps, mentions, quarantine


class Census(Part):
    """Counts of everything."""

    def stats(self) -> StoreStats:
        states = select(cases.c.state, func.count().label("n")).group_by(cases.c.state)
        pages = self._pragma("page_count") * self._pragma("page_size")
        return StoreStats(
            mentions=self._count(mentions),
            authors=self._count(authors, authors.c.native_id != ""),
            cases={row.state: row.n for row in self._db.execute(states)},
            quarantined=self._count(quarantine),
            open_gaps=self._count(gaps, gaps.c.closed_at.is_(None)),
            size_bytes=pages,
            sqlite_version=str(self._db.scalars(text("SELECT sqlite_version()")).one()),
            journal_mode=str(self._db.scalars(text("PRAGMA journal_mode")).one()),
            schema=HEAD,
        )

    def _count(self, table: Table, *where: ColumnElement[bool]) -> int:
        return int(self._db.scalars(select(func.count()).select_from(table).where(*where)).one())

    def _pragma(self, name: str) -> int:
        return int(self._db.scalars(text(f"PRAGMA {name}")).one())

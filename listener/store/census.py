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
        engine, journal_mode, size = self._on_postgres() if self._is_postgres else self._on_sqlite()
        return StoreStats(
            mentions=self._count(mentions),
            authors=self._count(authors, authors.c.native_id != ""),
            cases={row.state: row.n for row in self._db.execute(states)},
            quarantined=self._count(quarantine),
            open_gaps=self._count(gaps, gaps.c.closed_at.is_(None)),
            size_bytes=size,
            engine=engine,
            journal_mode=journal_mode,
            schema=HEAD,
        )

    def _on_sqlite(self) -> tuple[str, str, int]:
        version, journal_mode = self._one("SELECT sqlite_version()"), self._one("PRAGMA journal_mode")
        size = int(self._one("PRAGMA page_count")) * int(self._one("PRAGMA page_size"))
        return f"SQLite {version}", journal_mode, size

    def _on_postgres(self) -> tuple[str, str, int]:
        version = self._one("SHOW server_version")
        return f"PostgreSQL {version}", "wal", int(self._one("SELECT pg_database_size(current_database())"))

    def _count(self, table: Table, *where: ColumnElement[bool]) -> int:
        return int(self._db.scalars(select(func.count()).select_from(table).where(*where)).one())

    def _one(self, question: str) -> str:
        return str(self._db.scalars(text(question)).one())

"""Where the run stands: cursors, gaps, rejects, sources' health, bookmarks."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from listener.domain.mention import Gap, MentionKey, Reject
from listener.domain.stored import Known, KnownText, Quarantined, SourceHealth, StoredGap, StoredMention
from listener.errors import NotFound
from listener.store.base import Part
from listener.store.dialect import insert_into
from listener.store.ingest import seen
from listener.store.rows import load_mentions
from listener.store.tables import cursors, gaps, quarantine, sources
from listener.store.watching import most_urgent


class Books(Part):
    """What the run asks."""

    def known(self, keys: Sequence[MentionKey]) -> Known:
        return {
            key: KnownText(mention_id=one.id, digest=one.digest, version=one.version, scored_by=one.scored_by)
            for key, one in seen(self._db, keys).items()
        }

    def cursor(self, source: str) -> str:
        return self._db.scalars(select(cursors.c.cursor).where(cursors.c.source == source)).first() or ""

    def open_gaps(self, source: str = "") -> list[StoredGap]:
        wanted = select(gaps).where(gaps.c.closed_at.is_(None)).order_by(gaps.c.since, gaps.c.id)
        if source:
            wanted = wanted.where(gaps.c.source == source)
        return [_gap(row) for row in self._db.execute(wanted)]

    def gaps_within(self, source: str, since: datetime, until: datetime) -> list[StoredGap]:
        wanted = select(gaps).where(gaps.c.source == source, gaps.c.since < until, gaps.c.until > since)
        return [_gap(row) for row in self._db.execute(wanted.order_by(gaps.c.since, gaps.c.id))]

    def health(self) -> list[SourceHealth]:
        rows = self._db.execute(select(sources).order_by(sources.c.source))
        return [SourceHealth(**row._mapping) for row in rows]

    def unscored(self, limit: int) -> list[StoredMention]:
        ids = list(self._db.scalars(most_urgent(limit)))
        found = load_mentions(self._db, ids)
        return [found[mention_id] for mention_id in ids]

    def quarantined(self, limit: int) -> list[Quarantined]:
        q = quarantine.c
        columns = (q.id, q.source, q.native_id, q.position, q.reason, q.raw, q.at)
        rows = self._db.execute(select(*columns).order_by(q.id.desc()).limit(limit))
        return [Quarantined(**row._mapping) for row in rows]

    def mention(self, mention_id: int) -> StoredMention:
        found = load_mentions(self._db, [mention_id])
        if mention_id not in found:
            raise NotFound(f"there is no mention {mention_id}")
        return found[mention_id]


class BookWrites(Part):
    """What the run writes of itself."""

    def save_cursor(self, source: str, cursor: str, now: datetime) -> None:
        new = insert_into(self._db, cursors).values(source=source, cursor=cursor, at=now)
        moved = {"cursor": new.excluded.cursor, "at": new.excluded.at}
        self._db.execute(new.on_conflict_do_update(index_elements=[cursors.c.source], set_=moved))

    def add_gap(self, source: str, gap: Gap, now: datetime) -> None:
        new = insert_into(self._db, gaps).values(
            source=source, since=gap.since, until=gap.until, reason=gap.reason, found_at=now
        )
        # A gap found anew after it was closed is open again.
        again = {"reason": new.excluded.reason, "closed_at": None}
        self._db.execute(
            new.on_conflict_do_update(index_elements=[gaps.c.source, gaps.c.since, gaps.c.until], set_=again)
        )

    def forget_cursor(self, source: str) -> None:
        self._db.execute(delete(cursors).where(cursors.c.source == source))

    def stretch_gap(self, gap_id: int, until: datetime, now: datetime) -> None:
        gap = self._db.execute(select(gaps).where(gaps.c.id == gap_id)).first()
        if gap is None or until <= gap.until:
            return
        same = (gaps.c.source == gap.source, gaps.c.since == gap.since, gaps.c.until == until)
        if self._db.execute(select(gaps.c.id).where(*same)).first() is None:
            self._db.execute(update(gaps).where(gaps.c.id == gap_id).values(until=until))
            return
        self.close_gap(gap_id, now)
        self.add_gap(gap.source, Gap(since=gap.since, until=until, reason=gap.reason), now)

    def close_gap(self, gap_id: int, now: datetime) -> None:
        self._db.execute(update(gaps).where(gaps.c.id == gap_id, gaps.c.closed_at.is_(None)).values(closed_at=now))

    def quarantine(self, source: str, reject: Reject, now: datetime) -> None:
        digest = hashlib.sha256(f"{reject.reason}\0{reject.raw}".encode("utf-8", "surrogatepass")).hexdigest()
        new = insert_into(self._db, quarantine).values(
            source=source,
            native_id=reject.native_id,
            position=reject.position,
            reason=reject.reason,
            raw=reject.raw,
            digest=digest,
            at=now,
        )
        self._db.execute(new.on_conflict_do_nothing(index_elements=[quarantine.c.source, quarantine.c.digest]))

    def record_attempt(
        self,
        source: str,
        platform: str,
        now: datetime,
        *,
        error: str = "",
        paused_until: datetime | None = None,
        last_mention: datetime | None = None,
        credential: str = "",
    ) -> None:
        before = self._source(source)
        row = {
            "platform": platform,
            "last_attempt": now,
            "last_success": (before.last_success if before else None) if error else now,
            "last_mention": _latest(last_mention, before),
            "failures": (before.failures if before else 0) + 1 if error else 0,
            "error": error,
            "paused_until": paused_until,
            "credential": credential or (before.credential if before else ""),
        }
        self._save_source(source, row)

    def record_heard(
        self, source: str, platform: str, now: datetime, *, last_mention: datetime | None, credential: str = ""
    ) -> None:
        before = self._source(source)
        row = {
            "platform": platform,
            "last_attempt": now,
            "last_success": now,
            "last_mention": _latest(last_mention, before),
            "credential": credential or (before.credential if before else ""),
        }
        self._save_source(source, row)

    def record_stream(self, source: str, platform: str, stands: str, until: datetime | None) -> None:
        self._save_source(source, {"platform": platform, "stream": stands, "stream_until": until})

    def warn_of(self, source: str, platform: str, warning: str) -> None:
        self._save_source(source, {"platform": platform, "warning": warning})

    def _source(self, source: str) -> Row[Any] | None:
        return self._db.execute(select(sources).where(sources.c.source == source)).first()

    def _save_source(self, source: str, row: Mapping[str, object]) -> None:
        """What isn't named stays, or begins with nothing."""
        new = insert_into(self._db, sources).values({"source": source, "failures": 0, "error": "", **row})
        self._db.execute(new.on_conflict_do_update(index_elements=[sources.c.source], set_=dict(row)))


def _gap(row: Row[Any]) -> StoredGap:
    return StoredGap(
        id=row.id,
        source=row.source,
        since=row.since,
        until=row.until,
        reason=row.reason,
        closed_at=row.closed_at,
    )


def _latest(last_mention: datetime | None, before: Row[Any] | None) -> datetime | None:
    """The newest that was ever heard of it."""
    heard = [at for at in (last_mention, before.last_mention if before else None) if at]
    return max(heard, default=None)

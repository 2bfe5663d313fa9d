"""Posts that were kept long enough are erased by age; the counts they are in stay, for longer."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select

from listener.domain.case import CaseState
from listener.domain.mention import MentionKey
from listener.store.base import in_chunks
from listener.store.desk_tables import case_mentions, cases
from listener.store.erasure import Erasure
from listener.store.forgetting import ForgettingWrites
from listener.store.tables import mentions, quarantine, tallies, voices

_M, _C = mentions.c, cases.c

_HELD = (
    select(case_mentions.c.mention_id)
    .select_from(case_mentions.join(cases))
    .where(case_mentions.c.mention_id == _M.id)
    .correlate(mentions)
)


class Aging(Erasure, ForgettingWrites):
    """What is written."""

    def age_out(self, stored_before: datetime, at_rest_since: datetime, limit: int, now: datetime) -> int:
        moving = or_(_C.state != CaseState.RESOLVED, _C.updated_at >= at_rest_since)
        aged = select(_M.id, _M.platform, _M.native_id, _M.author_id).where(
            _M.deleted_at.is_(None), _M.seen_at < stored_before, ~_HELD.where(moving).exists()
        )
        rows = self._db.execute(aged.order_by(_M.seen_at, _M.id).limit(limit)).all()
        if rows:
            ids = [row.id for row in rows]
            self.empty_histories(self._last_seen_in(ids, {row.author_id for row in rows}))
            for chunk in in_chunks(ids):
                # Not out of the tallies: those outlive what they count.
                self._db.execute(delete(voices).where(voices.c.mention_id.in_(chunk)))
            self._erase_all([MentionKey(platform=row.platform, native_id=row.native_id) for row in rows], ids, now)
        return len(rows)

    def drop_rejects(self, before: datetime) -> int:
        return self._db.execute(delete(quarantine).where(quarantine.c.at < before)).rowcount

    def drop_counts(self, before: datetime) -> int:
        return self._db.execute(delete(tallies).where(tallies.c.hour < before)).rowcount

    def _last_seen_in(self, ids: Sequence[int], writers: set[int]) -> list[int]:
        """Those of whom no other post is left."""
        others = set(writers)
        for chunk in in_chunks(sorted(writers)):
            written = select(_M.id, _M.author_id).where(_M.author_id.in_(chunk), _M.deleted_at.is_(None))
            others -= {row.author_id for row in self._db.execute(written) if row.id not in set(ids)}
        return sorted(others)

"""Which stored posts are to be looked up again at their source, and what is noted when they were."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from listener.domain.case import CaseState
from listener.domain.mention import Mention, MentionKey
from listener.store.base import Part, in_chunks
from listener.store.desk_tables import case_mentions, cases
from listener.store.ingest import by_platform
from listener.store.rows import load_mentions
from listener.store.tables import mentions

_M = mentions.c
_STANDS = _M.deleted_at.is_(None)
_LIVE = (CaseState.OPEN, CaseState.SNOOZED)


class Rechecks(Part):
    """What is asked."""

    def recheck_open(self, platform: str, before: datetime, limit: int) -> list[Mention]:
        # From the cases to their posts: there are few open ones, and many posts. The joined empty text keeps SQLite
        # from beginning with all posts of the platform.
        held = cases.join(case_mentions, case_mentions.c.case_id == cases.c.id).join(
            mentions, _M.id == case_mentions.c.mention_id
        )
        due = (
            select(_M.id, _M.checked_at)
            .distinct()
            .select_from(held)
            .where(cases.c.state.in_(_LIVE), _M.platform.concat("") == platform, _STANDS)
            .where(or_(_M.checked_at.is_(None), _M.checked_at <= before))
            .order_by(_M.checked_at, _M.id)
        )
        return self._mentions(list(self._db.scalars(due.limit(limit))))

    def recheck_stored(self, platform: str, before: datetime, limit: int) -> list[Mention]:
        due = select(_M.id).where(_M.platform == platform, _M.checked_at <= before, _STANDS)
        return self._mentions(list(self._db.scalars(due.order_by(_M.checked_at).limit(limit))))

    def _mentions(self, ids: Sequence[int]) -> list[Mention]:
        found = load_mentions(self._db, ids)
        return [found[mention_id].mention for mention_id in ids]


class RecheckWrites(Rechecks):
    """What is written."""

    def mark_checked(self, keys: Sequence[MentionKey], at: datetime) -> None:
        for platform, native_ids in by_platform(keys).items():
            for chunk in in_chunks(native_ids):
                self._db.execute(
                    update(mentions).where(_M.platform == platform, _M.native_id.in_(chunk)).values(checked_at=at)
                )

    def ask_no_more(self, platform: str, before: datetime, posted_before: datetime, limit: int) -> int:
        # Without an instant they leave the index's range: else each look would pass over all of them again.
        due = select(_M.id, _M.created_at).where(_M.platform == platform, _M.checked_at <= before, _STANDS)
        seen = self._db.execute(due.order_by(_M.checked_at).limit(limit)).all()
        old = [row.id for row in seen if row.created_at < posted_before]
        for chunk in in_chunks(old):
            self._db.execute(update(mentions).where(_M.id.in_(chunk)).values(checked_at=None))
        return len(old)

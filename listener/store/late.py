"""Posts by stretches of their ids: which wait for a verdict, and what another model made of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, select

from listener.domain.stored import StoredMention
from listener.domain.verdict import Verdict
from listener.store import counting
from listener.store.base import Part, in_chunks
from listener.store.rows import load_mentions
from listener.store.tables import mentions, verdicts, voices
from listener.store.theming import retag
from listener.store.verdicts import AGENT, Ruling, judge_again


class Late(Part):
    """What is asked of them."""

    def unscored_stretches(self, width: int, most: int) -> list[int]:
        # Of whole numbers: a division that rounds differs between the engines.
        begin = (voices.c.mention_id - voices.c.mention_id % width).label("begin")
        waiting = select(begin).where(~voices.c.scored).distinct().order_by(begin.desc()).limit(most)
        return list(self._db.scalars(waiting))

    def unscored_between(self, first: int, last: int) -> list[StoredMention]:
        waiting = select(voices.c.mention_id).where(~voices.c.scored, voices.c.mention_id.between(first, last))
        return self._by_their_ids(waiting.distinct().order_by(voices.c.mention_id))

    def newest_mention(self) -> int:
        return self._db.scalar(select(func.max(mentions.c.id))) or 0

    def not_judged_since(self, since: datetime, first: int, last: int, most: int) -> list[StoredMention]:
        wanted = _not_judged(since).where(mentions.c.id.between(first, last))
        return self._by_their_ids(wanted.order_by(mentions.c.id).limit(most))

    def count_not_judged_since(self, since: datetime, last: int) -> int:
        wanted = _not_judged(since).where(mentions.c.id <= last).subquery()
        return self._db.scalar(select(func.count()).select_from(wanted)) or 0

    def _by_their_ids(self, wanted: Select[Any]) -> list[StoredMention]:
        ids = list(self._db.scalars(wanted))
        found = load_mentions(self._db, ids)
        return [found[mention_id] for mention_id in ids if mention_id in found]


class LateWrites(Part):
    """What is written of them."""

    def judge_stored(self, verdicts: Mapping[int, Verdict], now: datetime) -> None:
        revisions: dict[int, int] = {}
        for chunk in in_chunks(verdicts):
            alive = select(mentions.c.id, mentions.c.revision).where(
                mentions.c.id.in_(chunk), mentions.c.deleted_at.is_(None)
            )
            revisions |= {row.id: row.revision for row in self._db.execute(alive)}
        rulings = [
            Ruling(mention_id=one, revision=revision, verdict=verdicts[one], at=now)
            for one, revision in revisions.items()
        ]
        in_force = judge_again(self._db, rulings, revisions)
        retag(self._db, {one: said.tagging for one, said in verdicts.items() if one in revisions and said.tagging})
        before = counting.voices_of(self._db, revisions)
        counting.recount(
            self._db, before=before, after=[counting.judged(one, in_force[one.mention_id]) for one in before]
        )


def _not_judged(since: datetime) -> Select[Any]:
    judged = exists().where(
        and_(
            verdicts.c.mention_id == mentions.c.id,
            verdicts.c.revision == mentions.c.revision,
            verdicts.c.decided_at >= since,
            ~verdicts.c.model.startswith(AGENT, autoescape=True),
        )
    )
    return select(mentions.c.id).where(mentions.c.deleted_at.is_(None), ~judged)

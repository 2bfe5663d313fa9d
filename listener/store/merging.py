"""Rows of merging, splitting and linking: which case holds which posts, and which cases belong together."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, or_, select, update

from listener.domain.case import Case
from listener.errors import Conflict
from listener.store import counting
from listener.store.base import Part, in_chunks
from listener.store.cases import case_from, case_rows, choose_headline
from listener.store.desk_tables import case_mentions, cases
from listener.store.tables import verdicts, voices
from listener.store.team_tables import case_links
from listener.store.verdicts import judge_again


class Merging(Part):
    """What is asked."""

    def heirs(self, case_ids: Sequence[int]) -> Mapping[int, Case]:
        into = self._merged_into(case_ids)
        ends = {case_id: self._end_of(case_id, into) for case_id in case_ids if case_id in into}
        found: dict[int, Case] = {}
        for chunk in in_chunks(sorted(set(ends.values()))):
            found |= {row.id: case_from(row) for row in self._db.execute(case_rows(cases.c.id.in_(chunk)))}
        return {case_id: found[end] for case_id, end in ends.items()}

    def _merged_into(self, case_ids: Sequence[int]) -> dict[int, int]:
        """Each step from these cases on; a case is merged only into one that isn't, so the way has an end."""
        into: dict[int, int] = {}
        ask = list(case_ids)
        while ask:
            found: dict[int, int] = {}
            for chunk in in_chunks(ask):
                rows = self._db.execute(_INTO, {"ids": chunk})
                found |= {row.id: row.merged_into for row in rows}
            into |= found
            ask = sorted(set(found.values()) - set(into))
        return into

    @staticmethod
    def _end_of(case_id: int, into: Mapping[int, int]) -> int:
        while case_id in into:
            case_id = into[case_id]
        return case_id


class MergingWrites(Merging):
    """What is written."""

    def take_posts(self, case_id: int, mention_ids: Sequence[int]) -> None:
        wanted = sorted(set(mention_ids))
        gone: set[int] = set()
        for chunk in in_chunks(wanted):
            gone.update(self._db.scalars(_LET_GO, {"holder": case_id, "ids": chunk}))
        if gone != set(wanted):
            missing = ", ".join(str(one) for one in wanted if one not in gone)
            raise Conflict(f"case {case_id} doesn't hold post {missing}", next_step=f"listener case show {case_id}")
        self._recount(case_id)

    def give_posts(self, case_id: int, mention_ids: Sequence[int]) -> None:
        case = self._db.execute(select(cases.c.brand, cases.c.queue).where(cases.c.id == case_id)).one()
        ids = sorted(set(mention_ids))
        if not ids:
            return
        self._db.execute(
            insert(case_mentions), [{"case_id": case_id, "mention_id": one, "brand": case.brand} for one in ids]
        )
        for chunk in in_chunks(ids):
            said = update(voices).where(voices.c.mention_id.in_(chunk), voices.c.brand == case.brand)
            self._db.execute(said.values(queue=case.queue))
        self._recount(case_id)

    def _recount(self, case_id: int) -> None:
        """How many posts it holds and which stands for it; one that holds none keeps the last that it had."""
        held = self._db.scalar(_HELD, {"holder": case_id}) or 0
        if held:
            self._db.execute(update(cases).where(cases.c.id == case_id).values(mentions=held))
            choose_headline(self._db, case_id)

    def link_cases(self, case_id: int, other_id: int, kind: str, agent: str, now: datetime) -> bool:
        if self._db.execute(select(case_links.c.kind).where(_between(case_id, other_id))).first():
            return False
        row = {"case_id": case_id, "other_id": other_id, "kind": kind, "agent": agent, "at": now}
        self._db.execute(insert(case_links), row)
        return True

    def unlink_cases(self, case_id: int, other_id: int) -> None:
        self._db.execute(delete(case_links).where(_between(case_id, other_id)))

    def withdraw_verdict(self, mention_id: int, model: str) -> None:
        before = counting.voices_of(self._db, [mention_id])
        self._db.execute(delete(verdicts).where(verdicts.c.mention_id == mention_id, verdicts.c.model == model))
        in_force = judge_again(self._db, [], [mention_id]).get(mention_id)
        counting.recount(self._db, before=before, after=[counting.judged(voice, in_force) for voice in before])


_INTO = select(cases.c.id, cases.c.merged_into).where(
    cases.c.id.in_(bindparam("ids", expanding=True)), cases.c.merged_into.is_not(None)
)
_LET_GO = (
    delete(case_mentions)
    .where(case_mentions.c.case_id == bindparam("holder"))
    .where(case_mentions.c.mention_id.in_(bindparam("ids", expanding=True)))
    .returning(case_mentions.c.mention_id)
)
_HELD = select(func.count()).where(case_mentions.c.case_id == bindparam("holder"))


def _between(one: int, other: int) -> ColumnElement[bool]:
    return or_(
        and_(case_links.c.case_id == one, case_links.c.other_id == other),
        and_(case_links.c.case_id == other, case_links.c.other_id == one),
    )

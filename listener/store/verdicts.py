"""Which verdict on a mention is in force: of those on its present text, an agent's correction, else the latest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from listener.domain.verdict import Verdict
from listener.store.base import in_chunks
from listener.store.bulk import write_all
from listener.store.dialect import insert_into
from listener.store.rows import verdict_from, verdict_row
from listener.store.tables import mentions, verdicts

AGENT = "agent:"
"""Begins the model id of a correction made by an agent."""
_NEW = insert(verdicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A verdict on one text of a mention."""

    mention_id: int
    revision: int
    verdict: Verdict
    at: datetime

    def columns(self) -> dict[str, object]:
        return {
            "mention_id": self.mention_id,
            "revision": self.revision,
            "decided_at": self.at,
            **verdict_row(self.verdict),
        }


def insert_first(db: Connection, rulings: Sequence[Ruling]) -> None:
    """The first verdicts of new mentions: in force at once."""
    write_all(db, _NEW, [{**ruling.columns(), "in_force": True} for ruling in rulings])


def judge_again(db: Connection, rulings: Sequence[Ruling], mention_ids: Iterable[int]) -> dict[int, Verdict]:
    """Add rulings on stored mentions, and settle anew which verdict of each is in force: those, by mention id.

    A mention whose text has changed since its last verdict has none.
    """
    ids = list(mention_ids)
    for chunk in in_chunks(ids):
        db.execute(update(verdicts).where(verdicts.c.mention_id.in_(chunk)).values(in_force=False))
    if rulings:
        new = insert_into(db, verdicts)
        kept = ("mention_id", "model")
        columns = {column.name for column in verdicts.columns} - {"id", *kept}
        db.execute(
            new.on_conflict_do_update(
                index_elements=[verdicts.c[name] for name in kept],
                set_={name: new.excluded[name] for name in columns},
            ),
            [{**ruling.columns(), "in_force": False} for ruling in rulings],
        )
    return _settle(db, ids)


def _settle(db: Connection, mention_ids: Iterable[int]) -> dict[int, Verdict]:
    present = and_(verdicts.c.mention_id == mentions.c.id, verdicts.c.revision == mentions.c.revision)
    chosen: dict[int, tuple[int, Verdict]] = {}
    for chunk in in_chunks(mention_ids):
        candidates = (
            select(verdicts)
            .join(mentions, present)
            .where(verdicts.c.mention_id.in_(chunk))
            # The last of a mention wins: corrections after models, later after earlier.
            .order_by(verdicts.c.model.startswith(AGENT, autoescape=True), verdicts.c.decided_at, verdicts.c.id)
        )
        for row in db.execute(candidates):
            chosen[row.mention_id] = (row.id, verdict_from(row._mapping))
    if chosen:
        force = update(verdicts).where(verdicts.c.id == bindparam("verdict_id")).values(in_force=True)
        db.execute(force, [{"verdict_id": verdict_id} for verdict_id, _ in chosen.values()])
    return {mention_id: verdict for mention_id, (_, verdict) in chosen.items()}

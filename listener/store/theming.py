"""Keeping what themes a mention's present text speaks of."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, delete, insert, update

from listener.domain.themes import Tagging
from listener.store.base import in_chunks
from listener.store.bulk import write_all
from listener.store.loyalty_tables import tags
from listener.store.tables import mentions

_TAGS = insert(tags)
_TAGGER = update(mentions).where(mentions.c.id == bindparam("m")).values(tagger=bindparam("by"))


def retag(db: Connection, found: Mapping[int, Tagging], *, new: bool = False) -> None:
    """Put what was found in the place of what stood there, by mention id; `new` ones have nothing yet."""
    if not found:
        return
    if not new:
        untag(db, found)
    rows = [
        {"mention_id": mention_id, "tag": tag, "score": score}
        for mention_id, one in found.items()
        for tag, score in one.tags
    ]
    write_all(db, _TAGS, rows)
    write_all(db, _TAGGER, [{"m": mention_id, "by": one.tagger} for mention_id, one in found.items()])


def untag(db: Connection, mention_ids: Iterable[int]) -> None:
    """Nothing is known of these any more: their text changed, or is gone."""
    for ids in in_chunks(mention_ids):
        db.execute(delete(tags).where(tags.c.mention_id.in_(ids)))
        db.execute(update(mentions).where(mentions.c.id.in_(ids)).values(tagger=""))

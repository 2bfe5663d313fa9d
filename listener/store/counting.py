"""Keeping the counts: `voices`, one narrow row per mention and brand, and `tallies`, which are always their sums.

Every change of a mention, verdict or label passes through `recount`, in the transaction of that change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter

from sqlalchemy import Connection, Insert, bindparam, delete, insert, select, update

from listener.domain.hours import hour_of
from listener.domain.verdict import Label, Verdict, spoken
from listener.store.base import in_chunks
from listener.store.bulk import write_all
from listener.store.desk_tables import case_mentions, cases
from listener.store.dialect import insert_for
from listener.store.tables import tallies, voices

Cell = tuple[str, datetime, str, str, str]
"""Brand, hour, platform, language, label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A row of `voices`."""

    mention_id: int
    brand: str
    platform: str
    lang: str
    author_id: int
    hour: datetime
    created_at: datetime
    is_repost: bool
    addressed: bool
    scored: bool
    abstained: bool
    sentiment: str | None
    complaint: bool
    praise: bool
    question: bool
    engagement: int
    queue: str

    def cells(self) -> Iterable[Cell]:
        """The tallies it counts in."""
        if self.is_repost:
            labels = ["repost"]
        else:
            labels = ["all", *(label.value for label in Label if getattr(self, label.value))]
            labels += [self.sentiment] if self.sentiment else []
            labels += ["abstained"] if self.abstained else []
            labels += [] if self.scored else ["unscored"]
        return ((self.brand, self.hour, self.platform, self.lang, label) for label in labels)


def voice(
    *,
    mention_id: int,
    author_id: int,
    brand: str,
    platform: str,
    lang: str,
    created_at: datetime,
    is_repost: bool,
    addressed: bool,
    engagement: int,
    verdict: Verdict | None,
    queue: str = "",
) -> Voice:
    """What a mention says about a brand, by its verdict in force."""
    heard = verdict if addressed and not is_repost else None
    labels = heard.labels if heard else frozenset()
    return Voice(
        mention_id=mention_id,
        author_id=author_id,
        brand=brand,
        platform=platform,
        lang=lang,
        hour=hour_of(created_at),
        created_at=created_at,
        is_repost=is_repost,
        addressed=addressed,
        scored=verdict is not None,
        abstained=heard.abstained if heard else False,
        sentiment=heard.sentiment.value if heard and heard.sentiment else None,
        complaint=Label.COMPLAINT in labels,
        praise=Label.PRAISE in labels,
        question=Label.QUESTION in labels,
        engagement=engagement,
        queue=queue,
    )


def tongue(stated: str, verdict: Verdict | None) -> str:
    """ISO 639 code of a post's language, without its region: identified, or else as its platform says."""
    return spoken(stated, verdict).split("-")[0].casefold()


def judged(said: Voice, verdict: Verdict | None) -> Voice:
    """The same mention under another verdict."""
    return voice(
        mention_id=said.mention_id,
        author_id=said.author_id,
        brand=said.brand,
        platform=said.platform,
        # An agent says nothing of the language.
        lang=tongue(said.lang, verdict),
        created_at=said.created_at,
        is_repost=said.is_repost,
        addressed=said.addressed,
        engagement=said.engagement,
        verdict=verdict,
        queue=said.queue,
    )


def voices_of(db: Connection, mention_ids: Iterable[int]) -> list[Voice]:
    """As they are stored now."""
    found: list[Voice] = []
    for ids in in_chunks(mention_ids):
        rows = db.execute(select(voices).where(voices.c.mention_id.in_(ids)))
        found += [Voice(**row._mapping) for row in rows]
    return found


def queues_of(db: Connection, mention_ids: Iterable[int]) -> dict[tuple[int, str], str]:
    """(mention id, brand) → queue of the case that holds it for that brand."""
    found: dict[tuple[int, str], str] = {}
    held = select(case_mentions.c.mention_id, case_mentions.c.brand, cases.c.queue).join(cases)
    for ids in in_chunks(mention_ids):
        rows = db.execute(held.where(case_mentions.c.mention_id.in_(ids)))
        found |= {(row.mention_id, row.brand): row.queue for row in rows}
    return found


def recount(db: Connection, *, before: Sequence[Voice], after: Sequence[Voice]) -> None:
    """Put `after` in the place of `before`, and the difference into the tallies."""
    if before:
        gone = delete(voices).where(voices.c.mention_id == bindparam("m"), voices.c.brand == bindparam("b"))
        db.execute(gone, [{"m": v.mention_id, "b": v.brand} for v in before])
    write_all(db, _VOICES, [_row(v) for v in after])
    changes: dict[Cell, tuple[int, int]] = {}
    for sign, rows in ((-1, before), (1, after)):
        for v in rows:
            for cell in v.cells():
                counted, engaged = changes.get(cell, (0, 0))
                changes[cell] = counted + sign, engaged + sign * v.engagement
    _add(db, changes)


def _row(v: Voice) -> dict[str, object]:
    return dict(zip(Voice.__slots__, _FIELDS(v), strict=True))


_FIELDS = attrgetter(*Voice.__slots__)


def _add(db: Connection, changes: Mapping[Cell, tuple[int, int]]) -> None:
    """A cell that falls was there before, so it's updated: inserting a negative count would break the constraint."""
    rising = [_change(cell, by) for cell, by in changes.items() if min(by) >= 0 and any(by)]
    falling = [_change(cell, by) for cell, by in changes.items() if min(by) < 0]
    write_all(db, _adding(db.dialect.name), rising)
    if falling:
        this = [tallies.c[column] == bindparam(f"of_{column}") for column in _CELL]
        sums = {amount: tallies.c[amount] + bindparam(f"of_{amount}") for amount in _AMOUNTS}
        db.execute(update(tallies).where(*this).values(sums), falling)


@cache
def _adding(dialect: str) -> Insert:
    new = insert_for(dialect, tallies).values({column: bindparam(f"of_{column}") for column in _CELL + _AMOUNTS})
    sums = {amount: tallies.c[amount] + new.excluded[amount] for amount in _AMOUNTS}
    return new.on_conflict_do_update(index_elements=[tallies.c[column] for column in _CELL], set_=sums)


_VOICES = insert(voices)
_CELL = ("brand", "hour", "platform", "lang", "label")
_AMOUNTS = ("mentions", "engagement")


def _change(cell: Cell, by: tuple[int, int]) -> dict[str, object]:
    """Parameters, named apart from the columns they go to."""
    return {f"of_{column}": value for column, value in zip(_CELL + _AMOUNTS, cell + by, strict=True)}

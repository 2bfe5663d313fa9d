"""Complaints as grouping looks at them, and the MinHash bands by which near-duplicates are found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, tuple_

from listener.domain.case import CaseState, EventKind
from listener.domain.incident import Heard, IncidentState
from listener.store.base import Part, in_chunks
from listener.store.desk_tables import case_events, case_mentions, cases
from listener.store.tables import mentions, voices
from listener.store.team_tables import incidents, signatures

_BROUGHT = (EventKind.OPENED, EventKind.ATTACHED, EventKind.REOPENED, EventKind.WOKE, EventKind.EDITED)
_LABELLED = (EventKind.RELABELLED,)
_PAIRS = 250
"""Of two values each, in one statement."""


class Likeness(Part):
    """What is asked."""

    def heard_since(self, event_id: int, limit: int) -> tuple[list[Heard], int]:
        wanted = select(case_events.c.id, case_events.c.case_id, case_events.c.kind, case_events.c.detail)
        rows = self._db.execute(wanted.where(case_events.c.id > event_id).order_by(case_events.c.id).limit(limit)).all()
        if not rows:
            return [], event_id
        said = [row for row in rows if row.kind in (*_BROUGHT, *_LABELLED) and row.detail.get("mention")]
        pairs = dict.fromkeys((int(row.detail["mention"]), row.case_id) for row in said)
        heard = {(post.mention_id, post.case): post for post in self._heard({mention for mention, _ in pairs})}
        return [heard[pair] for pair in pairs if pair in heard], rows[-1].id

    def _heard(self, mention_ids: Collection[int]) -> list[Heard]:
        found: list[Heard] = []
        for chunk in in_chunks(sorted(mention_ids)):
            found += [_from(row) for row in self._db.execute(_complaints().where(voices.c.mention_id.in_(chunk)))]
        return found

    def event_before(self, at: datetime) -> int:
        first = self._db.scalars(
            select(case_events.c.id).where(case_events.c.at >= at).order_by(case_events.c.at, case_events.c.id).limit(1)
        ).first()
        if first is not None:
            return int(first) - 1
        return int(self._db.scalars(select(func.max(case_events.c.id))).one() or 0)

    def heard_in(self, mention_ids: Collection[int], brand: str) -> list[Heard]:
        return [post for post in self._heard(mention_ids) if post.brand == brand]

    def sharing(self, brand: str, bands: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
        s = signatures.c
        found: list[tuple[int, int, int]] = []
        for chunk in in_chunks(bands, _PAIRS):
            same = tuple_(s.brand, s.band, s.value).in_([(brand, band, value) for band, value in chunk])
            rows = self._db.execute(select(s.band, s.value, s.mention_id).where(same))
            found += [(row.band, row.value, row.mention_id) for row in rows]
        return found

    def complaints(self, brand: str, since: datetime, until: datetime, limit: int) -> list[Heard]:
        window = (voices.c.brand == brand, voices.c.created_at >= since, voices.c.created_at < until)
        latest = _complaints().where(*window).order_by(voices.c.created_at.desc()).limit(limit)
        return [_from(row) for row in self._db.execute(latest)]

    def signed_before(self, at: datetime, limit: int) -> list[int]:
        joined = case_mentions.join(cases, cases.c.id == case_mentions.c.case_id).join(
            incidents, incidents.c.id == cases.c.incident_id
        )
        held = (
            select(1)
            .select_from(joined)
            .where(case_mentions.c.mention_id == signatures.c.mention_id, incidents.c.state == IncidentState.OPEN)
        )
        free = select(signatures.c.mention_id).where(~held.exists()).distinct()
        first = free.order_by(signatures.c.mention_id).limit(limit).subquery()
        old = select(mentions.c.id).join(first, first.c.mention_id == mentions.c.id).where(mentions.c.created_at < at)
        return list(self._db.scalars(old))


class LikenessWrites(Likeness):
    """What is written."""

    def save_signatures(self, brand: str, bands: Mapping[int, Sequence[int]]) -> None:
        for chunk in in_chunks(sorted(bands)):
            mine = (signatures.c.mention_id.in_(chunk), signatures.c.brand == brand)
            self._db.execute(delete(signatures).where(*mine))
        rows = [
            {"brand": brand, "band": band, "value": value, "mention_id": mention_id}
            for mention_id, values in bands.items()
            for band, value in enumerate(values)
        ]
        if rows:
            self._db.execute(insert(signatures), rows)

    def forget_signatures(self, mention_ids: Collection[int]) -> None:
        for chunk in in_chunks(sorted(mention_ids)):
            self._db.execute(delete(signatures).where(signatures.c.mention_id.in_(chunk)))


def _complaints() -> Select[Any]:
    """Complaints that stand in a case; a post that was erased has no voice."""
    v = voices.c
    joined = (
        voices.join(case_mentions, (case_mentions.c.mention_id == v.mention_id) & (case_mentions.c.brand == v.brand))
        .join(cases, cases.c.id == case_mentions.c.case_id)
        .join(mentions, mentions.c.id == v.mention_id)
    )
    wanted = select(
        v.mention_id,
        v.brand,
        v.author_id,
        v.created_at,
        mentions.c.text,
        cases.c.id,
        cases.c.version,
        cases.c.state,
        cases.c.incident_id,
    )
    return wanted.select_from(joined).where(v.complaint)


def _from(row: Any) -> Heard:
    return Heard(
        mention_id=row.mention_id,
        case=row.id,
        version=row.version,
        live=row.state != CaseState.RESOLVED,
        incident=row.incident_id,
        brand=row.brand,
        author=row.author_id,
        text=row.text,
        at=row.created_at,
    )

"""Brands' heads: versions, which one lives, and the posts they are learnt from and tried on."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, select, update

from listener.domain.head import HeadDraft, HeadState, StoredHead
from listener.domain.stored import StoredMention
from listener.errors import NotFound
from listener.store.base import Part, in_chunks
from listener.store.desk_log import record
from listener.store.head_tables import heads
from listener.store.rows import load_mentions
from listener.store.tables import mentions, voices

_H = heads.c


class Heads(Part):
    """What is asked."""

    def live_heads(self) -> list[tuple[str, int]]:
        live = select(_H.brand, _H.version).where(_H.state == HeadState.LIVE).order_by(_H.brand)
        return [(row.brand, row.version) for row in self._db.execute(live)]

    def heads(self, brand: str = "") -> list[StoredHead]:
        wanted = select(heads).order_by(_H.brand, _H.version.desc())
        return [_head(row) for row in self._db.execute(wanted.where(_H.brand == brand) if brand else wanted)]

    def head(self, brand: str, version: int) -> StoredHead:
        row = self._db.execute(select(heads).where(_H.brand == brand, _H.version == version)).first()
        if row is None:
            raise NotFound(f"{brand} has no head {version}", next_step="listener adapt --list")
        return _head(row)

    def posts_of(self, brand: str, since: datetime, until: datetime, limit: int) -> list[StoredMention]:
        v = voices.c
        window = select(v.mention_id).where(v.brand == brand, v.created_at >= since, v.created_at < until)
        ids = self._db.scalars(window.order_by(v.created_at.desc(), v.mention_id.desc()).limit(limit)).all()
        found = load_mentions(self._db, ids)
        return [found[mention_id] for mention_id in ids]

    def writers(self, mention_ids: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for chunk in in_chunks(mention_ids):
            wanted = select(mentions.c.id, mentions.c.author_id).where(mentions.c.id.in_(chunk))
            found |= {row.id: row.author_id for row in self._db.execute(wanted)}
        return found


class HeadsWrites(Heads):
    """What is written."""

    def propose_head(self, draft: HeadDraft) -> StoredHead:
        last = self._db.scalars(select(func.max(_H.version)).where(_H.brand == draft.brand)).one() or 0
        self._move(draft.brand, HeadState.PROPOSED, HeadState.RETIRED)
        row = {field.name: getattr(draft, field.name) for field in fields(HeadDraft)}
        row |= {"facts": dict(draft.facts), "version": last + 1, "state": HeadState.PROPOSED}
        self._db.execute(insert(heads), row)
        self._tell(draft.brand, last + 1, "head proposed", draft.agent, draft.at, n=str(draft.n), model=draft.model)
        return self.head(draft.brand, last + 1)

    def take_live(self, brand: str, version: int, agent: str, at: datetime) -> None:
        chosen = self.head(brand, version)
        self._move(brand, HeadState.LIVE, HeadState.RETIRED)
        self._enliven(chosen, at)
        self._tell(brand, version, "head taken live", agent, at, n=str(chosen.n), model=chosen.model)

    def roll_back(self, brand: str, agent: str, at: datetime) -> StoredHead | None:
        live = next((one for one in self.heads(brand) if one.state is HeadState.LIVE), None)
        if live is None:
            raise NotFound(f"no head of {brand} is live", next_step="listener adapt --list")
        earlier = (one for one in self.heads(brand) if one.version < live.version and one.lived)
        back = next((one for one in earlier if one.model == live.model), None)
        self._move(brand, HeadState.LIVE, HeadState.RETIRED)
        if back is not None:
            self._enliven(back, at)
        now_live = str(back.version) if back else "none"
        self._tell(brand, live.version, "head rolled back", agent, at, live=now_live)
        return self.head(brand, back.version) if back else None

    def _move(self, brand: str, old: HeadState, new: HeadState) -> None:
        self._db.execute(update(heads).where(_H.brand == brand, _H.state == old).values(state=new))

    def _enliven(self, head: StoredHead, at: datetime) -> None:
        one = and_(_H.brand == head.brand, _H.version == head.version)
        self._db.execute(update(heads).where(one).values(state=HeadState.LIVE, lived=head.lived or at))

    def _tell(self, brand: str, version: int, kind: str, agent: str, at: datetime, **detail: str) -> None:
        said = {"version": str(version), **detail}
        record(self._db, at=at, agent=agent, subject=f"brand:{brand}", kind=kind, detail=said)


def _head(row: Any) -> StoredHead:
    kept = {field.name: getattr(row, field.name) for field in fields(StoredHead)}
    return StoredHead(**{**kept, "state": HeadState(row.state)})

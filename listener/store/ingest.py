"""What the run writes of mentions: new ones, edits, verdicts.

A page costs a fixed handful of statements, however many mentions it holds.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, and_, bindparam, delete, func, insert, select, update

from listener.domain.brand import addressed
from listener.domain.mention import Author, Mention, MentionKey
from listener.domain.stored import SavedMention, ScoredMention
from listener.domain.text import text_digest
from listener.domain.verdict import Verdict
from listener.store import counting
from listener.store.base import Part, in_chunks
from listener.store.bulk import write_all
from listener.store.dialect import insert_for
from listener.store.numbers import PlatformKey, numbers_of
from listener.store.tables import authors, matches, mention_versions, mentions, tombstones, verdicts
from listener.store.theming import retag, untag
from listener.store.verdicts import Ruling, insert_first, judge_again


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is stored of a mention: enough to tell a repeat from an edit."""

    id: int
    digest: str
    version: str
    revision: int
    scored_by: str
    can_reply: bool


def seen(db: Connection, keys: Iterable[MentionKey]) -> dict[MentionKey, Seen]:
    """The stored ones among these keys; erased ones aren't."""
    found: dict[MentionKey, Seen] = {}
    for platform, native_ids in by_platform(keys).items():
        for chunk in in_chunks(native_ids):
            for row in db.execute(_SEEN, {"on": platform, "names": chunk}):
                found[MentionKey(platform=platform, native_id=row.native_id)] = Seen(
                    id=row.id,
                    digest=row.digest,
                    version=row.version,
                    revision=row.revision,
                    scored_by=row.model or "",
                    can_reply=row.can_reply,
                )
    return found


_m = mentions.c
# Built once: building a query takes as long as answering it.
_SEEN = (
    select(_m.id, _m.native_id, _m.digest, _m.version, _m.revision, _m.can_reply, verdicts.c.model)
    .outerjoin(verdicts, and_(verdicts.c.mention_id == _m.id, verdicts.c.in_force))
    .where(_m.platform == bindparam("on"), _m.native_id.in_(bindparam("names", expanding=True)))
)
_ERASED = select(tombstones.c.key_hash).where(tombstones.c.key_hash.in_(bindparam("hashes", expanding=True)))


def key_hash(key: MentionKey) -> str:
    """What a tombstone keeps of a mention."""
    return hashlib.sha256(f"{key.platform}\0{key.native_id}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A mention to be written, and what was stored of it before."""

    scored: ScoredMention
    digest: str
    was: Seen | None

    @property
    def revision(self) -> int:
        """A verdict speaks of one text; a new text begins a new revision."""
        if self.was is None:
            return 1
        return self.was.revision + (self.digest != self.was.digest)

    @property
    def is_repeat(self) -> bool:
        """Same text, same version, and nothing to add to its verdict."""
        return (
            self.was is not None
            and self.digest == self.was.digest
            and self.scored.mention.version == self.was.version
            and (self.scored.verdict is None or self.was.scored_by != "")
        )


class Ingest(Part):
    """Saving mentions."""

    has_taken_in = False
    """Whether posts were written, for which there must be more room than for people's acts."""

    def save_mentions(self, mentions: Sequence[ScoredMention], now: datetime) -> list[SavedMention]:
        wanted = self._not_erased({scored.mention.key: scored for scored in mentions})
        work = [one for one in self._compared(wanted) if not one.is_repeat]
        if not work:
            return []
        self.has_taken_in = True
        author_ids = self._save_authors(one.scored.mention.author for one in work)
        edits = [one for one in work if one.was]
        before = counting.voices_of(self._db, [one.was.id for one in edits if one.was])
        self._keep_old_texts(edits, now)
        ids = self._insert([one for one in work if not one.was], author_ids, now)
        self._update(edits, author_ids, now)
        ids |= {one.scored.mention.key: one.was.id for one in edits if one.was}
        saved = [
            SavedMention(
                id=ids[one.scored.mention.key],
                author_id=author_ids[_author_key(one.scored.mention.author)],
                scored=one.scored,
                is_new=one.was is None,
            )
            for one in work
        ]
        self._save_matches(saved)
        in_force = self._save_verdicts(work, ids, now)
        self._save_tags(work, ids)
        counting.recount(self._db, before=before, after=self._voices(saved, in_force))
        return saved

    def note_answerable(self, posts: Sequence[Mention]) -> None:
        """One source may know what another that read the same post didn't: that its author wrote to us."""
        able = {mention.key: mention for mention in posts if mention.can_reply}
        news = {found.id: able[key] for key, found in seen(self._db, able).items() if not found.can_reply}
        if news:
            self._db.execute(
                update(mentions).where(mentions.c.id == bindparam("mention_id")),
                [
                    {"mention_id": known, "can_reply": True, "reply_note": one.reply_note, "ref": one.ref}
                    for known, one in news.items()
                ],
            )

    def _not_erased(self, wanted: Mapping[MentionKey, ScoredMention]) -> dict[MentionKey, ScoredMention]:
        """What was erased never comes back."""
        hashes = {key_hash(key): key for key in wanted}
        erased: set[str] = set()
        for chunk in in_chunks(hashes):
            erased.update(self._db.scalars(_ERASED, {"hashes": chunk}))
        return {key: wanted[key] for hashed, key in hashes.items() if hashed not in erased}

    def _compared(self, wanted: Mapping[MentionKey, ScoredMention]) -> list[_Work]:
        stored = seen(self._db, wanted)
        return [
            _Work(scored=scored, digest=text_digest(scored.mention.text), was=stored.get(key))
            for key, scored in wanted.items()
        ]

    def _save_authors(self, found: Iterable[Author]) -> dict[PlatformKey, int]:
        latest = {_author_key(author): author for author in found}
        write_all(
            self._db,
            _authors(self._db.dialect.name),
            [
                {
                    "platform": author.platform,
                    "native_id": author.native_id,
                    "handle": author.handle,
                    "name": author.name,
                    "followers": author.followers,
                }
                for author in latest.values()
            ],
        )
        return numbers_of(self._db, authors, latest)

    def _insert(
        self, work: Sequence[_Work], author_ids: Mapping[PlatformKey, int], now: datetime
    ) -> dict[MentionKey, int]:
        rows = [{**_columns(one, author_ids), "seen_at": now, "checked_at": now} for one in work]
        write_all(self._db, _MENTIONS, rows)
        keys = [one.scored.mention.key for one in work]
        numbers = numbers_of(self._db, mentions, [(key.platform, key.native_id) for key in keys])
        return {key: numbers[key.platform, key.native_id] for key in keys}

    def _keep_old_texts(self, edits: Sequence[_Work], now: datetime) -> None:
        ids = [one.was.id for one in edits if one.was and one.digest != one.was.digest]
        m = mentions.c
        for chunk in in_chunks(ids):
            old = select(m.id, m.revision, m.text, m.version, bindparam("now", now, mentions.c.seen_at.type))
            self._db.execute(
                insert(mention_versions).from_select(
                    ["mention_id", "revision", "text", "version", "replaced_at"], old.where(m.id.in_(chunk))
                )
            )

    def _update(self, edits: Sequence[_Work], author_ids: Mapping[PlatformKey, int], now: datetime) -> None:
        if edits:
            self._db.execute(
                update(mentions).where(mentions.c.id == bindparam("mention_id")),
                [
                    {
                        **_columns(one, author_ids),
                        **_still_answerable(one),
                        "edited_at": now,
                        "checked_at": now,
                        "mention_id": one.was.id,
                    }
                    for one in edits
                    if one.was
                ],
            )

    def _save_matches(self, saved: Sequence[SavedMention]) -> None:
        for chunk in in_chunks(one.id for one in saved if not one.is_new):
            self._db.execute(delete(matches).where(matches.c.mention_id.in_(chunk)))
        rows = {
            (one.id, match.brand, match.term, match.start): match.end for one in saved for match in one.scored.matches
        }
        write_all(
            self._db,
            _MATCHES,
            [
                {"mention_id": mention_id, "brand": brand, "term": term, "start": start, "end": end}
                for (mention_id, brand, term, start), end in rows.items()
            ],
        )

    def _save_verdicts(self, work: Sequence[_Work], ids: Mapping[MentionKey, int], now: datetime) -> dict[int, Verdict]:
        """Store them; the verdict now in force of each mention that has one, by mention id."""
        rulings = [
            Ruling(mention_id=ids[one.scored.mention.key], revision=one.revision, verdict=one.scored.verdict, at=now)
            for one in work
            if one.scored.verdict
        ]
        edited = {one.was.id for one in work if one.was}
        first = [ruling for ruling in rulings if ruling.mention_id not in edited]
        insert_first(self._db, first)
        again = [ruling for ruling in rulings if ruling.mention_id in edited]
        return {r.mention_id: r.verdict for r in first} | judge_again(self._db, again, edited)

    def _save_tags(self, work: Sequence[_Work], ids: Mapping[MentionKey, int]) -> None:
        found = {ids[one.scored.mention.key]: one.scored.verdict for one in work if one.scored.verdict}
        tagged = {mention_id: said.tagging for mention_id, said in found.items() if said.tagging}
        edited = {one.was.id for one in work if one.was}
        changed = {one.was.id for one in work if one.was and one.digest != one.was.digest}
        untag(self._db, changed - tagged.keys())
        retag(self._db, {one: tagging for one, tagging in tagged.items() if one in edited})
        retag(self._db, {one: tagging for one, tagging in tagged.items() if one not in edited}, new=True)

    def _voices(self, saved: Sequence[SavedMention], in_force: Mapping[int, Verdict]) -> list[counting.Voice]:
        queues = counting.queues_of(self._db, [one.id for one in saved if not one.is_new])
        return [
            counting.voice(
                mention_id=one.id,
                author_id=one.author_id,
                brand=brand,
                platform=one.scored.mention.key.platform,
                lang=counting.tongue(one.scored.mention.lang, in_force.get(one.id)),
                created_at=one.scored.mention.created_at,
                is_repost=one.scored.mention.is_repost,
                addressed=brand in addressed(one.scored.matches),
                engagement=one.scored.mention.metrics.engagement,
                verdict=in_force.get(one.id),
                queue=queues.get((one.id, brand), ""),
            )
            for one in saved
            for brand in sorted({match.brand for match in one.scored.matches})
        ]


_MENTIONS, _MATCHES = insert(mentions), insert(matches)


@cache
def _authors(dialect: str) -> Insert:
    """One who is known already is called as they call themselves now."""
    new = insert_for(dialect, authors)
    return new.on_conflict_do_update(
        index_elements=[authors.c.platform, authors.c.native_id],
        set_={
            "handle": new.excluded.handle,
            "name": new.excluded.name,
            "followers": func.coalesce(new.excluded.followers, authors.c.followers),
        },
    )


def by_platform(keys: Iterable[MentionKey]) -> dict[str, list[str]]:
    """Native ids by platform: one list for each IN (…)."""
    grouped: dict[str, list[str]] = {}
    for key in keys:
        grouped.setdefault(key.platform, []).append(key.native_id)
    return grouped


def _author_key(author: Author) -> PlatformKey:
    return author.platform, author.native_id


def _still_answerable(one: _Work) -> dict[str, Any]:
    """Whoever wrote to us once did, also where the edit was read by a source that doesn't know."""
    return {"can_reply": True, "reply_note": ""} if one.was is not None and one.was.can_reply else {}


def _columns(one: _Work, author_ids: Mapping[PlatformKey, int]) -> dict[str, Any]:
    mention = one.scored.mention
    return {
        "platform": mention.key.platform,
        "native_id": mention.key.native_id,
        "author_id": author_ids[_author_key(mention.author)],
        "text": mention.text,
        "digest": one.digest,
        "revision": one.revision,
        "version": mention.version,
        "created_at": mention.created_at,
        "url": mention.url,
        "thread": mention.thread,
        "parent": mention.parent,
        "lang": mention.lang,
        "is_repost": mention.is_repost,
        "likes": mention.metrics.likes,
        "replies": mention.metrics.replies,
        "reposts": mention.metrics.reposts,
        "can_reply": mention.can_reply,
        "reply_note": mention.reply_note,
        "ref": mention.ref,
        "raw": mention.raw,
    }

"""Erasing what was deleted at its source: text, raw, versions, matches, verdicts, and the link to its author."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, literal, select, update

from listener.domain.mention import MentionKey
from listener.store import counting
from listener.store.answers import forget_drafts
from listener.store.base import Part, in_chunks
from listener.store.cases import choose_headline
from listener.store.customers import forget_link
from listener.store.desk_tables import case_mentions, cases
from listener.store.dialect import insert_into
from listener.store.forgetting import unquote
from listener.store.ingest import by_platform, key_hash, seen
from listener.store.loyalty_tables import own_posts, rewards, tags
from listener.store.marks import count_erasure
from listener.store.sends import forget_sends
from listener.store.tables import (
    authors,
    matches,
    mention_versions,
    mentions,
    quarantine,
    sources,
    tombstones,
    verdicts,
)
from listener.store.team_tables import signatures
from listener.store.truths import forget_words
from listener.store.worth import forget_account


class Erasure(Part):
    """Deletions follow the source; counts follow deletions; what was erased can't be stored again."""

    has_erased = False
    """Whether the file's log now holds words that must not outlive the commit."""

    def delete_mentions(self, keys: Sequence[MentionKey], now: datetime) -> list[int]:
        if not keys:
            return []
        ids = [stored.id for stored in seen(self._db, keys).values()]
        counting.recount(self._db, before=counting.voices_of(self._db, ids), after=[])
        self._forget_own(keys)
        self._erase_all(keys, ids, now)
        return sorted(ids)

    def _erase_all(self, keys: Sequence[MentionKey], ids: Sequence[int], now: datetime) -> None:
        """Never to be stored again; their counts are the caller's."""
        self.has_erased = True
        count_erasure(self._db)
        self._erase_rejects(keys)
        buried = insert_into(self._db, tombstones).on_conflict_do_nothing(index_elements=[tombstones.c.key_hash])
        self._db.execute(buried, [{"key_hash": key_hash(key), "at": now} for key in dict.fromkeys(keys)])
        for chunk in in_chunks(ids):
            self._erase(chunk, now)

    def _erase(self, ids: Sequence[int], now: datetime) -> None:
        unquote(self._db, ids)
        writers = self._db.execute(
            select(mentions.c.platform, mentions.c.author_id).where(mentions.c.id.in_(ids)).distinct()
        ).all()
        for table in (mention_versions, matches, verdicts, signatures, tags):
            self._db.execute(delete(table).where(table.c.mention_id.in_(ids)))
        forget_words(self._db, ids)
        nobody = {platform: self._nameless(platform) for platform in {row.platform for row in writers}}
        for platform, nameless in nobody.items():
            self._blank([*ids], platform, nameless, now)
        held = select(case_mentions.c.case_id).where(case_mentions.c.mention_id.in_(ids)).distinct()
        for case_id in self._db.scalars(held).all():
            choose_headline(self._db, case_id)
        for row in writers:
            self._forget_if_silent(row.author_id, nobody[row.platform], now)

    def _erase_rejects(self, keys: Sequence[MentionKey]) -> None:
        """Readings of these mentions that failed, before or after one that didn't."""
        for platform, native_ids in by_platform(keys).items():
            read_there = select(sources.c.source).where(sources.c.platform == platform)
            for chunk in in_chunks(native_ids):
                self._db.execute(
                    delete(quarantine).where(quarantine.c.native_id.in_(chunk), quarantine.c.source.in_(read_there))
                )

    def _forget_own(self, keys: Sequence[MentionKey]) -> None:
        for platform, native_ids in by_platform(keys).items():
            for chunk in in_chunks(native_ids):
                here = own_posts.c.platform == platform, own_posts.c.native_id.in_(chunk)
                self._db.execute(delete(own_posts).where(*here))

    def _blank(self, ids: Sequence[int], platform: str, nameless: int, now: datetime) -> None:
        blank = dict.fromkeys(
            ("text", "digest", "version", "url", "thread", "parent", "lang", "reply_note", "ref", "raw", "tagger"), ""
        )
        self._db.execute(
            update(mentions)
            .where(mentions.c.id.in_(ids), mentions.c.platform == platform)
            .values(
                **blank,
                # The platform's own id points at the person; only the tombstone's hash remains of it.
                native_id=literal("erased-") + mentions.c.id.cast(mentions.c.native_id.type),
                author_id=nameless,
                likes=0,
                replies=0,
                reposts=0,
                can_reply=False,
                deleted_at=now,
            )
        )

    def _nameless(self, platform: str) -> int:
        """The author who stands for everybody erased."""
        nameless = {"platform": platform, "native_id": "", "handle": "", "name": ""}
        new = insert_into(self._db, authors).values(nameless)
        self._db.execute(new.on_conflict_do_nothing(index_elements=[authors.c.platform, authors.c.native_id]))
        known = select(authors.c.id).where(authors.c.platform == platform, authors.c.native_id == "")
        return int(self._db.scalars(known).one())

    def _forget_if_silent(self, author_id: int, nameless: int, now: datetime) -> None:
        """Erase an author of whom no mention is left."""
        if (
            author_id == nameless
            or self._db.execute(select(mentions.c.id).where(mentions.c.author_id == author_id)).first()
        ):
            return
        forget_drafts(self._db, author_id, now)
        forget_sends(self._db, author_id, now)
        forget_link(self._db, author_id)
        forget_account(self._db, author_id)
        # What was spent stays spent; on whom and why is forgotten.
        spent = update(rewards).where(rewards.c.author_id == author_id)
        self._db.execute(spent.values(author_id=nameless, what="", why="", mention_id=None))
        self._db.execute(update(cases).where(cases.c.author_id == author_id).values(author_id=nameless, thread=""))
        self._db.execute(delete(authors).where(authors.c.id == author_id))

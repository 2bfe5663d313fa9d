"""Whom to ask about what: posts that nobody has spoken on, and samples drawn to be checked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, insert, select

from listener.domain.truth import Candidate, Judged, Sample, Step, Stratum, Truth, Word
from listener.store.base import in_chunks
from listener.store.tables import authors, mentions, verdicts, voices
from listener.store.truth_tables import sample_posts, samples, truths
from listener.store.truths import Truths, TruthsWrites, model_words

_S, _P, _T, _V = samples.c, sample_posts.c, truths.c, voices.c


class Samples(Truths):
    """What is asked."""

    def judged_posts(self, brand: str, since: datetime, until: datetime) -> list[Judged]:
        confidence = verdicts.c.scores["labels"]["complaint"].as_float()
        facts = select(_V.mention_id, confidence.label("confidence"), verdicts.c.labels, verdicts.c.sentiment)
        wanted = (
            _addressed(facts, brand, since, until)
            .join(verdicts, and_(verdicts.c.mention_id == mentions.c.id, verdicts.c.revision == mentions.c.revision))
            .where(~verdicts.c.model.startswith("agent:", autoescape=True))
            # The last of a mention wins.
            .order_by(_V.mention_id, verdicts.c.decided_at, verdicts.c.id)
        )
        found = {row.mention_id: row for row in self._db.execute(wanted) if row.confidence is not None}
        return [
            Judged(
                mention_id=row.mention_id,
                confidence=row.confidence,
                given=frozenset([*row.labels, *([row.sentiment] if row.sentiment else [])]),
            )
            for row in found.values()
        ]

    def unasked(self, brand: str, agent: str, since: datetime, until: datetime, limit: int) -> list[Candidate]:
        answered = select(1).where(_T.mention_id == _V.mention_id, _T.brand == brand, _T.step != Step.SKIPPED)
        skipped = select(1).where(
            _T.mention_id == _V.mention_id, _T.brand == brand, _T.step == Step.SKIPPED, _T.agent == agent
        )
        wanted = _addressed(select(_V.mention_id), brand, since, until)
        latest = wanted.where(~answered.exists(), ~skipped.exists(), _V.scored)
        ids = self._db.scalars(latest.order_by(_V.created_at.desc(), _V.mention_id.desc()).limit(limit)).all()
        return self.candidates(ids)

    def candidates(self, mention_ids: Sequence[int]) -> list[Candidate]:
        said = model_words(self._db, mention_ids)
        found: dict[int, Candidate] = {}
        m, a = mentions.c, authors.c
        for chunk in in_chunks(mention_ids):
            wanted = select(m.id, m.text, m.platform, a.handle, m.url, m.created_at).join(authors, a.id == m.author_id)
            for row in self._db.execute(wanted.where(m.id.in_(chunk), m.deleted_at.is_(None))):
                found[row.id] = Candidate(
                    mention_id=row.id,
                    text=row.text,
                    platform=row.platform,
                    handle=row.handle,
                    url=row.url,
                    posted_at=row.created_at,
                    said=said.get(row.id),
                )
        return [found[one] for one in mention_ids if one in found]

    def drawn_samples(self, brand: str) -> list[Sample]:
        rows = self._db.execute(select(samples).where(_S.brand == brand).order_by(_S.id.desc())).all()
        return [self._sample(row) for row in rows]

    def sampled_truths(self, sample_id: int) -> list[Truth]:
        asked = select(_T.mention_id).where(_T.sample_id == sample_id, _T.step == Step.TOLD)
        brand = self._db.scalars(select(_S.brand).where(_S.id == sample_id)).one()
        told = set(self._db.scalars(asked))
        return [truth for truth in self.truths(brand) if truth.mention_id in told]

    def skipped(self, sample_id: int) -> set[int]:
        rows = select(_T.mention_id).where(_T.sample_id == sample_id, _T.step == Step.SKIPPED)
        return set(self._db.scalars(rows))

    def _sample(self, row: Any) -> Sample:
        posts = select(_P.mention_id, _P.stratum).where(_P.sample_id == row.id).order_by(_P.place)
        return Sample(
            id=row.id,
            brand=row.brand,
            since=row.since,
            until=row.until,
            seed=row.seed,
            at=row.at,
            agent=row.agent,
            strata=tuple(
                Stratum(floor=floor, ceiling=ceiling, population=population, drawn=drawn, given=given)
                for floor, ceiling, population, drawn, given in row.strata
            ),
            posts={one.mention_id: one.stratum for one in self._db.execute(posts)},
        )


class SamplesWrites(TruthsWrites, Samples):
    """What is written."""

    def skip_post(self, word: Word) -> None:
        self._keep_word(word, Step.SKIPPED)

    def add_sample(self, sample: Sample) -> int:
        row = {
            "brand": sample.brand,
            "since": sample.since,
            "until": sample.until,
            "seed": sample.seed,
            "at": sample.at,
            "agent": sample.agent,
            "strata": [[one.floor, one.ceiling, one.population, one.drawn, dict(one.given)] for one in sample.strata],
        }
        sample_id = int(self._db.execute(insert(samples).returning(_S.id), row).scalar_one())
        if sample.posts:
            self._db.execute(
                insert(sample_posts),
                [
                    {"sample_id": sample_id, "mention_id": mention_id, "place": place, "stratum": stratum}
                    for place, (mention_id, stratum) in enumerate(sample.posts.items())
                ],
            )
        return sample_id


def _addressed(wanted: Select[Any], brand: str, since: datetime, until: datetime) -> Select[Any]:
    """Posts of the window that speak to the brand; reposts say nothing of their own, erased ones have no voice."""
    return (
        wanted.select_from(voices)
        .join(mentions, mentions.c.id == _V.mention_id)
        .where(_V.brand == brand, _V.created_at >= since, _V.created_at < until, ~_V.is_repost, _V.addressed)
    )

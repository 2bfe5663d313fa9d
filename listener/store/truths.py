"""What agents know of posts: every word is a row, and the latest of a post and brand stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, select, update

from listener.domain.truth import Asked, Step, Truth, Word
from listener.domain.verdict import Label, Sentiment, Verdict
from listener.errors import NotFound
from listener.store.base import Part, in_chunks
from listener.store.rows import verdict_from, verdict_row
from listener.store.tables import mention_versions, mentions, verdicts
from listener.store.truth_tables import truths
from listener.store.verdicts import AGENT

_T = truths.c
_STANDS = (Step.TOLD, Step.RESTORED)


class Truths(Part):
    """What is asked."""

    def truths(self, brand: str | None = None, since: datetime | None = None) -> list[Truth]:
        standing = _T.id.in_(_latest(brand)) & _T.step.in_(_STANDS)
        wanted = _with_text().where(standing).order_by(_T.at, _T.id)
        if since is not None:
            wanted = wanted.where(_T.at >= since)
        return [_truth(row._mapping) for row in self._db.execute(wanted)]

    def truthed(self, brand: str, mention_ids: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for chunk in in_chunks(mention_ids):
            latest = _latest(brand).where(_T.mention_id.in_(chunk))
            present = and_(mentions.c.id == _T.mention_id, mentions.c.revision == _T.revision)
            wanted = select(_T.mention_id).join(mentions, present).where(_T.id.in_(latest), _T.step.in_(_STANDS))
            found.update(self._db.scalars(wanted))
        return found


class TruthsWrites(Truths):
    """What is written."""

    def add_truth(self, word: Word) -> int:
        return self._keep_word(word, Step.TOLD)

    def withdraw_truth(self, mention_id: int, brand: str, agent: str, at: datetime) -> None:
        standing: list[Mapping[Any, Any]] = []
        for row in self._words(mention_id, brand):
            if row[_T.step] != Step.TOLD:
                standing.pop()
            else:
                standing.append(row)
        if not standing:
            return
        last = standing.pop()
        again = standing[-1] if standing else last
        kept = {column.name: again[column] for column in truths.columns if column.name != "id"}
        now = {"step": Step.RESTORED} if standing else {"step": Step.UNDONE, "agent": agent, "at": at}
        self._db.execute(insert(truths), kept | now)

    def _keep_word(self, word: Word, step: Step) -> int:
        revision = self._db.scalars(
            select(mentions.c.revision).where(mentions.c.id == word.mention_id, mentions.c.deleted_at.is_(None))
        ).first()
        if revision is None:
            raise NotFound(f"there is no mention {word.mention_id}, or its author deleted it")
        row = {
            "mention_id": word.mention_id,
            "brand": word.brand,
            "revision": revision,
            "step": step,
            "asked": word.asked,
            "agent": word.agent,
            "at": word.at,
            "labels": sorted(word.labels),
            "sentiment": word.sentiment,
            "sample_id": word.sample,
            **self._first_word(word.mention_id, word.brand, revision),
        }
        return int(self._db.execute(insert(truths).returning(_T.id), row).scalar_one())

    def _first_word(self, mention_id: int, brand: str, revision: int) -> dict[str, object]:
        """The model's first word on this text: what an earlier truth kept, else its latest verdict."""
        earlier = self._words(mention_id, brand)
        if earlier and earlier[-1][_T.revision] == revision and earlier[-1][_T.said_model]:
            return {name: earlier[-1][truths.c[name]] for name in _SAID}
        told = model_words(self._db, [mention_id]).get(mention_id)
        return _nothing_said() if told is None else _said_row(told)

    def _words(self, mention_id: int, brand: str) -> list[Mapping[Any, Any]]:
        """Oldest first; a skip is no word."""
        mine = (_T.mention_id == mention_id, _T.brand == brand, _T.step != Step.SKIPPED)
        return [row._mapping for row in self._db.execute(select(truths).where(*mine).order_by(_T.id))]


def model_words(db: Connection, mention_ids: Sequence[int]) -> dict[int, Verdict]:
    """What the model says of the present text of each, whatever an agent said since; those it didn't judge are
    absent."""
    found: dict[int, Verdict] = {}
    present = and_(verdicts.c.mention_id == mentions.c.id, verdicts.c.revision == mentions.c.revision)
    for chunk in in_chunks(mention_ids):
        wanted = (
            select(verdicts)
            .join(mentions, present)
            .where(verdicts.c.mention_id.in_(chunk), ~verdicts.c.model.startswith(AGENT, autoescape=True))
            # The last of a mention wins.
            .order_by(verdicts.c.decided_at, verdicts.c.id)
        )
        for row in db.execute(wanted):
            found[row.mention_id] = verdict_from(row._mapping)
    return found


def forget_words(db: Connection, mention_ids: Sequence[int]) -> None:
    """Of erased posts: what was decided stays for the figures, the model's measurements of their texts go."""
    for chunk in in_chunks(mention_ids):
        db.execute(update(truths).where(_T.mention_id.in_(chunk)).values(said_scores={}))


_SAID = ("said_model", "said_labels", "said_sentiment", "said_abstained", "said_scores")


def _said_row(told: Verdict) -> dict[str, object]:
    row = verdict_row(told)
    measured = {"scores": row["scores"], "thresholds": row["thresholds"]}
    return {f"said_{name}": row[name] for name in ("model", "labels", "sentiment", "abstained")} | {
        "said_scores": measured
    }


def _nothing_said() -> dict[str, object]:
    return {"said_model": "", "said_labels": [], "said_sentiment": None, "said_abstained": False, "said_scores": {}}


def _latest(brand: str | None) -> Select[Any]:
    """Ids of the last word on each post and brand; a skip is no word."""
    last = select(func.max(_T.id)).where(_T.step != Step.SKIPPED).group_by(_T.brand, _T.mention_id)
    return last.where(_T.brand == brand) if brand else last


def _with_text() -> Select[Any]:
    """Each with the text that the agent read, which may stand among the older ones by now."""
    older = and_(mention_versions.c.mention_id == _T.mention_id, mention_versions.c.revision == _T.revision)
    joined = truths.join(mentions, mentions.c.id == _T.mention_id).outerjoin(mention_versions, older)
    return select(
        truths,
        mentions.c.revision.label("present"),
        mentions.c.text.label("now_reads"),
        mentions.c.created_at,
        mentions.c.lang,
        mention_versions.c.text.label("then_read"),
    ).select_from(joined)


def _truth(row: Mapping[Any, Any]) -> Truth:
    return Truth(
        id=row[_T.id],
        mention_id=row[_T.mention_id],
        brand=row[_T.brand],
        labels=frozenset(Label(name) for name in row[_T.labels]),
        sentiment=Sentiment(row[_T.sentiment]) if row[_T.sentiment] else None,
        agent=row[_T.agent],
        at=row[_T.at],
        asked=Asked(row[_T.asked]),
        sample=row[_T.sample_id],
        said=_said(row),
        text=row["now_reads"] if row["present"] == row[_T.revision] else row["then_read"] or "",
        posted_at=row[mentions.c.created_at],
        lang=row[mentions.c.lang],
    )


def _said(row: Mapping[Any, Any]) -> Verdict | None:
    if not row[_T.said_model]:
        return None
    measured = row[_T.said_scores] or {"scores": {"sentiment": {}, "labels": {}, "emotions": {}}, "thresholds": {}}
    return verdict_from(
        {
            verdicts.c.model: row[_T.said_model],
            verdicts.c.scores: measured["scores"],
            verdicts.c.thresholds: measured["thresholds"],
            verdicts.c.labels: row[_T.said_labels],
            verdicts.c.sentiment: row[_T.said_sentiment],
            verdicts.c.abstained: row[_T.said_abstained],
        }
    )

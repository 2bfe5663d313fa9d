"""Rows into nouns: mentions and verdicts, many at once."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, and_, select

from listener.domain.brand import Match
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.domain.stored import StoredMention
from listener.domain.verdict import Label, Language, Scores, Sentiment, Verdict
from listener.store.base import in_chunks
from listener.store.tables import authors, matches, mentions, verdicts


def load_mentions(db: Connection, ids: Iterable[int]) -> dict[int, StoredMention]:
    """By id; those that don't exist are absent."""
    found: dict[int, StoredMention] = {}
    for chunk in in_chunks(ids):
        why = _matches(db, chunk)
        joined = mentions.join(authors, authors.c.id == mentions.c.author_id).outerjoin(
            verdicts, and_(verdicts.c.mention_id == mentions.c.id, verdicts.c.in_force)
        )
        wanted = select(mentions, authors, verdicts).select_from(joined).where(mentions.c.id.in_(chunk))
        for row in db.execute(wanted):
            stored = _stored(row._mapping, why)
            found[stored.id] = stored
    return found


def verdict_row(verdict: Verdict) -> dict[str, object]:
    """The columns that a verdict fills by itself."""
    return {
        "model": verdict.model,
        "scores": {
            "sentiment": dict(verdict.scores.sentiment),
            "labels": dict(verdict.scores.labels),
            "emotions": dict(verdict.scores.emotions),
            **({"tones": dict(verdict.scores.tones)} if verdict.scores.tones else {}),
            **({"language": asdict(verdict.scores.language)} if verdict.scores.language != Language() else {}),
        },
        "thresholds": dict(verdict.thresholds),
        "labels": sorted(verdict.labels),
        "sentiment": verdict.sentiment,
        "abstained": verdict.abstained,
    }


def verdict_from(row: Mapping[Any, Any]) -> Verdict:
    """From the columns of `verdicts`, keyed by column."""
    scores = row[verdicts.c.scores]
    sentiment = row[verdicts.c.sentiment]
    return Verdict(
        model=row[verdicts.c.model],
        scores=Scores(
            sentiment={Sentiment(name): value for name, value in scores["sentiment"].items()},
            labels={Label(name): value for name, value in scores["labels"].items()},
            emotions=scores["emotions"],
            tones=scores.get("tones", {}),
            language=Language(**scores.get("language", {})),
        ),
        sentiment=Sentiment(sentiment) if sentiment else None,
        labels=frozenset(Label(name) for name in row[verdicts.c.labels]),
        abstained=row[verdicts.c.abstained],
        thresholds=row[verdicts.c.thresholds],
    )


def _matches(db: Connection, ids: Iterable[int]) -> dict[int, list[Match]]:
    found: dict[int, list[Match]] = {}
    rows = db.execute(select(matches).where(matches.c.mention_id.in_(list(ids))))
    for row in rows:
        match = Match(brand=row.brand, term=row.term, start=row.start, end=row.end)
        found.setdefault(row.mention_id, []).append(match)
    return found


def _stored(row: Mapping[Any, Any], why: Mapping[int, list[Match]]) -> StoredMention:
    m = mentions.c
    return StoredMention(
        id=row[m.id],
        author_id=row[m.author_id],
        mention=_mention(row),
        matches=tuple(sorted(why.get(row[m.id], ()))),
        verdict=None if row[verdicts.c.id] is None else verdict_from(row),
        deleted=row[m.deleted_at] is not None,
    )


def _mention(row: Mapping[Any, Any]) -> Mention:
    m = mentions.c
    return Mention(
        key=MentionKey(platform=row[m.platform], native_id=row[m.native_id]),
        author=author_from(row),
        text=row[m.text],
        created_at=row[m.created_at],
        url=row[m.url],
        thread=row[m.thread],
        parent=row[m.parent],
        lang=row[m.lang],
        is_repost=row[m.is_repost],
        version=row[m.version],
        metrics=Metrics(likes=row[m.likes], replies=row[m.replies], reposts=row[m.reposts]),
        can_reply=row[m.can_reply],
        reply_note=row[m.reply_note],
        ref=row[m.ref],
        raw=row[m.raw],
    )


def author_from(row: Mapping[Any, Any]) -> Author:
    """From the columns of `authors`, keyed by column."""
    a = authors.c
    return Author(
        platform=row[a.platform],
        native_id=row[a.native_id],
        handle=row[a.handle],
        name=row[a.name],
        followers=row[a.followers],
    )

"""Verdicts that come late: for posts stored without one, and for stored posts that another model is to judge.

Texts are read and classified outside any transaction, and written only where nothing has changed meanwhile: another
process may have judged a post, its author may have edited or deleted it.
"""

from collections.abc import Sequence
from datetime import datetime

from listener.domain.run import SourceReport
from listener.domain.stored import KnownText, ScoredMention, StoredMention
from listener.domain.text import text_digest
from listener.errors import ClassifierError
from listener.pipeline.pages import classify, take
from listener.pipeline.stages import Stages
from listener.ports import Transaction

BATCH = 256
"""Posts classified, and committed, together."""
BATCHES = 8
"""At one time: what is left waits for the next look, so that alerts and answers don't wait for a model."""


def rescore(stages: Stages, report: SourceReport) -> None:
    """Give a verdict to mentions stored without one, the most urgent first; stops while the classifier still fails.

    Those that failed alone don't stand before the others.
    """
    for _ in range(BATCHES):
        now = stages.clock.now()
        if stages.sparing.resting(now):
            return
        with stages.store.read() as reads:
            waiting = reads.unscored(BATCH + len(stages.sparing.poison))
        waiting = [row for row in waiting if not stages.sparing.spares(row.mention.text, now)][:BATCH]
        if not _score(stages, waiting, report) or len(waiting) < BATCH or stages.stopping():
            return


def score_stretch(stages: Stages, first: int, last: int, report: SourceReport) -> None:
    """The same for ids from `first` to `last`: a stretch that one of several processes works at."""
    with stages.store.read() as reads:
        waiting = reads.unscored_between(first, last)
    for begin in range(0, len(waiting), BATCH):
        if stages.sparing.resting(stages.clock.now()) or stages.stopping():
            return
        _score(stages, waiting[begin : begin + BATCH], report)


def judge_anew(stages: Stages, since: datetime, first: int, last: int) -> int:
    """Judge posts from `first` to `last` by the present model, but for those that were since then; how many were.

    Cases stay as they are, since old posts are no news; but posts that had no verdict yet are taken in. Raises
    `ClassifierError` where the classifier can't be asked; asked again later, it goes on where it was. A text that
    fails alone is left out.
    """
    done = 0
    while not stages.stopping():
        with stages.store.read() as reads:
            posts = reads.not_judged_since(since, first, last, BATCH)
        if not posts:
            break
        first = posts[-1].id + 1
        if stages.sparing.resting(stages.clock.now()):
            raise ClassifierError("the classifier fails at everything", next_step="listener doctor")
        done += _score(stages, [one for one in posts if one.verdict is None], SourceReport(source="late"))
        done += _judge_stored(stages, [one for one in posts if one.verdict is not None])
    return done


def _score(stages: Stages, waiting: Sequence[StoredMention], report: SourceReport) -> int:
    """How many got their verdict."""
    ready = _judged(stages, waiting)
    if ready:
        with stages.store.write() as tx:
            take(stages, tx, _still_waiting(tx, ready), report, stages.clock.now())
    return len(ready)


def _judge_stored(stages: Stages, posts: Sequence[StoredMention]) -> int:
    judged = {one.mention.key: one for one in _judged(stages, posts)}
    if not judged:
        return 0
    with stages.store.write() as tx:
        known = tx.known(list(judged))
        verdicts = {
            known[key].mention_id: one.verdict
            for key, one in judged.items()
            if one.verdict is not None and key in known and _is_same(known[key], one)
        }
        tx.judge_stored(verdicts, stages.clock.now())
    return len(verdicts)


def _judged(stages: Stages, posts: Sequence[StoredMention]) -> list[ScoredMention]:
    scored = classify(stages, [(row.mention, row.matches) for row in posts], stages.clock.now())
    return [one for one in scored if one.verdict is not None]


def _still_waiting(tx: Transaction, scored: Sequence[ScoredMention]) -> list[ScoredMention]:
    """Those that nobody judged, edited or erased meanwhile: an old text must not replace a newer one."""
    known = tx.known([one.mention.key for one in scored])
    return [
        one
        for one in scored
        if one.mention.key in known and not known[one.mention.key].scored_by and _is_same(known[one.mention.key], one)
    ]


def _is_same(known: KnownText, one: ScoredMention) -> bool:
    return known.version == one.mention.version and known.digest == text_digest(one.mention.text)

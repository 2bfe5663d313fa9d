"""The store: mentions a second against the driver alone, the inbox at 100,000 mentions, claims a second.

The driver alone is measured twice: putting the same rows into the same tables with the same indexes and in the same
transactions, which is what saving can at best come to; and putting each post into one table with one index, which is
what keeping a bare list would cost. Every comparison is made within one run, since two runs on a shared machine can't
be compared.
"""

import gc
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks import raw_rows
from listener.clock import monotonic
from listener.domain.brand import Match
from listener.domain.case import CaseDraft, Reason
from listener.domain.mention import Author, Mention, MentionKey
from listener.domain.stored import InboxFilter, SavedMention, ScoredMention
from listener.domain.verdict import Label, Scores, Sentiment, Verdict
from listener.judging import DIGITS
from listener.ports import Store
from listener.store import open_store
from listener.store.engine import sqlite_module

MENTIONS = 100_000
CASES = 20_000
PAGE = 256
CLAIMS = 500
START = datetime(2026, 1, 1, tzinfo=UTC)
QUEUES = ("billing", "delivery", "support")


def run() -> dict[str, object]:
    """Seconds and rates, each with what it is compared to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        store = open_store(path)
        mentions = posts()
        saved: list[SavedMention] = []
        gc.freeze()  # a run never holds so many posts at once, and looking through them isn't the store's work
        saving = _seconds(lambda: save(store, mentions, saved))
        plain = _seconds(lambda: _save_raw(Path(folder) / "raw.db", mentions))
        same = raw_rows.seconds_of_same_rows(path, Path(folder) / "same.db", PAGE)
        open_cases(store, saved)
        result: dict[str, object] = {
            "mentions_per_second": round(MENTIONS / saving),
            "raw_same_rows_per_second": round(MENTIONS / same),
            "share_of_raw_same_rows": round(same / saving, 2),
            "raw_one_table_per_second": round(MENTIONS / plain),
            "share_of_raw_one_table": round(plain / saving, 2),
            "bytes_per_mention": round(path.stat().st_size / MENTIONS),
            "mentions": MENTIONS,
            "open_cases": CASES,
            **{f"inbox_{name}_ms": value for name, value in _inbox(store).items()},
            "claims_per_second": round(CLAIMS / _seconds(lambda: _claim(store))),
        }
        store.close()
    return result


def posts() -> list[ScoredMention]:
    """MENTIONS posts with verdicts, the same every time."""
    return [_mention(number, random.Random(number)) for number in range(MENTIONS)]


def fill(store: Store) -> None:
    """Save all posts and open CASES cases."""
    saved: list[SavedMention] = []
    save(store, posts(), saved)
    open_cases(store, saved)


def _mention(number: int, chance: random.Random) -> ScoredMention:
    brand = chance.choice(("Acme", "Bolt", "Cirrus"))
    label, mood = chance.choice(
        ((Label.COMPLAINT, Sentiment.NEGATIVE), (Label.PRAISE, Sentiment.POSITIVE), (Label.QUESTION, Sentiment.NEUTRAL))
    )
    handle = f"person{chance.randrange(MENTIONS // 4)}"
    scores = Scores(
        sentiment={one: _chance(chance) for one in Sentiment},
        labels={one: _chance(chance) for one in Label},
        emotions={f"emotion{one}": _chance(chance) for one in range(6)},
    )
    return ScoredMention(
        mention=Mention(
            key=MentionKey(platform="x", native_id=str(number)),
            author=Author(platform="x", native_id=handle, handle=handle, followers=chance.randrange(10_000)),
            text=f"@{brand.lower()} " + " ".join(f"word{chance.randrange(999)}" for _ in range(15)),
            created_at=START + timedelta(seconds=30 * number),
            url=f"https://example.com/{number}",
        ),
        matches=(Match(brand=brand, term=f"@{brand.lower()}", start=0, end=len(brand) + 1),),
        verdict=Verdict(
            model="bench@1",
            scores=scores,
            sentiment=mood,
            labels=frozenset({label}),
            abstained=False,
            thresholds={one.value: 0.5 for one in Label},
        ),
    )


def _chance(chance: random.Random) -> float:
    """As precise as the classifier's are stored."""
    return round(chance.random(), DIGITS)


def save(store: Store, mentions: Sequence[ScoredMention], saved: list[SavedMention]) -> None:
    for at in range(0, len(mentions), PAGE):
        with store.write() as tx:
            saved += tx.save_mentions(mentions[at : at + PAGE], START)
            tx.save_cursor("bench", str(at), START)


def _save_raw(path: Path, mentions: Sequence[ScoredMention]) -> None:
    """The same rows through the driver alone: one table, one index, no counts."""
    db = sqlite_module().connect(str(path), isolation_level=None)
    db.execute("PRAGMA journal_mode = wal")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE m (platform, native_id, author, text, created_at, url, verdict, UNIQUE (platform, native_id))"
    )
    for at in range(0, len(mentions), PAGE):
        db.execute("BEGIN IMMEDIATE")
        rows = [_raw_row(scored) for scored in mentions[at : at + PAGE]]
        db.executemany("INSERT INTO m VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute("COMMIT")
    db.close()


def _raw_row(scored: ScoredMention) -> tuple[str, str, str, str, str, str, str]:
    m = scored.mention
    assert scored.verdict
    said = json.dumps([dict(scored.verdict.scores.labels), dict(scored.verdict.scores.emotions)])
    return m.key.platform, m.key.native_id, m.author.handle, m.text, m.created_at.isoformat(), m.url, said


def open_cases(store: Store, saved: Sequence[SavedMention], count: int = CASES) -> None:
    chance = random.Random(1)
    with store.write() as tx:
        tx.open_cases([_draft(one, chance) for one in chance.sample(saved, count)])


def _draft(saved: SavedMention, chance: random.Random) -> CaseDraft:
    posted = saved.scored.mention.created_at
    return CaseDraft(
        brand=saved.scored.matches[0].brand,
        author_id=saved.author_id,
        thread="",
        mention_id=saved.id,
        queue=chance.choice(QUEUES),
        reason=Reason.COMPLAINT,
        priority=chance.uniform(0, 100),
        terms={},
        escalated=chance.random() < 0.02,
        due_at=None,
        opened_at=posted,
        rank_at=posted - timedelta(hours=chance.uniform(0, 24)),
    )


def _inbox(store: Store) -> dict[str, float]:
    now = START + timedelta(days=60)
    wants = {
        "all": InboxFilter(),
        "one_queue_free": InboxFilter(queue="billing", assignee=""),
        "nothing_found": InboxFilter(assignee="nobody"),
        "every_state": InboxFilter(states=("open", "snoozed", "resolved")),
    }
    return {name: round(1000 * median(_read(store, want, now) for _ in range(9)), 2) for name, want in wants.items()}


def _read(store: Store, want: InboxFilter, now: datetime) -> float:
    with store.read() as reads:
        return _seconds(lambda: reads.inbox(want, now, 20))


def _claim(store: Store) -> None:
    for _ in range(CLAIMS):
        with store.write() as tx:
            tx.claim_next("bench", (), START + timedelta(days=60), timedelta(minutes=15))


def _seconds(work: Callable[[], object]) -> float:
    began = monotonic()
    work()
    return monotonic() - began

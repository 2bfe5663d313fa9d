"""A day's digest over 10,000 mentions and over 1,000,000: the same day, with the same ten days up to it.

The large store is the small one and 99 copies of it, each ten days further back, made by SQL: saving them one by one
would measure the saving. Every comparison is made within one run, both stores in turns.
"""

import random
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time

from listener.clock import monotonic
from listener.domain.brand import Brand, Match
from listener.domain.case import CaseDraft, Reason
from listener.domain.digest import Cycle
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.domain.stored import SavedMention, ScoredMention
from listener.domain.themes import Tagging
from listener.domain.verdict import Label, Scores, Sentiment, Verdict
from listener.insight.digest import build
from listener.store import open_store

DAYS, PER_DAY, COPIES = 10, 1_000, 99
PEOPLE = 4_000
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 11)
NOW = FIRST + timedelta(days=DAYS, hours=8)
BRANDS = tuple(Brand(name=name, competitor=name == "Cirrus") for name in ("Acme", "Bolt", "Cirrus"))
TIMES = 7
MOVED = {"created_at", "hour", "seen_at"}
"""Instants that go back with their copy."""


def run() -> dict[str, object]:
    """Milliseconds of a day and of a week, median of some."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.db", Path(folder) / "large.db"
        for path in (small, large):
            fill(path)
        multiply(large)
        result: dict[str, object] = {"mentions_small": DAYS * PER_DAY, "mentions_large": (COPIES + 1) * DAYS * PER_DAY}
        for name, cycle, brand in (
            ("day_all_brands", Cycle.DAILY, ""),
            ("day_one_brand", Cycle.DAILY, "Acme"),
            ("week_one_brand", Cycle.WEEKLY, "Acme"),
        ):
            few, many = _measure([small, large], cycle, brand)
            result |= {f"{name}_small_ms": few[0], f"{name}_large_ms": many[0]}
            result |= {f"{name}_small_processor_ms": few[1], f"{name}_large_processor_ms": many[1]}
            result[f"{name}_times"] = round(many[1] / few[1], 2)
    return result


def _measure(paths: Sequence[Path], cycle: Cycle, brand: str) -> list[tuple[float, float]]:
    """Of each, by the clock and of the processor: others may share the machine."""
    times: list[list[tuple[float, float]]] = [[] for _ in paths]
    stores = [open_store(path) for path in paths]
    for _ in range(TIMES + 1):
        for store, found in zip(stores, times, strict=True):
            began, spent = monotonic(), process_time()
            with store.read() as reads:
                build(reads, brands=BRANDS, timezone="Europe/Berlin", day=DAY, now=NOW, brand=brand, cycle=cycle)
            found.append((1000 * (monotonic() - began), 1000 * (process_time() - spent)))
    for store in stores:
        store.close()
    return [(_middle(wall for wall, _ in found[1:]), _middle(spent for _, spent in found[1:])) for found in times]


def _middle(times: Iterable[float]) -> float:
    return round(median(times), 1)


def fill(path: Path) -> None:
    """Ten days of posts, a case for each tenth."""
    store = open_store(path)
    saved: list[SavedMention] = []
    posts = [_post(number, random.Random(number)) for number in range(DAYS * PER_DAY)]
    with store.write() as tx:
        saved += tx.save_mentions(posts, NOW)
        tx.open_cases([_case(row, number) for number, row in enumerate(saved[::10])])
    store.close()


def _post(number: int, chance: random.Random) -> ScoredMention:
    brand, person = chance.choice(("Acme", "Bolt", "Cirrus")), chance.randrange(PEOPLE)
    label, mood = chance.choice(
        ((Label.COMPLAINT, Sentiment.NEGATIVE), (Label.PRAISE, Sentiment.POSITIVE), (Label.QUESTION, Sentiment.NEUTRAL))
    )
    return ScoredMention(
        mention=Mention(
            key=MentionKey(platform="x", native_id=str(number)),
            author=Author(platform="x", native_id=f"p{person}", handle=f"p{person}", followers=person),
            text=f"@{brand.lower()} " + " ".join(f"word{chance.randrange(999)}" for _ in range(15)),
            created_at=FIRST + timedelta(days=1) / PER_DAY * number,
            url=f"https://example.com/{number}",
            metrics=Metrics(likes=chance.randrange(50)),
        ),
        matches=(Match(brand=brand, term=f"@{brand.lower()}", start=0, end=len(brand) + 1),),
        verdict=Verdict(
            model="bench@1",
            scores=Scores(
                sentiment={one: chance.random() for one in Sentiment},
                labels={one: chance.random() for one in Label},
                emotions={f"emotion{one}": chance.random() for one in range(6)},
            ),
            sentiment=mood,
            labels=frozenset({label}),
            abstained=False,
            thresholds={one.value: 0.5 for one in Label},
            tagging=Tagging(tagger="bench", tags=((f"touchpoint:{chance.choice(('buy', 'deliver', 'use'))}", 1.0),)),
        ),
    )


def _case(row: SavedMention, number: int) -> CaseDraft:
    at = row.scored.mention.created_at
    return CaseDraft(
        brand=row.scored.matches[0].brand,
        author_id=row.author_id,
        thread="",
        mention_id=row.id,
        queue="support",
        reason=Reason.COMPLAINT,
        priority=float(number % 97),
        terms={},
        escalated=False,
        due_at=at + timedelta(hours=4),
        sla_at=at + timedelta(hours=4),
        opened_at=at,
    )


def multiply(path: Path) -> None:
    """99 copies, each ten days before the one before it."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    ids = DAYS * PER_DAY
    micros = round(timedelta(days=DAYS).total_seconds()) * 1_000_000
    for table in ("mentions", "matches", "verdicts", "tags", "voices", "tallies"):
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        plain = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        values = ", ".join(_copied(column) for column in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        own = "hour >= ?" if table == "tallies" else ("id <= ?" if "id" in columns else "mention_id <= ?")
        bound = round(FIRST.timestamp()) * 1_000_000 if table == "tallies" else ids
        copy = f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {own}"
        for number in range(1, COPIES + 1):
            db.execute(copy, _parameters(columns, number, ids, micros, bound))
        found = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        assert found == plain * (COPIES + 1), (table, plain, found)
    db.commit()
    db.execute("PRAGMA optimize")
    db.close()


def _copied(column: str) -> str:
    if column in ("id", "mention_id"):
        return f"{column} + ?"
    if column in MOVED:
        return f"{column} - ?"
    return "native_id || ?" if column == "native_id" else f'"{column}"'


def _parameters(columns: Sequence[str], number: int, ids: int, micros: int, bound: int) -> list[object]:
    by = {"id": number * ids, "mention_id": number * ids, "native_id": f"-{number}"}
    by |= dict.fromkeys(MOVED, number * micros)
    return [*(by[column] for column in columns if column in by), bound]

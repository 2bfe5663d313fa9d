"""The processes of a soak: the run, eight agents, a desk on a screen nobody sees, and whoever asks for digests.

    python -m benchmarks.soak_parts ROLE DATABASE SEED LEAK

Each writes a line of counts every few seconds, and ends at SIGTERM. A failure that was put in on purpose, or that the
desk's own rules call for, is counted by its class; anything else is a fault of ours and is kept with its traceback.
"""

import asyncio
import gc
import json
import random
import signal
import sys
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.team import the_settings
from listener import app, rounds
from listener.clock import SystemClock, monotonic
from listener.domain.alert import OutboxRow
from listener.domain.mention import Author, Mention, MentionKey, Page
from listener.domain.policy import SourceConfig
from listener.domain.verdict import Verdict
from listener.errors import ClassifierError, ListenerError, Retry
from listener.judging import LazyClassifier
from listener.ports import Store
from listener.store import open_store
from listener.triage.desk import Desk

RATE = 20
"""Posts a second."""
AGENTS = 8
FAULTS = 0.05
PAGE = 10
"""Platforms bound their pages; a poll that comes late brings more of them, not larger ones."""
PEOPLE = 4_000
THINKING = 0.6
"""Seconds between an agent's acts."""
DIGEST_EVERY = 60.0
POOL = 5
"""Connections that SQLAlchemy keeps."""
SAID_EVERY = 30.0
LOST = "my parcel is lost again and nobody answers, where is my refund"
WORDS = ("my", "parcel", "app", "driver", "came", "again", "today", "with", "the", "locker", "and", "then", "shop")


@dataclass
class Book:
    """What a role did and met; threads share it."""

    role: str
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    unhandled: list[str] = field(default_factory=list)
    millis: deque[float] = field(default_factory=lambda: deque(maxlen=2_000))
    """Of the latest acts."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def did(self, what: str, seconds: float | None = None) -> None:
        with self._lock:
            self.counts[what] += 1
            if seconds is not None:
                self.millis.append(1000 * seconds)

    def failed(self, error: Exception) -> None:
        """An expected one by its class, any other with its place."""
        self.did(f"met {type(error).__name__}")
        if not isinstance(error, ListenerError):
            with self._lock:
                self.unhandled = [*self.unhandled, "".join(traceback.format_exception(error))][-20:]

    def write(self) -> None:
        with self._lock:
            found = sorted(self.millis)
            line = {
                "counts": dict(self.counts),
                "unhandled": self.unhandled,
                "p50": found[len(found) // 2] if found else None,
                "p99": found[len(found) * 99 // 100] if found else None,
                "objects": len(gc.get_objects()),
            }
            self.millis.clear()
        with (self.folder / f"{self.role}.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


@dataclass
class Posts:
    """RATE posts a second since it began; one call in twenty fails, half of those before the first page."""

    clock: SystemClock
    chance: random.Random
    book: Book
    platform: str = "x"
    _began: float = field(default_factory=monotonic)

    def check(self) -> str:
        return "a soak"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        at, due = int(cursor or 0), int((monotonic() - self._began) * RATE)
        fails = self.chance.random() < FAULTS
        for begin in range(at, max(due, at + 1), PAGE):
            end = min(begin + PAGE, due)
            if fails and (begin > at or self.chance.random() < 0.5):
                self.book.did("poll failed on purpose")
                raise Retry("the platform answered 503, as it was told to")
            posts = tuple(self._post(number, now) for number in range(begin, end))
            for _ in posts:
                self.book.did("post read")
            yield Page(mentions=posts, cursor=str(end), done=end == due)

    def _post(self, number: int, now: datetime) -> Mention:
        chance = random.Random(number)
        person, brand = f"p{chance.randrange(PEOPLE)}", chance.choice(("acme", "bolt", "cirrus"))
        said = LOST if chance.random() < 0.2 else " ".join(chance.choices(WORDS, k=14))
        return Mention(
            key=MentionKey(platform="x", native_id=f"soak{number}"),
            author=Author(platform="x", native_id=person, handle=person, followers=chance.randrange(5_000)),
            text=f"@{brand} {said} {chance.randrange(10_000)}",
            created_at=now,
            url=f"https://example.com/{number}",
            thread=f"t{number}",
        )


@dataclass
class Judge:
    """The shipped model, which one call in twenty says nothing."""

    inner: LazyClassifier
    chance: random.Random
    book: Book

    @property
    def model_id(self) -> str:
        return self.inner.model_id

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        if self.chance.random() < FAULTS:
            self.book.did("model failed on purpose")
            raise ClassifierError("the model is away, as it was told to be")
        return self.inner.classify(texts)


@dataclass
class Chat:
    """A chat service that one message in twenty doesn't reach."""

    chance: random.Random
    book: Book

    def send(self, row: OutboxRow) -> None:
        if self.chance.random() < FAULTS:
            self.book.did("message failed on purpose")
            raise Retry("the chat service answered 502, as it was told to")
        self.book.did("message sent")


def warm(store: Store) -> None:
    """As many connections as the pool keeps, so that one more is growth."""
    with ExitStack() as held:
        for _ in range(POOL):
            held.enter_context(store.read())


def listening(database: Path, book: Book, clock: SystemClock, seed: int) -> None:
    """The run, as `listener run` puts it together."""
    ours = the_settings(database)
    store = open_store(database)
    warm(store)
    chance = random.Random(seed)
    source = SourceConfig(name="soak", connector="file", interval=timedelta(seconds=1))
    judge = Judge(LazyClassifier(ours.classifier, ours.themes), chance, book)
    stages = app.compose(ours, store, clock, classifier=judge, stopping=lambda: clock.stopped)
    job = rounds.Job(source=source, connector=Posts(clock, chance, book))
    while not clock.stopped:
        try:
            rounds.run_forever(stages, [job], {"chat": Chat(chance, book)})
        except Exception as error:  # noqa: BLE001 - a soak counts what it didn't expect and goes on
            book.failed(error)
    store.close()


def working(database: Path, book: Book, clock: SystemClock, seed: int, leak: int) -> None:
    """Eight agents, a thread each."""
    kept: list[bytearray] = []
    agents = [
        threading.Thread(target=_agent, args=(database, book, clock, random.Random(seed + n), f"agent{n}", kept, leak))
        for n in range(AGENTS)
    ]
    for agent in agents:
        agent.start()
    for agent in agents:
        agent.join()


def _agent(
    database: Path,
    book: Book,
    clock: SystemClock,
    chance: random.Random,
    name: str,
    kept: list[bytearray],
    leak: int,
) -> None:
    ours = the_settings(database)
    store = open_store(database)
    desk, seen = Desk(store, ours.triage, clock), _Case()
    while not clock.stopped:
        if chance.random() < FAULTS:  # the agent's terminal is closed and opened again
            store.close()
            store = open_store(database)
            desk = Desk(store, ours.triage, clock)
            book.did("reopened")
        began = monotonic()
        try:
            book.did(_act(desk, name, seen, clock, chance), monotonic() - began)
        except Exception as error:  # noqa: BLE001 - as above
            seen.id = 0
            book.failed(error)
        if leak:
            kept.append(bytearray(leak))
        clock.sleep(THINKING * (0.5 + chance.random()))
    store.close()


@dataclass
class _Case:
    """What an agent has in hand."""

    id: int = 0
    version: int = 0


def _act(desk: Desk, name: str, seen: _Case, clock: SystemClock, chance: random.Random) -> str:
    """Take the next case, or do something to the one in hand; one act in twenty looks at an old version."""
    if not seen.id:
        case = desk.next(name)
        if case is None:
            return "found nothing"
        seen.id, seen.version = case.id, case.version
        return "took the next"
    case_id, version = seen.id, seen.version - (chance.random() < FAULTS)
    seen.id = 0
    if chance.random() < 0.2:
        desk.snooze(case_id, clock.now() + timedelta(minutes=2), name, seen=version)
        return "snoozed"
    desk.resolve(case_id, "done", name, seen=version)
    return "resolved"


KEYS: Sequence[Sequence[str]] = (
    ("j",),
    ("j",),
    ("k",),
    ("space",),
    ("tab",),
    ("slash", "p", "a", "r", "c", "e", "l", "enter"),
    ("escape",),
    ("G",),
    ("g",),
    ("question_mark",),
    ("escape",),
)


def looking(database: Path, book: Book, clock: SystemClock, _seed: int) -> None:
    """The desk in its headless driver, a key every half second; it looks at the store by itself each second."""
    from listener.tui.app import DeskApp
    from listener.tui.clerk import Seat

    store = open_store(database)
    warm(store)
    desk = DeskApp(Seat(store=store, settings=the_settings(database), clock=clock, agent="zoe"))

    async def sit() -> None:
        async with desk.run_test(size=(100, 30)) as pilot:
            while not clock.stopped:
                for keys in KEYS:
                    began = monotonic()
                    await pilot.press(*keys)
                    book.did("keys pressed", monotonic() - began)
                    await asyncio.sleep(0.5)

    try:
        asyncio.run(sit())
    except Exception as error:  # noqa: BLE001 - as above
        book.failed(error)
    if desk.fault is not None:
        book.failed(desk.fault)
    store.close()


def reporting(database: Path, book: Book, clock: SystemClock, _seed: int) -> None:
    """The same day's digest, as a page and for the terminal."""
    from benchmarks.bench_digest import BRANDS, DAY, NOW
    from listener.insight.digest import build
    from listener.reports import Format, render

    store = open_store(database)
    while not clock.stopped:
        began = monotonic()
        try:
            with store.read() as reads:
                digest = build(reads, brands=BRANDS, timezone="Europe/Berlin", day=DAY, now=NOW, brand="Acme")
            for form in Format:
                render(digest, form)
            book.did("digest", monotonic() - began)
        except Exception as error:  # noqa: BLE001 - as above
            book.failed(error)
        clock.sleep(DIGEST_EVERY)
    store.close()


Role = Callable[[Path, Book, SystemClock, int], None]
ROLES: Mapping[str, Role] = {"run": listening, "desk": looking, "digest": reporting}


def main(role: str, database: Path, seed: int, leak: int) -> None:
    """Play a role until SIGTERM."""
    clock = SystemClock()
    signal.signal(signal.SIGTERM, lambda _number, _frame: clock.stop())
    book = Book(role=role, folder=database.parent)
    teller = threading.Thread(target=_tell, args=(book, clock))
    teller.start()
    if role == "agents":
        working(database, book, clock, seed, leak)
    else:
        ROLES[role](database, book, clock, seed)
    teller.join()


def _tell(book: Book, clock: SystemClock) -> None:
    while not clock.stopped:
        clock.sleep(SAID_EVERY)
        book.write()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

"""How the job grows: ingest through the whole run, and what people wait for, at 10,000, 100,000, 1,000,000 mentions.

Posts come a thousand a day, so larger stores reach further back; a fifth of them open cases, nine of ten cases are
resolved later, and the rest stay open. The classifier is replaced by one that costs nothing, so that what is measured
is everything else: matching, storing, triage, counting, watching for spikes. Each store is filled by a process of its
own, whose memory is counted from nothing. The million is part of `--full` alone: it takes a quarter of an hour.
"""

import json
import math
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

from benchmarks.team import the_settings
from listener import app
from listener.clock import VirtualClock, monotonic
from listener.domain.case import CaseState
from listener.domain.digest import Cycle
from listener.domain.listing import Sought
from listener.domain.mention import Author, Mention, MentionKey, Page
from listener.domain.policy import Settings, SourceConfig
from listener.domain.stored import InboxFilter
from listener.domain.verdict import Label, Scores, Sentiment, Verdict
from listener.insight.digest import build
from listener.pipeline import run_source
from listener.ports import Store
from listener.store import open_store
from listener.triage.card import Reader, first_screen
from listener.triage.desk import Desk

SIZES = (10_000, 100_000)
FULL = (*SIZES, 1_000_000)
PAGE = 256
PART = 100_000
"""Of the largest fill: its rate and memory are told part by part."""
PER_DAY = 1_000
END = datetime(2026, 3, 2, tzinfo=UTC)
TIMES = 15
RESOLVED = 10
"""Of so many cases all but one are resolved."""
LIMIT = 20
MORE = 8_192
SOURCE = SourceConfig(name="bench", connector="file", silent_after=timedelta.max)


def run(*, full: bool = False) -> dict[str, object]:
    """Rates, milliseconds, and by which power of the size each grows."""
    sizes = FULL if full else SIZES
    figures: dict[str, object] = {}
    times: dict[str, dict[int, Took]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.db"
            figures |= {f"{name} at {size:,}": value for name, value in _filled(path, size).items()}
        for size in sizes:
            for name, took in measure(Path(folder) / f"{size}.db").items():
                times.setdefault(name, {})[size] = took
            figures[f"ingest, mentions a processor's second from {size:,} on"] = more(Path(folder) / f"{size}.db", size)
    return figures | told(times)


def told(times: Mapping[str, Mapping[int, "Took"]]) -> dict[str, object]:
    """Growth is told of the processor's time: everything is read from memory, and others share the machine."""
    figures: dict[str, object] = {}
    for name, by_size in times.items():
        for size, took in by_size.items():
            figures[f"{name} at {size:,} (ms)"] = round(took.wall, 2)
            figures[f"{name} at {size:,} (ms of processor)"] = round(took.processor, 2)
        sizes, spent = sorted(by_size), {size: took.processor for size, took in by_size.items()}
        figures[f"{name}: largest / smallest"] = round(spent[sizes[-1]] / spent[sizes[0]], 2)
        figures[f"{name}: exponent"] = exponent(spent)
    return figures


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds, the best of some."""

    wall: float
    processor: float


def exponent(by_size: Mapping[int, float]) -> float:
    """Slope of the logarithms by least squares: 0 doesn't grow, 1 grows as the store does."""
    x = [math.log(size) for size in by_size]
    y = [math.log(value) for value in by_size.values()]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((one - middle_x) * (two - middle_y) for one, two in zip(x, y, strict=True))
    return round(above / sum((one - middle_x) ** 2 for one in x), 3)


def _filled(path: Path, size: int) -> dict[str, object]:
    words = [sys.executable, "-m", "benchmarks.bench_scale", str(path), str(size)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    parts = [json.loads(line) for line in done.stdout.splitlines()]
    seconds = sum(part["seconds"] for part in parts)
    found: dict[str, object] = {
        "ingest, mentions a second": round(size / seconds),
        "ingest, mentions a processor's second": round(size / sum(part["cpu_seconds"] for part in parts)),
        "bytes a mention": round(path.stat().st_size / size),
        "peak memory (MiB)": parts[-1]["peak_mib"],
    }
    if len(parts) > 1:
        first, last = parts[0], parts[-1]
        for when, part in (("first", first), ("last", last)):
            for unit, name in (("second", "seconds"), ("processor's second", "cpu_seconds")):
                found[f"ingest, mentions a {unit} in the {when} 100,000"] = round(part["mentions"] / part[name])
        found["memory after the first 100,000 (MiB)"] = first["rss_mib"]
        found["memory after the last 100,000 (MiB)"] = last["rss_mib"]
        found["parts"] = parts
    return found


class Free:
    """A classifier that costs nothing: what a post says of itself."""

    model_id = "free@1"
    _said: Mapping[str, tuple[Label, Sentiment]] = {
        "lost": (Label.COMPLAINT, Sentiment.NEGATIVE),
        "great": (Label.PRAISE, Sentiment.POSITIVE),
    }

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return [self._verdict(text) for text in texts]

    def _verdict(self, text: str) -> Verdict:
        label, mood = self._said.get(text.partition(" ")[2].partition(" ")[0], (Label.QUESTION, Sentiment.NEUTRAL))
        scores = Scores(
            sentiment={one: 0.9 if one is mood else 0.05 for one in Sentiment},
            labels={one: 0.9 if one is label else 0.05 for one in Label},
            emotions={},
        )
        heard = frozenset({label}) if label is not Label.QUESTION else frozenset()
        thresholds = dict.fromkeys((one.value for one in Label), 0.5)
        return Verdict(
            model=self.model_id, scores=scores, sentiment=mood, labels=heard, abstained=False, thresholds=thresholds
        )


class Past:
    """So many posts in time order, the virtual clock kept at the latest."""

    platform = "x"

    def __init__(self, size: int, clock: VirtualClock, until: int = 0) -> None:
        self._size = size
        self._until = until or size
        self._clock = clock

    def check(self) -> str:
        return "a benchmark"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        for begin in range(int(cursor or 0), self._until, PAGE):
            end = min(begin + PAGE, self._until)
            posts = tuple(post(number, self._size) for number in range(begin, end))
            self._clock.advance_to(posts[-1].created_at)
            yield Page(mentions=posts, cursor=str(end), done=end == self._until)


def post(number: int, size: int) -> Mention:
    """The same every time; of as many people as a fourth of the posts."""
    chance = random.Random(number)
    brand = chance.choice(("acme", "bolt", "cirrus"))
    said = chance.choice(("lost", "great", "today", "where", "which"))
    person = f"p{chance.randrange(size // 4)}"
    return Mention(
        key=MentionKey(platform="x", native_id=str(number)),
        author=Author(platform="x", native_id=person, handle=person, followers=chance.randrange(10_000)),
        text=f"@{brand} {said} " + " ".join(f"word{chance.randrange(999)}" for _ in range(15)),
        created_at=END - timedelta(days=1) / PER_DAY * (size - number),
        url=f"https://example.com/{number}",
        thread=f"t{number}",
    )


def fill(path: Path, size: int) -> None:
    """Take posts through the whole run; a line for each part."""
    settings, store = _settings(path), open_store(path)
    clock = VirtualClock(END - timedelta(days=size / PER_DAY + 1))
    seen = {"stored": 0.0, "began": monotonic(), "cpu": process_time()}

    def note(stored: int) -> None:
        if stored - seen["stored"] >= PART or stored == size:
            now, cpu = monotonic(), process_time()
            line: dict[str, float] = {
                "mentions": int(stored - seen["stored"]),
                "seconds": round(now - seen["began"], 2),
            }
            line |= {"cpu_seconds": round(cpu - seen["cpu"], 2), **_memory()}
            print(json.dumps(line), flush=True)
            seen.update(stored=stored, began=now, cpu=cpu)

    stages = app.compose(settings, store, clock, classifier=Free(), on_page=lambda report: note(report.stored))
    stages = replace(stages, replaying=True)
    report = run_source(stages, SOURCE, Past(size, clock))
    assert report.stored == size, report
    store.close()
    _resolve(path)


def more(path: Path, size: int) -> int:
    """Mentions a second of the processor's time, of MORE that come to a store that holds so many."""
    store, clock = open_store(path), VirtualClock(END)
    stages = replace(app.compose(_settings(path), store, clock, classifier=Free()), replaying=True)
    began = process_time()
    report = run_source(stages, SOURCE, Past(size, clock, until=size + MORE))
    rate = report.stored / (process_time() - began)
    store.close()
    return round(rate)


def _resolve(path: Path) -> None:
    """Most cases end; written by SQL, since the desk's verbs are measured elsewhere."""
    from listener.store.engine import sqlite_module

    db = sqlite_module().connect(str(path))
    db.execute(
        "UPDATE cases SET state = ?, resolved_at = opened_at + 3600000000, resolution = 'done' WHERE id % ? <> 0",
        (CaseState.RESOLVED, RESOLVED),
    )
    db.commit()
    db.execute("PRAGMA optimize")
    db.close()


def _memory() -> dict[str, float]:
    status = Path("/proc/self/status")
    if not status.exists():
        return {"rss_mib": 0.0, "peak_mib": 0.0}
    found = dict(re.findall(r"(VmRSS|VmHWM):\s*(\d+)", status.read_text()))
    return {"rss_mib": round(int(found["VmRSS"]) / 1024, 1), "peak_mib": round(int(found["VmHWM"]) / 1024, 1)}


def _settings(path: Path) -> Settings:
    return the_settings(path)


def measure(path: Path, server: str = "") -> dict[str, Took]:
    """Milliseconds, the best of some since others share the machine, by what is asked; of a server if one is named."""
    store, settings = open_store(server or path), _settings(path)
    try:
        return {name: _best(ask) for name, ask in _questions(store, settings).items()}
    finally:
        store.close()


def _questions(store: Store, settings: Settings) -> dict[str, Callable[[], object]]:
    now, zone = END + timedelta(hours=8), ZoneInfo("UTC")
    desk, clock = Desk(store, settings.triage, VirtualClock(now)), VirtualClock(now)
    day = (END - timedelta(hours=1)).date()
    with store.read() as reads:
        last = reads.inbox(InboxFilter(), now, 200)[-1].id

    def read(what: Callable[..., object]) -> Callable[[], object]:
        def ask() -> object:
            with store.read() as reads:
                return what(reads)

        return ask

    def card(reads: object) -> object:
        reader = Reader(policy=settings.triage, now=clock.now(), zone=zone, agent="bench")
        return list(first_screen(reads.case_card(last), reader))  # type: ignore[attr-defined]

    def digest(reads: object, cycle: Cycle) -> object:
        return build(reads, brands=settings.brands, timezone="UTC", day=day, now=now, brand="Acme", cycle=cycle)  # type: ignore[arg-type]

    return {
        "inbox": read(lambda reads: reads.inbox(InboxFilter(), now, LIMIT)),
        "inbox of a queue, unassigned": read(
            lambda reads: reads.inbox(InboxFilter(queue="support", assignee=""), now, LIMIT)
        ),
        "queue counts": read(lambda reads: reads.queue_counts(now)),
        "next": lambda: desk.next("bench"),
        "case show": read(card),
        "search, a common word": read(lambda reads: reads.search(Sought(brand="Acme", words=("word77",)), LIMIT)),
        "search, no such word": read(lambda reads: reads.search(Sought(brand="Acme", words=("absent",)), LIMIT)),
        "digest of a day": read(lambda reads: digest(reads, Cycle.DAILY)),
        "digest of a week": read(lambda reads: digest(reads, Cycle.WEEKLY)),
        "metrics": read(lambda reads: reads.gauges()),
    }


def _best(ask: Callable[[], object]) -> Took:
    wall, processor = [], []
    for _ in range(TIMES):
        began, spent = monotonic(), process_time()
        ask()
        processor.append(1000 * (process_time() - spent))
        wall.append(1000 * (monotonic() - began))
    return Took(min(wall), min(processor))


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]))

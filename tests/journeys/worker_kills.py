"""`python -m tests.journeys.worker_kills --kills 200`: workers are killed at random instants, and nothing is lost.

With `--cuts 5` each worker is on a host of its own (`tests.journeys.hosts`), and so often one is cut off from the
server for longer than the server waits for it.

Two real `listener worker` processes share a server: they read sources page by page, score posts that were stored
without a verdict, and judge anew what is stored. One or the other is killed again and again and another started. In
the end the store holds what one undisturbed run makes of the same posts on SQLite: the same posts, verdicts, counts
and cases, each once.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from listener import reclassifying
from listener.clock import SystemClock, monotonic
from listener.domain.case import EventKind
from listener.domain.stored import InboxFilter
from listener.ports import Reads, Store
from listener.store import open_store
from tests import demo, postgres
from tests.builders import NOON, author, mention
from tests.journeys.hosts import NETWORK, Host, can_make, hosts

SOURCES, POSTS, PAGE = 6, 80, 8
BACKLOG = 700
WORKERS = 2
PATIENCE = 240.0
STARTED = 8.0
"""Seconds after which a worker surely hears what it is told."""
CUT = 45.0
"""Seconds; half a minute after the last sign of life either side gives the other up."""
SAID = (
    "@fernpost my parcel is late and nobody answers",
    "@fernpost thank you, the driver was lovely",
    "@fernpost where do I change my address?",
    "saw a Fernpost van today",
)
MODEL = "\n[classifier]\nthreads = 1\n"
_SOURCE = """
[[source]]
name = "{name}"
connector = "file"
interval = "{every}"
[source.options]
path = "{path}"
platform = "x"
page_size = {page}
"""


@dataclass(slots=True, kw_only=True)
class Met:
    """What a campaign came to."""

    kills: int = 0
    cuts: int = 0
    posts: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Workers that are replaced when they die."""

    folder: Path
    server: postgres.Server
    database: str
    hosts: Sequence[Host] = ()
    """Where each works; none: all of them here."""
    living: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.living = [self._started(number) for number in range(WORKERS)]

    def _started(self, number: int) -> "subprocess.Popen[bytes]":
        words: list[str | Path] = [sys.executable, "-m", "tests.journeys.worker_life", "--config", self.folder]
        words += ["worker", "--threads=2"]
        host = self.hosts[number] if self.hosts else None
        url = self.server.address(self.database, host.us if host else "")
        with (self.folder / "worker.log").open("ab") as log:
            return subprocess.Popen(
                host.words(*words) if host else words,
                env={**os.environ, "LISTENER_STORE_URL": url},
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    def kill_one(self, chance: random.Random) -> None:
        number = chance.randrange(WORKERS)
        self.living[number].send_signal(signal.SIGKILL)
        self.living[number].wait()
        self.living[number] = self._started(number)

    def cut_one_off(self, chance: random.Random) -> None:
        """For longer than anybody waits; one that ended over it is started again, as a service is."""
        number = chance.randrange(WORKERS)
        self.hosts[number].pull()
        SystemClock().sleep(CUT)
        self.hosts[number].plug()
        SystemClock().sleep(CUT)
        if self.living[number].poll() is not None:
            self.living[number] = self._started(number)

    def end(self) -> list[int]:
        """Told to stop, as a deploy does; their exit codes."""
        SystemClock().sleep(STARTED)
        for one in self.living:
            one.terminate()
        return [one.wait(60) for one in self.living]


def campaign(
    kills: int, seed: int, *, sources: int = SOURCES, backlog: int = BACKLOG, cuts: int = 0, on: Sequence[Host] = ()
) -> Met:
    """Needs PostgreSQL's binaries."""
    tools = postgres.binaries()
    assert tools is not None
    chance = random.Random(seed)
    here = [one.us for one in on]
    with tempfile.TemporaryDirectory() as parent, postgres.running(tools, here, NETWORK if on else "") as server:
        folder = _settings(Path(parent), sources)
        expected = _undisturbed(folder, backlog)
        database = server.create()
        url = server.address(database)
        met = Met(posts=sum(expected["posts"].values()))
        with _opened(url) as store:
            begun = _begin(store, folder, backlog)
            fleet = Fleet(folder=folder, server=server, database=database, hosts=on)
            try:
                _by_workers(folder, url)
                while met.kills < kills:
                    SystemClock().sleep(chance.uniform(0.2, 4.0))
                    fleet.kill_one(chance)
                    met.kills += 1
                    if chance.random() * (kills - met.kills + 1) < cuts - met.cuts:
                        fleet.cut_one_off(chance)
                        met.cuts += 1
                _wait(store, begun, met.posts)
                codes = fleet.end()
            finally:
                for one in fleet.living:
                    one.kill()
            found = _told(store)
        met.differences = [
            f"{what}: {name!r} {expected[what][name]} → {found[what][name]}"
            for what in expected
            for name in sorted({*expected[what], *found[what]}, key=str)
            if expected[what][name] != found[what][name]
        ]
        met.differences += [f"a worker left with {code}" for code in codes if code]
    return met


def _settings(parent: Path, sources: int) -> Path:
    text = (demo.DATA / "config" / "listener.toml").read_text(encoding="utf-8") + MODEL
    for number in range(sources):
        path = parent / f"s{number}.jsonl"
        path.write_text("".join(json.dumps(_row(number, one)) + "\n" for one in range(POSTS)), encoding="utf-8")
        text += _SOURCE.format(name=f"s{number}", path=path, page=PAGE, every="5s")
    routing = (demo.DATA / "config" / "routing.toml").read_text(encoding="utf-8").replace('"unscored", ', "")
    return demo.write_settings(parent / "settings", listener=text, routing=routing)


def _row(source: int, number: int) -> dict[str, object]:
    return {
        "id": f"{source}-{number}",
        "author": f"ann{source}x{number}",
        "text": f"{SAID[number % len(SAID)]} {source} {number}",
        "created_at": (NOON + timedelta(seconds=number)).isoformat(),
    }


def _undisturbed(folder: Path, backlog: int) -> dict[str, Counter[Any]]:
    database = folder / "alone.sqlite"
    with _opened(database) as store:
        _begin(store, folder, backlog)
        demo.listener("--config", str(folder), "--db", str(database), "poll", cwd=folder)
        demo.listener("--config", str(folder), "--db", str(database), "reclassify", "run", cwd=folder)
        return _told(store)


def _begin(store: Store, folder: Path, backlog: int) -> reclassifying.Begun:
    """Posts that no model has seen, and all stored ones are to be judged anew."""
    from listener import app, settings
    from listener.pipeline import run_source
    from tests.pipeline.parts import SOURCE, Keywords, Scripted, page

    posts = [
        mention(f"{SAID[n % len(SAID)]} {n}", f"b{n}", author=author(f"bob{n}"), created_at=NOON)
        for n in range(backlog)
    ]
    stages = app.compose(settings.load(folder), store, SystemClock(), classifier=Keywords(failing=True))
    run_source(stages, SOURCE, Scripted([page(*posts, cursor=0, done=True)]))
    return reclassifying.begin(store, SystemClock().now())


def _by_workers(folder: Path, url: str) -> None:
    env = {"LISTENER_STORE_URL": url}
    demo.listener("--config", str(folder), "reclassify", "run", "--by-workers", cwd=folder, env=env)


def _wait(store: Store, begun: reclassifying.Begun, posts: int) -> None:
    pace, until = SystemClock(), monotonic() + PATIENCE
    while True:
        with store.read() as reads:
            unjudged = reads.count_not_judged_since(begun.since, begun.until)
            stands = reads.stats().mentions, len(reads.unscored(1)), unjudged
        if stands == (posts, 0, 0):
            return
        assert monotonic() < until, f"stored, unscored, left to judge: {stands}, of {posts}"
        pace.sleep(0.2)


@contextmanager
def _opened(place: Path | str) -> Iterator[Store]:
    store = open_store(place)
    try:
        yield store
    finally:
        store.close()


def _told(store: Store) -> dict[str, Counter[Any]]:
    """Everything that must be the same however it came about, with how often it is there."""
    with store.read() as reads:
        posts = [reads.mention(number) for number in range(1, reads.newest_mention() + 1) if _exists(reads, number)]
        cards = [reads.case_card(case.id) for case in reads.inbox(InboxFilter(), NOON, 100_000)]
        cells = reads.tallies(NOON - timedelta(days=1), NOON + timedelta(days=1))
    return {
        "posts": Counter(one.mention.key.native_id for one in posts),
        "verdicts": Counter(
            (one.mention.key.native_id, one.verdict.model, tuple(sorted(one.verdict.labels)), one.verdict.sentiment)
            for one in posts
            if one.verdict
        ),
        "counts": Counter({(c.brand, c.hour.isoformat(), c.label): c.mentions for c in cells}),
        "cases": Counter((card.case.brand, card.author.handle, str(card.case.reason)) for card in cards),
        "openings": Counter(
            card.author.handle for card in cards for event in card.events if event.kind is EventKind.OPENED
        ),
    }


def _exists(reads: Reads, number: int) -> bool:
    """Ids have holes: a transaction that is rolled back keeps those it drew."""
    from listener.errors import NotFound

    try:
        reads.mention(number)
    except NotFound:
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    sys.stderr.write(f"seed {asked.seed}\n")
    if asked.cuts and not can_make():
        sys.stderr.write("no cuts: hosts of their own need root and iproute2\n")
        asked.cuts = 0
    with hosts(WORKERS) if asked.cuts else nullcontext(()) as on:
        met = campaign(asked.kills, asked.seed, cuts=asked.cuts, on=on)
    sys.stderr.write(f"{met.kills} kills, {met.cuts} cuts, {met.posts} posts, {len(met.differences)} differences\n")
    sys.stderr.writelines(f"  {one}\n" for one in met.differences[:50])
    return 1 if met.differences else 0


if __name__ == "__main__":
    sys.exit(main())

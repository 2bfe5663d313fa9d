"""`python -m tests.journeys.connector_kills [NAME…] --kills 500`: SIGKILL against every connector, mid-burst.

A platform on loopback publishes thousands of posts between two polls; the run that reads them through the real
connector into a real store dies at random instants and is started anew. In the end every post is stored once, or lies
in a stretch that the store says it has not seen.

A run is a fork of a warm process with no other threads, so that a life costs milliseconds, and its end is the kernel's:
an alarm whose default action ends the process at once, wherever it stands, with nothing unwound.
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from listener import pipeline
from listener.app import StoreLedger, compose
from listener.clock import VirtualClock
from listener.connectors.catalogue import BUILT_IN
from listener.domain.mention import Page
from listener.domain.policy import SourceConfig
from listener.domain.run import SourceReport
from listener.ports import Connector
from listener.store import open_store
from tests.contracts.every_rig import KINDS
from tests.contracts.rigs import PATIENT, Rig
from tests.pipeline.parts import Keywords, settings

BURST = 5_000
PAGE = 100
SOURCE = "killed"
LONGEST_LIFE = 60.0
WAITS = "waits "
"""Begins the last words of a run that the platform's limits, or a documented quota, ask to wait; seconds follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One run: of which connector, against which server, at what time, and when it is to die."""

    rig: str
    base: str
    database: Path
    now: datetime
    dies_after: float
    """Seconds; 0 lets it live."""
    cursor_first: bool = False
    """The seeded bug: every page says that all of the run is read."""


@dataclass(slots=True, kw_only=True)
class Met:
    """What a campaign came to."""

    kills: int = 0
    lives: int = 0
    stored: int = 0
    in_gaps: int = 0
    published: int = 0


class Graveyard:
    """A warm process that forks a child a life and tells how it ended."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def live(self, life: Life) -> tuple[str, float]:
        """(how it ended: `killed`, `whole` or an error's words; seconds it lived)."""
        self._ours.send(life)
        ended, seconds = self._ours.recv()
        return str(ended), float(seconds)

    def close(self) -> None:
        self._ours.close()
        self._process.join(10)


def _serve(commands: Pipe) -> None:
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    for name in BUILT_IN:  # here once, and not in every life
        import_module(f"listener.connectors.{name}")
    while True:
        try:
            life = commands.recv()
        except EOFError:
            return
        commands.send(_forked(life))


def _forked(life: Life) -> tuple[str, float]:
    said, say = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.write(say, _run(life).encode()[:4000])
        except BaseException as error:  # noqa: BLE001 - whatever it was, the parent tells
            os.write(say, repr(error).encode()[:4000])
        finally:
            os._exit(0)
    os.close(say)
    with os.fdopen(said) as words:
        told = words.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return ("killed" if os.WTERMSIG(status) == signal.SIGALRM else f"signal {status}"), time.monotonic() - began
    return told or "nothing said", time.monotonic() - began


def _run(life: Life) -> str:
    """Read the source to its end, unless death comes first."""
    clock = VirtualClock(life.now)
    store = open_store(life.database)
    rig = KINDS[life.rig]()
    rig.page, rig.server.base, rig.clock, rig.limits = _page(rig), life.base, clock, {**PATIENT}
    rig.purse = StoreLedger(store)  # type: ignore[assignment]
    connector = CursorFirst(rig.connector()) if life.cursor_first else rig.connector()
    stages = compose(settings(life.database.parent), store, clock, classifier=Keywords())
    source = SourceConfig(name=SOURCE, connector=life.rig, silent_after=timedelta.max)
    if life.dies_after:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, life.dies_after)
    report: SourceReport = pipeline.run_source(stages, source, connector)
    signal.setitimer(signal.ITIMER_REAL, 0)
    store.close()
    if report.paused_until is not None:
        return f"{WAITS}{(report.paused_until - life.now).total_seconds() + 1}"
    return report.error or "whole"


@dataclass(frozen=True, slots=True)
class CursorFirst:
    """What this campaign must catch: a cursor that runs ahead of its rows."""

    inner: Connector

    @property
    def platform(self) -> str:
        return self.inner.platform

    def check(self) -> str:
        return self.inner.check()

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        pages = list(self.inner.poll(cursor, now))
        yield from (replace(page, cursor=pages[-1].cursor) for page in pages)


def _page(rig: Rig) -> int:
    """As large as the platform gives, so that a burst isn't read a handful at a time."""
    return max(rig.page, min(PAGE, rig.largest_page))


@contextmanager
def graveyard() -> Iterator[Graveyard]:
    warm = Graveyard()
    try:
        yield warm
    finally:
        warm.close()


def campaign(
    name: str,
    kills: int,
    folder: Path,
    warm: Graveyard,
    *,
    burst: int = BURST,
    seed: int = 1,
    cursor_first: bool = False,
) -> Met:
    """Kill runs of one connector. Raises AssertionError for a post that is lost, or stored twice."""
    chance, met, rig = random.Random(f"{name} {seed}"), Met(), KINDS[name]()
    rig.page = _page(rig)
    rig.step = min(rig.step, timedelta(seconds=1)) if rig.step < timedelta(minutes=1) else timedelta(seconds=5)
    database = folder / f"{name}.sqlite"
    with rig.server:
        published = rig.publish(3)
        pace = _live(rig, database, warm, 0.0)
        _checked(rig, database, published, met)
        while met.kills < kills:
            published |= rig.publish(burst if not met.kills else chance.randint(1, max(2, burst // 50)))
            for _ in range(chance.randint(1, 12)):
                life = replace(_life(rig, database, chance.uniform(0.2, 1.5) * pace), cursor_first=cursor_first)
                ended = warm.live(life)[0]
                met.lives += 1
                met.kills += ended == "killed"
                if ended == "whole":
                    break
                _wait(rig, ended)
            pace = max(0.05, 0.7 * pace + 0.3 * _live(rig, database, warm, 0.0))
            _checked(rig, database, published, met)
    met.published = len(published)
    return met


def _life(rig: Rig, database: Path, dies_after: float) -> Life:
    rig.clock.sleep(60)
    return Life(
        rig=rig.name, base=rig.server.base, database=database, now=rig.clock.now(), dies_after=max(dies_after, 0.001)
    )


def _live(rig: Rig, database: Path, warm: Graveyard, dies_after: float) -> float:
    """To the end, as often as it takes: a retry may be due. Seconds of the last life."""
    for _ in range(100):
        life = replace(_life(rig, database, 1.0), dies_after=dies_after)
        ended, seconds = warm.live(life)
        if ended == "whole":
            return min(seconds, LONGEST_LIFE)
        _wait(rig, ended)
    raise AssertionError(f"{rig.name} never comes to its end: {ended}")


def _wait(rig: Rig, ended: str) -> None:
    """Time passes where the platform asks for it; any other end but a kill is a fault."""
    if ended.startswith(WAITS):
        rig.clock.sleep(float(ended.removeprefix(WAITS)))
    else:
        assert ended == "killed", f"{rig.name}: {ended}"


def _checked(rig: Rig, database: Path, published: set[str], met: Met) -> None:
    """Every post is stored, or lies in a gap; the store's own key forbids it to be stored twice."""
    store = open_store(database, read_only=True)
    try:
        with store.read() as reads:
            gaps = reads.open_gaps(SOURCE)
            known = reads._db.exec_driver_sql("SELECT native_id FROM mentions").scalars().all()  # type: ignore[attr-defined]
    finally:
        store.close()
    assert len(known) == len(set(known)), "stored twice"
    missing = published - set(known)
    at = {rig.native_id(item.number): item.at for item in rig.items}
    lost = [one for one in missing if not any(gap.since <= at[one] <= gap.until for gap in gaps)]
    assert not lost, f"{rig.name}: {len(lost)} of {len(published)} lost, such as {lost[:3]}"
    met.stored, met.in_gaps = len(known), len(missing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="connectors; every one with a network where none is named")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--burst", type=int, default=BURST, help="posts published at once, before the first kill")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with graveyard() as warm, tempfile.TemporaryDirectory() as folder:
        for name in asked.names or sorted(KINDS):
            began = time.monotonic()
            met = campaign(name, asked.kills, Path(folder), warm, burst=asked.burst, seed=asked.seed)
            sys.stdout.write(
                f"{name}: {met.kills} kills in {met.lives} lives, {met.published} published: {met.stored} stored, "
                f"{met.in_gaps} in gaps, 0 lost, 0 twice ({time.monotonic() - began:.0f} s)\n"
            )
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

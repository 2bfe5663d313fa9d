"""Workers in threads of a test's own process, over a real server and with a classifier that costs nothing."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

from listener import app
from listener.clock import SystemClock, monotonic
from listener.domain.case import Reason
from listener.domain.mention import Mention
from listener.domain.policy import SourceConfig, TriagePolicy
from listener.pipeline import run_source
from listener.ports import Store
from listener.rounds import Job
from listener.workers import Queue, serve
from listener.workers.board import Board
from listener.workers.hints import Hint
from listener.workers.sweep import Sweep
from listener.workers.work import Work
from tests.builders import author, mention
from tests.pipeline.parts import SOURCE, Keywords, Scripted, page, settings

ALL = tuple(Queue)
PATIENCE = 30.0


@dataclass(slots=True, kw_only=True)
class Worker:
    """One, with what it knows."""

    store: Store
    address: str
    folder: Path
    jobs: Sequence[Job] = ()
    classifier: Keywords = field(default_factory=Keywords)
    queues: Sequence[Queue] = ALL
    clock: SystemClock = field(default_factory=SystemClock)

    def serve(self) -> None:
        stages = app.compose(
            settings(self.folder),
            self.store,
            self.clock,
            classifier=self.classifier,
            stopping=lambda: self.clock.stopped,
        )
        board = Board(self.address, Work(stages, self.jobs, {}))
        serve(board, Sweep(stages, self.jobs), self.store, self.clock, queues=self.queues, threads=2)


@contextmanager
def at_work(*workers: Worker) -> Iterator[None]:
    """Until the block ends; then each finishes what it has in hand."""
    threads = [Thread(target=worker.serve) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.clock.stop()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def wait_for(happened: Callable[[], bool]) -> None:
    """Looks until it is so; a test that waits in vain fails."""
    pace, until = SystemClock(), monotonic() + PATIENCE
    while not happened():
        assert monotonic() < until, "it never happened"
        pace.sleep(0.05)


def source(name: str, every: timedelta = timedelta(hours=1)) -> SourceConfig:
    return replace(SOURCE, name=name, interval=every, silent_after=timedelta.max)


def posts(first: int, last: int, text: str = "@acme my parcel is late") -> list[Mention]:
    return [mention(f"{text} {n}", str(n), author=author(f"ann{n}")) for n in range(first, last + 1)]


def unscored(store: Store, folder: Path, found: Sequence[Mention]) -> None:
    """Stored while no model could be asked, by a team that opens no cases for such."""
    team = replace(settings(folder), triage=TriagePolicy(open_for=frozenset({Reason.COMPLAINT})))
    stages = app.compose(team, store, SystemClock(), classifier=Keywords(failing=True))
    run_source(stages, SOURCE, Scripted([page(*found, cursor=0, done=True)]))


def hang_up(address: str, *found: Hint) -> int:
    """How many were new."""

    async def act() -> int:
        ours = Board(address)
        async with ours.app.open_async():
            return await ours.hang_up(found)

    return asyncio.run(act())

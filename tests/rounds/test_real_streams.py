"""Every connector that streams, heard and polled by the run's own hands from its platform on loopback."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from listener.clock import monotonic
from listener.ports import Store
from listener.rounds import Job
from listener.rounds.reader import Reader
from listener.rounds.streams import Stream
from tests.contracts.every_rig import KINDS
from tests.contracts.rigs import Rig
from tests.rounds.live import job, stages

STREAMING = sorted(name for name, kind in KINDS.items() if kind.streams)
PATIENCE = 20.0


class Bench:
    def __init__(self, rig: Rig, store: Store, folder: Path) -> None:
        self.rig, self.store, self.readers = rig, store, list[Reader]()
        self.job: Job = replace(job(rig.connector()), source=replace(job(rig.connector()).source, name="live"))
        self.stream = Stream(stages(store, folder, rig.clock), self.job, None, start=self._start)

    def _start(self, reader: Reader) -> None:
        self.readers.append(reader)
        reader.start()

    def until(self, true: Callable[[], bool], *, passing: float = 0.0) -> None:
        """Turn after turn, with so many seconds passing in each."""
        waiter, end = threading.Event(), monotonic() + PATIENCE
        while not true():
            assert monotonic() < end, "it never came"
            self.rig.clock.sleep(passing)
            self.stream.turn()
            waiter.wait(0.01)

    def stored(self) -> int:
        with self.store.read() as reads:
            return reads.stats().mentions

    def standing(self) -> int:
        """How often it was let in."""
        return sum(reader.stood_at is not None for reader in self.readers)


def test_there_are_streams() -> None:
    assert {"mastodon", "bluesky-phrases", "x"} <= set(STREAMING)


@pytest.mark.parametrize("name", STREAMING)
def test_what_is_posted_before_while_and_after_a_stream_stands_is_stored(
    name: str, store: Store, tmp_path: Path
) -> None:
    rig = KINDS[name]()
    with rig.server:
        rig.publish(3)
        bench = Bench(rig, store, tmp_path)
        try:
            bench.until(lambda: bench.standing() == 1)
            rig.publish(2)
            bench.until(lambda: bench.stored() == 5)
            rig.clock.sleep(6)
            bench.until(lambda: bench.stream._unbroken)
            rig.publish(1)
            bench.until(lambda: bench.stored() == 6)
            bench.readers[-1].close()
            rig.publish(2)
            rig.clock.sleep(400)
            bench.until(lambda: bench.stored() == 8)
            bench.until(lambda: bench.standing() == 2, passing=0.1)
        finally:
            bench.stream.close()
    with store.read() as reads:
        assert reads.open_gaps("live") == []

"""A stream killed anywhere, cut off anywhere, loses nothing and stores nothing twice."""

import contextlib
import os
import random
import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from listener.store import open_store
from tests.journeys.stream_kills import SOURCE, Run, World, platform


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return max(4, int(request.config.getoption("--crash-kills")) // 2)


@pytest.mark.sqlite
def test_a_run_that_streams_killed_at_random_instants_has_every_post_once(tmp_path: Path, kills: int) -> None:
    world, chance, stop = World(seed=7), random.Random(7), threading.Event()

    def publish() -> None:
        while not stop.wait(0.01):
            world.publish(chance.randint(0, 4))

    with platform(world) as server:
        run = Run(folder=tmp_path, base=server.base)
        posting = threading.Thread(target=publish, daemon=True)
        posting.start()
        for _ in range(kills):
            before = world.connections if chance.random() < 0.8 else -1
            process = run.start()
            while process.exitcode is None and (world.connections == before or not _stored(run.database)):
                process.join(0.02)
            process.join(chance.uniform(0.0, 0.5))
            assert process.pid is not None
            assert process.exitcode is None, "it ended by itself"
            os.kill(process.pid, signal.SIGKILL)
            process.join(30)
        stop.set()
        posting.join()
        world.rest()
        last = run.start(until=len(world.posts))
        last.join(60)
        assert last.exitcode == 0
    store = open_store(run.database)
    with store.read() as reads:
        stats, gaps = reads.stats(), reads.open_gaps(SOURCE.name)
    store.close()
    assert stats.mentions == len(world.posts) > kills * 10
    assert stats.cases == {"open": len(world.posts)}, "a complaint of each author is a case of its own"
    assert gaps == []
    assert world.connections > kills // 2, "too few streams stood: nothing was proved"


def _stored(database: Path) -> int:
    with contextlib.suppress(sqlite3.OperationalError):
        db = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=10)
        with contextlib.closing(db):
            return int(db.execute("SELECT count(*) FROM mentions").fetchone()[0])
    return 0

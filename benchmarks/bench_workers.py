"""What a second worker adds: stored posts judged anew by one and by two `listener worker` processes of one thread each.

How far two can get on this machine is measured in the same run: one and two bare classifiers over the same texts, as
processes of their own. Two threads of one core don't make two cores.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from benchmarks.bench_classifier import texts
from listener import app, pipeline
from listener import settings as settings_files
from listener.clock import SystemClock, monotonic
from listener.domain.policy import SourceConfig
from listener.pipeline import Stages
from listener.ports import Store
from listener.store import open_store
from listener.workers.board import Board
from listener.workers.hints import Hint, Task

POSTS, RANGE = 6_000, 500
ROUNDS = 3
CREWS = (1, 2)
SETTINGS = '\n[classifier]\nthreads = 1\n[store]\nurl = "{url}"\n'


def run() -> dict[str, object]:
    """Posts a second, medians of rounds in turns. Nothing where PostgreSQL's binaries are missing."""
    from tests import demo, postgres

    tools = postgres.binaries()
    if tools is None:
        sys.stderr.write("  PostgreSQL's binaries (initdb) are not on this machine\n")
        return {}
    bare: dict[int, list[float]] = {crew: [] for crew in CREWS}
    shared: dict[int, list[float]] = {crew: [] for crew in CREWS}
    with tempfile.TemporaryDirectory() as parent, postgres.running(tools) as server:
        url = server.address(server.create())
        text = (demo.DATA / "config" / "listener.toml").read_text(encoding="utf-8") + SETTINGS.format(url=url)
        folder = demo.write_settings(Path(parent) / "settings", listener=text)
        store = open_store(url)
        empty = _size(url)
        commits = _fill(store, folder)
        size = (_size(url) - empty) // POSTS
        for _ in range(ROUNDS):
            for crew in CREWS:
                bare[crew].append(_bare(crew))
                shared[crew].append(_anew(store, folder, url, crew))
        store.close()
    one, two = (median(shared[crew]) for crew in CREWS)
    alone, pair = (median(bare[crew]) for crew in CREWS)
    return {
        "stored without a model (posts/s)": round(commits),
        "on the server's disk (bytes a post)": size,
        "judged anew by one worker (posts/s)": round(one),
        "judged anew by two workers (posts/s)": round(two),
        "two workers / one": round(two / one, 2),
        "bare classifier, one process (texts/s)": round(alone),
        "bare classifiers, two processes (texts/s)": round(pair),
        "two bare / one bare": round(pair / alone, 2),
    }


def _size(url: str) -> int:
    import psycopg

    with psycopg.connect(url) as server:
        found = server.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(found[0]) if found else 0


def _fill(store: Store, folder: Path) -> float:
    """Posts of distinct words by distinct authors, through the run's own commit; how many a second that took."""
    from tests.builders import NOON, author, mention
    from tests.pipeline.parts import Keywords, Scripted, page

    found = settings_files.load(folder)
    quiet = replace(found, triage=replace(found.triage, open_for=frozenset()))
    stages: Stages = app.compose(quiet, store, SystemClock(), classifier=Keywords(failing=True))
    said = texts(POSTS, seed=1)
    posts = [
        mention(f"{text} @fernpost", f"{n}", author=author(f"ann{n}"), created_at=NOON) for n, text in enumerate(said)
    ]
    pages = [page(*posts[n : n + RANGE], cursor=n + RANGE) for n in range(0, POSTS, RANGE)]
    began = monotonic()
    pipeline.run_source(stages, SourceConfig(name="bench", connector="scripted"), Scripted(list(pages)))
    return POSTS / (monotonic() - began)


def _anew(store: Store, folder: Path, url: str, crew: int) -> float:
    """All of them; timed from the first commit of the last worker to wake to the last commit of all."""
    since = SystemClock().now()
    with store.read() as reads:
        until = reads.newest_mention()
    _hang_up(url, since, until)
    workers = [_worker(folder) for _ in range(crew)]
    pace = SystemClock()
    try:
        while (left := _left(store, since, until)) > POSTS - RANGE:
            pace.sleep(0.05)
        begun, first = monotonic(), left
        while _left(store, since, until) > RANGE:
            pace.sleep(0.05)
        last = _left(store, since, until)
        return (first - last) / (monotonic() - begun)
    finally:
        for one in workers:
            one.terminate()
        for one in workers:
            one.wait(60)


def _left(store: Store, since: datetime, until: int) -> int:
    with store.read() as reads:
        return reads.count_not_judged_since(since, until)


def _hang_up(url: str, since: datetime, until: int) -> None:
    import asyncio

    async def act() -> None:
        board = Board(url)
        async with board.app.open_async():
            args = [
                {"since": since.isoformat(), "first": first, "last": first + RANGE - 1}
                for first in range(1, until + 1, RANGE)
            ]
            await board.hang_up(Hint(task=Task.JUDGE_ANEW, args=one) for one in args)

    asyncio.run(act())


def _worker(folder: Path) -> "subprocess.Popen[bytes]":
    words = ["--config", str(folder), "worker", "--queues", "classify", "--threads", "1"]
    return subprocess.Popen(
        [sys.executable, "-m", "listener", *words],
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _bare(crew: int) -> float:
    """Texts a second of so many classifiers side by side, warmed up."""
    with ProcessPoolExecutor(crew, mp_context=get_context("spawn")) as pool:
        list(pool.map(_classify, [(64, seed) for seed in range(crew)]))
        each = POSTS // 2 // crew
        began = monotonic()
        list(pool.map(_classify, [(each, seed) for seed in range(crew)]))
        return each * crew / (monotonic() - began)


_LOADED: list[object] = []


def _classify(asked: tuple[int, int]) -> int:
    from classifiers.embedded import EmbeddedClassifier

    if not _LOADED:
        _LOADED.append(EmbeddedClassifier.load(threads=1))
    model = _LOADED[0]
    assert isinstance(model, EmbeddedClassifier)
    count, seed = asked
    said = texts(count, seed=seed)
    for begin in range(0, count, 256):
        model.classify(said[begin : begin + 256])
    return count

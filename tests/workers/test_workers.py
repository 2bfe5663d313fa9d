"""Several workers share one run: everything is done, nothing twice, and what one leaves another takes up."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest

from listener import reclassifying
from listener.clock import SystemClock
from listener.domain.stored import InboxFilter
from listener.domain.verdict import Verdict
from listener.errors import StoreError
from listener.ports import Store
from listener.rounds import Job
from listener.workers import Queue, hints, sweep
from listener.workers.board import SCHEMA, Board, make_ready
from listener.workers.hints import Hint
from tests.builders import NOON
from tests.pipeline.parts import Keywords, Scripted, page
from tests.workers.parts import Worker, at_work, hang_up, posts, source, unscored, wait_for


class Slow(Keywords):
    """Reads for longer than it takes to look for work again."""

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        SystemClock().sleep(2.5)
        return super().classify(texts)


def mentions(store: Store) -> int:
    with store.read() as reads:
        return reads.stats().mentions


def waiting(store: Store) -> int:
    with store.read() as reads:
        return len(reads.unscored(10_000))


def jobs_on(address: str) -> dict[str, int]:
    with psycopg.connect(address) as server:
        rows = server.execute(f"SELECT status::text, count(*) FROM {SCHEMA}.procrastinate_jobs GROUP BY 1")
        return dict(rows.fetchall())


def left_by_a_dead_worker(address: str) -> None:
    """All that hangs there was taken an hour ago, by one that has not been heard of since."""
    with psycopg.connect(address) as server:
        server.execute(f"SET search_path = {SCHEMA}")
        dead = server.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        ).fetchone()
        assert dead is not None
        server.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", dead)


def test_two_workers_read_every_source_once_and_leave_nothing_on_the_board(
    store: Store, address: str, tmp_path: Path
) -> None:
    connectors = [Scripted([page(*posts(10 * n, 10 * n + 4), cursor=0, done=True)]) for n in range(1, 6)]
    jobs = [Job(source=source(f"s{n}"), connector=one) for n, one in enumerate(connectors)]
    with at_work(*(Worker(store=store, address=address, folder=tmp_path, jobs=jobs) for _ in range(2))):
        wait_for(lambda: mentions(store) == 25)
    assert [len(one.polled_from) for one in connectors] == [1] * 5
    with store.read() as reads:
        assert len(reads.inbox(InboxFilter(), NOON, 100)) == 25
    # Only what is hung up every second may have been left by the last sweep.
    assert set(jobs_on(address)) <= {"todo"}


def test_posts_without_a_verdict_are_scored_once_by_whoever_is_free(store: Store, address: str, tmp_path: Path) -> None:
    unscored(store, tmp_path, posts(1, 1_200))
    crew = [Worker(store=store, address=address, folder=tmp_path, queues=[Queue.CLASSIFY]) for _ in range(2)]
    with at_work(*crew):
        wait_for(lambda: waiting(store) == 0)
    seen = [worker.classifier.seen for worker in crew]
    assert sum(map(len, seen)) == len({text for texts in seen for text in texts}) == 1_200


def test_control_jobs_that_no_key_holds_together_are_done_twice(
    store: Store, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count()
    monkeypatch.setattr(Hint, "key", property(lambda _self: str(next(numbers))))
    monkeypatch.setattr(sweep, "AGAIN", timedelta())
    unscored(store, tmp_path, posts(1, 3))
    slow = Worker(store=store, address=address, folder=tmp_path, classifier=Slow(), queues=[Queue.CLASSIFY])
    with at_work(slow):
        wait_for(lambda: waiting(store) == 0)
    assert len(slow.classifier.seen) > 3


def test_a_worker_keeps_to_its_queues(store: Store, address: str, tmp_path: Path) -> None:
    unscored(store, tmp_path, posts(1, 3))
    connector = Scripted([page(*posts(10, 12), cursor=0, done=True)])
    jobs = [Job(source=source("s"), connector=connector)]
    with at_work(Worker(store=store, address=address, folder=tmp_path, jobs=jobs, queues=[Queue.POLL])):
        wait_for(lambda: mentions(store) == 6)
    assert waiting(store) == 3


def test_C3_what_a_dead_worker_had_in_hand_is_taken_up(store: Store, address: str, tmp_path: Path) -> None:
    unscored(store, tmp_path, posts(1, 3))
    make_ready(address)
    hang_up(address, hints.score(0))
    left_by_a_dead_worker(address)
    with at_work(Worker(store=store, address=address, folder=tmp_path)):
        wait_for(lambda: waiting(store) == 0)


def test_C3_control_without_taking_back_its_work_waits_for_ever(
    store: Store, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job keeps the lock, so nobody else gets one."""
    unscored(store, tmp_path, posts(1, 3))
    make_ready(address)
    hang_up(address, hints.score(0))
    left_by_a_dead_worker(address)

    async def nothing(_self: Board) -> int:
        return 0

    monkeypatch.setattr(Board, "take_back", nothing)
    connector = Scripted([page(*posts(10, 10), cursor=0, done=True)])
    jobs = [Job(source=source("s"), connector=connector)]
    with at_work(Worker(store=store, address=address, folder=tmp_path, jobs=jobs)):
        wait_for(lambda: mentions(store) == 4)
    assert waiting(store) == 3


def test_the_same_work_hangs_there_once(address: str) -> None:
    assert hang_up(address, hints.score(0), hints.score(0), hints.poll("a")) == 2
    assert hang_up(address, hints.score(0), hints.poll("b")) == 1
    assert jobs_on(address) == {"todo": 3}


def test_ranges_that_were_broken_off_go_on(store: Store, address: str, tmp_path: Path) -> None:
    unscored(store, tmp_path, posts(1, 1_500))
    clock = SystemClock()
    begun = reclassifying.begin(store, clock.now())
    assert hang_up(address, *hints.judge_anew(begun.since, begun.until)) == 1

    class Stopping(Keywords):
        def classify(self, texts):  # type: ignore[no-untyped-def]
            found = super().classify(texts)
            first.clock.stop()
            return found

    first = Worker(store=store, address=address, folder=tmp_path, classifier=Stopping(), queues=[Queue.CLASSIFY])
    with at_work(first):
        wait_for(lambda: first.clock.stopped)
    assert 0 < reclassifying.left(store, begun) < 1_500
    assert hang_up(address, *hints.judge_anew(begun.since, begun.until)) == 0  # it hangs there still
    with at_work(Worker(store=store, address=address, folder=tmp_path, queues=[Queue.CLASSIFY])):
        wait_for(lambda: reclassifying.left(store, begun) == 0)


def test_workers_wait_while_a_run_is_at_it(store: Store, address: str, tmp_path: Path) -> None:
    connector = Scripted([page(*posts(1, 3), cursor=0, done=True)])
    jobs = [Job(source=source("s"), connector=connector)]
    unscored(store, tmp_path, posts(10, 12))
    with at_work(Worker(store=store, address=address, folder=tmp_path, jobs=jobs)):
        wait_for(lambda: waiting(store) == 0 and mentions(store) == 6)
    with store.alone("run"), at_work(Worker(store=store, address=address, folder=tmp_path, jobs=jobs)):
        unscored(store, tmp_path, posts(20, 22))
        SystemClock().sleep(1.5)  # what must not happen has time to
        assert waiting(store) == 3


def test_a_source_is_read_by_one_even_if_its_worker_was_given_up_too_soon(
    store: Store, address: str, tmp_path: Path
) -> None:
    connector = Scripted([page(*posts(1, 3), cursor=0, done=True)])
    jobs = [Job(source=source("s"), connector=connector)]
    with store.alone("poll s"), at_work(Worker(store=store, address=address, folder=tmp_path, jobs=jobs)):
        SystemClock().sleep(3)
    assert connector.polled_from == []


def test_a_board_of_another_version_is_made_anew_unless_workers_are_there(address: str) -> None:
    make_ready(address)
    hang_up(address, hints.poll("a"))
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"COMMENT ON SCHEMA {SCHEMA} IS 'procrastinate 1.0'")
        server.execute(f"INSERT INTO {SCHEMA}.procrastinate_workers DEFAULT VALUES")
        with pytest.raises(StoreError, match="another version"):
            make_ready(address)
        assert jobs_on(address) == {"todo": 1}
        server.execute(f"DELETE FROM {SCHEMA}.procrastinate_workers")
    make_ready(address)
    assert jobs_on(address) == {}


def test_a_worker_that_loses_the_board_ends_and_says_so(store: Store, address: str, tmp_path: Path) -> None:
    unscored(store, tmp_path, posts(1, 3))
    ended: list[StoreError] = []

    class Telling(Worker):
        def serve(self) -> None:
            try:
                super().serve()
            except StoreError as error:
                ended.append(error)

    with at_work(Telling(store=store, address=address, folder=tmp_path)):
        wait_for(lambda: waiting(store) == 0)
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        wait_for(lambda: bool(ended))
    assert "board" in str(ended[0])

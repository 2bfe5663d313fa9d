"""What monitors, doctor and people are told of the workers and of what waits for them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from listener.cli.checkup_store import database
from listener.cli.exits import Exit
from listener.cli.metrics import workforce_of
from listener.domain.gauges import UNSERVED, QueueLoad, Workforce
from listener.settings import load
from listener.store import open_store
from listener.workers import hints
from listener.workers.board import SCHEMA
from listener.workers.workforce import workforce
from tests import demo, postgres
from tests.workers.parts import hang_up


def _load(queue: str, waiting: int = 0, in_hand: int = 0, oldest: timedelta = timedelta()) -> QueueLoad:
    return QueueLoad(queue=queue, waiting=waiting, in_hand=in_hand, oldest=oldest)


@pytest.mark.parametrize(
    ("load", "faults"),
    [
        (_load("classify"), 0),
        (_load("classify", waiting=9, oldest=UNSERVED / 2), 0),
        (_load("classify", waiting=900, in_hand=1, oldest=10 * UNSERVED), 0),
        (_load("classify", waiting=1, oldest=UNSERVED), 1),
    ],
)
def test_a_queue_that_nobody_serves_is_told_and_a_long_one_is_not(load: QueueLoad, faults: int) -> None:
    assert len(Workforce(alive=1, queues=[load]).faults) == faults


def test_where_no_worker_ever_was_there_is_nothing_to_tell(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    assert workforce(address) is None


def test_jobs_are_counted_queue_by_queue_and_by_how_long_they_wait(address: str) -> None:
    hang_up(address, hints.score(0), hints.score(512), hints.poll("a"))
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"UPDATE {SCHEMA}.procrastinate_events SET at = at - interval '1 hour' WHERE job_id = 1")
        server.execute(f"INSERT INTO {SCHEMA}.procrastinate_workers DEFAULT VALUES")
    found = workforce(address)
    assert found is not None
    assert found.alive == 1
    assert {one.queue: one.waiting for one in found.queues} == {"poll": 1, "classify": 2, "notify": 0}
    assert {one.queue: one.oldest >= timedelta(hours=1) for one in found.queues if one.waiting} == {
        "poll": False,
        "classify": True,
    }
    assert found.faults == ["no worker serves the queue classify: a job has waited 60 min"]


def test_one_that_is_to_be_tried_later_does_not_wait_yet(address: str) -> None:
    hang_up(address, hints.score(0))
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"UPDATE {SCHEMA}.procrastinate_events SET at = at - interval '1 hour'")
        server.execute(f"SET search_path = {SCHEMA}")
        server.execute(f"UPDATE {SCHEMA}.procrastinate_jobs SET scheduled_at = now() + interval '1 minute'")
    found = workforce(address)
    assert found is not None
    assert [one.oldest for one in found.queues] == [timedelta()] * 3


@pytest.fixture
def url(server: postgres.Server) -> Iterator[str]:
    name = server.create()
    yield server.address(name)
    server.drop(name)


def test_metrics_and_doctor_tell_of_a_queue_without_a_worker(url: str, tmp_path: Path) -> None:
    text = (demo.DATA / "config" / "listener.toml").read_text(encoding="utf-8")
    folder = demo.write_settings(tmp_path / "settings", listener=f'{text}\n[store]\nurl = "{url}"\n')
    open_store(url).close()
    settings = load(folder)
    assert workforce_of(settings) is None
    assert [one.area for one in database(settings)] == ["database", "rights"]
    hang_up(url, hints.poll("a"))
    assert [one.message for one in database(settings) if one.area == "workers"] == [
        "0 alive; waiting: poll 1, classify 0, notify 0"
    ]
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"UPDATE {SCHEMA}.procrastinate_events SET at = at - interval '1 hour'")
    printed = demo.listener("--config", str(folder), "metrics", cwd=folder).stdout.splitlines()
    assert 'listener_jobs{queue="poll",state="waiting"} 1' in printed
    assert "listener_workers_alive 0" in printed
    unready = demo.listener("--config", str(folder), "metrics", "--ready", cwd=folder, expect=Exit.RETRY_LATER)
    assert "no worker serves the queue poll" in unready.stderr
    assert any("no worker serves" in one.message for one in database(settings))

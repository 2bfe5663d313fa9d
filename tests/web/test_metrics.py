"""/metrics, /health and /ready, asked as a monitor asks."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the extra [webhook]")

from starlette.testclient import TestClient

from listener.alerts.telling import keep_up
from listener.clock import VirtualClock
from listener.domain.policy import AlertPolicy
from listener.store import open_store
from listener.web.metrics import Monitored, server
from tests.builders import NOON, minutes
from tests.pipeline.parts import SOURCE, settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    at = tmp_path / "listener.sqlite"
    store = open_store(at)
    with store.write() as tx:
        keep_up(tx, AlertPolicy(), NOON)
        tx.record_attempt(SOURCE.name, "x", NOON, error="")
        tx.record_attempt("replay:a stranger's words", "x", NOON, error="")
    store.close()
    return at


def asks(path: Path, clock: VirtualClock) -> TestClient:
    reading = partial(open_store, path, read_only=True)
    return TestClient(Monitored(settings(path.parent), reading, clock).app())


def test_it_is_ready_while_a_run_looks(path: Path) -> None:
    clock = VirtualClock(NOON + timedelta(seconds=179))
    assert asks(path, clock).get("/ready").json() == {"ready": True, "faults": []}
    clock.advance_to(NOON + minutes(3))
    answer = asks(path, clock).get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "faults": ["no run has looked for 3 min"]})


def test_before_any_run_it_is_not_ready(tmp_path: Path) -> None:
    open_store(tmp_path / "new.sqlite").close()
    assert asks(tmp_path / "new.sqlite", VirtualClock(NOON)).get("/ready").status_code == 503


@pytest.mark.sqlite
def test_a_database_that_is_gone_is_no_bug(path: Path) -> None:
    client = asks(path, VirtualClock(NOON))
    path.unlink()
    assert client.get("/ready").status_code == 503
    assert client.get("/metrics").status_code == 503
    assert client.get("/health").text == "ok\n"


@pytest.mark.sqlite
def test_a_file_of_another_schema_is_not_ready(path: Path) -> None:
    import sqlite3

    db = sqlite3.connect(path)
    db.execute("UPDATE alembic_version SET version_num = '0005'")
    db.commit()
    db.close()
    answer = asks(path, VirtualClock(NOON)).get("/ready")
    assert (answer.status_code, "schema" in answer.json()["faults"][0]) == (503, True)


def test_labels_name_sources_of_the_settings_and_no_others(path: Path) -> None:
    answer = asks(path, VirtualClock(NOON + minutes(1))).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert f'listener_source_seconds_since_success{{source="{SOURCE.name}"}} 60' in answer.text.splitlines()
    assert "stranger" not in answer.text


def test_nothing_but_reading_is_answered(path: Path) -> None:
    client = asks(path, VirtualClock(NOON))
    assert client.post("/metrics").status_code == 405
    assert client.get("/").status_code == 404


def test_the_server_is_bounded(path: Path) -> None:
    built = server(
        Monitored(settings(path.parent), partial(open_store, path), VirtualClock(NOON)), host="127.0.0.1", port=1
    )
    assert built.config.limit_concurrency == 50
    assert built.config.access_log is False

"""`listener worker` and `listener reclassify`, as people type them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from listener.cli.exits import Exit
from listener.clock import SystemClock, monotonic
from tests import demo, postgres

SOURCE = '\n[[source]]\nname = "posts"\nconnector = "file"\n[source.options]\npath = "{path}"\nplatform = "x"\n'
POST = {"text": "@fernpost my parcel is late", "created_at": "2026-03-02T12:00Z"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    posts = tmp_path / "posts.jsonl"
    rows = [json.dumps({**POST, "id": str(n), "author": f"ann{n}"}) + "\n" for n in range(30)]
    posts.write_text("".join(rows), encoding="utf-8")
    text = (demo.DATA / "config" / "listener.toml").read_text(encoding="utf-8") + SOURCE.format(path=posts)
    return demo.write_settings(tmp_path / "settings", listener=text)


@pytest.fixture
def url(server: postgres.Server) -> Iterator[str]:
    name = server.create()
    yield server.address(name)
    server.drop(name)


def listener(folder: Path, *words: str, url: str = "", expect: int = 0) -> subprocess.CompletedProcess[str]:
    env = {"LISTENER_STORE_URL": url} if url else {}
    done = demo.listener("--config", str(folder), *words, cwd=folder, expect=expect, env=env)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_workers_without_a_server_are_refused_with_what_to_do(folder: Path) -> None:
    said = listener(folder, "worker", expect=Exit.USAGE).stderr
    assert "listener run" in said
    assert "PostgreSQL" in said


def test_an_unknown_queue_is_named(folder: Path, url: str) -> None:
    said = listener(folder, "worker", "--queues", "poll,mail", url=url, expect=Exit.USAGE).stderr
    assert "poll, classify, notify" in said


def test_a_worker_reads_and_a_signal_ends_it_in_peace(folder: Path, url: str) -> None:
    words = [sys.executable, "-m", "listener", "--config", str(folder), "worker"]
    worker = subprocess.Popen(words, env={"LISTENER_STORE_URL": url, "PATH": ""}, stderr=subprocess.PIPE, text=True)
    try:
        until = monotonic() + 60
        while len(listener(folder, "inbox", "--json", url=url).stdout.splitlines()) < 30:
            assert monotonic() < until
            SystemClock().sleep(0.2)
        status = listener(folder, "worker", "--status", "--json", url=url)
        assert [json.loads(line)["queue"] for line in status.stdout.splitlines()] == ["poll", "classify", "notify"]
        assert "1 worker alive" in status.stderr
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=30)
    finally:
        worker.kill()
    assert worker.returncode == 0
    assert "Traceback" not in said


def test_what_is_stored_is_judged_anew_and_told_how_much(folder: Path) -> None:
    listener(folder, "poll")
    planned = json.loads(listener(folder, "reclassify", "plan", "--json").stdout)
    assert (planned["posts"], planned["ranges"], planned["begun"]) == (30, 1, None)
    assert planned["posts_a_second"] > 0
    assert "30 posts to judge, in 1 range" in listener(folder, "reclassify", "plan").stdout
    assert json.loads(listener(folder, "reclassify", "run", "--json").stdout) == {"judged": 30, "left": 0}
    assert "30 posts judged, 0 left" in listener(folder, "reclassify", "run").stdout
    listener(folder, "reclassify", "run", "--by-workers", expect=Exit.USAGE)


def test_ranges_are_left_to_workers(folder: Path, url: str) -> None:
    listener(folder, "poll", url=url)
    assert "1 range left" in listener(folder, "reclassify", "run", "--by-workers", url=url).stderr
    assert "0 ranges left" in listener(folder, "reclassify", "run", "--by-workers", url=url).stderr

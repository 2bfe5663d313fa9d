"""A declared window is kept by every process and every source that shares the credential."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.server import Asked, Reply, Server
from tests.demo import write_settings

SOURCES = "".join(
    f"""
[[source]]
name = "tags-{tag}"
connector = "mastodon"
[source.options]
instance = "http://127.0.0.1:PORT"
hashtags = ["{tag}"]
"""
    for tag in ("one", "two", "three")
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(_instance) as server:
        yield server


def _instance(asked: Asked) -> Reply:
    return Reply(body=b"[]" if "timelines" in asked.path else json.dumps({"version": "4.5.0"}).encode())


def poll(folder: Path, token: str) -> int:
    """`listener poll` in a process of its own; its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "listener", "--config", str(folder), "poll"],
        cwd=folder,
        env={**os.environ, "LISTENER_SECRET_MASTODON_ACCESS_TOKEN": token, "NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    ).returncode


def test_no_process_and_no_source_asks_inside_a_window_of_their_credential(tmp_path: Path, server: Server) -> None:
    toml = SOURCES.replace("PORT", server.base.rpartition(":")[2])
    folder = write_settings(tmp_path / "config", listener=toml)
    assert poll(folder, "t") == 0
    assert len(server.asked) >= 3
    server.fault = Reply(status=429, headers={"retry-after": "900"})
    assert poll(folder, "t") == 3
    told = len(server.asked)
    server.fault = None
    for _ in range(2):
        assert poll(folder, "t") == 3
    assert len(server.asked) == told, "asked inside the window, after a restart"
    assert poll(folder, "another") == 0, "the window is the other credential's"
    assert len(server.asked) > told

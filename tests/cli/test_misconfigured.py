"""`listener doctor` finds what people get wrong: each mistake is made on purpose, found, and a fix is named.

A sound folder is sound first; then one thing in it is spoilt.
"""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

import classifiers
from listener.cli import checkup, checkup_machine, setup
from listener.cli.checkup_findings import Finding, Level
from listener.cli.session import flags
from listener.clock import SystemClock
from listener.store import backup, ballast
from tests.cli.misconfigured import ALERTS, HOOK, MAIN, NOW, POSTS, SEEDED, Place, looked
from tests.settings.folders import BRANDS
from tests.triage.builders import fresh_store

pytestmark = pytest.mark.sqlite


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Sound: settings, a source, a target, a database that a run looked at, a backup of this hour."""
    root = tmp_path / "team"
    root.mkdir(mode=0o700)
    made = Place(root, monkeypatch)
    for name in [name for name in os.environ if name.startswith("LISTENER_")]:
        monkeypatch.delenv(name)
    for name, value in (("config", root), ("database", None), ("agent", "")):
        monkeypatch.setattr(flags, name, value)
    monkeypatch.setattr(SystemClock, "now", lambda _self: NOW)
    monkeypatch.setattr(setup, "CHECKS", [one for one in checkup.CHECKS if one is not checkup.model])
    monkeypatch.setattr("listener.store.place.MOUNTS", root / "no-such-file")
    monkeypatch.setattr(checkup_machine, "MEMORY", (root / "no-such-file", root / "no-such-file"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=9 << 30))
    made.write("brands.toml", BRANDS)
    made.write("alerts.toml", ALERTS)
    made.write("posts.jsonl", POSTS)
    made.listener()
    fresh_store(root).chmod(0o600)
    made.store(lambda store: looked(store, NOW - timedelta(seconds=20)))
    ballast.keep(made.database)
    backup.back_up(made.database, root / "backups", NOW - timedelta(hours=1))
    return made


def troubles(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.area, finding.message) for finding in findings if finding.level is not Level.OK]


def test_a_sound_folder_is_sound(place: Place) -> None:
    assert troubles(place.says()) == []


@pytest.mark.parametrize("spoil", SEEDED, ids=lambda spoil: spoil.__name__)
def test_it_is_found_and_a_fix_is_named(place: Place, spoil: Callable[[Place], None]) -> None:
    spoil(place)
    level, area, says, fix = SEEDED[spoil]
    found = [one for one in place.says() if one.area == area and says in one.message]
    assert found, troubles(place.says())
    assert found[0].level is level
    assert fix in found[0].fix


class TestModel:
    def test_a_file_of_the_model_that_was_altered_is_named(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Read from a copy with one byte turned."""
        shipped = Path(classifiers.__file__).parent / "model"
        copy = tmp_path / "model"
        shutil.copytree(shipped, copy)
        network = next(copy.glob("*.onnx"))
        raw = bytearray(network.read_bytes())
        raw[len(raw) // 2] ^= 1
        network.write_bytes(raw)
        place.write("listener.toml", MAIN.format(more="").replace("threads = 1", f'threads = 1\nmodel = "{copy}"'))
        monkeypatch.setattr(setup, "CHECKS", [checkup.model])
        found = [one for one in place.says() if one.area == "model"]
        assert [one.level for one in found] == [Level.FAIL]
        assert f"{network} is not the one its manifest names" in found[0].message
        assert "install the program again" in found[0].fix


@contextmanager
def receiver(status: int) -> Iterator[tuple[int, list[str]]]:
    """A web hook's far side: its port, and the methods it was asked by."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.command)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """In silence."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class TestWebHooks:
    """Only `--online` asks anybody."""

    def hook(self, place: Place, port: int) -> list[Finding]:
        place.write("alerts.toml", HOOK)
        place.patch.setenv("LISTENER_SECRET_TARGET_HOOK", f"webhook+http://127.0.0.1:{port}/token")
        place.patch.setenv("LISTENER_SECRET_TARGET_HOOK_SIGNING", "k" * 32)
        return [one for one in place.says(online=True) if one.area == "target hook"]

    def test_a_dead_one_is_found(self, place: Place) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            (finding,) = self.hook(place, port)
        assert finding.level is Level.FAIL
        assert "127.0.0.1 can't be reached" in finding.message
        assert finding.fix
        assert "token" not in finding.message

    @pytest.mark.parametrize(
        ("status", "level"), [(405, Level.OK), (200, Level.OK), (404, Level.WARN), (410, Level.WARN)]
    )
    def test_one_that_answers_is_sound_unless_it_says_that_it_is_gone(
        self, place: Place, status: int, level: Level
    ) -> None:
        with receiver(status) as (port, asked):
            (finding,) = self.hook(place, port)
        assert asked == ["HEAD"]
        assert finding.level is level

    def test_without_being_asked_to_nobody_is_spoken_to(self, place: Place) -> None:
        with receiver(200) as (port, asked):
            self.hook(place, port)
            asked.clear()
            place.says()
        assert asked == []

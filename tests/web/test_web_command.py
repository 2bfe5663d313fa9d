"""`listener web` as people start it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

pytest.importorskip("starlette", reason="needs the extra [web]")

from listener import settings
from listener.cli import web
from listener.errors import ConfigError, StoreError
from listener.store import open_store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "listener.toml").write_text('agent = "ada"\n')
    (tmp_path / "brands.toml").write_text("[[brand]]\nname = 'Acme'\nhandles = ['acme']\n")
    open_store(tmp_path / "listener.db").close()
    return tmp_path


def test_it_does_not_let_everybody_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "load_settings", lambda: settings.load(folder))
    with pytest.raises(ConfigError, match="nothing asks who they are"):
        web.web(host="0.0.0.0", port=8075)


def test_without_a_database_it_says_so_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "listener.db").unlink()
    monkeypatch.setattr(web, "load_settings", lambda: settings.load(folder))
    with pytest.raises(StoreError, match="can't be read"):
        web.web(host="127.0.0.1", port=8075)


def test_it_serves_until_it_is_told_to_end(folder: Path, free_port: int) -> None:
    command = [sys.executable, "-m", "listener", "--config", str(folder), "web", "--port", str(free_port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert f"http://127.0.0.1:{free_port}/ shows the board" in server.stderr.readline()
        answer = _asked(f"http://127.0.0.1:{free_port}/queue")
        assert "Nothing waits" in answer.text
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (second.returncode, "is the port taken" in second.stderr) == (2, True)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        assert "Traceback" not in server.stderr.read()


def _asked(address: str) -> httpx.Response:
    for _ in range(600):
        try:
            return httpx.get(address)
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError(f"{address} never answered")


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])

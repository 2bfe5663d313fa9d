"""The board in a real browser: every page drawn, no script of a stranger run, nothing fetched from elsewhere."""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the extra [web]")

from listener.store import open_store
from listener.web.board import server
from listener.web.registry import NAV
from tests.web import board_parts
from tests.web.board_parts import WORD, Parsed, board

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
DAY = "2026-03-31"
ASKED = r'"initiator":"(?:http|null|file).*?"url":"https?://([^/":]+)'
"""What a page asked for in the browser's own record, apart from what the browser asks its maker."""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a board over the hostile store listens."""
    path = tmp_path_factory.mktemp("browser") / "listener.db"
    store = open_store(path)
    board_parts.fill(store)
    store.close()
    serving = server(board(path), host="127.0.0.1", port=0)
    thread = threading.Thread(target=serving.run, daemon=True)
    serving.install_signal_handlers = lambda: None  # type: ignore[attr-defined,method-assign]
    thread.start()
    while not serving.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{serving.servers[0].sockets[0].getsockname()[1]}"
    serving.should_exit = True
    thread.join(20)


def look(at: str, where: str, folder: Path) -> tuple[str, list[str], set[str]]:
    """The page as Chromium leaves it; what it complained of; and every host that it asked."""
    assert CHROMIUM is not None
    log = folder / "net.json"
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
            "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom", f"{at}{where}",
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    asked = set(re.findall(ASKED, log.read_text(errors="replace")))
    return done.stdout, complaints, asked


@pytest.mark.parametrize("where", [*(f"/{name}" for name, _ in NAV), f"/today?day={DAY}", f"/search?words={WORD}"])
def test_E1_each_page_is_drawn_without_a_complaint_and_asks_nobody_else(at: str, where: str, tmp_path: Path) -> None:
    page, complaints, asked = look(at, where, tmp_path)
    assert complaints == []
    assert asked == {"127.0.0.1"}
    assert "<title>pwned</title>" not in page
    assert "</footer>" in page
    assert "htmx" in page  # the one script there is was let run: it marks what it watches


def test_pages_of_the_day_are_drawn_anew_by_themselves(at: str, tmp_path: Path) -> None:
    page, _, _ = look(at, "/queue", tmp_path)
    [live] = [found for tag, found in Parsed(page).tags if tag == "main"]
    assert live["hx-get"] == "/queue"
    assert live["hx-trigger"] == "every 60s"


def test_the_browser_test_would_see_a_script_and_a_foreign_request(tmp_path: Path) -> None:
    """Negative control."""
    evil = tmp_path / "evil.html"
    image = "http://127.0.0.2:9/x.png"
    evil.write_text(
        f"<!doctype html><title>x</title><script>document.title='pwned';console.error('oh')</script><img src='{image}'>"
    )
    page, complaints, asked = look(evil.as_uri(), "", tmp_path)
    assert "<title>pwned</title>" in page
    assert complaints
    assert "127.0.0.2" in asked

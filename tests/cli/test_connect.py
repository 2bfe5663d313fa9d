"""From no credentials to a source that works, saved only once it does."""

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.server import Asked, Reply, Server
from tests.demo import listener

TOKEN = "s3cr3t-mastodon-token"


@pytest.fixture
def instance() -> Iterator[Server]:
    """A Mastodon instance that knows one token."""

    def answer(asked: Asked) -> Reply:
        if asked.path != "/api/v1/accounts/verify_credentials":
            return Reply(body=b'{"title": "A small instance"}')
        known = asked.headers.get("authorization") == f"Bearer {TOKEN}"
        return Reply(body=json.dumps({"acct": "acmehelp", "id": "1"}).encode()) if known else Reply(status=401)

    with Server(answer) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    (tmp_path / "listener.toml").write_text('agent = "ada"\n')
    (tmp_path / "brands.toml").write_text("[[brand]]\nname = 'Acme'\nhandles = ['acme']\n")
    return tmp_path


def connect(folder: Path, *words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    return listener("--config", ".", "connect", *words, cwd=folder, expect=expect)


def test_without_a_name_every_platform_is_listed_with_what_it_can(folder: Path) -> None:
    printed = connect(folder).stdout
    assert "hackernews" in printed
    assert "mastodon" in printed


def test_what_a_platform_asks_for_is_said_before_anything_is_asked(folder: Path) -> None:
    said = connect(folder, "x", "--dry-run").stderr
    assert "Cost:" in said
    assert "x_monthly_cap_usd" in said


def test_a_source_that_works_is_saved(folder: Path, instance: Server) -> None:
    words = ("--set", f"instance={instance.base}", "--set", "hashtags=acme, acmehelp", "--name", "small")
    done = connect(folder, "mastodon", *words)
    assert "A small instance" in done.stdout
    text = (folder / "listener.toml").read_text()
    assert text.startswith('agent = "ada"\n')
    assert 'name = "small"' in text
    assert 'hashtags = ["acme", "acmehelp"]' in text
    assert not (folder / "secrets.toml").exists()
    assert '"small"' not in connect(folder, "mastodon", *words, expect=2).stdout


def test_one_that_is_refused_is_not(folder: Path, instance: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTENER_SECRET_MASTODON_ACCESS_TOKEN", "wrong")
    before = (folder / "listener.toml").read_text()
    done = connect(folder, "mastodon", "--set", f"instance={instance.base}", "--set", "mentions=true", expect=4)
    assert "credentials are refused" in done.stderr
    assert (folder / "listener.toml").read_text() == before
    assert "wrong" not in done.stdout + done.stderr


def test_a_secret_of_the_environment_stays_there(
    folder: Path, instance: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LISTENER_SECRET_MASTODON_ACCESS_TOKEN", TOKEN)
    done = connect(folder, "mastodon", "--set", f"instance={instance.base}", "--set", "mentions=true")
    assert "acmehelp" in done.stdout
    assert not (folder / "secrets.toml").exists()
    assert TOKEN not in (folder / "listener.toml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "no connector is called 'nowhere'"),
        (("feed",), "options.url is missing"),
        (("feed", "--set", "url"), "--set takes KEY=VALUE"),
        (("feed", "--set", "adress=x"), "feed has no option 'adress'"),
        (("mastodon", "--set", "page_size=many", "--set", "instance=https://a.example"), "must be a whole number"),
    ],
)
def test_a_mistake_is_named(folder: Path, words: tuple[str, ...], said: str) -> None:
    assert said in connect(folder, *words, expect=2).stderr


def test_somebody_who_sits_there_is_asked_and_the_secret_is_not_shown(folder: Path, instance: Server) -> None:
    shown = _typed(
        [sys.executable, "-m", "listener", "--config", ".", "connect", "mastodon"],
        folder,
        [
            ("  access_token: ", TOKEN),
            ("  instance (", instance.base),
            ("KEY=VALUE", "mentions=true"),
            ("KEY=VALUE", "colour=red"),
            ("no option 'colour'", ""),
            ("KEY=VALUE", ""),
        ],
    )
    assert "signed in at 127.0.0.1 as @acmehelp" in shown
    assert TOKEN not in shown
    assert TOKEN in (folder / "secrets.toml").read_text()
    assert (folder / "secrets.toml").stat().st_mode & 0o077 == 0
    assert "mentions = true" in (folder / "listener.toml").read_text()


def _typed(command: list[str], folder: Path, turns: list[tuple[str, str]]) -> str:
    """All that a terminal shows while each answer is typed once its question stands there."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    shown, seen = "", 0
    for question, answer in turns:
        while question not in shown[seen:]:
            piece = _read(ours)
            assert piece is not None, f"{question!r} never came:\n{shown}"
            shown += piece
        seen = shown.index(question, seen) + len(question)
        if answer or question == "KEY=VALUE":
            os.write(ours, answer.encode() + b"\n")
    while (piece := _read(ours)) is not None:
        shown += piece
    assert running.wait(30) == 0, shown
    os.close(ours)
    return shown


def _read(terminal: int) -> str | None:
    ready, _, _ = select.select([terminal], [], [], 30)
    try:
        return os.read(terminal, 65_536).decode() if ready else None
    except OSError:  # the program has left
        return None

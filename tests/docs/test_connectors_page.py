"""The example of docs/connectors.md works as it stands: a package of its own, found by its entry point."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.contracts.server import Asked, Reply, Server

PAGE = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
POSTS = [
    {"id": "1", "author": "ann", "text": "@acme is late", "created_at": "2026-03-02T12:00:00Z", "url": "https://f.example/1"},
    {"id": "2", "author": "ben", "text": "unreadable", "created_at": "yesterday"},
    {"id": "3", "author": "cat", "text": "thanks @acme!", "created_at": "2026-03-02T12:05:00Z"},
    {"id": "4", "author": "dan", "text": "about something else", "created_at": "2026-03-02T12:06:00Z"},
]  # fmt: skip


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[number]


@pytest.fixture
def forum() -> Iterator[Server]:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/about":
            return Reply(body=b'{"name": "The forum"}')
        later = [post for post in POSTS if int(post["id"]) > int(asked.query["after"] or 0)]
        return Reply(body=json.dumps({"posts": later[:2]}).encode())

    with Server(answer) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, forum: Server) -> Path:
    """The example as an installed package, and settings that use it."""
    site = tmp_path / "site"
    (site / "forum-1.0.dist-info").mkdir(parents=True)
    (site / "forum.py").write_text(block("python"), encoding="utf-8")
    (site / "forum-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: forum\nVersion: 1.0\n")
    points = block("toml").replace('[project.entry-points."listener.connectors"]', "[listener.connectors]")
    (site / "forum-1.0.dist-info" / "entry_points.txt").write_text(points.replace('"', ""))
    source = block("toml", 1).replace("https://forum.example", forum.base)
    (tmp_path / "listener.toml").write_text('agent = "ada"\n' + source)
    (tmp_path / "brands.toml").write_text("[[brand]]\nname = 'Acme'\nhandles = ['acme']\n")
    return tmp_path


def listener(folder: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder / "site"), "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-m", "listener", "--config", str(folder), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_is_about_sixty_lines() -> None:
    assert sum(bool(line.strip()) for line in block("python").splitlines()) <= 65


def test_the_example_is_found_polled_and_resumed(folder: Path, forum: Server) -> None:
    assert "posts of a forum" in listener(folder, "connect")
    (report,) = (json.loads(line) for line in listener(folder, "poll", "--json").splitlines() if "our-forum" in line)
    assert (report["read"], report["matched"], report["stored"], report["rejected"]) == (3, 2, 2, 1)
    assert "unreadable" in listener(folder, "coverage", "--rejects", "--json")
    (again,) = (json.loads(line) for line in listener(folder, "poll", "--json").splitlines() if "our-forum" in line)
    assert again["read"] == 0
    assert forum.asked[-1].query["after"] == "4"

"""A brand whose customers praise in words of blame: sixty corrections at the desk, and what becomes of them."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from listener.cli import app
from listener.cli.session import flags
from listener.clock import SystemClock
from tests.classifiers import slang
from tests.classifiers.slang import Kind, Post
from tests.demo import write_settings

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
BRANDS = '[[brand]]\nname = "Acme"\nhandles = ["acme"]\n'
CORRECTED = 60
MIX = (0.4, 0.4, 0.2)
"""Of praise in words of blame, of blame in the same words, and of all else."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A team with one brand and nothing heard yet."""
    config = write_settings(tmp_path / "config", brands=BRANDS)
    monkeypatch.setattr(flags, "config", config)
    monkeypatch.setattr(flags, "database", tmp_path / "listener.db")
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW)
    return tmp_path


def typed(home: Path, *words: str, given: str = "") -> tuple[str, str]:
    """What `listener …` prints: data, narration."""
    at = ("--config", str(home / "config"), "--db", str(home / "listener.db"), "--as", "ada")
    done = CliRunner().invoke(app, [*at, *words], input=given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


def written(home: Path, posts: list[Post], name: str, begin: datetime) -> Path:
    """As a file to import: an author a post."""
    file = home / f"{name}.jsonl"
    with file.open("w", encoding="utf-8") as stream:
        for n, post in enumerate(posts):
            text = post.text if "@acme" in post.text else f"@acme {post.text}"
            told = {
                "id": f"{name}{n}",
                "text": text,
                "author": f"{name}_{n}",
                "created_at": (begin + timedelta(minutes=30) * n).isoformat(),
                "url": f"https://example.com/{name}{n}",
            }
            stream.write(json.dumps(told) + "\n")
    return file


def test_sixty_corrections_by_hand_are_learnt_shown_adopted_measured_and_taken_back(home: Path) -> None:
    posts = slang.posts(slang.COFFEE, 320, seed=3, mix=MIX)
    typed(home, "import", str(written(home, posts, "past", NOW - timedelta(days=7))))
    kinds = {f"past_{n}": post.kind for n, post in enumerate(posts)}
    cases = [json.loads(row) for row in typed(home, "inbox", "--limit", "1000", "--json")[0].splitlines()]
    heard = [case for case in cases if case["reason"] == "complaint"]
    misread = [case for case in heard if kinds[case["handle"]] is Kind.SLANG]
    right = [case for case in heard if kinds[case["handle"]] is Kind.BLAME]
    assert min(len(misread), len(right)) >= CORRECTED
    _relabel(home, misread[:CORRECTED], "praise")
    _relabel(home, right[:CORRECTED], "complaint")

    said = " ".join(typed(home, "adapt", "Acme", "--preview"))
    told = re.search(r"Last week it would have changed (\d+) of (\d+) posts", said)
    assert told is not None, said
    assert 0 < int(told[1]) < int(told[2])
    assert typed(home, "adapt", "--list")[0].strip().count("\n") == 0

    typed(home, "adapt", "Acme", "--yes")
    later = slang.posts(slang.COFFEE, 40, seed=4, mix=(1.0, 0.0, 0.0))
    typed(home, "import", str(written(home, later, "new", NOW - timedelta(hours=21))))
    with_head = _praised(home, "new")

    typed(home, "accuracy", "--brand", "Acme")
    typed(home, "adapt", "Acme", "--rollback")
    typed(home, "import", str(written(home, later, "back", NOW - timedelta(hours=21))))
    assert with_head > 3 * _praised(home, "back")


def _relabel(home: Path, cases: list[dict[str, object]], label: str) -> None:
    typed(home, "case", "relabel", "-", "--label", label, given="\n".join(str(case["id"]) for case in cases))


def _praised(home: Path, name: str) -> int:
    rows = typed(home, "mentions", "--label", "praise", "--since", "2026-03-29", "--json")[0].splitlines()
    return sum(json.loads(row)["handle"].startswith(f"{name}_") for row in rows)

"""A newcomer's first quarter of an hour, command by command."""

import json
import shutil
from pathlib import Path

import pytest

from tests.demo import POSTS, listener, write_settings

OUTAGE = "2026-03-09"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`listener init` and then the demo's brands, since nobody talks about the sample brands of the templates."""
    listener("init", str(tmp_path / "config"), cwd=tmp_path)
    demo = write_settings(tmp_path / "demo")
    for name in ("brands.toml", "routing.toml", "alerts.toml"):
        shutil.copy(demo / name, tmp_path / "config" / name)
    return tmp_path


def test_from_nothing_to_a_first_answer_and_a_digest(folder: Path) -> None:
    def run(*words: str, expect: int = 0) -> str:
        return listener(*words, cwd=folder, expect=expect).stdout

    run("doctor")
    told = listener("replay", str(POSTS), cwd=folder).stderr
    assert told.count("!! ") >= 1, "the spike was not told on the console"

    listed = [json.loads(line) for line in run("inbox", "--json").splitlines()]
    assert listed
    taken = json.loads(run("--as", "ada", "next", "--json"))
    case = str(taken["case"]["id"] if "case" in taken else taken["id"])
    assert "ada" in run("case", "show", case)
    run("--as", "ada", "case", "reply", case, "We are sorry, a colleague is on it now.")
    run("--as", "ada", "case", "resolve", case, "--how", "refund sent")
    assert case not in {str(json.loads(line)["id"]) for line in run("inbox", "--json").splitlines()}

    run("digest", "--day", OUTAGE, "--format", "html", "--out", "day.html")
    assert "Fernpost" in (folder / "day.html").read_text(encoding="utf-8")
    spikes = [json.loads(line) for line in run("alerts", "--days", "3650", "--json").splitlines()]
    assert [spike["kind"] for spike in spikes] == ["spike"]


def test_a_command_without_settings_says_how_to_get_them(tmp_path: Path) -> None:
    failed = listener("inbox", cwd=tmp_path, expect=2)
    assert "listener init" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert failed.stdout == ""


def test_posts_imported_as_history_open_cases_and_page_nobody(folder: Path) -> None:
    outage = [line for line in POSTS.read_text(encoding="utf-8").splitlines(keepends=True) if f'"{OUTAGE}T' in line]
    (folder / "outage.jsonl").write_text("".join(outage), encoding="utf-8")
    done = listener("import", "outage.jsonl", cwd=folder)
    assert "!! " not in done.stderr
    assert listener("inbox", "--json", cwd=folder).stdout
    assert listener("alerts", "--days", "3650", "--json", cwd=folder).stdout == ""

"""The README is true: every command in it works, every promise about the tree can be looked up."""

import re
from pathlib import Path

from tests import warm
from tests.architecture.source import ROOT
from tests.docs.shell import commands, run_all

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_of_the_readme_does_what_it_says(tmp_path: Path) -> None:
    assert run_all(README, tmp_path, warm.server().parent) == []


def test_the_readme_shows_enough_commands_to_be_worth_running() -> None:
    assert len(list(commands(README))) >= 25


def test_the_readme_stays_readable() -> None:
    assert README.count("\n") <= 250


def test_every_file_and_folder_the_readme_names_exists() -> None:
    named = re.findall(r"`((?:listener|classifiers|config|tests|docs|benchmarks)/[\w./-]*)`", README)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_make_knows_the_goals_that_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    goals = set(re.findall(r"\bmake ([a-z]+)\b", README))
    assert {"demo", "test"} <= goals
    assert [goal for goal in goals if not re.search(rf"^{goal}:", makefile, re.MULTILINE)] == []
    assert "listener demo" in makefile


def test_a_command_that_fails_is_caught(tmp_path: Path) -> None:
    document = "```console\n$ listener nosuch\n$ listener --version   # exit 3\n$ true \\\n    && false\noutput\n```\n"
    assert [fault.partition(":")[0] for fault in run_all(document, tmp_path)] == ["line 2", "line 3", "line 5"]
    assert run_all("```console\n$ export A=b\n$ test $A = b\n$ false  # exit 1\n```\n", tmp_path) == []

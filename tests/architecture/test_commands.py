"""Every command explains itself and is found in the README or in a page of docs/."""

from collections.abc import Iterator

import pytest
from typer.main import get_command

from listener.cli import app
from tests.architecture.source import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> Iterator[tuple[str, object]]:
    """(words typed, command) for every leaf of the command tree."""
    waiting: list[tuple[str, object]] = [("", get_command(app))]
    while waiting:
        words, command = waiting.pop()
        children = getattr(command, "commands", None)
        if children is None:
            yield words, command
        else:
            waiting += [(f"{words} {name}".strip(), child) for name, child in children.items()]


ALL = dict(commands())


@pytest.mark.parametrize("words", sorted(ALL))
def test_a_command_and_each_of_its_options_has_help(words: str) -> None:
    command = ALL[words]
    assert (getattr(command, "help", "") or "").strip(), f"listener {words} has no docstring"
    undocumented = [
        parameter.name
        for parameter in getattr(command, "params", ())
        if getattr(parameter, "opts", [""])[0].startswith("-") and not getattr(parameter, "help", None)
    ]
    assert undocumented == []


@pytest.mark.parametrize("words", sorted(ALL))
def test_a_command_is_found_in_the_documents(words: str) -> None:
    assert f"listener {words}" in " ".join(" ".join(page.read_text(encoding="utf-8") for page in PAGES).split())


def test_the_commands_a_team_needs_daily_are_there() -> None:
    daily = {"init", "doctor", "run", "poll", "replay", "inbox", "next", "case show", "case reply", "digest", "voice"}
    assert daily <= set(ALL)

"""`listener desk` where there is no terminal, or no Textual."""

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest

from listener.cli.exits import Exit
from tests.cli.office import counter


def test_in_a_pipe_the_desk_names_the_commands_that_do_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = counter(tmp_path / "settings", monkeypatch).types("desk")
    assert typed.code == Exit.USAGE
    assert "the desk needs a terminal" in typed.err
    assert "listener inbox" in typed.err


def test_without_textual_the_desk_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any, **named: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "textual":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *more, **named)

    for name in [name for name in sys.modules if name.startswith(("textual", "listener.tui"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    typed = counter(tmp_path / "settings", monkeypatch).types("desk")
    assert typed.code == Exit.USAGE
    assert "pip install 'social-support-listener[tui]'" in typed.err

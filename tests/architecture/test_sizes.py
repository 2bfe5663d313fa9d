"""Files and functions stay small enough to read; names say what they hold."""

import ast
import re
import statistics
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, functions, modules

MOST_LINES_OF_A_FILE = 350
MOST_LINES_OF_A_FUNCTION = 50
# A migration is a frozen list of statements, in order: cutting it up would hide what a schema once was.
FROZEN = ROOT / "listener" / "store" / "migrations" / "versions"
SAYS_NOTHING = re.compile(r"(^|_)(utils?|helpers?|managers?|processors?|common|misc|base_?config)(_|$)")


def too_long_functions(source: str, most: int = MOST_LINES_OF_A_FUNCTION) -> list[str]:
    return [
        f"{found.name} at line {found.lineno}: {lines} lines"
        for found in functions(ast.parse(source))
        if (lines := (found.end_lineno or found.lineno) - found.lineno + 1) > most
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_no_longer_than_350_lines_and_its_functions_than_50(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MOST_LINES_OF_A_FILE
    assert path.is_relative_to(FROZEN) or too_long_functions(source) == []


def test_functions_are_short_by_habit() -> None:
    lengths = [
        (found.end_lineno or found.lineno) - found.lineno + 1
        for path in modules()
        for found in functions(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert statistics.median(lengths) <= 12
    assert sum(length > 30 for length in lengths) <= len(lengths) * 0.05


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in modules() if SAYS_NOTHING.search(path.stem)] == []


def test_the_rules_catch_what_they_forbid() -> None:
    long = "def f():\n" + "    x = 1\n" * 60
    assert too_long_functions(long) == ["f at line 1: 61 lines"]
    assert SAYS_NOTHING.search("string_utils")
    assert not SAYS_NOTHING.search("turns")

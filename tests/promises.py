"""What is promised, and what proves it: `python -m tests.promises` prints it, `--write` makes docs/PROMISES.md."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "PROMISES.md"
CARRIES = re.compile(r"^(?:async )?def (test_((?:[A-L]\d+_)+)\w*)\(", re.MULTILINE)
MOVING = "tests/store/test_moving.py"
HEAD = """# Promises

What the listener promises, and what proves it. Made by `python -m tests.promises --write` of `tests/promises.toml` and
of the tests themselves; a test says whether it is up to date.

- **kept**: tests prove it, and one of them shows a broken listener being caught.
- **tested**: tests prove it; that they catch the fault was seen by hand, if at all.
- **not yet promised**: nothing proves it.

A star marks those without which nothing is released. *On a server*: so many of the tests are asked of a store on
PostgreSQL as well; the others are about what happens before anything is stored, or about SQLite's file.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise."""

    id: str
    says: str
    gate: bool = False
    control: str = ""
    figure: str = ""
    tests: tuple[str, ...] = field(default=())
    """Files and tests, as pytest names them."""

    @property
    def state(self) -> str:
        if not self.tests:
            return "not yet promised"
        return "kept" if self.control else "tested"


def promises() -> list[Promise]:
    """All, with the tests that name them and those that are named."""
    known = tomllib.loads((ROOT / "tests" / "promises.toml").read_text(encoding="utf-8"))
    carried = carriers()
    return [
        Promise(id=id_, **{**told, "tests": tuple(dict.fromkeys([*carried.get(id_, ()), *told.get("tests", ())]))})
        for id_, told in known.items()
    ]


def carriers() -> dict[str, list[str]]:
    """Promise → tests that bear its id in their name."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, ids in CARRIES.findall(file.read_text(encoding="utf-8")):
            for id_ in ids.rstrip("_").split("_"):
                found.setdefault(id_, []).append(f"{file.relative_to(ROOT)}::{name}")
    return found


def served() -> frozenset[str]:
    """Tests that are asked of PostgreSQL, as pytest collects them."""
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:randomly", "tests/store"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    asked = {line.partition("[") for line in listed if "::" in line}
    return frozenset(test for test, _, which in asked if "postgresql" in which or test.startswith(MOVING))


def page() -> str:
    rows = [
        "| | promise | state | last measured | proved by | on a server | shown to catch |",
        "|---|---|---|---|---|---|---|",
    ]
    on_server = served()
    return HEAD + "\n".join([*rows, *(_row(one, on_server) for one in promises())]) + "\n"


def _row(one: Promise, on_server: frozenset[str]) -> str:
    star = " ★" if one.gate else ""
    files = ", ".join(f"`{file}` ({count})" if count else f"`{file}`" for file, count in _files(one.tests))
    control = f"`{one.control.partition('::')[2]}`" if one.control else ""
    there = sum(test in on_server for test in one.tests) or ""
    return f"| {one.id}{star} | {one.says} | **{one.state}** | {one.figure} | {files} | {there} | {control} |"


def _files(tests: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Each file, and how many of its tests, none for all."""
    for file in dict.fromkeys(test.partition("::")[0] for test in tests):
        yield file, 0 if file in tests else sum(test.startswith(f"{file}::") for test in tests)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())

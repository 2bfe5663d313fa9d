"""E6: whoever writes a file does it through `listener.files`, or is named here with how it stays whole."""

import ast

import pytest

from tests.architecture.source import ROOT

OWN_WAY = {
    "listener/files.py": "is the way",
    "listener/cli/export.py": "into a file that `in_one_piece` gives its place",
    "listener/cli/insight.py": "into a file that `in_one_piece` gives its place",
    "listener/cli/rights.py": "into a file that `in_one_piece` gives its place",
    "listener/cli/drivers.py": "into a file that `in_one_piece` gives its place",
    "listener/cli/db.py": "into a file that `in_one_piece` gives its place",
    "listener/cli/__init__.py": "writes to nowhere, for a pipe that was closed",
    "listener/web/offline.py": "into a folder that takes its place once every file in it is on the disk",
    "listener/store/backup.py": "a copy that is checked by its SHA-256 before it takes the database's place",
    "listener/store/ballast.py": "under another name until all of it is on the disk",
    "listener/connectors/spool.py": "a log, read up to its last whole line",
}
METHODS = frozenset({"write_text", "write_bytes", "touch", "copyfile", "copy", "copy2"})
MAKERS = frozenset({"NamedTemporaryFile", "mkstemp"})


def writes(source: str) -> list[int]:
    """Lines that make or write a file, as far as they can be told from their words."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and _writes(node)]


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = [*call.args, *(one.value for one in call.keywords)]
    if name in ("copy", "copy2", "touch"):
        return isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in ("shutil", "fresh")
    if name == "open":
        flags = " ".join(ast.unparse(one) for one in given)
        modes = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return any(name in flags for name in ("O_WRONLY", "O_RDWR")) or any(
            set(mode) <= set("rwaxbt+") and set(mode) & set("wax+") for mode in modes
        )
    return name in METHODS or name in MAKERS


def test_E6_nobody_writes_a_file_past_the_one_way() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "listener").rglob("*.py"))
        if writes(path.read_text(encoding="utf-8"))
    }
    assert found - set(OWN_WAY) == set()
    assert set(OWN_WAY) - found == set(), "named here, and writes no more"


@pytest.mark.parametrize(
    "line",
    ["path.write_text('a')", "open(path, 'w')", "path.open(mode='ab')", "os.open(path, os.O_WRONLY)",
     "NamedTemporaryFile('w')", "shutil.copyfile(a, b)", "path.open('x', encoding='utf-8')"],
)  # fmt: skip
def test_E6_control_a_file_written_in_its_place_is_caught(line: str) -> None:
    assert writes(line) == [1]


@pytest.mark.parametrize("line", ["path.open()", "open(path, 'rb')", "os.open(path, os.O_RDONLY)", "held.copy()"])
def test_reading_is_not_writing(line: str) -> None:
    assert writes(line) == []

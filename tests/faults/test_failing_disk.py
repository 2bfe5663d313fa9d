"""B4: a disk that fails at any of its acts leaves each change whole or undone; what was acknowledged stays."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("apsw", reason="needs apsw, through which the disk fails")

from listener.store import open_store
from tests.faults.explorer import plain, record, statements
from tests.faults.failing import LOOK, Came, Fate, fates, play
from tests.faults.workload import a_day

pytestmark = pytest.mark.sqlite

Day = tuple[Path, list[list[str]], list[str]]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A fresh file, the day's transactions, and the states before and after each of them."""
    folder = tmp_path_factory.mktemp("day")
    for name in ("said", "played", "fresh"):
        (folder / name).mkdir()
    said = statements(lambda store: a_day(store, pages=1), folder / "said" / "listener.db")
    states = record(folder / "played", said, journal="TRUNCATE", synchronous="FULL").states
    fresh = folder / "fresh" / "listener.db"
    open_store(fresh).close()
    plain(fresh)
    return fresh, said, states


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: each of some hundred days syncs some ten times."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as name:
        yield Path(name)


def fault(came: Came, states: list[str]) -> str:
    """What is wrong with what a failing disk left; empty if nothing is."""
    held = states.index(came.state) if came.state in states else -1
    if held < 0:
        return f"half a change: {came.state[:60]}"
    if held < len(came.acks):
        return "acknowledged, then gone"
    if held > len(came.acks) and not any(LOOK in said for said in came.told):
        return "kept, though it was said to be undone"
    if held < len(states) - 1 and not came.told:
        return "silent"
    unclear = [said for said in came.told if "bug" in said or " -> " not in said]
    return f"unclear: {unclear}" if unclear else ""


@pytest.mark.parametrize("journal", ["WAL", "TRUNCATE"])
def test_B4_wherever_the_disk_fails_a_change_is_whole_or_undone(
    day: Day, memory: Path, journal: str, request: pytest.FixtureRequest
) -> None:
    """Every act with `--crash-states 100000`; else each sync, truncation and deletion, and some reads and writes."""
    fresh, said, states = day
    every = 1 if int(request.config.getoption("--crash-states")) > 10_000 else 9
    told, doubted = 0, 0
    for fate in list(fates(Path(shutil.copy(fresh, memory / "free.db")), said, journal, every)):
        path = Path(shutil.copy(fresh, memory / "listener.db"))
        came = play(path, said, journal, fate)
        assert fault(came, states) == "", (fate, came)
        told += bool(came.told)
        doubted += came.state != states[len(came.acks)]
        for left in memory.glob("listener.db*"):
            left.unlink()
    sys.stdout.write(f"{journal}: {told} failures told, after {doubted} of them the change was there all the same\n")
    assert told > 20


@pytest.mark.parametrize("journal", ["WAL", "TRUNCATE"])
def test_B4_control_a_store_that_swallows_the_error_is_caught(day: Day, memory: Path, journal: str) -> None:
    fresh, said, states = day
    found = set()
    for at in range(1, 40, 3):
        path = Path(shutil.copy(fresh, memory / f"{at}.db"))
        came = play(path, said, journal, Fate(kind="write", at=at, lasting=True), swallows=True)
        found.add(fault(came, states))
    assert "acknowledged, then gone" in found, found

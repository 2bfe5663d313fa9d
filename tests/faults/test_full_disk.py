"""B3: a disk that is full at any moment of a day's work: all that was acknowledged is there, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("apsw", reason="needs apsw, as the explorer whose states these are")
pytest.importorskip("resource", reason="needs limits on the size of files")

from listener.cli.exits import Exit
from listener.store import open_store
from tests.faults.brimming import DENIED
from tests.faults.limited import looked_at, unhindered, work_under

pytestmark = pytest.mark.sqlite

STEPS = 12


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fresh") / "listener.db"
    open_store(path).close()
    return path


def states_and_limits(fresh: Path, folder: Path) -> tuple[list[str], list[int]]:
    path = Path(shutil.copy(fresh, folder / "free.db"))
    begin = path.stat().st_size
    states = unhindered(path)
    grown = max(path.stat().st_size, begin)
    return states, [4096 * n for n in range(8, grown // 4096 + 8, max(1, grown // 4096 // STEPS))]


def test_B3_wherever_the_disk_is_full_nothing_is_half_written(fresh: Path, tmp_path: Path) -> None:
    """In steps from a log that can't grow to a file that may hold it all."""
    states, limits = states_and_limits(fresh, tmp_path)
    stopped: set[int] = set()
    for limit in limits:
        path = Path(shutil.copy(fresh, tmp_path / f"{limit}.db"))
        told = work_under(path, limit)
        # An erasure that can't empty the log says that it was done, and what is left of it.
        done = told.acks + told.error.startswith("it was erased, but")
        assert looked_at(path) == states[done], (limit, told)
        assert told.read >= 0
        if told.error:
            assert told.code == Exit.DISK_FULL, told
            assert "full" in told.error
            assert told.next_step
        stopped.add(told.acks)
    assert len(stopped) > 3, "the limits met the work at too few of its moments"


def test_B3_control_a_store_that_swallows_the_error_is_caught(fresh: Path, tmp_path: Path) -> None:
    states, limits = states_and_limits(fresh, tmp_path)
    path = Path(shutil.copy(fresh, tmp_path / "limited.db"))
    told = work_under(path, limits[0], swallows=True)
    assert told.acks > 0
    assert looked_at(path) != states[told.acks]


@pytest.fixture(scope="module")
def brimming(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The same day with the ballast and without it, each on a file system filled to the last byte."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("only root can mount a small file system to fill")
    folder = tmp_path_factory.mktemp("brimming")
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, "-m", "tests.faults.brimming", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == DENIED or "unshare" in done.stderr:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_B3_on_a_full_disk_people_read_resolve_and_erase_and_no_post_takes_their_room(
    brimming: dict[str, dict[str, Any]],
) -> None:
    day = brimming["kept"]
    assert day["made"]
    assert (day["read"], day["resolve"], day["erase"]) == ("", "", "")
    assert day["posts"].startswith("DiskFull: the disk is full but for")
    assert "free at least 64 MiB" in day["posts"]
    assert day["left"] == 0
    assert day["made again"]
    assert (day["posts later"], day["damage"]) == ("", "")


def test_B3_control_without_the_ballast_nobody_resolves_or_erases(brimming: dict[str, dict[str, Any]]) -> None:
    day = brimming["bare"]
    for act in ("posts", "resolve", "erase"):
        assert day[act].startswith("DiskFull: "), (act, day)
        assert "space" in day[act]
    assert (day["posts later"], day["damage"]) == ("", "")

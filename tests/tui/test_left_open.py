"""B6: a desk that is left open over a list reads no state of the past, so the log beside the database is used anew."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from listener.store import open_store
from listener.store.engine import journal_for, sqlite_module, version_of
from tests.builders import NOON, scored
from tests.triage.builders import office
from tests.tui.seats import At, at_the_desk

WRITES = 20
MOST_LOG_BYTES = 8 << 20
"""SQLite begins the log anew at 4 MiB; a commit may stand before that."""


def log_after_a_busy_day(folder: Path, *, holds: bool = False) -> int:
    """Bytes that the log grew to while others wrote 20 MiB; with `holds` the screen keeps its state: the seeded bug."""
    if journal_for(version_of(sqlite_module())) != "wal":
        pytest.skip("there is no log with a rollback journal")
    sizes: list[int] = []
    with office(folder) as room:
        room.hears()
        path = room.store._path  # type: ignore[attr-defined]

        async def day(at: At) -> None:
            others = open_store(path)
            with ExitStack() as kept:
                if holds:
                    kept.enter_context(room.store.read())
                for page in range(WRITES):
                    posts = [scored(text=f"{page} {n} " + "word " * 5_000, native_id=f"{page}-{n}") for n in range(40)]
                    with others.write() as tx:
                        tx.save_mentions(posts, NOON)
                    await at.look()
                    sizes.append(path.with_name(f"{path.name}-wal").stat().st_size)
            others.close()

        at_the_desk(room, day)
    return max(sizes)


@pytest.mark.sqlite
def test_B6_a_desk_left_open_lets_the_log_be_used_anew(tmp_path: Path) -> None:
    assert log_after_a_busy_day(tmp_path) < MOST_LOG_BYTES


@pytest.mark.sqlite
def test_B6_control_a_screen_that_keeps_what_it_read_is_caught(tmp_path: Path) -> None:
    assert log_after_a_busy_day(tmp_path, holds=True) > MOST_LOG_BYTES

"""Writers take turns; a failed unit of work leaves nothing."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from listener.errors import Retry, StoreError
from listener.ports import Store
from listener.store import open_store, turns
from listener.store.engine import sqlite_module
from tests.builders import NOON, scored
from tests.store.steps import save


def test_nothing_is_kept_of_a_unit_of_work_that_fails(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as tx:
        tx.save_mentions([scored()], NOON)
        tx.save_cursor("x", "1", NOON)
        _ = 1 / 0
    with store.read() as reads:
        assert (reads.stats().mentions, reads.cursor("x")) == (0, "")


def test_only_one_process_is_at_a_task_at_a_time(store: Store) -> None:
    with store.alone("run"), pytest.raises(Retry, match="another listener run"), store.alone("run"):
        pass
    with store.alone("run"), store.alone("backfill"):
        pass


def test_a_writer_whose_turn_never_comes_is_told(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns.in_turn, "__defaults__", (0.05,))
    with store.write(), pytest.raises(StoreError, match="busy") as told, open_store(path).write():
        pass
    assert told.value.next_step


def test_B5_threads_that_all_write_at_once_all_succeed(store: Store) -> None:
    def work(number: int) -> None:
        for step in range(10):
            save(store, scored(native_id=f"{number}-{step}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as reads:
        assert reads.stats().mentions == 40


def test_a_reader_sees_one_state_while_others_write(path: Path, store: Store) -> None:
    if sqlite_module().sqlite_version_info < (3, 51, 3):
        pytest.skip("with a rollback journal a writer waits for readers")
    with store.read() as reads:
        save(store)
        assert reads.stats().mentions == 0
    with store.read() as reads:
        assert reads.stats().mentions == 1


def test_a_commit_waits_for_readers_of_a_rollback_journal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.store.database.journal_for", lambda version: "truncate")
    store = open_store(path)
    reading, written = threading.Event(), threading.Event()

    def read() -> None:
        with store.read() as reads:
            assert reads.stats().mentions == 0
            reading.set()
            assert not written.wait(0.1)  # the commit can't have happened while this snapshot is held

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait()
    save(store)
    written.set()
    reader.join()
    with store.read() as reads:
        assert reads.stats().mentions == 1
    store.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from listener.store import open_store
from tests.builders import NOON, scored
from tests.store.steps import draft

store = open_store(Path(sys.argv[1]))
with store.write() as tx:
    steps = int(sys.argv[2])
    if steps > 0:
        saved = tx.save_mentions([scored(native_id=str(n)) for n in range(500)], NOON)
    if steps > 1:
        tx.open_case(draft(saved[0]))
    if steps > 2:
        tx.save_cursor("x", "after", NOON)
    if steps > 3:
        tx.delete_mentions([saved[1].scored.mention.key], NOON)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_A1_a_kill_before_the_commit_leaves_nothing(path: Path, store: Store, steps: int) -> None:
    save(store, scored(native_id="first"))
    before = _content(store)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(steps)], env={**os.environ, "PYTHONPATH": "."}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert _content(store) == before


def test_A1_control_a_commit_before_the_kill_stays(path: Path, store: Store) -> None:
    kept = KILLED.replace("    os.kill", "os.kill")
    subprocess.run([sys.executable, "-c", kept, str(path), "3"], env={**os.environ, "PYTHONPATH": "."}, check=False)
    with store.read() as reads:
        assert (reads.stats().mentions, reads.cursor("x")) == (500, "after")


def _content(store: Store) -> object:
    with store.read() as reads:
        return reads.stats(), reads.cursor("x"), reads.tallies(NOON, NOON.replace(hour=13))


def write_while_another_does(path: Path, store: Store) -> list[Exception]:
    """What was said to four who begin to write while a fifth is at it, which ends when all four have tried."""
    begun = [threading.Event() for _ in range(4)]
    failed: list[Exception] = []

    def work(number: int) -> None:
        mine = open_store(path)
        begun[number].set()
        try:
            save(mine, scored(native_id=f"{number}"))
        except StoreError as error:
            failed.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    with store.write() as tx:
        tx.save_cursor("x", "held", NOON)
        for thread, event in zip(threads, begun, strict=True):
            thread.start()
            event.wait()
        for thread in threads:
            thread.join(0.05)
    for thread in threads:
        thread.join()
    return failed


def test_B5_who_begins_while_another_writes_waits_and_succeeds(path: Path, store: Store) -> None:
    assert write_while_another_does(path, store) == []
    with store.read() as reads:
        assert reads.stats().mentions == 4


def test_B5_control_a_writer_that_gives_up_at_once_is_caught(
    path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listener.store.database.in_turn", lambda statement: statement())
    failed = write_while_another_does(path, store)
    assert failed
    assert all("busy" in str(error) for error in failed)

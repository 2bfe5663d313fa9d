"""Room kept for the day the disk is full: when it is there, when it goes, and who may use it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from listener.errors import DiskFull
from listener.ports import Store
from listener.store import ballast, open_store, place
from tests.builders import scored
from tests.store.steps import change, open_case, save

Room = Callable[[int], None]


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """Says how many bytes the disk has free."""
    return lambda free: monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))


def test_it_is_made_whole_for_its_owner_alone_and_once(path: Path, store: Store) -> None:
    assert ballast.keep(path)
    file = ballast.beside(path)
    assert (file.stat().st_size, file.stat().st_mode & 0o777) == (ballast.BYTES, 0o600)
    before = file.stat().st_mtime_ns
    assert ballast.keep(path)
    assert file.stat().st_mtime_ns == before
    assert not file.with_name(f"{file.name}.new").exists()


def test_it_holds_real_room_and_no_hole(path: Path, store: Store) -> None:
    ballast.keep(path)
    assert ballast.beside(path).stat().st_blocks * 512 >= ballast.BYTES


def test_one_that_was_cut_off_is_made_anew(path: Path, store: Store) -> None:
    ballast.beside(path).write_bytes(b"half")
    assert ballast.keep(path)


def test_a_disk_with_little_room_is_not_filled_by_it(path: Path, store: Store, room: Room) -> None:
    room(2 * ballast.BYTES - 1)
    assert not ballast.keep(path)
    assert not ballast.beside(path).exists()


def test_a_disk_that_fails_meanwhile_leaves_no_half_of_it(
    path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(ballast.os, "fsync", fails)
    assert not ballast.keep(path)
    assert [file.name for file in path.parent.iterdir() if "ballast" in file.name] == []


def test_B3_it_goes_when_the_disk_is_nearly_full_and_acts_go_on(path: Path, store: Store, room: Room) -> None:
    case = open_case(store, save(store)[0])
    ballast.keep(path)
    room(ballast.LEAST_BYTES - 1)
    with store.write() as tx:
        tx.change_case(case.id, case.version, change())
    assert ballast.held(path) == 0


def test_B3_posts_leave_its_room_alone(path: Path, store: Store, room: Room) -> None:
    save(store, scored(native_id="before"))
    room(ballast.LEAST_BYTES + ballast.BYTES - 1)
    with pytest.raises(DiskFull, match="no post was taken in") as told:
        save(store, scored(native_id="late"))
    assert "free at least" in told.value.next_step
    with store.read() as reads:
        assert reads.stats().mentions == 1
    room(ballast.LEAST_BYTES + ballast.BYTES)
    assert save(store, scored(native_id="late"))


def test_B3_what_meets_a_full_disk_all_the_same_sets_it_free_and_says_so(path: Path, store: Store) -> None:
    """A quota, which the free bytes of the disk say nothing of."""
    save(store)
    ballast.keep(path)
    with pytest.raises(DiskFull, match="were set free") as told, store.write() as tx:
        pages = tx._db.exec_driver_sql("PRAGMA page_count").scalar()
        tx._db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        tx.save_mentions([scored(text="x" * 60_000, native_id=str(n)) for n in range(60)], scored().mention.created_at)
    assert "do it again" in told.value.next_step
    assert ballast.held(path) == 0


def test_a_reader_on_a_nearly_full_disk_frees_it_too(path: Path, store: Store, room: Room) -> None:
    ballast.keep(path)
    room(0)
    open_store(path, read_only=True).close()
    assert ballast.held(path) == 0


@pytest.mark.parametrize(("kind", "journal"), [("nfs4", "truncate"), ("cifs", "truncate"), ("ext4", "")])
def test_B4_on_another_machines_disk_there_is_no_write_ahead_log(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, journal: str
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / {tmp_path} rw shared:7 - {kind} far:/x rw\n")
    usual = _journal(path)
    monkeypatch.setattr(place, "MOUNTS", mounts)
    assert _journal(path) == (journal or usual)
    assert path.with_name(f"{path.name}-wal").exists() is False


def _journal(path: Path) -> str:
    store = open_store(path)
    save(store)
    with store.read() as reads:
        mode = reads.stats().journal_mode
    store.close()
    return mode

"""I4: a backup is what it says and comes back; G3: what was erased since does not come back with it."""

import hashlib
import json
import multiprocessing
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from listener.errors import StoreError
from listener.store import backup, open_store
from listener.store.engine import sqlite_module
from tests.builders import NOON, author, scored
from tests.store.steps import save

PROCESSES = multiprocessing.get_context("spawn")


def stored(path: Path, *native_ids: str, who: str = "ann") -> None:
    store = open_store(path)
    save(store, *(scored(f"@acme late {one}", one, author=author(who)) for one in native_ids))
    store.close()


def texts(path: Path) -> list[str]:
    db = sqlite_module().connect(path)
    rows = [row[0] for row in db.execute("SELECT text FROM mentions ORDER BY id")]
    db.close()
    return rows


@pytest.fixture
def taken(path: Path, tmp_path: Path) -> backup.Backup:
    stored(path, "1", "2")
    return backup.back_up(path, tmp_path / "backups", NOON)


def test_I4_a_backup_holds_what_was_committed_and_its_manifest_says_so(taken: backup.Backup, path: Path) -> None:
    assert texts(taken.file) == texts(path)
    assert (taken.manifest.mentions, taken.manifest.sha256) == (2, hashlib.sha256(taken.file.read_bytes()).hexdigest())
    assert taken.file.stat().st_mode & 0o077 == 0
    assert backup.check(taken.file) == taken.manifest


def test_I4_restored_is_as_it_was_and_the_old_file_is_kept(taken: backup.Backup, path: Path) -> None:
    stored(path, "3")
    aside = backup.restore(taken.file, path, NOON)
    assert texts(path) == ["@acme late 1", "@acme late 2"]
    assert aside is not None
    assert len(texts(aside)) == 3
    stored(path, "3")  # and goes on
    assert len(texts(path)) == 3


def test_restoring_needs_no_database_there(taken: backup.Backup, tmp_path: Path) -> None:
    new = tmp_path / "elsewhere" / "new.db"
    assert backup.restore(taken.file, new, NOON) is None
    assert len(texts(new)) == 2


def test_G3_what_was_deleted_since_stays_deleted(taken: backup.Backup, path: Path) -> None:
    store = open_store(path)
    with store.write() as tx:
        tx.delete_mentions([scored("", "1").mention.key], NOON)
    store.close()
    backup.restore(taken.file, path, NOON)
    assert texts(path) == ["", "@acme late 2"]
    stored(path, "1")
    assert texts(path) == ["", "@acme late 2"]


def test_G3_also_where_only_a_newer_backup_still_knows_of_it(taken: backup.Backup, path: Path) -> None:
    store = open_store(path)
    with store.write() as tx:
        tx.delete_mentions([scored("", "2").mention.key], NOON)
    store.close()
    backup.back_up(path, taken.file.parent, NOON + timedelta(days=1))
    path.unlink()
    backup.restore(taken.file, path, NOON)
    assert texts(path) == ["@acme late 1", ""]


def test_G3_control_a_restore_that_forgets_what_was_erased_is_caught(
    taken: backup.Backup, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(path)
    with store.write() as tx:
        tx.delete_mentions([scored("", "1").mention.key], NOON)
    store.close()
    monkeypatch.setattr(backup, "_erased_since", lambda *_: set())
    backup.restore(taken.file, path, NOON)
    assert texts(path) != ["", "@acme late 2"]


def test_G3_a_person_forgotten_since_has_no_history_either(taken: backup.Backup, path: Path, tmp_path: Path) -> None:
    store = open_store(path)
    with store.write() as tx:
        tx.note_forgotten([1], "ada", NOON)
        tx.delete_mentions([scored("", n).mention.key for n in "12"], NOON)
    store.close()
    backup.restore(taken.file, path, NOON)
    store = open_store(path)
    with store.read() as reads:
        assert reads.people([1]) == {}
    store.close()
    assert b"@acme late" not in path.read_bytes()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:-1] + b"x"), "not what its manifest says"),
        (lambda file: file.with_suffix(".json").unlink(), "no manifest"),
        (lambda file: file.with_suffix(".json").write_text("{"), "can't be read"),
        (lambda file: file.with_name(f"{file.name}-wal").write_bytes(b""), "live file"),
    ],
    ids=["a byte", "no manifest", "half a manifest", "a log beside it"],
)
def test_I4_what_is_no_sound_backup_is_refused(
    taken: backup.Backup, path: Path, spoil: Callable[[Path], object], says: str
) -> None:
    spoil(taken.file)
    before = texts(path)
    with pytest.raises(StoreError, match=says):
        backup.restore(taken.file, path, NOON)
    assert texts(path) == before


def test_I4_the_copy_of_a_live_file_is_refused(path: Path, tmp_path: Path) -> None:
    stored(path, "1")
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    with pytest.raises(StoreError, match="no manifest"):
        backup.restore(copy, path, NOON)


def test_a_database_in_use_is_not_replaced(taken: backup.Backup, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "PATIENCE", 0.05)
    store = open_store(path)
    with store.read() as reads:
        reads.stats()
        with pytest.raises(StoreError, match=r"in use|busy"):
            backup.restore(taken.file, path, NOON)
    store.close()
    assert len(texts(path)) == 2
    assert [file.name for file in path.parent.iterdir() if "restoring" in file.name] == []


def test_a_damaged_database_is_replaced(taken: backup.Backup, path: Path) -> None:
    path.write_bytes(b"\0" * 8192)
    backup.restore(taken.file, path, NOON)
    assert len(texts(path)) == 2


def test_a_backup_of_an_older_schema_comes_back_upgraded(taken: backup.Backup, path: Path) -> None:
    described = json.loads(taken.file.with_suffix(".json").read_text())
    assert described["schema"] >= "0009"
    backup.restore(taken.file, path, NOON)
    open_store(path).close()


def test_only_the_newest_are_kept(path: Path, tmp_path: Path) -> None:
    stored(path, "1")
    folder = tmp_path / "backups"
    made = [backup.back_up(path, folder, NOON + timedelta(hours=n)) for n in range(4)]
    assert backup.prune(folder, path.stem, 2) == [made[1].file, made[0].file]
    assert [one.file for one in backup.backups(folder, path.stem)] == [made[3].file, made[2].file]


def _writes(path: str, stop: object) -> None:
    store, n = open_store(Path(path)), 0
    while not stop.is_set():  # type: ignore[attr-defined]
        n += 1
        save(store, *(scored(f"@acme late {n} {k}", f"{n}-{k}") for k in range(5)))
    store.close()


def test_I4_backups_taken_while_another_process_writes_are_all_whole(path: Path, tmp_path: Path) -> None:
    stored(path, "0")
    stop = PROCESSES.Event()
    writer = PROCESSES.Process(target=_writes, args=(str(path), stop))
    writer.start()
    try:
        made = [backup.back_up(path, tmp_path / "b", NOON + timedelta(seconds=n)) for n in range(6)]
    finally:
        stop.set()
        writer.join(60)
    counts = [len(texts(one.file)) for one in made]
    assert counts == sorted(counts)
    assert all((count - 1) % 5 == 0 for count in counts)  # a page is there whole or not at all
    for one in made:
        backup.check(one.file)


def copies_at_work(path: Path, tmp_path: Path, copy: Callable[[Path, Path], object]) -> list[int]:
    """Rows in copies that were taken while the store stood open, after each of its commits; −1 for a bad one."""
    store, found = open_store(path), []
    for n in range(4):
        save(store, *(scored("@acme " + "late " * 500, f"{n}-{k}") for k in range(25)))
        target = tmp_path / f"copy{n}.db"
        copy(path, target)
        try:
            found.append(len(texts(target)))
        except sqlite_module().Error:
            found.append(-1)
    store.close()
    return found


def test_I4_a_backup_at_work_holds_every_commit(path: Path, tmp_path: Path) -> None:
    def backed_up(live: Path, target: Path) -> None:
        made = backup.back_up(live, tmp_path / "b", NOON + timedelta(seconds=len([*tmp_path.glob("copy*.db")])))
        shutil.copy(made.file, target)

    assert copies_at_work(path, tmp_path, backed_up) == [25, 50, 75, 100]


def test_I4_control_copying_the_live_file_is_caught(path: Path, tmp_path: Path) -> None:
    """What `cp` takes is stale or damaged: the newest commits stand in the log beside it."""
    if sqlite_module().sqlite_version_info < (3, 51, 3):
        pytest.skip("with a rollback journal a copy between two commits is whole")
    assert copies_at_work(path, tmp_path, shutil.copy) != [25, 50, 75, 100]

"""Which files the store opens, and which it leaves alone."""

import sqlite3
import stat
from pathlib import Path

import pytest

from listener.errors import DiskFull, StoreError
from listener.ports import Store
from listener.store import database, identity, open_store
from listener.store.engine import journal_for, sqlite_module, version_of
from tests.builders import scored
from tests.store.steps import save


@pytest.mark.parametrize(
    ("version", "journal"),
    [
        ((3, 7, 0), "truncate"),
        ((3, 40, 1), "truncate"),
        ((3, 44, 5), "truncate"),
        ((3, 44, 6), "wal"),  # backport
        ((3, 45, 0), "truncate"),
        ((3, 50, 6), "truncate"),
        ((3, 50, 7), "wal"),  # backport
        ((3, 51, 0), "truncate"),
        ((3, 51, 2), "truncate"),
        ((3, 51, 3), "wal"),
        ((3, 53, 4), "wal"),
        ((4, 0, 0), "wal"),
    ],
)
def test_B2_versions_with_the_wal_reset_bug_get_a_rollback_journal(version: tuple[int, int, int], journal: str) -> None:
    assert journal_for(version) == journal


@pytest.mark.sqlite
def test_B2_a_store_uses_the_journal_its_version_allows(store: Store) -> None:
    with store.read() as reads:
        stats = reads.stats()
    assert stats.journal_mode == journal_for(version_of(sqlite_module()))


def test_B2_everything_works_on_an_affected_version_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard library's SQLite, whatever its version, treated as affected."""
    monkeypatch.setattr("listener.store.database.sqlite_module", lambda: sqlite3)
    monkeypatch.setattr("listener.store.database.journal_for", lambda version: "truncate")
    store = open_store(path)
    save(store)
    with store.read() as reads:
        assert reads.stats().journal_mode == "truncate"
        assert reads.stats().mentions == 1
    store.close()
    assert not path.with_name(path.name + "-wal").exists()


def test_B2_a_file_written_with_a_log_is_taken_off_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(path)
    save(store)
    store.close()
    monkeypatch.setattr("listener.store.database.journal_for", lambda version: "truncate")
    store = open_store(path)
    with store.read() as reads:
        assert (reads.stats().journal_mode, reads.stats().mentions) == ("truncate", 1)
    store.close()


def test_a_new_file_is_its_owners_alone_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "listener.db"
    store = open_store(path)
    save(store)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    store.close()


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    path = tmp_path / "50% of?mode=ro#1 é.db"
    store = open_store(path)
    assert save(store)
    store.close()
    assert path.exists()


@pytest.mark.sqlite
def test_every_promise_about_durability_and_erasure_is_switched_on(store: Store) -> None:
    with store.write() as tx:
        pragmas = {
            name: tx._db.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "foreign_keys", "secure_delete", "mmap_size", "busy_timeout")
        }
    assert pragmas == {"synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "mmap_size": 0, "busy_timeout": 0}


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="belongs to another program") as refused:
        open_store(path)
    assert refused.value.next_step
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("brand,handle\n" * 200)
    with pytest.raises(StoreError, match="not a database"):
        open_store(path)
    assert path.read_text() == "brand,handle\n" * 200


def test_I2_I3_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    before = _made_by_a_newer_program(path)
    with pytest.raises(StoreError, match="newer version") as refused:
        open_store(path)
    assert "upgrade" in refused.value.next_step
    assert path.read_bytes() == before


def test_I2_I3_control_one_that_takes_any_schema_for_its_own_goes_to_work(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _made_by_a_newer_program(path)
    monkeypatch.setattr(identity, "REVISIONS", (*identity.REVISIONS, "9999"))
    monkeypatch.setattr(database, "HEAD", "9999")
    open_store(path).close()


def _made_by_a_newer_program(path: Path) -> bytes:
    open_store(path).close()
    newer = sqlite3.connect(path)
    newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.commit()
    newer.close()
    return path.read_bytes()


def test_B7_a_damaged_file_is_refused(path: Path) -> None:
    _damage(path)
    with pytest.raises(StoreError, match="damaged"):
        open_store(path)


def test_B7_control_one_that_looks_at_nothing_opens_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _damage(path)
    monkeypatch.setattr(identity, "first_fault", lambda _connection: "")
    open_store(path).close()


def _damage(path: Path) -> None:
    store = open_store(path)
    save(store, *(scored(native_id=str(n)) for n in range(200)))
    store.close()
    content = bytearray(path.read_bytes())
    for page in range(len(content) // 4096 - 20, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)


def test_opening_for_reading_needs_a_file(path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        open_store(path, read_only=True)
    assert not path.exists()


def test_a_store_opened_for_reading_writes_nothing(path: Path) -> None:
    open_store(path).close()
    store = open_store(path, read_only=True)
    with store.read() as reads:
        assert reads.stats().mentions == 0
    with pytest.raises(StoreError, match="reading only"):
        store.write()
    store.close()


def test_a_folder_in_the_files_place_is_an_error_one_can_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be opened"):
        open_store(tmp_path)


def test_an_unwritable_folder_is_an_error_one_can_read(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(StoreError, match="can't be created"):
        open_store(blocker / "listener.db")


def test_B3_a_full_disk_changes_nothing_and_says_so(path: Path, store: Store) -> None:
    save(store)
    with pytest.raises(DiskFull, match="disk is full") as full, store.write() as tx:
        pages = tx._db.exec_driver_sql("PRAGMA page_count").scalar()
        tx._db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        tx.save_mentions(
            [scored(text="x" * 60_000, native_id=str(n)) for n in range(2, 60)], scored().mention.created_at
        )
    assert "space" in full.value.next_step
    with store.read() as reads:
        assert reads.stats().mentions == 1


def log_used_on_an_affected_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a store that takes its SQLite for 3.40.1 writes a log."""
    monkeypatch.setattr("listener.store.database.version_of", lambda _module: (3, 40, 1))
    store = open_store(path)
    save(store)
    with store.read() as reads:
        logged = reads.stats().journal_mode == "wal" or path.with_name(f"{path.name}-wal").exists()
    store.close()
    return logged


def test_B2_an_affected_version_writes_no_log(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not log_used_on_an_affected_version(path, monkeypatch)


def test_B2_control_a_store_that_always_logs_is_caught(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.store.database.journal_for", lambda _version: "wal")
    assert log_used_on_an_affected_version(path, monkeypatch)

"""What people get wrong about a listener's folder, and how `listener doctor` says so.

What can't be spoilt for real on every machine (a full disk, another file system, a clock) is told to the check in the
machine's place.
"""

import os
import resource
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from listener.alerts.telling import TICKED
from listener.cli import checkup_machine, checkup_sources, setup
from listener.cli.checkup_findings import Finding, Level
from listener.clock import SystemClock
from listener.domain.alert import OutboxDraft
from listener.ports import Store
from listener.store import backup, ballast, open_store
from listener.store import engine as store_engine

POSTS = '{"id": "1", "author": "ann", "text": "hi", "created_at": "2026-03-02T12:00:00Z"}\n'
SOURCE = '[[source]]\nname = "posts"\nconnector = "file"\n[source.options]\npath = "posts.jsonl"\n'
X = '[[source]]\nname = "x"\nconnector = "x"\n[source.options]\nquery = "acme"\n'
MAIN = (
    'agent = "zoe"\ntimezone = "Europe/Berlin"\n{more}[classifier]\nthreads = 1\n[backup]\nscheduled = true\n' + SOURCE
)
ALERTS = "[[target]]\nname = 'here'\nurl = 'console:'\n"
HOOK = "[[target]]\nname = 'hook'\nkind = 'webhook'\nallow_private = true\n"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A team's folder, sound until somebody spoils it."""

    root: Path
    patch: pytest.MonkeyPatch

    @property
    def database(self) -> Path:
        return self.root / "listener.db"

    def says(self, *, online: bool = False) -> list[Finding]:
        return list(setup._examine(ask=online))

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def listener(self, more: str = "", after: str = "") -> None:
        """listener.toml anew, with these lines among its first or after its last."""
        self.write("listener.toml", MAIN.format(more=more) + after)

    def store(self, change: Callable[[Store], object]) -> None:
        store = open_store(self.database)
        try:
            change(store)
        finally:
            store.close()


def looked(store: Store, at: datetime) -> None:
    with store.write() as tx:
        tx.set_mark(TICKED, at.isoformat())


def secrets_that_others_may_read(place: Place) -> None:
    place.write("secrets.toml", '[x]\nbearer_token = "t"\n')
    (place.root / "secrets.toml").chmod(0o644)


def a_secret_in_an_ordinary_file(place: Place) -> None:
    place.listener(after='bearer_token = "AAAA"\n')


def a_key_that_is_missing(place: Place) -> None:
    place.listener("x_monthly_cap_usd = 5.0\n", after=X)


def a_variable_that_is_misspelt(place: Place) -> None:
    place.patch.setenv("LISTENER_TIMEZON", "UTC")


def a_secret_of_nobody(place: Place) -> None:
    place.patch.setenv("LISTENER_SECRET_TWITTER_BEARER_TOKEN", "t")


def an_unknown_platform(place: Place) -> None:
    place.listener(after='[[source]]\nconnector = "blusky"\n')


def an_unknown_time_zone(place: Place) -> None:
    place.write("listener.toml", MAIN.format(more="").replace("Europe/Berlin", "Europe/Berln"))


def money_that_was_forgotten(place: Place) -> None:
    place.patch.setenv("LISTENER_SECRET_X_BEARER_TOKEN", "t")
    place.listener(after=X)


def no_source_at_all(place: Place) -> None:
    place.write("listener.toml", MAIN.format(more="").replace("[[source]]", "[[source]]\nenabled = false"))


def an_option_that_is_misspelt(place: Place) -> None:
    place.listener(after='[[source]]\nconnector = "feed"\n[source.options]\nurll = "https://example.com"\n')


def nobody_to_tell(place: Place) -> None:
    place.write("alerts.toml", "")


def a_backup_that_tells_nobody_known(place: Place) -> None:
    place.write("listener.toml", MAIN.format(more="").replace("scheduled = true", 'scheduled = true\ntell = ["her"]'))


def a_library_that_is_missing(place: Place) -> None:
    real = checkup_sources.find_spec
    place.patch.setattr(checkup_sources, "find_spec", lambda name: None if name == "tweepy" else real(name))
    a_key_that_is_missing(place)


def a_clock_of_1970(place: Place) -> None:
    place.patch.setattr(SystemClock, "now", lambda _self: datetime(1970, 1, 1, 0, 3, tzinfo=UTC))


def a_clock_that_was_set_back(place: Place) -> None:
    place.store(lambda store: looked(store, NOW + timedelta(hours=3)))


def an_old_sqlite(place: Place) -> None:
    place.patch.setattr(store_engine, "version_of", lambda _module: (3, 40, 1))


def a_damaged_database(place: Place) -> None:
    raw = bytearray(place.database.read_bytes())
    raw[8192:16384] = b"\xa5" * 8192
    place.database.write_bytes(raw)


def another_programs_database(place: Place) -> None:
    place.database.unlink()
    db = store_engine.sqlite_module().connect(str(place.database))
    db.execute("CREATE TABLE bookmarks (url)")
    db.close()


def a_database_of_tomorrow(place: Place) -> None:
    db = store_engine.sqlite_module().connect(str(place.database))
    db.execute("UPDATE alembic_version SET version_num = '0999'")
    db.commit()
    db.close()


def a_database_that_others_may_read(place: Place) -> None:
    place.database.chmod(0o644)


def sign_ins_that_others_may_read(place: Place) -> None:
    (place.root / "listener.db.private").mkdir(mode=0o755)


def settings_that_others_may_change(place: Place) -> None:
    place.root.chmod(0o777)


def a_folder_that_may_not_be_written_to(place: Place) -> None:
    place.patch.setattr(os, "access", lambda path, _mode: Path(path) != place.root)


def a_disk_that_is_nearly_full(place: Place) -> None:
    place.patch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=20 << 20))


def a_disk_of_another_machine(place: Place) -> None:
    _mounted(place, "nfs4")


def a_disk_in_memory(place: Place) -> None:
    _mounted(place, "tmpfs")


def _mounted(place: Place, kind: str) -> None:
    mounts = place.root / "mountinfo"
    where = str(place.root.resolve()).replace(" ", "\\040")
    mounts.write_text(f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / {where} rw,noatime shared:7 - {kind} far:/x rw\n")
    place.patch.setattr("listener.store.place.MOUNTS", mounts)


def no_ballast(place: Place) -> None:
    ballast.release(place.database)


def little_memory(place: Place) -> None:
    (place.root / "meminfo").write_text("MemTotal: 4000000 kB\nMemAvailable: 2000000 kB\n")
    (place.root / "memory.max").write_text("268435456\n")
    place.patch.setattr(checkup_machine, "MEMORY", (place.root / "meminfo", place.root / "memory.max"))


def few_open_files(place: Place) -> None:
    place.patch.setattr(resource, "getrlimit", lambda _which: (64, 64))


def more_threads_than_processors(place: Place) -> None:
    place.patch.setattr(os, "cpu_count", lambda: 1)
    place.write("listener.toml", MAIN.format(more="").replace("threads = 1", "threads = 8"))


def a_run_that_stopped(place: Place) -> None:
    place.store(lambda store: looked(store, NOW - timedelta(hours=9)))


def a_source_that_fails(place: Place) -> None:
    def fail(store: Store) -> None:
        with store.write() as tx:
            for _ in range(4):
                tx.record_attempt("posts", "file", NOW, error="Retry: no such file")

    place.store(fail)


def messages_that_reached_nobody(place: Place) -> None:
    def give_up(store: Store) -> None:
        with store.write() as tx:
            tx.enqueue(OutboxDraft(key="k|here", target="here", title="t", body="b"), NOW)
            tx.mark_failed(tx.outbox_due(NOW, 9)[0].id, "gone", None, NOW)

    place.store(give_up)


def no_backup_at_all(place: Place) -> None:
    shutil.rmtree(place.root / "backups")
    os.utime(place.database, (NOW.timestamp() - 9e6, NOW.timestamp() - 9e6))


def no_backup_wanted(place: Place) -> None:
    shutil.rmtree(place.root / "backups")
    place.write("listener.toml", MAIN.format(more="").replace("scheduled = true", "scheduled = false"))


def a_backup_that_is_too_old(place: Place) -> None:
    shutil.rmtree(place.root / "backups")
    backup.back_up(place.database, place.root / "backups", NOW - timedelta(days=4))


def a_backup_without_its_manifest(place: Place) -> None:
    next((place.root / "backups").glob("*.json")).unlink()


def a_backup_that_others_may_read(place: Place) -> None:
    next((place.root / "backups").glob("*.db")).chmod(0o644)


def a_backup_folder_that_is_a_file(place: Place) -> None:
    shutil.rmtree(place.root / "backups")
    place.write("backups", "")


def no_room_for_the_next_backup(place: Place) -> None:
    place.patch.setattr(
        shutil, "disk_usage", lambda folder: SimpleNamespace(free=9 << 30 if Path(folder) == place.root else 4096)
    )


SEEDED: dict[Callable[[Place], None], tuple[Level, str, str, str]] = {
    secrets_that_others_may_read: (Level.FAIL, "settings", "readable by others (mode 644)", "chmod 600"),
    a_secret_in_an_ordinary_file: (Level.FAIL, "settings", "looks like a secret", "LISTENER_SECRET_"),
    a_key_that_is_missing: (Level.FAIL, "source x", "bearer_token is missing", "LISTENER_SECRET_X_BEARER_TOKEN"),
    a_variable_that_is_misspelt: (Level.FAIL, "settings", "no such setting", "did you mean LISTENER_TIMEZONE?"),
    a_secret_of_nobody: (Level.WARN, "settings", "LISTENER_SECRET_TWITTER_BEARER_TOKEN sets nothing", "correct"),
    an_unknown_platform: (Level.FAIL, "settings", 'no connector is named "blusky"', "bluesky"),
    an_unknown_time_zone: (Level.FAIL, "settings", '"Europe/Berln" is no time zone', "IANA"),
    money_that_was_forgotten: (Level.WARN, "money", "X may cost nothing", "x_monthly_cap_usd"),
    no_source_at_all: (Level.WARN, "sources", "none is enabled", "enable"),
    an_option_that_is_misspelt: (Level.FAIL, "source feed", "options.urll", "mend it"),
    nobody_to_tell: (Level.WARN, "alerts", "alerts reach nobody", "[[target]]"),
    a_backup_that_tells_nobody_known: (Level.FAIL, "settings", 'no target is named "her"', "here"),
    a_library_that_is_missing: (Level.FAIL, "source x", "[x] is not installed", "pip install"),
    a_clock_of_1970: (Level.FAIL, "clock", "before this program was written", "timedatectl"),
    a_clock_that_was_set_back: (Level.FAIL, "clock", "the run last wrote at 2026-11-23 15:00", "timedatectl"),
    an_old_sqlite: (Level.WARN, "sqlite", "SQLite 3.40.1", "3.51.3 or newer"),
    a_damaged_database: (Level.FAIL, "database", "is damaged", "restore the latest backup"),
    another_programs_database: (Level.FAIL, "database", "belongs to another program", "name another file"),
    a_database_of_tomorrow: (Level.FAIL, "database", "written by a newer version", "upgrade this program"),
    a_database_that_others_may_read: (Level.WARN, "database", "(mode 644)", "chmod 600"),
    sign_ins_that_others_may_read: (Level.WARN, "privacy", "(mode 755)", "chmod go-rwx"),
    settings_that_others_may_change: (Level.WARN, "settings", "may be written to by other accounts", "chmod go-w"),
    a_folder_that_may_not_be_written_to: (Level.FAIL, "disk", "may not be written to", "change its owner"),
    a_disk_that_is_nearly_full: (Level.FAIL, "disk", "0.0 GiB free", "free some space"),
    no_ballast: (Level.WARN, "ballast", "are not kept", "listener run"),
    a_disk_of_another_machine: (Level.FAIL, "disk", "another machine's disk (nfs4)", "own disk"),
    a_disk_in_memory: (Level.WARN, "disk", "gone after a restart", "on a disk"),
    little_memory: (Level.WARN, "memory", "256 MiB left", "memory limit"),
    few_open_files: (Level.WARN, "files", "64 files open", "LimitNOFILE"),
    more_threads_than_processors: (Level.WARN, "model", "8 threads on 1 processors", "threads = 1"),
    a_run_that_stopped: (Level.WARN, "run", "no run has looked at this database for 9h", "listener run"),
    a_source_that_fails: (
        Level.WARN,
        "source posts",
        "failed 4 times in a row: Retry: no such file",
        "doctor --online",
    ),
    messages_that_reached_nobody: (Level.WARN, "alerts", "1 messages to here were given up", "alerts retry"),
    no_backup_at_all: (Level.WARN, "backup", "there is none", "listener backup takes one now"),
    no_backup_wanted: (Level.WARN, "backup", "there is none", "scheduled = true"),
    a_backup_that_is_too_old: (Level.FAIL, "backup", "the last is 4d old", "listener backup says"),
    a_backup_without_its_manifest: (Level.FAIL, "backup", "has no manifest", "listener backup takes one"),
    a_backup_that_others_may_read: (Level.WARN, "privacy", "(mode 644)", "chmod go-rwx"),
    a_backup_folder_that_is_a_file: (Level.FAIL, "backup", "is no folder", "another folder"),
    no_room_for_the_next_backup: (Level.WARN, "backup", "0 MiB free", "keep fewer"),
}

"""The run copies its own database: when it is time, no more than is wanted, and not in silence when it fails."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener import rounds
from listener.alerts.metrics import metrics
from listener.clock import VirtualClock
from listener.domain.alert import DESK
from listener.domain.backups import MADE, BackupPolicy
from listener.domain.policy import AlertPolicy, Secret, Target
from listener.errors import StoreError
from listener.ports import Store
from listener.rounds.backing_up import AGAIN, BackingUp
from listener.store import backup, open_store
from tests.builders import NOON
from tests.pipeline.parts import SOURCE, Scripted, page, stages

pytestmark = pytest.mark.sqlite  # what is copied is a file; docs/postgresql.md says how a server is backed up

HOUR = timedelta(hours=1)
ALERTS = AlertPolicy(
    targets=(
        Target(name="team", url=Secret("console:")),
        Target(name="pager", url=Secret("console:"), kinds=frozenset({"spike"})),
        Target(name="desk", url=Secret("console:"), kinds=frozenset({DESK})),
    )
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "copies"


def backing_up(store: Store, copies: Path, at: datetime = NOON, **more: object) -> BackingUp:
    policy = BackupPolicy(scheduled=True, every=HOUR, keep=3, folder=copies)
    database = copies.parent / "listener.db"
    open_store(database).close()
    return BackingUp(
        database=database,
        policy=replace(policy, **more),  # type: ignore[arg-type]
        alerts=ALERTS,
        store=store,
        clock=VirtualClock(at),
    )


def later(chore: BackingUp, by: timedelta) -> backup.Backup | None:
    assert isinstance(chore.clock, VirtualClock)
    chore.clock.advance_to(chore.clock.now() + by)
    return chore.take_due()


def told(store: Store) -> list[tuple[str, str, str]]:
    """(target, title, body) of every message that waits."""
    with store.read() as reads:
        rows = [
            row for name in reads.targets_due(NOON + 99 * HOUR) for row in reads.outbox_due(NOON + 99 * HOUR, 99, name)
        ]
    return [(row.target, row.title, row.body) for row in rows]


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


class TestWhen:
    def test_one_is_taken_at_once_and_the_next_when_it_is_time(self, store: Store, folder: Path) -> None:
        chore = backing_up(store, folder)
        assert chore.take_due() is not None
        assert later(chore, HOUR - timedelta(minutes=1)) is None
        assert later(chore, timedelta(minutes=1)) is not None
        assert len(backup.backups(folder, "listener")) == 2

    def test_none_is_taken_unless_somebody_wants_them(self, store: Store, folder: Path) -> None:
        assert backing_up(store, folder, scheduled=False).take_due() is None
        assert not folder.exists()

    def test_a_restart_remembers_the_last_one_and_counts_one_taken_by_hand(self, store: Store, folder: Path) -> None:
        first = backing_up(store, folder)
        backup.back_up(first.database, folder, NOON - timedelta(minutes=30))
        assert first.take_due() is None
        assert backing_up(store, folder, NOON + timedelta(minutes=29)).take_due() is None
        assert backing_up(store, folder, NOON + timedelta(minutes=31)).take_due() is not None

    def test_a_copy_of_tomorrow_does_not_stop_todays(self, store: Store, folder: Path) -> None:
        """The clock was set back."""
        chore = backing_up(store, folder)
        backup.back_up(chore.database, folder, NOON + timedelta(days=1))
        assert chore.take_due() is not None

    def test_they_lie_beside_the_database_unless_told_otherwise(self, store: Store, folder: Path) -> None:
        chore = backing_up(store, folder, folder=None)
        made = chore.take_due()
        assert made is not None
        assert made.file.parent == chore.database.parent / "backups"

    def test_monitors_can_ask_how_old_the_last_one_is(self, store: Store, folder: Path) -> None:
        chore = backing_up(store, folder)
        with store.read() as reads:
            assert "since_backup" not in metrics(reads, ALERTS, (), NOON)
        chore.take_due()
        with store.read() as reads:
            assert reads.mark(MADE) == NOON.isoformat()
            assert "\nlistener_seconds_since_backup 7200\n" in metrics(reads, ALERTS, (), NOON + 2 * HOUR)


class TestHowMany:
    def test_only_the_newest_are_kept(self, store: Store, folder: Path) -> None:
        chore = backing_up(store, folder)
        made = [later(chore, HOUR) for _ in range(5)]
        kept = [one.file for one in backup.backups(folder, "listener")]
        assert kept == [one.file for one in reversed(made[2:]) if one]
        assert len(files(folder)) == 6  # each with its manifest

    def test_old_ones_stay_until_a_newer_one_is_whole(
        self, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chore = backing_up(store, folder, keep=1)
        chore.take_due()
        before = files(folder)
        monkeypatch.setattr(backup, "_measured", _damaged)
        assert later(chore, HOUR) is None
        assert files(folder) == before

    def test_what_a_killed_copy_left_is_swept_once_nobody_can_be_at_it(self, store: Store, folder: Path) -> None:
        chore = backing_up(store, folder)
        folder.mkdir()
        for at in (NOON - timedelta(days=1), NOON - timedelta(minutes=5)):
            for ending in ("part", "json"):
                (folder / f"listener-{at:%Y%m%dT%H%M%SZ}.{ending}").write_text("half")
        (folder / "listener-notes.part").write_text("not ours")
        made = chore.take_due()
        assert made is not None
        fresh = f"listener-{NOON - timedelta(minutes=5):%Y%m%dT%H%M%SZ}"
        assert files(folder) == sorted(
            [
                "listener-notes.part",
                f"{fresh}.part",
                f"{fresh}.json",
                made.file.name,
                made.file.with_suffix(".json").name,
            ]
        )


class TestFailure:
    def test_it_is_told_to_whoever_hears_of_the_desk_once_a_day(self, store: Store, folder: Path) -> None:
        chore = backing_up(store, folder)
        folder.write_text("a file where the folder should be")
        assert [later(chore, AGAIN) for _ in range(6)] == [None] * 6
        assert [target for target, _, _ in told(store)] == ["desk", "team"]
        _, title, body = told(store)[0]
        assert title == "No backup of the database could be taken"
        assert "There is none yet." in body
        assert "Next: name another folder" in body
        assert later(chore, timedelta(hours=12)) is None
        assert len(told(store)) == 4

    def test_it_goes_to_the_targets_that_are_named(self, store: Store, folder: Path) -> None:
        chore = backing_up(store, folder, tell=("pager",))
        folder.write_text("")
        chore.take_due()
        assert [target for target, _, _ in told(store)] == ["pager"]

    def test_it_says_how_old_the_last_one_is(self, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        chore = backing_up(store, folder)
        chore.take_due()
        monkeypatch.setattr(backup, "_measured", _damaged)
        later(chore, 2 * HOUR)
        assert f"The last one is of {NOON:%Y-%m-%d %H:%M} UTC." in told(store)[0][2]

    def test_it_is_tried_again_within_the_hour_and_not_every_minute(
        self, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chore, tries = backing_up(store, folder), []
        monkeypatch.setattr(backup, "back_up", lambda *_: tries.append(1) or _damaged())
        for _ in range(121):
            later(chore, timedelta(minutes=1))
        assert len(tries) == 3

    def test_a_run_goes_on_without_it(self, store: Store, tmp_path: Path, folder: Path) -> None:
        chore = backing_up(store, folder)
        folder.write_text("")
        run = replace(stages(store, tmp_path), back_up=chore.take_due)
        report = rounds.one_round(run, [rounds.Job(source=SOURCE, connector=Scripted([page(cursor=1, done=True)]))], {})
        assert report.failed == []
        assert report.undelivered == 2


def _damaged(*_: object) -> backup.Manifest:
    raise StoreError("the copy is damaged: page 3")

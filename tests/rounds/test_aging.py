"""The run erases what was kept long enough, once an hour, as the settings say."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listener import settings as settings_files
from listener.clock import VirtualClock
from listener.domain.retention import RetentionPolicy
from listener.ports import Store
from listener.rounds import aging
from tests import demo
from tests.builders import NOON, scored
from tests.pipeline.parts import stages
from tests.store.steps import save

DAY = timedelta(days=1)
AGED = RetentionPolicy()


def _left(store: Store, folder: Path, policy: RetentionPolicy, *, replaying: bool = False) -> tuple[int, int]:
    """Posts whose words are there, and hours that are counted, after a look 500 days later."""
    clock = VirtualClock(NOON + 500 * DAY)
    aging.age_out(replace(stages(store, folder, clock=clock), retention=policy, replaying=replaying))
    with store.read() as reads:
        posts = [reads.mention(number).mention for number in range(1, reads.newest_mention() + 1)]
        cells = reads.tallies(NOON - DAY, NOON + DAY)
    return sum(bool(one.text) for one in posts), len({cell.hour for cell in cells})


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (AGED, (0, 0)),
        (RetentionPolicy(counts=None), (0, 1)),
        (RetentionPolicy(counts=600 * DAY), (0, 1)),
        (RetentionPolicy(posts=None, counts=None), (3, 1)),
        (RetentionPolicy(posts=501 * DAY, counts=None), (3, 1)),
    ],
)
def test_G4_posts_and_counts_go_when_their_days_are_over(
    store: Store, tmp_path: Path, policy: RetentionPolicy, left: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aging, "AT_ONCE", 2)
    save(store, *(scored(native_id=str(number)) for number in range(3)))
    assert _left(store, tmp_path, policy) == left


def test_G4_a_replay_erases_nothing(store: Store, tmp_path: Path) -> None:
    save(store)
    assert _left(store, tmp_path, AGED, replaying=True) == (1, 1)


def test_days_are_read_and_none_means_for_ever(tmp_path: Path) -> None:
    text = (demo.DATA / "config" / "listener.toml").read_text(encoding="utf-8")
    folder = demo.write_settings(tmp_path / "a", listener=f"{text}\n[retention]\nposts_days = 0\ncounts_days = 30\n")
    assert settings_files.load(folder).retention == RetentionPolicy(posts=None, counts=30 * DAY)

"""J1: wherever a run dies, no message is lost, and one that comes twice bears the same key."""

from collections.abc import Iterator

import pytest

from tests.alerts.delivery_kills import campaign
from tests.alerts.delivery_lives import MARKS_FIRST, NEW_KEYS, NO_TRANSACTION, Graveyard, grave, graveyard

KILLS = 200


@pytest.fixture(scope="module")
def warm() -> Iterator[Graveyard]:
    with graveyard() as warm:
        yield warm


@pytest.mark.sqlite
def test_J1_alerts_told_under_kills_are_all_taken_and_again_only_in_the_window(warm: Graveyard) -> None:
    with grave() as folder:
        met = campaign(KILLS, folder, warm)
    assert met.kills >= KILLS
    assert met.taken == met.messages + met.twice
    assert met.at_work["taken, not marked"], "the window itself was met"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("bug", "said"), [(MARKS_FIRST, "lost"), (NEW_KEYS, "keys that nobody wrote"), (NO_TRANSACTION, "never written")]
)
def test_J1_each_seeded_bug_is_caught(warm: Graveyard, bug: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        for seed in range(20):
            with grave() as folder:
                campaign(10, folder, warm, seed=seed, bug=bug)

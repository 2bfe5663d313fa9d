"""A1: whatever a connector was doing when the run died, every post is stored once or known to be unseen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.every_rig import KINDS
from tests.journeys.connector_kills import Graveyard, campaign, graveyard

NETWORKED = sorted(name for name, kind in KINDS.items() if kind.networked)


@pytest.fixture(scope="module")
def warm() -> Iterator[Graveyard]:
    with graveyard() as warm:
        yield warm


@pytest.mark.parametrize("name", NETWORKED)
def test_A1_a_burst_read_under_kills_is_stored_once_or_known_to_be_unseen(
    name: str, tmp_path: Path, warm: Graveyard
) -> None:
    met = campaign(name, 2, tmp_path, warm, burst=150)
    assert met.kills >= 2
    assert met.stored + met.in_gaps >= met.published


def test_A1_a_cursor_that_runs_ahead_of_its_rows_is_caught(tmp_path: Path, warm: Graveyard) -> None:
    with pytest.raises(AssertionError, match="lost"):
        for seed in range(10):
            folder = tmp_path / str(seed)
            folder.mkdir()
            campaign("hackernews", 6, folder, warm, burst=600, seed=seed, cursor_first=True)

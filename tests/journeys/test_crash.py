"""A1: a run killed anywhere and started again ends with the store of a run that was never disturbed."""

import itertools
import json
import random
from pathlib import Path

import pytest

from tests.demo import write_settings
from tests.journeys import crash

pytestmark = pytest.mark.sqlite

AIRLINES = {
    "American": "AmericanAir",
    "JetBlue": "JetBlue",
    "Southwest": "SouthwestAir",
    "US Airways": "USAirways",
    "United": "united",
    "Virgin America": "VirginAmerica",
}


def airlines(folder: Path) -> Path:
    """Settings that listen for the airlines by handle."""
    brands = "".join(f'[[brand]]\nname = "{name}"\nhandles = ["{handle}"]\n' for name, handle in AIRLINES.items())
    return write_settings(folder, brands=brands)


def killed_and_resumed(folder: Path, file: Path, kills: int, seed: int) -> tuple[crash.Met, crash.Rows]:
    """Kill a replay of `file` `kills` times at seeded random instants, starting anew whenever one got to its end.

    Every store that got to its end is compared with that of an undisturbed run, which is returned.
    """
    whole = crash.Replay(folder=folder, database=folder / "whole.sqlite", file=file)
    broken = crash.Replay(folder=folder, database=folder / "broken.sqlite", file=file)
    pace = whole.unbroken()
    expected = crash.everything(whole.database)
    # On average the kills fall into the first 70 % of one life: longer stretches would mostly repeat whole lives.
    stretch = 1.4 * (pace.whole - pace.start_up) / kills
    chance, met = random.Random(seed), crash.Met()
    while met.kills < kills:
        if not broken.killed(chance, pace, stretch, met):
            met.lives += 1
            assert crash.differing(crash.everything(broken.database), expected) == {}
            broken.forget()
    broken.finish()
    assert crash.differing(crash.everything(broken.database), expected) == {}
    broken.finish()
    assert crash.differing(crash.everything(broken.database), expected) == {}, (
        "a replay of what is known changed something"
    )
    return met, expected


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--crash-kills"))


def test_A1_a_replay_of_the_demo_killed_at_random_moments_ends_with_the_same_store(
    tmp_path: Path, kills: int, demo_posts: Path
) -> None:
    folder = write_settings(tmp_path / "settings")
    met, expected = killed_and_resumed(folder, demo_posts, kills, seed=20260309)
    assert met.kills == kills
    assert met.after_a_commit >= kills // 2, "too few kills met the work: nothing was proved"
    assert len(expected["mentions"]) > 300
    assert len(expected["alerts"]) == 1


def test_A1_a_replay_of_recorded_airline_posts_killed_at_random_moments_ends_with_the_same_store(
    tmp_path: Path, kills: int, shared: Path
) -> None:
    folder = airlines(tmp_path / "settings")
    recorded = tmp_path / "airline.jsonl"
    with (shared / "data" / "airline.train.jsonl").open(encoding="utf-8") as stream:
        recorded.write_text("".join(itertools.islice(stream, 3000)), encoding="utf-8")
    # Each kill of this longer run costs as much as four of the demo's.
    few = max(1, kills // 4)
    met, expected = killed_and_resumed(folder, recorded, few, seed=20150217)
    assert met.after_a_commit >= few // 2
    ids = {json.loads(line)["id"] for line in recorded.read_text(encoding="utf-8").splitlines()}
    assert len(expected["mentions"]) == len(ids)


def test_A1_the_comparison_sees_a_single_lost_or_doubled_row(demo_store: Path) -> None:
    before = crash.everything(demo_store / "demo.sqlite")
    for table in ("mentions", "cases", "case_events", "tallies", "alerts", "outbox"):
        fewer = {**before, table: before[table][1:]}
        doubled = {**before, table: [before[table][0], *before[table]]}
        assert fewer != before
        assert doubled != before

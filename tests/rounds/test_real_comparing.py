"""Every connector whose platform shows its past: polled for a day, nothing is missing in what it lists."""

from dataclasses import replace
from pathlib import Path

import pytest

from listener.connectors import describe
from listener.domain.mention import MentionKey
from listener.domain.policy import SourceConfig, SpikePolicy
from listener.pipeline import run_source
from listener.ports import Store
from listener.ports.connectors import Backfills
from listener.rounds import Job
from listener.rounds.comparing import Comparing
from tests.contracts.every_rig import KINDS, rig_named
from tests.contracts.rigs import Rig
from tests.rounds.listing import HOUR, counts_of, standing_of
from tests.rounds.live import Blind, stages

HOURS = 3
EACH = 13
"""Posts an hour: a page and a bit."""


class Bench:
    """A platform on loopback, its connector, and the run's own hands."""

    def __init__(self, rig: Rig, store: Store, folder: Path) -> None:
        self.rig, self.store = rig, store
        connector = rig.connector()
        if not isinstance(connector, Backfills):
            pytest.skip("the platform shows no past but what is polled")
        source = SourceConfig(name=rig.name, connector=connector.platform)
        self.stages = stages(store, folder, rig.clock, watch=Blind(SpikePolicy()))
        # X is read for money; this one for nothing.
        free = replace(describe(source.connector).capabilities, cost="free")
        self.job = Job(source=source, connector=connector, can=free)
        self.comparing = Comparing(self.stages, [self.job])
        self.comparing.look()

    def live(self, late: int = 0) -> None:
        """A few hours, a poll behind each; of `late` posts nothing is shown before they are two hours old."""
        for _ in range(HOURS):
            self.rig.publish(EACH)
            self.poll()
        if late:
            self.rig.publish(late, back=2 * HOUR)
        self.poll()

    def poll(self) -> None:
        self.rig.clock.sleep(HOUR.total_seconds())
        assert run_source(self.stages, self.job.source, self.job.connector).error == ""

    def compare(self) -> dict[str, int]:
        for _ in range(100):
            self.rig.clock.sleep(60)
            for report in self.comparing.look():
                assert report.error == ""
            if standing_of(self.store, self.rig.name).last is not None:
                return counts_of(self.store, self.rig.name)
        raise AssertionError("a comparison without an end")

    def stood(self) -> set[str]:
        """Native ids of what was written in the stretch that was compared."""
        last = standing_of(self.store, self.rig.name).last
        assert last is not None
        return {self.rig.native_id(one.number) for one in self.rig.items if last.since <= one.at < last.until}

    def lacking(self) -> set[str]:
        """Those of them that aren't stored."""
        keys = [MentionKey(platform=self.job.connector.platform, native_id=name) for name in self.stood()]
        with self.store.read() as reads:
            return {key.native_id for key in keys} - {key.native_id for key in reads.known(keys)}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_A8_nothing_is_missing_in_what_a_platform_lists(name: str, store: Store, tmp_path: Path) -> None:
    with rig_named(name, tmp_path) as rig:
        bench = Bench(rig, store, tmp_path)
        bench.live()
        found = bench.compare()
        assert len(bench.stood()) >= 2 * EACH
        assert found == {"listed": len(bench.stood()), "stored": len(bench.stood())}


SHALLOW = ("bluesky", "facebook-tagged", "hackernews", "mastodon", "x", "x-by-id", "x-mentions")
"""Whose polls look back for minutes; others look at all that is listed, or order posts by when they appeared."""


@pytest.mark.parametrize("name", SHALLOW)
def test_A8_what_appears_later_than_polls_look_back_is_found(name: str, store: Store, tmp_path: Path) -> None:
    with rig_named(name, tmp_path) as rig:
        bench = Bench(rig, store, tmp_path)
        bench.live(late=5)
        found = bench.compare()
        assert found == {"listed": len(bench.stood()), "stored": len(bench.stood()) - 5, "missing": 5}
        assert bench.lacking() == set()

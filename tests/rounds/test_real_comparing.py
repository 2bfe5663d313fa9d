"""Every connector whose platform shows its past: polled for a day, nothing is missing in what it lists."""

from dataclasses import replace
from pathlib import Path

import pytest

from listener.connectors import describe
from listener.domain.policy import SourceConfig, SpikePolicy
from listener.domain.rereading import ComparePolicy
from listener.pipeline import Stages, run_source
from listener.ports import Store
from listener.ports.connectors import Backfills
from listener.rounds import Job
from listener.rounds.comparing import Comparing
from tests.contracts.every_rig import KINDS, rig_named
from tests.contracts.rigs import Rig
from tests.rounds.listing import HOUR, counts_of, standing_of
from tests.rounds.live import Blind, stages

HOURS = 6
EACH = 40
"""Posts an hour, on several pages; the last hour's are left to polls."""


def polled(rig: Rig, ready: Stages, job: Job, comparing: Comparing) -> None:
    comparing.look()
    for _ in range(HOURS):
        rig.publish(EACH)
        rig.clock.sleep(HOUR.total_seconds() - EACH * rig.step.total_seconds() - 60)
        assert run_source(ready, job.source, job.connector).error == ""


def compared(rig: Rig, store: Store, comparing: Comparing, name: str) -> dict[str, int]:
    for _ in range(200):
        rig.clock.sleep(60)
        for report in comparing.look():
            assert report.error == ""
        if standing_of(store, name).last is not None:
            return counts_of(store, name)
    raise AssertionError("a comparison without an end")


def ready_for(name: str, rig: Rig, store: Store, folder: Path) -> tuple[Stages, Job]:
    connector = rig.connector()
    if not isinstance(connector, Backfills):
        pytest.skip("the platform shows no past but what is polled")
    source = SourceConfig(name=name, connector=connector.platform)
    ready = stages(store, folder, rig.clock, watch=Blind(SpikePolicy()))
    # X is read for money; here it is for nothing.
    free = replace(describe(source.connector).capabilities, cost="free")
    return replace(ready, compares=ComparePolicy()), Job(source=source, connector=connector, can=free)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_A8_nothing_is_missing_in_what_a_platform_lists(name: str, store: Store, tmp_path: Path) -> None:
    with rig_named(name, tmp_path) as rig:
        ready, job = ready_for(name, rig, store, tmp_path)
        comparing = Comparing(ready, [job])
        polled(rig, ready, job, comparing)
        found = compared(rig, store, comparing, name)
        assert found == {"listed": (HOURS - 1) * EACH, "stored": (HOURS - 1) * EACH}

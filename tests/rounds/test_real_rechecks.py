"""Every connector that can be asked about a post, asked by the run's own hands on its platform on loopback."""

from pathlib import Path

import pytest

from listener.domain.policy import SourceConfig, SpikePolicy
from listener.pipeline import run_source
from listener.ports import Store
from listener.ports.connectors import Rechecks
from listener.rounds import Job
from listener.rounds.rechecking import Rechecking
from tests.contracts.every_rig import KINDS, rig_named
from tests.rounds.live import Blind, stages

SOURCE = SourceConfig(name="again", connector="rig")


def texts(store: Store) -> dict[str, str]:
    """By native id, of what stands."""
    with store.read() as reads:
        rows = reads._db.exec_driver_sql(  # type: ignore[attr-defined]
            "SELECT native_id, text FROM mentions WHERE deleted_at IS NULL"
        )
        return {row.native_id: row.text for row in rows}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_deletions_are_followed_and_edits_where_they_are_told(name: str, store: Store, tmp_path: Path) -> None:
    with rig_named(name, tmp_path) as rig:
        connector = rig.connector()
        if not isinstance(connector, Rechecks):
            pytest.skip("the platform can't be asked about a post")
        job = Job(source=SOURCE, connector=connector)
        rig.publish(5)
        rig.clock.sleep(60)
        ready = stages(store, tmp_path, rig.clock, watch=Blind(SpikePolicy()))
        read = run_source(ready, SOURCE, connector)
        assert (read.error, read.stored) == ("", 5)
        rig.edit(1, "@acme is early after all")
        rig.delete(3)
        rig.clock.sleep(25 * 3600)
        (report,) = Rechecking(ready, [job]).look()
        assert (report.error, report.deleted) == ("", 1)
        found = texts(store)
        assert rig.native_id(3) not in found
        assert len(found) == 4
        if rig.edits_are_told:
            assert "early after all" in found[rig.native_id(1)]

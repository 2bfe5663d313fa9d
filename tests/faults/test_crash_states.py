"""Power cuts: whatever of the writes reached the disk, the store is whole and has every acknowledged commit."""

import pytest

pytest.importorskip("apsw", reason="needs apsw, which records what SQLite writes")

from tests.faults.explorer import explore
from tests.faults.workload import a_day

pytestmark = pytest.mark.sqlite


@pytest.fixture
def crash_states(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--crash-states"))


@pytest.mark.parametrize("journal", ["WAL", "TRUNCATE"])
def test_B1_no_power_cut_loses_doubles_or_damages_anything(journal: str, crash_states: int) -> None:
    found = explore(a_day, states=crash_states // 2, journal=journal, synchronous="FULL")
    assert set(found) == {"ok"}, found
    assert found.total() > 0.9 * min(crash_states // 2, 500)


@pytest.mark.parametrize(("journal", "synchronous"), [("WAL", "NORMAL"), ("WAL", "OFF"), ("TRUNCATE", "OFF")])
def test_B1_control_a_store_that_syncs_less_is_caught(journal: str, synchronous: str) -> None:
    found = explore(a_day, states=150, journal=journal, synchronous=synchronous)
    assert found["lost"] > 10, found

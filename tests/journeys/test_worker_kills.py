"""Workers die in the middle; two of them come to what one undisturbed run comes to."""

import pytest

from tests import postgres
from tests.journeys.worker_kills import campaign


@pytest.mark.skipif(postgres.binaries() is None, reason="PostgreSQL's binaries (initdb) are not on this machine")
def test_A1_workers_that_are_killed_lose_nothing_and_do_nothing_twice(request: pytest.FixtureRequest) -> None:
    kills = min(request.config.getoption("--crash-kills"), 150)
    met = campaign(max(2, kills // 25), seed=7, sources=2, backlog=200)
    assert met.differences == []
    assert met.kills >= 2

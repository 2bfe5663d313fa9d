"""One word for each source: what a person must act on stands first."""

from datetime import timedelta
from typing import Any

import pytest

from listener.domain.health import Fares, Health, fares
from listener.domain.stored import SourceHealth, StoredGap
from tests.builders import NOON

HOUR = timedelta(hours=1)
READ: dict[str, Any] = {
    "source": "x",
    "platform": "x",
    "last_attempt": NOON,
    "last_success": NOON,
    "last_mention": NOON,
    "failures": 0,
    "error": "",
    "paused_until": None,
}
GAP = StoredGap(id=1, source="x", since=NOON - HOUR, until=NOON, reason="page cap", closed_at=None)


def found(*gaps: StoredGap, enabled: bool = True, **changes: Any) -> Fares:
    row = SourceHealth(**{**READ, **changes})
    return fares(row, gaps, enabled=enabled, silent_after=24 * HOUR, now=NOON + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("changes", "health"),
    [
        ({}, Health.OK),
        ({"error": "Reauthorize: 401", "failures": 1}, Health.AUTH),
        ({"error": "NotPermitted: 403", "failures": 1, "paused_until": NOON + HOUR}, Health.AUTH),
        ({"error": "ConfigError: no such query", "failures": 1}, Health.AUTH),
        ({"error": "RateLimited: wait", "failures": 1, "paused_until": NOON + HOUR}, Health.QUOTA),
        ({"error": "BudgetSpent: cap", "failures": 1}, Health.QUOTA),
        ({"error": "Retry: 503", "failures": 4}, Health.DEGRADED),
        ({"last_mention": NOON - 25 * HOUR}, Health.QUIET),
        ({"last_mention": None}, Health.OK),
        ({"last_attempt": None, "last_success": None, "last_mention": None}, Health.NEW),
    ],
)
def test_a_source_is_called_by_the_worst_of_it(changes: dict[str, Any], health: Health) -> None:
    assert found(**changes).health is health


def test_what_was_never_read_is_new_and_what_is_off_is_off() -> None:
    assert fares(None, (), enabled=True, silent_after=HOUR, now=NOON).health is Health.NEW
    assert found(enabled=False, error="Reauthorize: 401").health is Health.OFF


def test_reasons_say_how_often_until_when_and_since_when() -> None:
    assert found(error="Retry: 503", failures=4).why == "failed 4 times in a row; Retry: 503"
    assert "paused until 2026-03-02 13:00 UTC" in found(error="RateLimited: wait", paused_until=NOON + HOUR).why
    assert found(GAP).why == "1 unseen, the first since 2026-03-02 11:00 UTC: page cap"
    assert found(last_mention=NOON - 25 * HOUR).why == "brought nothing since 2026-03-01 11:00 UTC"


def test_a_pause_that_is_over_is_no_quota() -> None:
    assert found(paused_until=NOON).health is Health.OK


def test_a_stream_that_is_broken_is_told_of_where_one_is_wanted() -> None:
    row = SourceHealth(**READ, stream="polling: NotPermitted: members only")
    for wanted, health in ((True, Health.DEGRADED), (False, Health.OK)):
        told = fares(row, (), enabled=True, silent_after=24 * HOUR, now=NOON, streams=wanted)
        assert told.health is health
    assert "members only" in fares(row, (), enabled=True, silent_after=24 * HOUR, now=NOON, streams=True).why


def test_a_warning_is_told_of_though_all_polls_succeed() -> None:
    assert found(warning="21 stored posts are said to be deleted") == Fares(
        health=Health.DEGRADED, why="21 stored posts are said to be deleted"
    )

"""What people type when they put a case off."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.errors import ConfigError
from listener.triage.until import until

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""One in the afternoon in Berlin."""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("30m", NOW + timedelta(minutes=30)),
        ("30 min", NOW + timedelta(minutes=30)),
        ("2H", NOW + timedelta(hours=2)),
        ("3d", NOW + timedelta(days=3)),
        ("1w", NOW + timedelta(weeks=1)),
        ("tomorrow", datetime(2026, 3, 3, 9, 0, tzinfo=BERLIN)),
        ("tomorrow 14:30", datetime(2026, 3, 3, 14, 30, tzinfo=BERLIN)),
        ("17:30", datetime(2026, 3, 2, 17, 30, tzinfo=BERLIN)),
        ("8:05", datetime(2026, 3, 3, 8, 5, tzinfo=BERLIN)),
        ("today 17:30", datetime(2026, 3, 2, 17, 30, tzinfo=BERLIN)),
        ("2026-03-29 09:00", datetime(2026, 3, 29, 9, 0, tzinfo=BERLIN)),
        ("2026-03-29T09:00", datetime(2026, 3, 29, 9, 0, tzinfo=BERLIN)),
        ("2026-04-01", datetime(2026, 4, 1, 9, 0, tzinfo=BERLIN)),
    ],
)
def test_a_time_is_understood_in_the_settings_time_zone(said: str, meant: datetime) -> None:
    found = until(said, NOW, BERLIN)
    assert found == meant
    assert found.tzinfo is UTC


def test_tomorrow_at_nine_is_nine_also_when_the_clocks_change() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert until("tomorrow", before, BERLIN).astimezone(BERLIN).hour == 9


@pytest.mark.parametrize(
    "said",
    ["", " ", "later", "12", "-2h", "2y", "25:00", "2026-02-30", "9999-12-31 99:99", "0001-01-01 00:00", "999999d"],
)
def test_what_is_not_understood_is_refused_with_examples(said: str) -> None:
    with pytest.raises(ConfigError, match="Say 30m, 2h"):
        until(said, NOW, BERLIN)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="0123456789:-T hdmwtoayr", max_size=20))
def test_whatever_is_typed_is_an_instant_or_a_refusal(said: str) -> None:
    with suppress(ConfigError):
        assert until(said, NOW, BERLIN).tzinfo is UTC

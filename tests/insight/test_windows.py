"""Days partition time in every zone, whatever its clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.insight.windows import DAY, HOUR, Window, day_of, day_window, hours_of

ZONES = sorted(name for name in available_timezones() if not name.startswith(("Etc/", "SystemV/", "posix", "right")))
zones = st.sampled_from(ZONES).map(ZoneInfo)
dates = st.dates(min_value=date(2015, 1, 1), max_value=date(2035, 12, 31))


@given(zone=zones, day=dates)
@settings(max_examples=200, deadline=None)
def test_J3_each_day_begins_where_the_last_one_ends(zone: ZoneInfo, day: date) -> None:
    today, tomorrow = day_window(day, zone), day_window(day + DAY, zone)
    assert today.until == tomorrow.since
    assert timedelta(hours=22) <= today.length <= timedelta(hours=26)


@given(
    zone=zones,
    instant=st.integers(0, 20 * 365 * 86_400).map(lambda s: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=s)),
)
@settings(max_examples=200, deadline=None)
def test_J3_every_instant_is_in_exactly_the_day_that_claims_it(zone: ZoneInfo, instant: datetime) -> None:
    day = day_of(instant, zone)
    holding = [
        d for d in (day - DAY, day, day + DAY) if day_window(d, zone).since <= instant < day_window(d, zone).until
    ]
    assert holding == [day]
    assert abs(day - instant.astimezone(zone).date()) <= DAY


@given(zone=zones, day=dates)
@settings(max_examples=200, deadline=None)
def test_a_day_begins_on_a_full_utc_hour_within_one_of_its_midnight(zone: ZoneInfo, day: date) -> None:
    since = day_window(day, zone).since
    assert (since.minute, since.second) == (0, 0)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    assert timedelta(0) <= since - midnight < HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 10, 26), 24),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Sao_Paulo", date(2018, 2, 17), 25),
        ("Asia/Kolkata", date(2026, 3, 29), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_known_days_have_their_hours(zone: str, day: date, hours: int) -> None:
    assert day_window(day, ZoneInfo(zone)).length == hours * HOUR


def test_a_window_knows_its_hours_and_overlaps() -> None:
    window = Window(since=datetime(2026, 3, 2, tzinfo=UTC), until=datetime(2026, 3, 2, 3, tzinfo=UTC))
    assert [hour.hour for hour in hours_of(window)] == [0, 1, 2]
    assert window.overlap(window.since - HOUR, window.since + HOUR) == HOUR
    assert window.overlap(window.until, window.until + HOUR) == timedelta(0)

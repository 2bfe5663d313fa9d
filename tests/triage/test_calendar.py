"""Business time, against a wall clock that is walked minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.calendar import WorkingHours
from listener.errors import ConfigError
from listener.triage.calendar import add, between, is_open
from listener.worktime import closes
from tests.builders import NOON, minutes
from tests.triage.clockwork import MINUTE, Doors, berlin, office_hours, stretch

CASES = 120
"""Calendars tried in a run of the suite."""

OFFICE = office_hours()
SUNDAY_NIGHT = WorkingHours(zone="Europe/Berlin", week={6: ((time(1), time(5)),)})


def test_time_counts_within_shifts_only() -> None:
    friday = berlin("2026-05-29 17:30")
    assert add(OFFICE, friday, minutes(90)) == berlin("2026-06-01 10:00")
    assert between(OFFICE, friday, berlin("2026-06-01 14:00")) == minutes(30 + 210 + 30)


def test_a_span_that_is_used_up_at_closing_ends_there() -> None:
    assert add(OFFICE, berlin("2026-05-29 17:30"), minutes(30)) == berlin("2026-05-29 18:00")


def test_backwards_is_the_mirror() -> None:
    due = berlin("2026-06-01 09:10")
    assert add(OFFICE, due, -minutes(15)) == berlin("2026-05-29 17:55")
    assert between(OFFICE, due, berlin("2026-05-29 17:55")) == -minutes(15)
    assert add(OFFICE, due, -minutes(10)) == berlin("2026-06-01 09:00")


def test_a_shift_is_open_from_its_first_instant_to_just_before_its_last() -> None:
    tick = timedelta(microseconds=1)
    opens, closes = berlin("2026-06-01 09:00"), berlin("2026-06-01 12:30")
    assert [is_open(OFFICE, at) for at in (opens - tick, opens, closes - tick, closes)] == [False, True, True, False]


def test_seconds_and_less_are_counted() -> None:
    start = berlin("2026-06-01 09:00") + timedelta(seconds=7, microseconds=3)
    assert add(OFFICE, start, timedelta(microseconds=5)) == start + timedelta(microseconds=5)
    assert between(OFFICE, start, start + timedelta(seconds=1, microseconds=1)) == timedelta(seconds=1, microseconds=1)


def test_a_shift_across_the_change_is_as_long_as_it_was() -> None:
    """Clocks go forward on 29 March 2026 at two, back on 25 October at three."""
    assert between(SUNDAY_NIGHT, berlin("2026-03-29 00:00"), berlin("2026-03-29 12:00")) == minutes(180)
    assert between(SUNDAY_NIGHT, berlin("2026-10-25 00:00"), berlin("2026-10-25 12:00")) == minutes(300)
    assert add(SUNDAY_NIGHT, berlin("2026-03-29 00:30"), minutes(90)) == berlin("2026-03-29 03:30")


def test_a_skipped_time_is_the_change_and_a_doubled_one_its_first_coming() -> None:
    late = WorkingHours(zone="Europe/Berlin", week={6: ((time(2, 30), time(4)),)})
    assert between(late, berlin("2026-03-29 00:00"), berlin("2026-03-29 12:00")) == minutes(60)
    assert between(late, berlin("2026-10-25 00:00"), berlin("2026-10-25 12:00")) == minutes(150)
    early = WorkingHours(zone="Europe/Berlin", week={6: ((time(1), time(2, 30)),)})
    assert between(early, berlin("2026-03-29 00:00"), berlin("2026-03-29 12:00")) == minutes(60)
    assert between(early, berlin("2026-10-25 00:00"), berlin("2026-10-25 12:00")) == minutes(90)


def test_a_clock_set_back_over_midnight_does_not_close_the_day_that_began() -> None:
    """Newfoundland, 7 November 2010: at a minute past midnight it was 23:01 of the day before again."""
    sunday = WorkingHours(zone="America/St_Johns", week={6: ((time(0), time(8)),)})
    midnight = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    assert is_open(sunday, midnight + minutes(30)), "though the clock shows half past eleven"
    assert between(sunday, midnight, midnight + minutes(30)) == minutes(30)
    assert add(sunday, midnight + minutes(30), -minutes(30)) == midnight


def test_a_day_that_a_zone_left_out_has_no_hours() -> None:
    """Samoa went from 29 to 31 December 2011."""
    always = WorkingHours(zone="Pacific/Apia", week=dict.fromkeys(range(7), ((time(0), time(0)),)))
    a, b = datetime(2011, 12, 28, tzinfo=UTC), datetime(2012, 1, 2, tzinfo=UTC)
    assert between(always, a, b) == b - a
    friday = WorkingHours(zone="Pacific/Apia", week={4: ((time(9), time(17)),)})
    assert between(friday, a, b) == timedelta(0)


def test_holidays_and_closed_dates_have_no_hours() -> None:
    unity = berlin("2025-10-02 17:00")
    assert add(office_hours(holidays="DE"), unity, minutes(90)) == berlin("2025-10-06 09:30")
    closed = office_hours(closed=(date(2025, 10, 3),))
    assert add(closed, unity, minutes(90)) == berlin("2025-10-06 09:30")
    assert add(OFFICE, unity, minutes(90)) == berlin("2025-10-03 09:30")
    womens_day = berlin("2027-03-08 10:00")
    assert not is_open(office_hours(holidays="DE-BE"), womens_day)
    assert is_open(office_hours(holidays="DE-BY"), womens_day)


def test_a_closed_date_closes_also_who_works_round_the_clock() -> None:
    hours = WorkingHours(zone="UTC", closed=frozenset({NOON.date()}))
    assert not is_open(hours, NOON)
    assert add(hours, NOON, minutes(1)) == datetime(2026, 3, 3, 0, 1, tzinfo=UTC)


def test_without_any_hours_time_is_time() -> None:
    always = WorkingHours()
    assert is_open(always, NOON)
    assert add(always, NOON, minutes(9)) - NOON == between(always, NOON, NOON + minutes(9)) == minutes(9)


def test_hours_that_can_never_hold_it_are_a_mistake_and_no_endless_loop() -> None:
    sundays = WorkingHours(week={6: ()})
    with pytest.raises(ConfigError, match="ten years of the working hours in UTC"):
        add(sundays, NOON, minutes(1))
    with pytest.raises(ConfigError, match="ten years"):
        add(sundays, NOON, -minutes(1))
    with pytest.raises(ConfigError, match="ten years"):
        add(WorkingHours(week={6: ((time(9), time(10)),)}), NOON, timedelta(days=100))


def test_an_instant_without_a_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="aware"):
        is_open(OFFICE, NOON.replace(tzinfo=None))


def agrees(seed: int) -> None:
    """One random calendar, eight questions of each kind."""
    dice = Random(seed)
    one = stretch(dice)
    doors = Doors(one.hours, one.since, one.until)
    span = (one.until - one.since) // MINUTE
    for _ in range(8):
        a, b = sorted(one.since + dice.randrange(span) * MINUTE for _ in range(2))
        assert is_open(one.hours, a) == doors.is_open(a), (seed, one, a)
        passed = doors.between(a, b)
        assert between(one.hours, a, b) == passed * MINUTE, (seed, one, a, b)
        assert add(one.hours, a, passed * MINUTE) == doors.after(a, passed), (seed, one, a, passed)
        if passed:
            back = add(one.hours, b, -passed * MINUTE)
            assert between(one.hours, back, b) == passed * MINUTE, (seed, one, b, passed)
            assert back >= a, "the last such instant"


@settings(max_examples=40, deadline=None)
@given(st.integers(min_value=0, max_value=2**63))
def test_business_time_equals_the_minutes_of_the_wall_clock(seed: int) -> None:
    agrees(seed)


@pytest.mark.parametrize("part", range(3))
def test_a_fixed_sample_of_calendars_equals_the_minutes_of_the_wall_clock(part: int) -> None:
    for seed in range(part, CASES, 3):
        agrees(seed)


def test_hours_end_where_nothing_joins_them() -> None:
    night = WorkingHours(zone="UTC", week={0: ((time(20), time(0)),), 1: ((time(0), time(6)),)})
    assert closes(night, NOON.replace(hour=21)) == NOON.replace(day=3, hour=6)
    assert closes(night, NOON.replace(day=3, hour=5)) == NOON.replace(day=3, hour=6)
    assert closes(night, NOON) == NOON, "they don't run"
    assert closes(WorkingHours(), NOON) is None

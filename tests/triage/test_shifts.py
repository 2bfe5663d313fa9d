"""Working hours in words."""

from datetime import date, time, timedelta

from listener.domain.calendar import WorkingHours
from listener.triage.shifts import clock_of, hours_words, next_open, next_shift
from tests.builders import NOON
from tests.triage.rosters import OFFICE

BERLIN = WorkingHours(zone="Europe/Berlin", week={0: ((time(9), time(12)), (time(13), time(0)))}, holidays="DE")


def test_a_shift_that_runs_is_open_now() -> None:
    assert next_open(OFFICE, NOON) == NOON


def test_the_next_begins_after_the_night_and_the_weekend() -> None:
    assert next_open(OFFICE, NOON + timedelta(hours=6)) == NOON + timedelta(hours=21)
    assert next_shift(OFFICE, NOON + timedelta(days=5)) == "Mon 09:00 UTC"


def test_hours_that_never_come_again_have_no_next() -> None:
    days = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(4000))
    shut = WorkingHours(zone="UTC", closed=days)
    assert (next_open(shut, NOON), next_shift(shut, NOON)) == (None, "further notice")


def test_times_are_the_agents_own() -> None:
    assert clock_of(NOON, BERLIN, NOON) == "13:00"
    assert clock_of(NOON, OFFICE, NOON + timedelta(days=3)) == "Mon 12:00 UTC"
    assert clock_of(NOON, OFFICE, NOON + timedelta(days=7)) == "2026-03-02 12:00 UTC"


def test_hours_are_told_in_a_line() -> None:
    assert hours_words(WorkingHours()) == "round the clock"
    assert hours_words(OFFICE) == "Mon–Fri 09:00–17:00 UTC"
    assert hours_words(BERLIN) == "Mon 09:00–12:00, 13:00–24:00 Europe/Berlin, holidays DE off"
    assert hours_words(WorkingHours(zone="UTC", holidays="DE")) == "every day UTC, holidays DE off"

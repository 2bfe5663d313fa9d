"""Opening hours as a team writes them down."""

import tomllib
from datetime import date, time, timedelta

import pytest

from listener.domain.calendar import WorkingHours
from listener.settings.documents import Document
from listener.settings.hours import working_hours
from listener.settings.table import Report, Table


def read(text: str) -> tuple[WorkingHours, list[str]]:
    """The hours, and what was found wrong."""
    report = Report(environ={})
    document = Document(file="sla.toml", data=tomllib.loads(text))
    hours = working_hours(Table(report, document, document.data))
    return hours, [f"{problem.key}: {problem.message} → {problem.fix}" for problem in report.problems]


def test_split_shifts_holidays_and_closed_dates_are_read() -> None:
    hours, wrong = read(
        'zone = "Europe/Berlin"\nworkdays = ["09:00-12:30", "13:30-18:00"]\nsaturday = ["22:00-24:00"]\nfriday = []\n'
        'holidays = "de_be"\nclosed = [2026-12-31, "2026-12-24"]\n'
    )
    assert wrong == []
    shifts = ((time(9), time(12, 30)), (time(13, 30), time(18)))
    assert hours == WorkingHours(
        zone="Europe/Berlin",
        week={**dict.fromkeys(range(4), shifts), 5: ((time(22), time(0)),)},
        holidays="DE-BE",
        closed=frozenset({date(2026, 12, 24), date(2026, 12, 31)}),
    )


def test_no_day_at_all_means_round_the_clock() -> None:
    hours, wrong = read('zone = "UTC"')
    assert hours.always
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "zone: missing"),
        ('zone = "Mars/One"', 'zone: "Mars/One" is no time zone'),
        ('zone = "UTC"\nmonday = ["9-17"]', 'monday[1]: "9-17" is no span of hours'),
        ('zone = "UTC"\nmonday = ["09:00-00:00"]', 'monday[1]: "09:00-00:00" is no span of hours'),
        ('zone = "UTC"\nmonday = ["09:00-25:00"]', 'monday[1]: "09:00-25:00" is no span of hours'),
        ('zone = "UTC"\nmonday = ["22:00-06:00"]', "ends before it begins → a shift over midnight is two"),
        ('zone = "UTC"\nmonday = ["09:00-12:00", "11:00-13:00"]', "begins before the span above it ends"),
        ('zone = "UTC"\nmonday = ["09:00-24:00", "23:00-24:00"]', "begins before the span above it ends"),
        ('zone = "UTC"\nmonday = []\nworkdays = []', "never open in two years"),
        ('zone = "UTC"\nholidays = "XX"', 'holidays: "XX" is no country or region with known holidays → use an ISO'),
        ('zone = "UTC"\nholidays = "DE-XX"', "its regions are BB, BE"),
        ('zone = "UTC"\nclosed = 5', "closed: expected a list"),
        ('zone = "UTC"\nclosed = ["soon"]', "closed[1]: expected a date"),
        ('zone = "UTC"\nclosed = [2026-12-24T09:00:00]', "closed[1]: expected a date"),
        ('zone = "UTC"\nmnday = []', "mnday: unknown key → did you mean monday?"),
    ],
)
def test_a_mistake_is_told(text: str, said: str) -> None:
    _, wrong = read(text)
    assert said in "\n".join(wrong)


def test_closed_dates_that_leave_no_day_are_told() -> None:
    mondays = ", ".join(f"{date(2026, 1, 5) + timedelta(weeks=n)}" for n in range(110))
    _, wrong = read(f'zone = "UTC"\nmonday = ["09:00-17:00"]\nclosed = [{mondays}]')
    assert wrong == [': never open in two years → give a day some hours: monday = ["09:00-17:00"]']

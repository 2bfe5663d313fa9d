"""How counts and days are said."""

from datetime import date, timedelta

import pytest

from listener.domain.digest import Figure
from listener.domain.phrases import compared, counted, lasting, listed, signed, weekday


def figure(people: int, usual: float | None, *, measured: int | None = None) -> Figure:
    return Figure(
        name="complaints",
        people=people,
        posts=people,
        measured=people if measured is None else measured,
        usual=usual,
        command="",
    )


@pytest.mark.parametrize(
    ("people", "usual", "said"),
    [
        (40, None, "too little history to compare with"),
        (40, 38.0, "about as usual (38)"),
        (262, 164.0, "60 % more than usual (164)"),
        (327, 113.0, "2.9 times the usual 113"),
        (40, 110.0, "64 % fewer than usual (110)"),
        (12, 0.2, "next to none is usual"),
        (0, 0.0, "about as usual (0.0)"),
        (2600, 1200.0, "2.2 times the usual 1,200"),
    ],
)
def test_a_count_is_said_against_its_usual(people: int, usual: float | None, said: str) -> None:
    assert compared(figure(people, usual)) == said


def test_brands_without_history_are_left_aside_and_that_is_said() -> None:
    said = compared(figure(500, 100.0, measured=160))
    assert said == "160 about brands with a history, 60 % more than usual (100); 340 about brands too new to compare"
    assert figure(500, 100.0, measured=160).change == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(minutes=42), "42 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(0), "0 min"),
    ],
)
def test_a_wait_is_said_in_its_two_largest_units(length: timedelta, said: str) -> None:
    assert lasting(length) == said


def test_days_counts_and_lists_read_as_people_say_them() -> None:
    assert weekday(date(2015, 2, 22)) == "Sunday 22 February 2015"
    assert (counted(1, "case"), counted(2, "case"), counted(2, "person", "people")) == ("1 case", "2 cases", "2 people")
    assert (listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])) == ("a", "a and b", "a, b and c")
    assert (signed(-12.4), signed(3)) == ("−12", "+3")

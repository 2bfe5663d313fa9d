"""Weeks are seven days that partition time, and a running period is compared with as much of the earlier ones."""

import itertools
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from listener.domain.digest import Cycle
from listener.domain.mention import Gap
from listener.insight.digest import build
from listener.insight.period import Period, day_period, last_period, week_named, week_period
from listener.insight.windows import DAY
from listener.store import open_store
from tests.builders import author, scored

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 23)


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]
)
def test_J3_weeks_partition_time_and_are_their_seven_days(zone: str) -> None:
    _walk_weeks(zone)


def test_J3_control_days_of_24_hours_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_24_hours(day: date, zone: ZoneInfo) -> SimpleNamespace:
        real = Period(cycle=Cycle.DAILY, first=day, zone=zone).window
        return SimpleNamespace(window=replace(real, until=real.since + DAY))

    monkeypatch.setattr(sys.modules[__name__], "day_period", of_24_hours)
    with pytest.raises(AssertionError):
        _walk_weeks("Europe/Berlin")


def _walk_weeks(zone: str) -> None:
    place = ZoneInfo(zone)
    week = week_period(date(2011, 12, 12), place)
    for _ in range(60):
        following = week.at(week.first + 7 * DAY)
        assert week.window.until == following.window.since
        days = [day_period(day, place).window for day in week.days]
        assert (days[0].since, days[-1].until) == (week.window.since, week.window.until)
        assert all(one.until == other.since for one, other in itertools.pairwise(days))
        week = following


def test_the_week_in_which_the_clocks_go_forward_lacks_an_hour() -> None:
    assert week_period(MONDAY, BERLIN).window.length == timedelta(hours=167)
    assert week_period(date(2026, 10, 19), BERLIN).window.length == timedelta(hours=169)


def test_a_period_is_named_as_commands_call_it() -> None:
    assert week_period(date(2026, 3, 29), BERLIN).flag == "--week 2026-W13"
    assert week_named("2020w53", BERLIN).first == date(2020, 12, 28)
    assert day_period(MONDAY, BERLIN).flag == "--day 2026-03-23"
    for wrong in ("2026-W54", "2026-W00", "13", "2026-13"):
        with pytest.raises(ValueError, match="week"):
            week_named(wrong, BERLIN)


def test_the_last_period_is_over() -> None:
    sunday_night = datetime(2026, 3, 29, 21, 59, tzinfo=UTC)
    assert last_period(Cycle.WEEKLY, sunday_night, BERLIN).name == "2026-W12"
    assert last_period(Cycle.WEEKLY, sunday_night + timedelta(minutes=1), BERLIN).name == "2026-W13"
    assert last_period(Cycle.DAILY, sunday_night, BERLIN).name == "2026-03-28"


def filled(path: Path, *, gap: bool = False) -> Period:
    """Five weeks: each day a complaint at 9 and two at 20 o'clock, by different people; in the last week, twice."""
    store = open_store(path)
    week = week_period(MONDAY, BERLIN)
    posts = []
    for n in range(35):
        day = week.first - 28 * DAY + n * DAY
        for hour, people in ((9, 1), (20, 2)):
            at = datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN).astimezone(UTC)
            names = [f"p{n}-{hour}-{k}" for k in range(people * (2 if n >= 28 else 1))]
            posts += [scored("@acme late", name, author=author(name), created_at=at) for name in names]
    with store.write() as tx:
        tx.save_mentions(posts, week.window.until)
        if gap:
            since = week.at(week.first - 7 * DAY).window.since
            tx.add_gap("x", Gap(since=since, until=since + timedelta(hours=5), reason="cap"), week.window.until)
    store.close()
    return week


def told(
    path: Path, week: Period, now: datetime, cycle: Cycle = Cycle.WEEKLY, day: date = MONDAY
) -> tuple[int, float | None, str]:
    from tests.insight.seeded import BRANDS

    store = open_store(path)
    with store.read() as reads:
        found = build(reads, brands=BRANDS, timezone="Europe/Berlin", day=day, now=now, brand="Acme", cycle=cycle)
    store.close()
    return found.complaints.people, found.complaints.usual, found.basis


def test_a_week_is_compared_with_the_whole_weeks_before_it(tmp_path: Path) -> None:
    """The first of the four has too little of a record."""
    week = filled(tmp_path / "w.db")
    assert told(tmp_path / "w.db", week, week.window.until) == (42, 21.0, "mean of 3 of the four weeks before")


def test_a_week_with_a_day_unheard_is_no_measure(tmp_path: Path) -> None:
    week = filled(tmp_path / "w.db", gap=True)
    assert told(tmp_path / "w.db", week, week.window.until)[2] == "mean of 2 of the four weeks before"


def test_a_running_day_or_week_is_compared_with_the_same_hours(tmp_path: Path) -> None:
    week = filled(tmp_path / "w.db")
    noon = datetime(2026, 3, 23, 12, tzinfo=BERLIN).astimezone(UTC)
    people, usual, basis = told(tmp_path / "w.db", week, noon, Cycle.DAILY)
    assert (people, usual) == (2, 1.0)
    assert basis.endswith(", each up to the same hour")
    wednesday = datetime(2026, 3, 25, 12, tzinfo=BERLIN).astimezone(UTC)
    assert told(tmp_path / "w.db", week, wednesday)[:2] == (14, 7.0)

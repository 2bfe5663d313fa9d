"""Who is on call, by the wall clock of their zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from listener.domain.on_call import Person, Rota, StandIn, of_brand, on_call, order, turn_of

ANA, BEN, CEM = (Person(name=name, target=f"{name}-phone") for name in ("ana", "ben", "cem"))
ROTA = Rota(name="r", people=(ANA, BEN, CEM), zone="Europe/Berlin", starts=date(2026, 3, 2))
"""Ana's first turn began on Monday 2 March 2026, at nine in Berlin."""


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=fold).astimezone(UTC)


def names(people: Sequence[Person]) -> list[str]:
    return [person.name for person in people]


def test_a_turn_ends_at_the_handover_and_not_a_moment_before() -> None:
    assert on_call(ROTA, berlin("2026-03-02 09:00")) == ANA
    assert on_call(ROTA, berlin("2026-03-09 09:00") - timedelta(microseconds=1)) == ANA
    assert on_call(ROTA, berlin("2026-03-09 09:00")) == BEN
    assert on_call(ROTA, berlin("2026-03-23 09:00")) == ANA


def test_the_handover_stays_at_nine_when_the_clocks_change() -> None:
    """Summer time begins on Sunday 29 March."""
    assert on_call(ROTA, berlin("2026-03-30 08:59")) == ANA
    assert on_call(ROTA, berlin("2026-03-30 09:00")) == BEN


def test_a_time_that_comes_twice_hands_over_once() -> None:
    """Clocks go back from 3 to 2 on Sunday 25 October 2026."""
    rota = Rota(name="r", people=(ANA, BEN), weekday=6, at=time(2, 30), zone="Europe/Berlin", starts=date(2026, 10, 18))
    assert on_call(rota, berlin("2026-10-25 02:29")) == ANA
    assert on_call(rota, berlin("2026-10-25 02:30")) == BEN
    assert on_call(rota, berlin("2026-10-25 02:10", fold=1)) == BEN


def test_before_the_first_turn_the_order_runs_backwards() -> None:
    assert on_call(ROTA, berlin("2026-02-25 12:00")) == CEM


def test_a_turn_may_last_several_weeks() -> None:
    rota = Rota(name="r", people=(ANA, BEN), weeks=2, starts=date(2026, 3, 2))
    assert [on_call(rota, datetime(2026, 3, 3 + 7 * n, tzinfo=UTC)).name for n in range(4)] == [
        "ana",
        "ana",
        "ben",
        "ben",
    ]


def test_the_first_turn_begins_at_the_first_handover_from_the_day_on() -> None:
    rota = Rota(name="r", people=(ANA, BEN), weekday=4, starts=date(2026, 3, 2))
    assert on_call(rota, datetime(2026, 3, 6, 9, tzinfo=UTC)) == ANA
    assert on_call(rota, datetime(2026, 3, 6, 8, 59, tzinfo=UTC)) == BEN


def test_somebody_stands_in_and_of_two_the_later_in_the_list() -> None:
    since, until = berlin("2026-03-04 09:00"), berlin("2026-03-05 09:00")
    both = (StandIn(since=since, until=until, person="ben"), StandIn(since=since, until=until, person="cem"))
    rota = Rota(name="r", people=(ANA, BEN, CEM), zone="Europe/Berlin", starts=date(2026, 3, 2), stand_ins=both)
    assert on_call(rota, since) == CEM
    assert names(order(rota, since)) == ["cem", "ana", "ben"]
    assert on_call(rota, until) == ANA
    turn = turn_of(rota, since)
    assert (turn.until, turn.then, turn.standing_in) == (until, ANA, True)


def test_next_is_whoever_really_takes_over() -> None:
    turn = turn_of(ROTA, berlin("2026-03-03 12:00"))
    assert (turn.person, turn.until, turn.then) == (ANA, berlin("2026-03-09 09:00"), BEN)


def test_of_one_person_nobody_ever_takes_over() -> None:
    turn = turn_of(Rota(name="r", people=(ANA,)), datetime(2026, 3, 3, tzinfo=UTC))
    assert (turn.person, turn.until, turn.then) == (ANA, None, None)


def test_a_rota_is_for_its_brands_and_for_what_is_about_none() -> None:
    own = Rota(name="own", people=(ANA,), brands=("Acme",))
    assert of_brand([own, ROTA], "Acme") == [own, ROTA]
    assert of_brand([own, ROTA], "Other") == [ROTA]
    assert of_brand([own, ROTA], "") == [own, ROTA]


@given(
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    weekday=st.integers(0, 6),
    hour=st.integers(0, 23),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_there_is_always_one_and_the_next_turn_is_anothers(at: datetime, weekday: int, hour: int, zone: str) -> None:
    rota = Rota(name="r", people=(ANA, BEN, CEM), weekday=weekday, at=time(hour, 30), zone=zone)
    turn = turn_of(rota, at)
    assert turn.until is not None
    assert timedelta(0) < turn.until - at <= timedelta(days=7, hours=1)
    assert on_call(rota, turn.until - timedelta(seconds=1)) == turn.person
    assert on_call(rota, turn.until) == turn.then
    assert len(set(order(rota, at))) == 3

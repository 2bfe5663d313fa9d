"""The board's arithmetic: waits in business time, nearest ranks, sums."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.domain.board import BoardBy, BoardCase, BoardView, Flow, Standing, Wait
from listener.domain.calendar import WorkingHours
from listener.domain.sla import QueueTerms, SlaPolicy
from listener.triage.board import business_minutes, facts, lines, nearest_rank
from tests.builders import NOON, minutes
from tests.triage.builders import POLICY, held, resolved

ALWAYS = SlaPolicy()
OFFICE = WorkingHours(week={day: ((time(9), time(17)),) for day in range(5)})
QUIET = Flow(opened={}, answered=[], resolved=[])


def wait(key: str, length: float, *, queue: str = "support", reopened: bool = False) -> Wait:
    return Wait(key, queue, NOON, NOON + minutes(length), reopened)


@pytest.mark.parametrize(
    ("waits", "median", "p90"),
    [([], None, None), ([7], 7, 7), ([1, 9], 1, 9), ([1, 2, 3], 2, 3), (list(range(1, 11)), 5, 9)],
)
def test_percentiles_are_by_nearest_rank(waits: list[float], median: float | None, p90: float | None) -> None:
    assert (nearest_rank(waits, 50), nearest_rank(waits, 90)) == (median, p90)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50).map(sorted), st.integers(1, 100))
def test_a_percentile_is_the_least_wait_that_so_many_did_not_exceed(waits: list[float], percent: int) -> None:
    found = nearest_rank(waits, percent)
    assert found in waits
    assert found is not None
    assert 100 * sum(one <= found for one in waits) >= percent * len(waits)
    assert 100 * sum(one < found for one in waits) < percent * len(waits)


def test_a_wait_over_night_counts_the_queues_hours_only() -> None:
    sla = SlaPolicy(queues={"support": QueueTerms(hours=OFFICE)})
    friday, monday = datetime(2026, 3, 6, 16, 0, tzinfo=UTC), datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
    assert business_minutes(sla, "support", friday, monday) == 120.0
    assert business_minutes(sla, "billing", friday, monday) == 66 * 60


def test_lines_stand_in_order_with_nobody_last_and_a_sum_over_all_waits() -> None:
    standings = [
        Standing(key="", open=1, unassigned=1, oldest_at=NOON, oldest_id=9),
        Standing(key="ben", open=2, breached=1, oldest_at=NOON, oldest_id=4),
    ]
    flow = Flow(
        opened={},
        answered=[wait("ana", 1), wait("ben", 2), wait("ben", 30)],
        resolved=[wait("ana", 5), wait("ana", 6, reopened=True)],
    )
    ana, ben, nobody, whole = lines(standings, flow, BoardBy.AGENT, ALWAYS)
    assert [line.standing.key for line in (ana, ben, nobody, whole)] == ["ana", "ben", "", "all"]
    assert [line.total for line in (ana, ben, nobody, whole)] == [False, False, False, True]
    assert (whole.standing.open, whole.standing.oldest_id, whole.answered.median) == (3, 4, 2)
    assert (ana.reopen_rate, ben.reopen_rate, ana.opened) == (0.5, None, None)


def test_a_single_line_needs_no_sum_and_an_empty_board_has_none() -> None:
    assert [one.total for one in lines([Standing(key="ana")], QUIET, BoardBy.QUEUE, ALWAYS)] == [False]
    assert lines([], QUIET, BoardBy.QUEUE, ALWAYS) == []


def test_waits_of_queues_with_different_hours_meet_in_one_line() -> None:
    sla = SlaPolicy(queues={"office": QueueTerms(hours=OFFICE)})
    long = timedelta(days=1) / minutes(1)
    flow = Flow(opened={}, answered=[wait("Acme", long, queue="office"), wait("Acme", long)], resolved=[])
    (line,) = lines([], flow, BoardBy.BRAND, sla)
    assert (line.answered.median, line.answered.p90) == (480, 1440)


def test_a_case_in_columns_has_waits_only_for_what_happened() -> None:
    view = BoardView(now=NOON + minutes(60), since=NOON, until=NOON + minutes(60))
    fresh = BoardCase(case=held(), answered_by="", settled_at=None, settled_by="", reopened=0, breached=())
    row = facts(fresh, view, POLICY)
    assert (row["first_reply_minutes"], row["resolution_minutes"], row["holder"]) == (None, None, "")
    done = resolved(first_reply_at=NOON + minutes(5), answered_at=NOON + minutes(5), tags=("vip",))
    at = NOON + minutes(9.06)
    told = BoardCase(case=done, answered_by="ana", settled_at=at, settled_by="ben", reopened=1, breached=("x",))
    row = facts(told, view, POLICY)
    assert (row["first_reply_minutes"], row["resolution_minutes"], row["tags"]) == (5.0, 9.1, ["vip"])
    assert row["waits_for_author"] is False
    assert "@acme my parcel is late" not in row.values()


def test_a_line_narrows_a_view_to_its_own_key() -> None:
    view = BoardView(now=NOON, since=NOON, until=NOON)
    narrowed = [view.narrowed(by, "x") for by in BoardBy]
    assert [(one.queue, one.agent, one.brand, one.platform) for one in narrowed] == [
        ("x", None, "", ""),
        ("", "x", "", ""),
        ("", None, "x", ""),
        ("", None, "", "x"),
    ]


def test_a_line_shows_the_fifth_and_the_ninth_of_ten_waits() -> None:
    waits = [wait("support", length) for length in range(10, 110, 10)]
    (line,) = lines([], Flow(opened={}, answered=waits, resolved=[]), BoardBy.QUEUE, ALWAYS)
    assert (line.answered.n, line.answered.median, line.answered.p90) == (10, 50, 90)

"""The clocks of a case: what starts, pauses, tightens and stops them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.case import Case, CaseState
from listener.domain.policy import TriagePolicy
from listener.domain.sla import Promise, QueueTerms, SlaClock, SlaPolicy
from listener.triage import moves, sla
from listener.triage.corrections import Correction
from listener.triage.sla import follow, opening, pressing
from tests.builders import NOON, minutes
from tests.triage.builders import FIRST_RESPONSE, POLICY, Office, after, case, office, resolved
from tests.triage.clockwork import berlin, office_hours
from tests.triage.timelines import plays

LIVES = 160
"""Whole lives of cases played in a run of the suite; each holds some twenty-five changes."""

FIRST, NEXT, RESOLUTION = Promise.FIRST_RESPONSE, Promise.NEXT_RESPONSE, Promise.RESOLUTION
ALL = {FIRST: FIRST_RESPONSE, NEXT: {"normal": minutes(60)}, RESOLUTION: {"normal": minutes(1440)}}
THREE = replace(POLICY, sla=SlaPolicy(targets=ALL))
BERLIN = replace(POLICY, sla=SlaPolicy(targets=ALL, hours=office_hours()))


def opened(policy: TriagePolicy = THREE, **more: object) -> Case:
    """A case worth 30 points, opened at noon under this policy."""
    timed = opening("support", 30.0, policy, NOON)
    times = {"clocks": timed.clocks, "due_at": timed.due_at, "sla_at": timed.sla_at, "alarm_at": timed.alarm_at}
    return case(wrote_at=NOON, **{**times, **more})


def written(before: Case, policy: TriagePolicy, at_minute: int) -> Case:
    """The author wrote again."""
    now = NOON + minutes(at_minute)
    return replace(before, **follow(before, {"wrote_at": now}, policy, now))


# starting and stopping


def test_a_case_opens_with_a_first_answer_and_a_solution_owed() -> None:
    found = opened()
    assert found.clocks == {
        FIRST: SlaClock(due_at=NOON + minutes(480)),
        RESOLUTION: SlaClock(due_at=NOON + minutes(1440)),
    }
    assert (found.due_at, found.sla_at) == (NOON + minutes(480), NOON + minutes(480))
    assert found.alarm_at == NOON + minutes(465)


def test_what_is_not_promised_is_not_owed() -> None:
    found = opened(TriagePolicy())
    assert (found.clocks, found.due_at, found.sla_at, found.alarm_at) == ({}, None, None, None)
    assert pressing(found, TriagePolicy(), NOON) is None


def test_hours_make_a_promise_last_over_the_weekend() -> None:
    friday = berlin("2026-05-29 17:00")
    found = opening("support", 30.0, BERLIN, friday)
    assert found.due_at == berlin("2026-06-01 17:00")
    assert found.alarm_at == berlin("2026-06-01 16:45")


def test_a_reply_keeps_the_first_answer_and_starts_the_wait_for_the_author() -> None:
    found = after(opened(), moves.decide_reply(opened(), "hello", "ann", THREE, NOON + minutes(5)))
    assert found.clocks == {RESOLUTION: SlaClock(left=minutes(1435))}
    assert (found.answered_at, found.first_reply_at) == (NOON + minutes(5), NOON + minutes(5))
    assert (found.due_at, found.sla_at, found.alarm_at) == (NOON + minutes(480), None, None)


def test_only_the_solution_waits_for_the_author_and_only_if_the_policy_says_so() -> None:
    impatient = replace(THREE, sla=replace(THREE.sla, pause_while_waiting=False))
    found = after(opened(), moves.decide_reply(opened(), "hello", "ann", impatient, NOON + minutes(5)))
    assert found.clocks == {RESOLUTION: SlaClock(due_at=NOON + minutes(1440))}


def test_the_authors_return_after_a_reply_starts_the_next_answer_once() -> None:
    replied = after(opened(), moves.decide_reply(opened(), "hello", "ann", THREE, NOON + minutes(5)))
    found = written(replied, THREE, 65)
    assert found.clocks[NEXT] == SlaClock(due_at=NOON + minutes(125))
    assert found.clocks[RESOLUTION] == SlaClock(due_at=NOON + minutes(1500))
    assert written(found, THREE, 100).clocks[NEXT] == found.clocks[NEXT]
    again = after(found, moves.decide_reply(found, "hello", "ann", THREE, NOON + minutes(110)))
    assert NEXT not in again.clocks


def test_before_our_first_reply_a_second_post_starts_nothing() -> None:
    assert written(opened(), THREE, 5).clocks == opened().clocks


def test_resolving_stops_every_clock() -> None:
    found = after(opened(), moves.decide_resolve(opened(), "done", "ann", THREE, NOON + minutes(60)))
    assert found.clocks == {FIRST: SlaClock(left=minutes(420))}
    assert (found.due_at, found.sla_at, found.alarm_at) == (NOON + minutes(480), None, None)
    assert pressing(found, THREE, NOON + minutes(60)) is None


def test_a_reopened_case_owes_a_new_solution_and_still_the_answer_it_never_got() -> None:
    closed = after(opened(), moves.decide_resolve(opened(), "done", "ann", THREE, NOON + minutes(60)))
    found = after(closed, moves.decide_reopen(closed, "", "ann", THREE, NOON + minutes(1000)))
    assert found.clocks == {
        FIRST: SlaClock(due_at=NOON + minutes(1420)),
        RESOLUTION: SlaClock(due_at=NOON + minutes(2440)),
    }
    assert found.due_at == NOON + minutes(1420)


# pausing


def test_a_snooze_stops_the_clocks_and_its_end_lets_them_go_on() -> None:
    asleep = after(opened(), moves.decide_snooze(opened(), NOON + minutes(300), "ann", THREE, NOON + minutes(60)))
    assert asleep.clocks == {FIRST: SlaClock(left=minutes(420)), RESOLUTION: SlaClock(left=minutes(1380))}
    assert (asleep.due_at, asleep.alarm_at) == (None, None)
    late = replace(
        asleep, **follow(asleep, {"state": CaseState.OPEN, "snoozed_until": None}, THREE, NOON + minutes(400))
    )
    assert late.due_at == NOON + minutes(300 + 420), "it has run since the snooze was over, woken or not"


def test_the_snooze_is_over_at_its_very_instant() -> None:
    asleep = after(opened(), moves.decide_snooze(opened(), NOON + minutes(300), "ann", THREE, NOON + minutes(60)))
    assert follow(asleep, {}, THREE, NOON + minutes(299)) == {}
    assert follow(asleep, {}, THREE, NOON + minutes(300))["due_at"] == NOON + minutes(720)


def test_a_policy_may_let_them_run_on() -> None:
    restless = replace(THREE, sla=replace(THREE.sla, pause_while_snoozed=False))
    asleep = after(opened(), moves.decide_snooze(opened(), NOON + minutes(300), "ann", restless, NOON + minutes(60)))
    assert asleep.clocks == opened().clocks


def test_what_was_broken_stays_broken_by_as_much_through_a_snooze() -> None:
    late = opened()
    asleep = after(late, moves.decide_snooze(late, NOON + minutes(700), "ann", THREE, NOON + minutes(600)))
    assert asleep.clocks[FIRST] == SlaClock(left=-minutes(120))
    awake = replace(
        asleep, **follow(asleep, {"state": CaseState.OPEN, "snoozed_until": None}, THREE, NOON + minutes(700))
    )
    assert awake.clocks[FIRST].due_at == NOON + minutes(580)


def test_an_answer_while_it_sleeps_is_measured_by_what_was_left() -> None:
    asleep = after(opened(), moves.decide_snooze(opened(), NOON + minutes(900), "ann", THREE, NOON + minutes(60)))
    found = after(asleep, moves.decide_reply(asleep, "hello", "ann", THREE, NOON + minutes(800)))
    assert found.due_at == NOON + minutes(800 + 420)


# tightening


def test_a_case_that_gets_worse_is_due_sooner_and_never_later() -> None:
    worse = replace(opened(), **follow(opened(), {"priority": 70.0}, THREE, NOON + minutes(10)))
    assert worse.due_at == NOON + minutes(40)
    better = replace(worse, **follow(worse, {"priority": 10.0}, THREE, NOON + minutes(15)))
    assert better.due_at == NOON + minutes(40)
    late = replace(opened(), **follow(opened(), {"priority": 70.0}, THREE, NOON + minutes(470)))
    assert late.due_at == NOON + minutes(480)


def test_a_stricter_queue_tightens_and_a_laxer_one_does_not_loosen() -> None:
    terms = {
        "billing": QueueTerms(targets={FIRST: {"normal": minutes(60)}}),
        "ideas": QueueTerms(targets={FIRST: {"normal": minutes(9999)}}),
    }
    policy = replace(THREE, sla=replace(THREE.sla, queues=terms))
    billed = replace(opened(), **follow(opened(), {"queue": "billing"}, policy, NOON + minutes(10)))
    assert billed.due_at == NOON + minutes(70)
    assert billed.clocks[RESOLUTION].due_at == NOON + minutes(1440), "a promise the queue doesn't name is everybody's"
    moved = replace(opened(), **follow(opened(), {"queue": "ideas"}, policy, NOON + minutes(10)))
    assert moved.due_at == NOON + minutes(480)


def test_a_sleeping_clock_tightens_too() -> None:
    asleep = after(opened(), moves.decide_snooze(opened(), NOON + minutes(900), "ann", THREE, NOON + minutes(60)))
    worse = follow(asleep, {"priority": 70.0}, THREE, NOON + minutes(100))
    assert worse["clocks"] == {FIRST: SlaClock(left=minutes(30)), RESOLUTION: SlaClock(left=minutes(1380))}


def test_a_case_that_was_judged_wrong_counts_from_its_beginning() -> None:
    found = follow(opened(), {"priority": 50.0}, THREE, NOON + minutes(100), rejudged=True)
    assert found["due_at"] == NOON + minutes(120), "two hours from the opening, not from now"


def test_time_asleep_is_not_held_against_a_case_that_was_judged_wrong() -> None:
    asleep = after(opened(), moves.decide_snooze(opened(), NOON + minutes(900), "ann", THREE, NOON + minutes(60)))
    awake = replace(
        asleep, **follow(asleep, {"state": CaseState.OPEN, "snoozed_until": None}, THREE, NOON + minutes(900))
    )
    found = follow(awake, {"priority": 50.0}, THREE, NOON + minutes(930), rejudged=True)
    assert found["due_at"] == NOON + minutes(930 + 120 - 90)


def test_twice_judged_wrong_is_not_held_against_it_twice() -> None:
    """Down and up again: what was used is at the most the time since it opened."""
    strict = replace(opened(), **follow(opened(), {"priority": 70.0}, THREE, NOON + minutes(5), rejudged=True))
    lax = replace(strict, **follow(strict, {"priority": 10.0}, THREE, NOON + minutes(10), rejudged=True))
    found = replace(lax, **follow(lax, {"priority": 50.0}, THREE, NOON + minutes(20), rejudged=True))
    assert found.due_at == NOON + minutes(30), "as promised when it was urgent"


def test_once_answered_the_promise_stays_as_it_was() -> None:
    answered = case(due_at=NOON + minutes(60), first_reply_at=NOON)
    assert "due_at" not in follow(answered, {"priority": 90.0}, POLICY, NOON + minutes(5))


# what is shown and stored


def test_the_promise_that_breaks_first_presses_most() -> None:
    found = pressing(opened(), THREE, NOON + minutes(490))
    assert found == sla.Pressing(promise=FIRST, left=-minutes(10), due_at=NOON + minutes(480))
    assert pressing(resolved(due_at=NOON), POLICY, NOON) is None
    answered = opened(first_reply_at=NOON, clocks={RESOLUTION: SlaClock(left=minutes(7))})
    assert pressing(answered, THREE, NOON) == sla.Pressing(promise=RESOLUTION, left=minutes(7), due_at=None)


def test_time_left_is_working_time() -> None:
    friday = berlin("2026-05-29 17:00")
    timed = opening("support", 50.0, BERLIN, friday)
    found = pressing(case(priority=50.0, clocks=timed.clocks), BERLIN, berlin("2026-05-30 12:00"))
    assert found is not None
    assert (found.left, found.due_at) == (minutes(60), berlin("2026-06-01 10:00"))


def test_a_case_from_before_there_were_clocks_keeps_its_promise() -> None:
    old = case(due_at=NOON + minutes(60))
    assert pressing(old, POLICY, NOON) == sla.Pressing(promise=FIRST, left=minutes(60), due_at=NOON + minutes(60))
    asleep = follow(old, {"state": CaseState.SNOOZED, "snoozed_until": NOON + minutes(99)}, POLICY, NOON)
    assert asleep["clocks"] == {FIRST: SlaClock(left=minutes(60))}
    broken = follow(case(due_at=NOON), {}, POLICY, NOON + minutes(60))
    assert broken["clocks"] == {FIRST: SlaClock(due_at=NOON, told="breached")}, "no news after an upgrade"


def test_a_change_that_leaves_the_clocks_alone_does_not_mention_them() -> None:
    assert follow(opened(), {"wrote_at": NOON + minutes(1)}, THREE, NOON + minutes(1)) == {
        "wrote_at": NOON + minutes(1)
    }


def test_a_warning_takes_at_most_half_of_the_promise() -> None:
    found = opening("support", 70.0, POLICY, NOON)
    assert found.alarm_at == NOON + minutes(15)
    policy = replace(POLICY, sla=replace(POLICY.sla, warn_bands={"normal": minutes(9999)}))
    assert opening("support", 30.0, policy, NOON).alarm_at == NOON + minutes(240)


# through the store


def test_clocks_go_through_the_store_and_a_relabelled_case_counts_from_its_opening(tmp_path: Path) -> None:
    with office(tmp_path, THREE) as desk_office:
        _a_complaint_relabelled(desk_office)


def _a_complaint_relabelled(desk_office: Office) -> None:
    desk_office.hears("@acme my parcel is late")
    (before,) = desk_office.cases()
    assert before.clocks == {
        FIRST: SlaClock(due_at=NOON + minutes(480)),
        RESOLUTION: SlaClock(due_at=NOON + minutes(1440)),
    }
    assert (before.sla_at, before.alarm_at) == (NOON + minutes(480), NOON + minutes(465))
    desk_office.clock.advance_to(NOON + minutes(10))
    desk_office.desk.relabel(1, Correction(labels=frozenset()), "ann")
    assert desk_office.cases()[0].due_at == before.due_at, "a case that turns out milder keeps its word"
    desk_office.desk.snooze(1, NOON + minutes(60), "ann")
    assert desk_office.cases()[0].clocks[FIRST] == SlaClock(left=minutes(470))
    desk_office.clock.advance_to(NOON + minutes(70))
    assert desk_office.desk.next("ann") is not None, "whoever asks for the next case wakes what is due"
    assert desk_office.cases()[0].due_at == NOON + minutes(530)


def test_a_case_says_since_when_it_is_whose() -> None:
    claimed = after(case(), moves.decide_claim(case(), "ann", POLICY, NOON))
    assert claimed.assigned_at == NOON
    renewed = after(claimed, moves.decide_claim(claimed, "ann", POLICY, NOON + minutes(5)))
    assert renewed.assigned_at == NOON
    assert after(claimed, moves.decide_release(claimed, "ann", NOON + minutes(5))).assigned_at is None


# against the oracle


@settings(max_examples=8, deadline=None)
@given(st.integers(min_value=0, max_value=2**63))
def test_any_life_of_a_case_shows_what_the_stopwatches_show(seed: int) -> None:
    plays(seed)


@pytest.mark.parametrize("part", range(4))
def test_a_fixed_sample_of_lives_shows_what_the_stopwatches_show(part: int) -> None:
    assert sum(plays(seed) for seed in range(part * LIVES // 4, (part + 1) * LIVES // 4)) > LIVES


def test_the_worked_example_of_the_page_is_true() -> None:
    """docs/sla.md, step by step."""
    targets = {FIRST: {"urgent": minutes(30), "normal": minutes(480)}}
    policy = replace(POLICY, sla=SlaPolicy(targets=targets, hours=office_hours(holidays="DE-BE")))
    timed = opening("support", 30.0, policy, berlin("2025-10-02 17:00"))
    assert (timed.due_at, timed.alarm_at) == (berlin("2025-10-06 17:00"), berlin("2025-10-06 16:45"))
    one = case(clocks=timed.clocks, due_at=timed.due_at, opened_at=berlin("2025-10-02 17:00"))
    until = berlin("2025-10-07 09:00")
    asleep = after(one, moves.decide_snooze(one, until, "ada", policy, berlin("2025-10-06 10:00")))
    assert asleep.clocks[FIRST].left == minutes(360)
    awake = {"state": CaseState.OPEN, "snoozed_until": None}
    woken = replace(asleep, **follow(asleep, awake, policy, berlin("2025-10-07 09:20")))
    assert woken.due_at == berlin("2025-10-07 16:00")
    worse = replace(woken, **follow(woken, {"priority": 70.0}, policy, berlin("2025-10-07 09:30")))
    assert (worse.due_at, worse.alarm_at) == (berlin("2025-10-07 10:00"), berlin("2025-10-07 09:45"))

"""What the clocks tell: each thing once, however late, and not three hundred times in an outage."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener.domain.alert import Notice
from listener.domain.case import CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.sla import Promise, SlaClock, SlaPolicy
from listener.domain.verdict import Label
from listener.triage.alarms import Alarm, decide, due, sound
from listener.triage.corrections import Correction
from listener.triage.sla import opening
from listener.triage.upkeep import keep_up
from listener.triage.waking import wake
from tests.builders import NOON, minutes
from tests.triage.builders import FIRST_RESPONSE, POLICY, Office, after, case, office
from tests.triage.clockwork import berlin, office_hours

FIRST, RESOLUTION = Promise.FIRST_RESPONSE, Promise.RESOLUTION


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def ticks(desk: Office, at: datetime, policy: TriagePolicy = POLICY) -> list[Notice]:
    with desk.store.write() as tx:
        return keep_up(tx, policy, at)


def told(desk: Office, case_id: int = 1) -> list[str]:
    """The alarms in a case's history."""
    alarms = {EventKind.WARNED, EventKind.BREACHED}
    return [f"{event.kind} {event.detail['promise']}" for event in desk.card(case_id).events if event.kind in alarms]


def test_a_promise_is_warned_of_and_then_broken_each_once(desk: Office) -> None:
    desk.hears()
    assert ticks(desk, NOON + minutes(464)) == []
    (warning,) = ticks(desk, NOON + minutes(465))
    assert warning.title == "support: promise about to break in case 1"
    assert warning.key == "sla|case:1|first_response|warned|2026-03-02T20:00:00+00:00"
    assert ticks(desk, NOON + minutes(466)) == []
    (breach,) = ticks(desk, NOON + minutes(480))
    assert breach.title == "support: promise broken in case 1"
    assert ticks(desk, NOON + minutes(481)) == []
    assert told(desk) == ["warned first_response", "breached first_response"]


def test_a_broken_promise_escalates_the_case(desk: Office) -> None:
    desk.hears()
    ticks(desk, NOON + minutes(480))
    (found,) = desk.cases()
    assert (found.escalated, found.terms["breached"], found.assignee) == (True, 10.0, "")
    assert "escalated" in desk.card().events[-1].detail["why"]


def test_what_a_person_raised_stays_before_a_nights_backlog_of_broken_promises(desk: Office) -> None:
    desk.hears(by="sam", thread="t1")
    desk.hears(by="eve", thread="t2")
    desk.clock.advance_to(NOON + minutes(5))
    desk.desk.escalate(2, "medicine", "bob")
    ticks(desk, NOON + minutes(480))
    first, second = sorted(desk.cases(), key=lambda found: (not found.escalated, found.rank_at))
    assert (first.id, second.id, second.escalated) == (2, 1, True)


def test_a_later_post_adds_no_points_of_a_person_to_what_only_a_broken_promise_raised(desk: Office) -> None:
    desk.hears()
    ticks(desk, NOON + minutes(480))
    desk.hears("@acme and still nothing")
    (found,) = desk.cases()
    assert (found.terms["escalated"], found.terms["breached"]) == (0.0, 10.0)


def test_judged_again_it_keeps_what_the_broken_promise_gave_it(desk: Office) -> None:
    desk.hears()
    ticks(desk, NOON + minutes(480))
    found = desk.desk.relabel(1, Correction(labels=frozenset({Label.QUESTION})), "bob").case
    assert (found.escalated, found.terms["breached"], found.terms["escalated"]) == (True, 10.0, 0.0)


def test_a_warning_does_not(desk: Office) -> None:
    desk.hears()
    ticks(desk, NOON + minutes(470))
    assert not desk.cases()[0].escalated


def test_a_policy_may_leave_broken_promises_where_they_are(desk: Office) -> None:
    calm = replace(POLICY, sla=replace(POLICY.sla, escalate_on_breach=False))
    desk.hears()
    assert len(ticks(desk, NOON + minutes(480), calm)) == 1
    assert not desk.cases()[0].escalated
    assert ticks(desk, NOON + minutes(481), calm) == []


def test_what_broke_while_nothing_ran_is_told_once_and_says_how_late_it_is(desk: Office) -> None:
    desk.hears()
    (late,) = ticks(desk, NOON + timedelta(days=2))
    assert late.body.startswith("Answer overdue by 40h, was due 2026-03-02 20:00 UTC; nobody has it\n")
    assert told(desk) == ["breached first_response"], "a warning after the fact is none"


def test_a_clock_set_back_tells_nothing_twice(desk: Office) -> None:
    desk.hears()
    ticks(desk, NOON + minutes(480))
    assert ticks(desk, NOON + minutes(100)) == []
    assert ticks(desk, NOON + minutes(480)) == []
    assert told(desk) == ["breached first_response"]


def test_an_answered_case_is_not_told_of(desk: Office) -> None:
    desk.hears()
    desk.desk.reply(1, "hello", "ann")
    assert ticks(desk, NOON + timedelta(days=9)) == []


def test_a_snoozed_case_is_not_told_of_until_it_is_back(desk: Office) -> None:
    desk.hears()
    desk.desk.snooze(1, NOON + minutes(600), "ann")
    assert ticks(desk, NOON + minutes(599)) == []
    assert ticks(desk, NOON + minutes(600 + 464)) == []
    (warning,) = ticks(desk, NOON + minutes(600 + 465))
    assert "about to break" in warning.title
    assert desk.cases()[0].state is CaseState.OPEN


def test_nothing_breaks_at_night(tmp_path: Path) -> None:
    """Opened on Friday at five: an hour is left, then the weekend, then seven hours of Monday."""
    hours = replace(POLICY, sla=replace(POLICY.sla, hours=office_hours()))
    with office(tmp_path, hours) as desk:
        desk.clock.advance_to(berlin("2026-05-29 17:00"))
        desk.hears()
        for quiet in ("2026-05-30 01:00", "2026-05-31 12:00", "2026-06-01 16:44"):
            assert ticks(desk, berlin(quiet), hours) == []
        (warning,) = ticks(desk, berlin("2026-06-01 16:45"), hours)
        assert warning.body.startswith("Answer due in 15m, 2026-06-01 15:00 UTC")
        (breach,) = ticks(desk, berlin("2026-06-01 17:00"), hours)
        assert breach.body.startswith("Answer overdue by 0m")


def test_a_warning_comes_in_working_hours_too() -> None:
    """Due on Monday at ten past nine: a quarter of a working hour before that is Friday, five to six."""
    hours = replace(POLICY, sla=replace(POLICY.sla, hours=office_hours()))
    timed = opening("support", 70.0, hours, berlin("2026-05-29 17:40"))
    assert (timed.due_at, timed.alarm_at) == (berlin("2026-06-01 09:10"), berlin("2026-05-29 17:55"))


class TestFolding:
    def test_an_outage_is_one_notice_a_queue(self, desk: Office) -> None:
        desk.takes(*(desk.post(f"@acme no parcel {n}", by=f"a{n}", thread=f"t{n}") for n in range(30)))
        desk.takes(*(desk.post(f"@acme refund {n}", by=f"b{n}", thread=f"u{n}") for n in range(3)))
        billing, support = ticks(desk, NOON + minutes(480))
        assert (billing.title, support.title) == ("billing: 3 promises broken", "support: 30 promises broken")
        assert support.body.splitlines()[-2:] == ["and 20 more", "listener inbox --queue support"]

    def test_what_follows_within_five_minutes_is_told_at_their_end(self, desk: Office) -> None:
        for minute in range(4):
            desk.clock.advance_to(NOON + minutes(minute))
            desk.hears(by=f"a{minute}", thread=f"t{minute}")
        start = NOON + minutes(480)
        ticks(desk, start - minutes(10))
        found = [(minute, notice.title) for minute in range(12) for notice in ticks(desk, start + minutes(minute))]
        assert found == [(0, "support: promise broken in case 1"), (5, "support: 3 promises broken")]

    def test_a_stranger_is_quoted_as_one(self, desk: Office) -> None:
        desk.hears("@acme my parcel\x1b[31m is\n> late")
        (notice,) = ticks(desk, NOON + minutes(480))
        quoted = [line for line in notice.body.splitlines() if "parcel" in line]
        assert quoted
        assert all(line.startswith("> ") for line in quoted)
        assert "\x1b" not in notice.body


def test_two_clocks_of_one_case_tell_each_of_its_own(tmp_path: Path) -> None:
    targets = {FIRST: FIRST_RESPONSE, RESOLUTION: FIRST_RESPONSE}
    with office(tmp_path, replace(POLICY, sla=SlaPolicy(targets=targets))) as desk:
        desk.hears()
        (notice,) = ticks(desk, NOON + minutes(480), desk.policy)
        assert notice.title == "support: 2 promises broken"
        assert sorted(told(desk)) == ["breached first_response", "breached resolution"]


def test_the_escalation_tightens_what_else_is_promised() -> None:
    policy = replace(
        POLICY,
        sla=SlaPolicy(targets={FIRST: FIRST_RESPONSE, RESOLUTION: {"normal": minutes(9000), "high": minutes(60)}}),
    )
    timed = opening("support", 30.0, policy, NOON)
    found = case(clocks=timed.clocks, alarm_at=timed.alarm_at, sla_at=timed.sla_at, due_at=timed.due_at)
    now = NOON + minutes(480)
    alarm = due(found, policy, now)
    assert alarm == Alarm(promise=FIRST, due_at=now, broken=True)
    raised = after(found, decide(found, alarm, policy, now))
    assert raised.clocks == {
        FIRST: SlaClock(due_at=now, told="breached"),
        RESOLUTION: SlaClock(due_at=now + minutes(60)),
    }
    assert (raised.sla_at, raised.alarm_at) == (now, now + minutes(45))


def test_an_alarm_set_under_another_policy_is_told_rather_than_looked_at_for_ever() -> None:
    found = case(clocks={FIRST: SlaClock(due_at=NOON + minutes(100))}, alarm_at=NOON)
    assert due(found, POLICY, NOON) == Alarm(promise=FIRST, due_at=NOON + minutes(100), broken=False)
    assert (
        due(
            after(found, decide(found, Alarm(promise=FIRST, due_at=NOON + minutes(100), broken=False), POLICY, NOON)),
            POLICY,
            NOON,
        )
        is None
    )


def test_hundreds_wake_and_hundreds_of_alarms_sound_at_once(desk: Office) -> None:
    desk.takes(*(desk.post(f"@acme no parcel {n}", by=f"a{n}", thread=f"t{n}") for n in range(200)))
    for number in range(1, 201):
        desk.desk.snooze(number, NOON + minutes(60), "ann")
    with desk.store.write() as tx:
        assert wake(tx, POLICY, NOON + minutes(60)) == 200
        assert wake(tx, POLICY, NOON + minutes(60)) == 0
        (notice,) = sound(tx, POLICY, NOON + minutes(600))
        assert notice.title == "support: 200 promises broken"
        assert sound(tx, POLICY, NOON + minutes(600)) == []

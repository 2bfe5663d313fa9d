"""Rules of time: looked at when time is up, once a stretch of waiting."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.domain.alert import Notice
from listener.domain.case import CaseEvent, EventKind
from listener.domain.rules import Rule, Then, When
from listener.triage import rule_timing
from listener.triage.rule_timing import Waiting, due, follow, may_act, stretch
from tests.builders import NOON
from tests.triage.builders import POLICY, Office, office

HOUR = timedelta(hours=1)
ALONE = Rule(name="alone", when=When(no_reply_for=4 * HOUR), then=Then(tag=("alone",), escalate=True))
OLD = Rule(name="old", when=When(older_than=2 * HOUR, words=("late",)), then=Then(tag=("old",)))


def event(kind: EventKind, hours: float, agent: str = "listener", **detail: str) -> CaseEvent:
    return CaseEvent(case_id=1, at=NOON + hours * HOUR, agent=agent, kind=kind, detail=detail)


def waited(*events: CaseEvent) -> Waiting:
    waiting = Waiting()
    for one in events:
        waiting = follow(waiting, one)
    return waiting


OPENED = event(EventKind.OPENED, 0, mention="1", reason="complaint")


def test_time_runs_from_the_first_post_we_have_not_answered() -> None:
    again = event(EventKind.ATTACHED, 1, mention="2", reason="complaint")
    answered = event(EventKind.REPLIED, 2, agent="ada")
    back = event(EventKind.ATTACHED, 3, mention="3", reason="complaint")
    assert due(ALONE, waited(OPENED, again)) == NOON + 4 * HOUR, "the angriest must not wait the longest"
    assert due(ALONE, waited(OPENED, answered)) is None
    assert due(ALONE, waited(OPENED, again, answered, back)) == NOON + 7 * HOUR
    assert due(OLD, waited(OPENED, answered, back)) == NOON + 2 * HOUR


def test_thanks_and_small_talk_wait_for_no_answer() -> None:
    answered = event(EventKind.REPLIED, 2, agent="ada")
    for reason in ("praise", ""):
        assert due(ALONE, waited(OPENED, answered, event(EventKind.ATTACHED, 3, mention="2", reason=reason))) is None


def test_a_rule_of_both_times_waits_for_the_later_and_acts_once_until_the_author_returns() -> None:
    both = Rule(name="both", when=When(older_than=6 * HOUR, no_reply_for=HOUR))
    waiting = waited(OPENED)
    assert due(both, waiting) == NOON + 6 * HOUR
    assert stretch(both, waiting) == NOON
    assert not may_act(both, waiting, NOON + 6 * HOUR)
    returned = waited(OPENED, event(EventKind.REOPENED, 9, mention="2", reason="complaint"))
    by_hand = waited(OPENED, event(EventKind.REOPENED, 9, agent="ada"))
    assert may_act(both, returned, NOON + 6 * HOUR)
    assert not may_act(both, by_hand, NOON + 6 * HOUR)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, replace(POLICY, rules=(ALONE, OLD))) as open_office:
        looks(open_office)
        yield open_office


def looks(at: Office, hours: float | None = None) -> list[Notice]:
    if hours is not None:
        at.clock.advance_to(NOON + hours * HOUR)
    with at.store.write() as tx:
        return rule_timing.look(tx, at.policy, at.clock.now())


def acted(at: Office) -> list[tuple[str, int, datetime]]:
    with at.store.read() as reads:
        return [(act.rule, act.case_id, act.at) for act in reversed(reads.rule_log())]


def test_a_case_is_looked_at_when_its_time_is_up_and_once(at: Office) -> None:
    at.hears("@acme late")
    at.hears("@acme broken", by="ben")
    for hours in (1.9, 2.0, 2.5, 4.1, 4.2, 9.0):
        looks(at, hours)
    assert acted(at) == [
        ("old", 1, NOON + 2 * HOUR),
        ("alone", 1, NOON + 4.1 * HOUR),
        ("alone", 2, NOON + 4.1 * HOUR),
    ]
    first, second = at.cases()
    assert (first.tags, second.tags, second.escalated) == (("alone", "old"), ("alone",), True)
    assert at.kinds(2) == ["opened", "ruled"]


def test_what_was_answered_or_resolved_or_sleeps_is_left_alone_and_looked_at_when_it_wakes(at: Office) -> None:
    at.hears("@acme a", by="a")
    at.hears("@acme b", by="b")
    at.hears("@acme c", by="c")
    looks(at, 0.5)
    at.desk.reply(1, "soon", "ada")
    at.desk.resolve(2, "done", "ada")
    at.desk.snooze(3, NOON + 6 * HOUR, "ada")
    looks(at, 5)
    assert acted(at) == []
    at.clock.advance_to(NOON + 6 * HOUR)
    at.desk.next("bob")  # wakes whoever has slept long enough
    looks(at, 6.01)
    assert [(rule, case_id) for rule, case_id, _ in acted(at)] == [("alone", 3)]


def test_a_new_stretch_of_waiting_is_a_new_occasion(at: Office) -> None:
    at.hears("@acme broken")
    looks(at, 4)
    at.desk.reply(1, "try this", "ada")
    looks(at, 5)
    at.hears("@acme still broken")
    looks(at, 8)
    looks(at, 9)
    assert [when for _, _, when in acted(at)] == [NOON + 4 * HOUR, NOON + 9 * HOUR]


def test_thousands_of_waiting_cases_cost_nothing_while_no_ones_time_comes(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.takes(*(at.post(by=f"a{n}") for n in range(60)))
    looks(at, 5)
    looks(at, 5.2)
    read: list[Any] = []
    with at.store.write() as tx:
        monkeypatch.setattr(tx, "timelines_of", read.append)
        rule_timing.look(tx, at.policy, NOON + 5.5 * HOUR)
    assert read == []


def test_a_rule_that_is_new_looks_back_a_week(at: Office) -> None:
    at.hears("@acme late")
    looks(at, 30)
    at.policy = replace(POLICY, rules=(ALONE, OLD, Rule(name="new", when=When(older_than=HOUR), then=Then(tag=("n",)))))
    looks(at, 30.1)
    assert [rule for rule, _, _ in acted(at)] == ["alone", "old", "new"]


def test_what_an_hour_left_untold_is_told_in_one_when_it_is_over(at: Office) -> None:
    loud = Rule(name="loud", when=When(words=("late",)), then=Then(notify=("chat",), notices_per_hour=2))
    at.policy = replace(POLICY, rules=(loud,))
    looks(at)
    for n in range(5):
        at.hears("@acme late", by=f"a{n}")
    assert looks(at, 0.9) == []
    (notice,) = looks(at, 1.0)
    assert "… and 3 more between 12:00 and 13:00 UTC" in notice.title
    assert notice.targets == {"chat"}
    assert looks(at, 1.1) == []

"""Rules: when one holds and what it does, pure; and what that makes of cases on the real store."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.case import CaseChange, CaseState, EventKind
from listener.domain.rules import Rule, Then, When
from listener.domain.verdict import Label
from listener.triage.priority import points_now
from listener.triage.rules import Fired, Stand, Subject, consider, in_words
from listener.triage.why import explain
from listener.triage.words import first_word, may_hold
from tests.builders import NOON, minutes, verdict
from tests.triage.builders import POLICY, Office, office

HOUR = timedelta(hours=1)


def rule(name: str = "r", *, stop: bool = False, then: Then | None = None, **when: Any) -> Rule:
    return Rule(name=name, when=When(**when), then=then or Then(tag=(name,)), stop=stop)


def subject(**more: Any) -> Subject:
    facts = {
        "reason": "complaint", "lang": "en-GB", "text": "My Parcel is late, I want a refund", "severity": 0.5,
        "confidence": 0.8, "followers": 100, "value": None,
    }  # fmt: skip
    return Subject(**{**facts, **more})


def stand(**more: Any) -> Stand:
    return Stand(**{"brand": "Acme", "platform": "x", "queue": "support", "terms": {"severity": 30.0}, **more})


def acts(*rules: Rule, acted: tuple[str, ...] = (), moved: bool = False, **case: Any) -> list[Fired]:
    return consider(rules, subject(), stand(**case), acted, POLICY, NOON, moved=moved)


def names(fired: list[Fired]) -> list[str]:
    return [one.rule.name for one in fired]


@pytest.mark.parametrize(
    ("holds", "fails"),
    [
        ({"brands": ("acme",)}, {"brands": ("Zeta",)}),
        ({"platforms": ("reddit", "x")}, {"platforms": ("reddit",)}),
        ({"labels": ("complaint",)}, {"labels": ("question",)}),
        ({"langs": ("en",)}, {"langs": ("de",)}),
        ({"words": ("REFUND",)}, {"words": ("refunds",)}),
        ({"min_confidence": 0.8}, {"min_confidence": 0.81}),
        ({"max_confidence": 0.8}, {"max_confidence": 0.79}),
        ({"min_severity": 0.5}, {"min_severity": 0.51}),
        ({"min_followers": 100}, {"min_followers": 101}),
        ({"min_value": 0.0}, {"min_value": 0.01}),
        ({"queues": ("Support",)}, {"queues": ("billing",)}),
        ({"bands": ("normal",)}, {"bands": ("high",)}),
        ({"tags": ("vip", "new")}, {"tags": ("vip",)}),
    ],
)
def test_each_condition_holds_or_fails_by_itself_and_all_must_hold(holds: Any, fails: Any) -> None:
    both = {"brands": ("Acme",), **holds}
    assert names(acts(rule(**both), tags=("new",))) == ["r"]
    assert acts(rule(**{**both, **fails}), tags=("new",)) == []


def test_every_rule_that_holds_acts_and_sees_what_those_above_it_changed() -> None:
    first = rule("first", then=Then(tag=("vip",), queue="press", points=15.0))
    second = rule("second", tags=("vip",), queues=("press",), bands=("high",), then=Then(escalate=True))
    assert names(acts(second, first)) == ["first"]
    fired = acts(first, second)
    assert names(fired) == ["first", "second"]
    assert fired[0].after.terms == {"severity": 30.0, "rule: first": 15.0}
    assert (fired[1].after.queue, fired[1].after.tags, fired[1].after.escalated) == ("press", ("vip",), True)


def test_a_rule_that_stops_keeps_those_below_it_from_acting_where_it_holds() -> None:
    below = rule("below")
    over: list[str] = []
    stop = rule("stop", stop=True, words=("refund",))
    consider([stop, below], subject(), stand(), (), POLICY, NOON, passed_over=lambda r: over.append(r.name))
    assert over == ["below"]
    assert names(acts(stop, below)) == ["stop"]
    assert names(acts(stop, below, acted=("stop",))) == [], "it holds again, though it has acted"
    assert names(acts(rule("stop", stop=True, words=("lawyer",)), below)) == ["below"]


def test_a_case_that_somebody_has_is_not_moved_given_away_or_put_to_sleep() -> None:
    everything = Then(
        queue="press", assign="bob", snooze=HOUR, tag=("a",), points=-5.0, notify=("chat",), escalate=True
    )
    (free,), (held,) = acts(rule(then=everything)), acts(rule(then=everything), held=True, assignee="ada")
    assert set(free.did) == {"queue", "assign", "snooze", "tag", "points", "notify", "escalate"}
    assert set(held.did) == {"tag", "points", "notify", "escalate"}
    assert (held.after.queue, held.after.assignee, held.after.asleep_until) == ("support", "ada", None)
    assert in_words({"queue": "press", "escalate": "yes"}) == "queue press; escalate"


def test_a_rule_acts_once_but_chooses_its_queue_again_where_a_post_moves_the_case() -> None:
    moves = rule(then=Then(queue="press", tag=("a",)))
    assert acts(moves, acted=("r",)) == []
    assert acts(moves, acted=("r",), moved=True)[0].did == {"queue": "press"}
    assert acts(moves, acted=("r",), moved=True, held=True) == []
    assert acts(moves, acted=("r",), moved=True, queue="press") == []


@settings(max_examples=300)
@given(st.text(alphabet="aB -_.😡é'\n", max_size=30), st.lists(st.text(alphabet="aB -_.😡é'", max_size=5), max_size=4))
def test_the_quick_look_never_misses_a_word(text: str, words: list[str]) -> None:
    if first_word(text, words):
        assert may_hold(text, words)


def test_the_quick_look_is_quick_because_it_says_no() -> None:
    assert not may_hold("my parcel is late", ("refund", "money back"))


TAGGED = Rule(name="money", when=When(words=("refund",)), then=Then(tag=("refund",), points=7.0, queue="billing2"))


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[Office]:
    """An office where `TAGGED` is in force."""
    with office(tmp_path, replace(POLICY, rules=(TAGGED,))) as open_office:
        yield open_office


def with_rules(at: Office, *rules: Rule) -> Office:
    """The same office under other rules from now on."""
    at.policy = replace(at.policy, rules=rules)
    return at


def untag(at: Office, agent: str) -> None:
    with at.store.write() as tx:
        case = tx.case(1)
        set_: dict[str, object] = {"tags": ()}
        tx.change_case(1, case.version, CaseChange(kind=EventKind.TAGGED, agent=agent, at=at.clock.now(), set=set_))


def test_a_new_case_opens_with_what_rules_make_of_it(ruled: Office) -> None:
    ruled.hears("@acme I want a refund")
    (case,) = ruled.cases()
    assert (case.queue, case.tags, case.version) == ("billing2", ("refund",), 1)
    assert case.terms["rule: money"] == 7.0
    assert sum(case.terms.values()) == pytest.approx(case.priority)
    with ruled.store.read() as reads:
        (act,) = reads.rule_log()
    assert (act.rule, act.case_id, act.mention_id, act.at) == ("money", 1, 1, NOON)
    assert act.did == {"queue": "billing2", "points": "+7", "tag": "refund"}


def test_why_names_the_rule_and_still_sums(ruled: Office) -> None:
    ruled.hears("@acme I want a refund")
    found = explain(ruled.card(), ruled.policy, NOON)
    assert found.rule == "money"
    assert "rule: money" in [term.name for term in found.terms if term.points == 7.0]
    assert sum(term.points for term in found.terms) == pytest.approx(points_now(ruled.cases()[0], NOON, POLICY))
    assert ruled.card().events[0].detail["ruled"] == "money: queue billing2; points +7; tag refund"


def test_a_later_post_brings_the_rule_as_an_event_of_its_own(ruled: Office) -> None:
    ruled.hears("@acme where is it")
    ruled.hears("@acme now I want a refund")
    ruled.hears("@acme refund, please!")
    assert ruled.kinds() == ["opened", "attached", "ruled", "attached"]
    event = ruled.card().events[2]
    assert (event.agent, event.detail["rule"], event.detail["queue"]) == ("listener", "money", "billing2")
    assert ruled.cases()[0].tags == ("refund",)


def test_points_below_nothing_stay_when_the_case_grows(ruled: Office) -> None:
    with_rules(ruled, Rule(name="low", when=When(words=("late",)), then=Then(points=-9.0)))
    ruled.hears("@acme late")
    ruled.hears("@acme and I want a refund, and my lawyer says so")
    assert ruled.cases()[0].terms["rule: low"] == -9.0


def test_what_an_agent_changes_by_hand_stays_though_the_author_writes_again(ruled: Office) -> None:
    ruled.hears("@acme I want a refund")
    untag(ruled, "bob")
    ruled.hears("@acme refund, now")
    assert ruled.cases()[0].tags == ()
    ruled.desk.resolve(1, "paid", "bob")
    ruled.hears("@acme where is the refund")
    assert ruled.cases()[0].tags == ("refund",), "the author's return begins anew"


def test_a_rules_queue_holds_against_the_route_of_a_later_post(ruled: Office) -> None:
    with_rules(ruled, Rule(name="ann", when=When(brands=("Acme",)), then=Then(queue="vip")))
    ruled.hears("@acme do you ship?", said=verdict(Label.QUESTION))
    ruled.hears("@acme it is late")
    assert ruled.cases()[0].queue == "vip"
    with ruled.store.read() as reads:
        assert [dict(act.did) for act in reads.rule_log()] == [{"queue": "vip"}, {"queue": "vip"}]


def test_a_held_case_keeps_its_queue_and_its_agent(ruled: Office) -> None:
    both = Then(queue="press", assign="cleo", tag=("hot",))
    with_rules(ruled, Rule(name="hot", when=When(words=("refund",)), then=both))
    ruled.hears("@acme where is it")
    ruled.desk.claim(1, "bob")
    ruled.hears("@acme I want a refund")
    (case,) = ruled.cases()
    assert (case.queue, case.assignee, case.tags) == ("support", "bob", ("hot",))
    assert case.lease_until == NOON + POLICY.lease


def test_an_assigned_case_has_no_lease_and_a_sleeping_one_wakes_by_its_author_and_sleeps_no_more(
    ruled: Office,
) -> None:
    with_rules(
        ruled,
        Rule(name="nap", when=When(labels=("question",)), then=Then(snooze=HOUR)),
        Rule(name="ada", when=When(labels=("complaint",)), then=Then(assign="ada")),
    )
    ruled.hears("@acme do you ship?", said=verdict(Label.QUESTION), by="ben")
    ruled.hears("@acme late")
    asleep, given_ = ruled.cases()
    assert (asleep.state, asleep.snoozed_until) == (CaseState.SNOOZED, NOON + HOUR)
    assert (given_.assignee, given_.lease_until, given_.assigned_at) == ("ada", None, NOON)
    ruled.clock.advance_to(NOON + minutes(5))
    ruled.hears("@acme hello?", said=verdict(Label.QUESTION), by="ben")
    assert ruled.cases()[0].state is CaseState.OPEN


def test_a_rule_that_raises_a_case_brings_its_promise_nearer(ruled: Office) -> None:
    ruled.hears("@acme late")
    before = ruled.cases()[0].due_at
    with_rules(ruled, Rule(name="up", when=When(words=("again",)), then=Then(escalate=True)))
    ruled.hears("@acme late again")
    (case,) = ruled.cases()
    assert case.escalated
    assert before is not None
    assert case.due_at is not None
    assert case.due_at < before
    assert explain(ruled.card(), ruled.policy, NOON).terms[-2].because == "by the rule “up”"


def test_each_act_tells_once_and_an_hour_tells_ten_times_at_the_most(ruled: Office) -> None:
    with_rules(ruled, Rule(name="loud", when=When(words=("late",)), then=Then(notify=("chat",))))
    told = []
    for n in range(14):
        report = ruled.hears("@acme late\nvery", by=f"a{n}")
        told += list(report.notices)
    assert len(told) == 10
    assert told[0].key == "rule|loud|case:1|1"
    assert told[0].targets == {"chat"}
    assert "> @acme late\n> very\n" in told[0].body
    ruled.clock.advance_to(NOON + HOUR)
    assert len(ruled.hears("@acme late", by="next").notices) == 1


def test_without_rules_a_page_asks_nothing_more(ruled: Office) -> None:
    with_rules(ruled)
    assert ruled.hears("@acme I want a refund").notices == ()
    with ruled.store.read() as reads:
        assert reads.rule_log() == []

"""The desk's verbs on the real store."""

from datetime import timedelta

import pytest

from listener.domain.case import Case, CaseState, Reason
from listener.domain.mention import MentionKey
from listener.domain.verdict import Label, Sentiment
from listener.errors import ConfigError, Conflict, NotFound
from listener.triage import moves
from listener.triage.corrections import Correction
from listener.triage.priority import points_now
from listener.triage.why import explain
from tests.builders import NOON, customer, minutes, verdict
from tests.triage.builders import CHATTER, Office

NO_LABEL = Correction(labels=frozenset())


def test_a_complaints_whole_life(desk_office: Office) -> None:
    """Opened, claimed, answered, put off, woken by its author, escalated, resolved, reopened, resolved."""
    desk, clock = desk_office.desk, desk_office.clock
    desk_office.hears()
    taken = desk.next("ann")
    assert taken is not None
    assert taken.assignee == "ann"
    desk.note(1, "known bug", "bob")
    desk.reply(1, "Sorry! Which order?", "ann")
    desk.snooze(1, NOON + timedelta(days=1), "ann")
    assert desk.next("bob") is None
    clock.advance_to(NOON + minutes(30))
    desk_office.hears("@acme order 77", said=CHATTER)
    desk.claim(1, "bob")
    desk.escalate(1, "third time", "bob")
    desk.resolve(1, "refunded", "bob")
    clock.advance_to(NOON + minutes(90))
    desk_office.hears("@acme no refund yet")
    desk.assign(1, "cat", "bob")
    closed = desk.resolve(1, "refunded again", "cat")
    assert (closed.state, closed.resolution, closed.mentions) == (CaseState.RESOLVED, "refunded again", 3)
    assert desk_office.kinds() == [
        "opened", "claimed", "noted", "replied", "snoozed", "woke", "claimed", "escalated", "resolved", "reopened",
        "assigned", "resolved",
    ]  # fmt: skip
    assert closed.version == len(desk_office.kinds())


def test_next_takes_the_most_pressing_of_the_wanted_queues(desk_office: Office) -> None:
    desk_office.hears("@acme meh", by="ann", thread="a")
    desk_office.hears("@acme refund me", by="ben", thread="b")
    desk_office.hears("@acme it caught fire", by="cat", thread="c")
    first, billing, last = (desk_office.desk.next("x"), desk_office.desk.next("x", ["billing"]), None)
    last = desk_office.desk.next("x")
    assert [case.handle if case else "" for case in (first, billing, last)] == ["cat", "ben", "ann"]
    assert desk_office.desk.next("x") is None


def test_the_inbox_and_next_agree_with_the_sum_that_why_prints(desk_office: Office) -> None:
    for n, hours in enumerate((0, 30, 5, 60, 12)):
        desk_office.clock.advance_to(NOON + timedelta(hours=hours))
        sure = 0.5 + n / 10
        desk_office.hears(by=f"a{n}", thread=f"t{n}", said=verdict(Label.COMPLAINT, confidence=sure))
    now = NOON + timedelta(hours=61)
    desk_office.clock.advance_to(now)
    sums = [
        sum(term.points for term in explain(desk_office.card(n), desk_office.policy, now).terms) for n in range(1, 6)
    ]
    order = []
    while case := desk_office.desk.next("ann"):
        assert sums[case.id - 1] == pytest.approx(points_now(case, now, desk_office.policy))
        order.append(sums[case.id - 1])
    assert order == sorted(order, reverse=True)
    assert len(order) == 5


def test_next_brings_back_what_slept_long_enough(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.snooze(1, NOON + minutes(10), "ann")
    desk_office.clock.advance_to(NOON + minutes(10))
    back = desk_office.desk.next("bob")
    assert back is not None
    assert back.assignee == "bob"


def test_C2_a_stale_version_is_refused_naming_who_was_first(desk_office: Office) -> None:
    desk_office.hears()
    seen = desk_office.cases()[0].version
    desk_office.desk.note(1, "looking", "bob")
    with pytest.raises(Conflict, match="changed by bob"):
        desk_office.desk.reply(1, "sorry", "ann", seen=seen)
    assert desk_office.kinds() == ["opened", "noted"]


def test_C2_a_holder_whose_lease_ran_out_cannot_overrule_the_next_one(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.claim(1, "ann")
    desk_office.clock.advance_to(NOON + minutes(16))
    assert desk_office.desk.next("bob") is not None
    with pytest.raises(Conflict, match="held by bob until"):
        desk_office.desk.resolve(1, "refunded", "ann")


def test_C3_a_live_lease_is_never_robbed(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.claim(1, "ann")
    desk_office.clock.advance_to(NOON + minutes(14.9))
    assert desk_office.desk.next("bob") is None
    with pytest.raises(Conflict):
        desk_office.desk.claim(1, "bob")


def test_a_refused_verb_leaves_no_trace(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.claim(1, "ann")
    before = desk_office.card()
    with pytest.raises(Conflict):
        desk_office.desk.relabel(1, NO_LABEL, "bob")
    assert desk_office.card() == before


def test_a_reply_tells_where_to_post_it_and_why_it_may_not_get_through(desk_office: Office) -> None:
    desk_office.hears(url="https://example.com/first", reply_note="your X plan has no replies")
    desk_office.clock.advance_to(NOON + minutes(1))
    desk_office.hears("@acme hello?", url="https://example.com/second", reply_note="your X plan has no replies")
    made = desk_office.desk.reply(1, "  sorry!  ", "ann")
    assert made.url == "https://example.com/second"
    assert made.warning == "your X plan has no replies"
    assert desk_office.card().events[-1].detail == {"text": "sorry!"}


def test_a_reply_that_gets_through_bears_no_warning(desk_office: Office) -> None:
    desk_office.hears(can_reply=True)
    assert desk_office.desk.reply(1, "sorry", "ann").warning == ""


def test_a_reply_to_deleted_posts_says_so(desk_office: Office) -> None:
    desk_office.hears(native_id="a")
    with desk_office.store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id="a")], NOON)
    made = desk_office.desk.reply(1, "sorry", "ann")
    assert made.url == ""
    assert "deleted" in made.warning


def test_a_correction_outranks_the_model_and_judges_the_case_again(desk_office: Office) -> None:
    desk_office.hears("@acme how do I return this?")
    before = desk_office.cases()[0]
    made = desk_office.desk.relabel(1, Correction(labels=frozenset({Label.QUESTION})), "ann")
    assert made.says == ""
    assert made.case.reason is Reason.QUESTION
    assert made.case.priority < before.priority
    said = desk_office.card().mentions[0].verdict
    assert said is not None
    assert (said.model, said.labels) == ("agent:ann", {Label.QUESTION})


def test_relabelled_to_nothing_the_case_stays_open_and_the_desk_says_so(desk_office: Office) -> None:
    desk_office.hears()
    made = desk_office.desk.relabel(1, NO_LABEL, "ann")
    assert made.case.state is CaseState.OPEN
    assert "stays open until you resolve it" in made.says
    assert sum(made.case.terms.values()) == made.case.priority


def test_a_case_of_several_posts_asks_which_one_is_meant(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.hears("@acme and rude, too")
    with pytest.raises(ConfigError, match=r"--mention \(1, 2\)"):
        desk_office.desk.relabel(1, NO_LABEL, "ann")
    made = desk_office.desk.relabel(1, NO_LABEL, "ann", mention_id=2)
    assert made.case.reason is Reason.COMPLAINT
    with pytest.raises(NotFound):
        desk_office.desk.relabel(1, NO_LABEL, "ann", mention_id=99)


def test_a_correction_of_a_resolved_case_leaves_it_resolved(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "refunded", "bob")
    made = desk_office.desk.relabel(1, NO_LABEL, "ann")
    assert (made.case.state, made.case.reason, made.says) == (CaseState.RESOLVED, Reason.COMPLAINT, "")


def test_a_correction_of_an_unread_post_needs_no_model(desk_office: Office) -> None:
    desk_office.hears(said=None)
    made = desk_office.desk.relabel(1, Correction(sentiment=Sentiment.NEGATIVE), "ann")
    assert made.case.id == 1
    said = desk_office.card().mentions[0].verdict
    assert said is not None
    assert sum(said.scores.sentiment.values()) == 1.0


def test_a_correction_that_says_nothing_is_refused(desk_office: Office) -> None:
    desk_office.hears()
    with pytest.raises(ConfigError, match="say what it is"):
        desk_office.desk.relabel(1, Correction(), "ann")


@pytest.mark.parametrize("name", ["", " ann", "ann\x1b[2J", "listener"])
def test_an_agent_needs_a_name_of_their_own(desk_office: Office, name: str) -> None:
    desk_office.hears()
    for refused in (
        lambda: desk_office.desk.next(name),
        lambda: desk_office.desk.claim(1, name),
        lambda: desk_office.desk.assign(1, name, "ann"),
        lambda: desk_office.desk.relabel(1, NO_LABEL, name),
    ):
        with pytest.raises(ConfigError):
            refused()


def test_a_case_that_does_not_exist_is_not_found(desk_office: Office) -> None:
    for refused in (
        lambda: desk_office.desk.claim(99, "ann"),
        lambda: desk_office.desk.relabel(99, NO_LABEL, "ann"),
    ):
        with pytest.raises(NotFound):
            refused()


def test_why_names_rule_match_words_and_who_escalated(desk_office: Office) -> None:
    desk_office.hears("@acme refund me or I call my lawyer", said=verdict(Label.COMPLAINT))
    desk_office.desk.reply(1, "sorry", "ann")
    found = explain(desk_office.card(), desk_office.policy, NOON)
    said = {term.name: term.because for term in found.terms}
    assert (found.rule, found.band, found.escalated) == ("safety first", "urgent", True)
    assert "lawyer" in said["severity"]
    assert said["escalated"] == "by its route"
    assert found.matches[0].term == "@acme"
    assert sum(term.points for term in found.terms) == pytest.approx(found.points)


def test_why_of_an_unread_post_says_what_is_unknown(desk_office: Office) -> None:
    desk_office.hears(said=None)
    desk_office.desk.escalate(1, "looks bad", "ann")
    said = {term.name: term.because for term in explain(desk_office.card(), desk_office.policy, NOON).terms}
    assert said["confidence"] == "no classifier has read it"
    assert said["reach"] == "followers unknown"
    assert said["value"] == "no customer value imported"
    assert said["escalated"] == "by ann: looks bad"


def test_a_known_customers_value_and_reach_count_and_are_explained(desk_office: Office) -> None:
    desk_office.hears("@acme fine", said=CHATTER, by="ann")
    with desk_office.store.write() as tx:
        tx.save_customers([customer(), customer("poor", value=1.0)], NOON)
    from tests.builders import author

    desk_office.hears(author=author("ann", followers=1_000_000))
    found = explain(desk_office.card(), desk_office.policy, NOON)
    points = {term.name: term.points for term in found.terms}
    assert (points["value"], points["reach"]) == (11.2, 15.0)
    assert {term.name: term.because for term in found.terms}[
        "value"
    ] == "worth more than 75% of known customers, 100 a year"


def test_C3_what_a_colleague_holds_returns_when_the_lease_ends(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.claim(1, "ann")
    desk_office.clock.advance_to(NOON + minutes(15))
    assert desk_office.desk.claim(1, "bob").assignee == "bob"
    desk_office.clock.advance_to(NOON + minutes(30))
    taken = desk_office.desk.next("cat")
    assert taken is not None
    assert taken.assignee == "cat"


def test_C3_control_a_take_that_ignores_the_lease_is_caught(
    desk_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "refuse_if_held", lambda _case, _agent, _now: None)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_C3_a_live_lease_is_never_robbed(desk_office)


def test_C3_control_a_lease_that_never_ends_is_caught(desk_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Case, "holder", lambda case, _now: case.assignee)
    with pytest.raises(Conflict, match="held by ann"):
        test_C3_what_a_colleague_holds_returns_when_the_lease_ends(desk_office)

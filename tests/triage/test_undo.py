"""C6: undo takes back one's own latest act, whatever it was, and never what somebody else has done since."""

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from listener.domain.case import Case, CaseState, EventKind, Reason
from listener.domain.mention import MentionKey
from listener.domain.sla import Promise, SlaPolicy
from listener.domain.verdict import Label, Sentiment
from listener.errors import Conflict
from listener.triage import undo
from listener.triage.corrections import Correction
from listener.triage.desk import Desk
from listener.triage.upkeep import keep_up
from tests.builders import NOON, minutes, verdict
from tests.triage.builders import CHATTER, FIRST_RESPONSE, POLICY, Office

QUESTION = verdict(Label.QUESTION)
PRAISE = Correction(labels=frozenset({Label.PRAISE}))
TIMED = SlaPolicy(
    targets={
        Promise.FIRST_RESPONSE: FIRST_RESPONSE,
        Promise.NEXT_RESPONSE: FIRST_RESPONSE,
        Promise.RESOLUTION: {band: span * 4 for band, span in FIRST_RESPONSE.items()},
    }
)
MOVES_WITH_TIME = {"version", "updated_at", "lease_until"}


def case(office: Office, case_id: int = 1) -> Case:
    return office.card(case_id).case


def facts(one: Case) -> dict[str, object]:
    """All of a case that an undo puts back to the letter; a lease begins anew."""
    return {field.name: getattr(one, field.name) for field in fields(one) if field.name not in MOVES_WITH_TIME}


def timed(office: Office) -> Office:
    """With all three promises."""
    policy = office.policy.__class__(**{**_fields(office.policy), "sla": TIMED})
    return Office(office.store, policy)


def _fields(thing: Any) -> dict[str, Any]:
    return {field.name: getattr(thing, field.name) for field in fields(thing)}


VERBS: dict[str, Callable[[Desk], object]] = {
    "claim": lambda desk: desk.claim(1, "ann"),
    "assign": lambda desk: desk.assign(1, "bob", "ann"),
    "note": lambda desk: desk.note(1, "looking", "ann"),
    "reply": lambda desk: desk.reply(1, "sorry", "ann"),
    "snooze": lambda desk: desk.snooze(1, NOON + timedelta(days=1), "ann"),
    "escalate": lambda desk: desk.escalate(1, "press", "ann"),
    "resolve": lambda desk: desk.resolve(1, "done", "ann"),
    "relabel": lambda desk: desk.relabel(1, PRAISE, "ann", mention_id=1),
    "tag": lambda desk: desk.tag(1, ["vip"], [], "ann"),
    "link": lambda desk: desk.link(1, 2, "ann"),
    "merge": lambda desk: desk.merge(1, 2, "ann"),
    "merge into it": lambda desk: desk.merge(2, 1, "ann"),
    "split": lambda desk: desk.split(1, [2], "ann"),
}
STARTS: dict[str, Callable[[Desk], object]] = {
    "free": lambda _: None,
    "claimed": lambda desk: desk.claim(1, "ann"),
    "by hand": lambda desk: desk.assign(1, "ann", "bob"),
}


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("verb", VERBS)
def test_undo_puts_every_verb_back(desk_office: Office, verb: str, start: str) -> None:
    office = timed(desk_office)
    office.hears()
    office.hears("@acme hello?")
    office.hears("@acme do you ship?", by="ben", thread="b", said=QUESTION)
    STARTS[start](office.desk)
    office.clock.sleep(300)
    before, posts = facts(case(office)), [post.id for post in office.card().mentions]
    verdict_before = office.card().mentions[0].verdict
    VERBS[verb](office.desk)
    events = len(office.card().events)
    office.clock.sleep(60)
    back = office.desk.undo(1, "ann")
    assert facts(back) == before
    assert [post.id for post in office.card().mentions] == posts
    assert office.card().mentions[0].verdict == verdict_before
    assert back.holder(office.clock.now()) == ("" if start == "free" else "ann")
    undone = office.card().events[-1]
    assert (undone.kind, undone.agent, len(office.card().events)) == (EventKind.UNDONE, "ann", events + 1)
    assert int(undone.detail["event"]) == office.card().events[-2].id


@pytest.mark.parametrize("verb", ["release", "reopen", "reopen a sleeper"])
def test_undo_puts_back_what_gave_a_case_away(desk_office: Office, verb: str) -> None:
    office = timed(desk_office)
    office.hears()
    office.desk.claim(1, "ann")
    if verb == "reopen":
        office.desk.resolve(1, "done", "ann")
    if verb == "reopen a sleeper":
        office.desk.snooze(1, NOON + timedelta(days=1), "ann")
    office.clock.sleep(60)
    before = facts(case(office))
    _ = office.desk.release(1, "ann") if verb == "release" else office.desk.reopen(1, "", "ann")
    assert facts(office.desk.undo(1, "ann")) == before


def test_a_claim_by_next_is_given_back(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.next("ann")
    back = desk_office.desk.undo(1, "ann")
    assert (back.assignee, back.lease_until, back.assigned_at) == ("", None, None)


def test_a_second_undo_takes_back_the_act_before(desk_office: Office) -> None:
    desk_office.hears()
    desk = desk_office.desk
    desk.claim(1, "ann")
    desk.escalate(1, "press", "ann")
    desk.resolve(1, "done", "ann")
    assert desk.undo(1, "ann").state is CaseState.OPEN
    assert not desk.undo(1, "ann").escalated
    assert desk.undo(1, "ann").assignee == ""
    with pytest.raises(Conflict, match="ann has done nothing on case 1 that still stands"):
        desk.undo(1, "ann")
    kinds = desk_office.kinds()
    assert kinds == ["opened", "claimed", "escalated", "resolved", "undone", "undone", "undone"]
    undone = [int(event.detail["event"]) for event in desk_office.card().events[4:]]
    assert undone == [event.id for event in desk_office.card().events[3:0:-1]]


def test_after_an_undo_the_next_act_is_the_one_that_goes(desk_office: Office) -> None:
    desk_office.hears()
    desk = desk_office.desk
    desk.tag(1, ["one"], [], "ann")
    desk.tag(1, ["two"], [], "ann")
    desk.undo(1, "ann")
    desk.tag(1, ["three"], [], "ann")
    assert desk.undo(1, "ann").tags == ("one",)
    assert desk.undo(1, "ann").tags == ()


def test_nobody_undoes_what_another_did(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "done", "ann")
    with pytest.raises(Conflict, match="bob has done nothing on case 1"):
        desk_office.desk.undo(1, "bob")


def test_what_another_has_changed_since_stays_and_the_refusal_names_them(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "done", "ann")
    desk_office.clock.sleep(60)
    desk_office.desk.reopen(1, "not done", "bob")
    with pytest.raises(Conflict, match=r"changed since: reopened by bob at 2026-03-02 12:01:00 UTC"):
        desk_office.desk.undo(1, "ann")


def test_what_the_author_has_changed_since_stays(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "done", "ann")
    desk_office.hears("@acme not at all")
    with pytest.raises(Conflict, match="reopened by listener"):
        desk_office.desk.undo(1, "ann")


def test_an_undo_by_another_in_between_cancels_what_it_undid(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.tag(1, ["vip"], [], "ann")
    desk_office.desk.tag(1, ["late"], [], "bob")
    with pytest.raises(Conflict, match="tagged by bob"):
        desk_office.desk.undo(1, "ann")
    desk_office.desk.undo(1, "bob")
    assert desk_office.desk.undo(1, "ann").tags == ()


def test_changes_to_other_fields_since_dont_matter(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.escalate(1, "press", "ann")
    desk_office.desk.tag(1, ["vip"], [], "bob")
    desk_office.desk.note(1, "hm", "bob")
    back = desk_office.desk.undo(1, "ann")
    assert (back.escalated, back.tags) == (False, ("vip",))


def test_a_case_another_holds_is_theirs_but_for_notes_and_tags(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.escalate(1, "press", "ann")
    desk_office.desk.note(1, "hm", "ann")
    desk_office.desk.claim(1, "bob")
    assert desk_office.desk.undo(1, "ann").assignee == "bob"
    with pytest.raises(Conflict, match="held by bob"):
        desk_office.desk.undo(1, "ann")


def test_a_stale_view_is_refused(desk_office: Office) -> None:
    desk_office.hears()
    seen = desk_office.desk.escalate(1, "press", "ann").version
    desk_office.desk.note(1, "hm", "bob")
    with pytest.raises(Conflict, match="changed by bob"):
        desk_office.desk.undo(1, "ann", seen=seen)
    assert case(desk_office).escalated


def test_a_withdrawn_note_stays_in_the_history(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.note(1, "wrong customer", "ann")
    desk_office.desk.undo(1, "ann")
    noted, undone = desk_office.card().events[-2:]
    assert noted.detail == {"text": "wrong customer"}
    assert undo.taken_back(desk_office.card().events) == {noted.id}
    assert "withdrawn" in undone.detail["why"]


def test_undoing_a_reply_says_that_words_cant_be_called_back(desk_office: Office) -> None:
    office = timed(desk_office)
    office.hears()
    due = case(office).due_at
    office.desk.reply(1, "sorry", "ann")
    back = office.desk.undo(1, "ann")
    assert (back.first_reply_at, back.answered_at, back.due_at) == (None, None, due)
    assert "can't be called back" in office.card().events[-1].detail["why"]


def test_posts_since_a_reply_dont_stand_in_its_way(desk_office: Office) -> None:
    """The case waits as long as it did, at the points it has now."""
    office = timed(desk_office)
    office.hears("@acme do you ship?", said=QUESTION)
    office.hears("@acme do you ship?", by="ben", thread="b", said=QUESTION)
    office.clock.sleep(3600)
    office.desk.reply(1, "sorry", "ann")
    office.clock.sleep(600)
    office.hears("@acme it is broken", thread="t1")
    office.hears("@acme it is broken", by="ben", thread="b")
    back, never = office.desk.undo(1, "ann"), case(office, 2)
    assert back.mentions == 2
    assert (back.reason, back.priority, back.rank_at) == (never.reason, never.priority, never.rank_at)
    assert back.clocks == never.clocks


def test_undoing_a_second_reply_leaves_the_question_asked_since(desk_office: Office) -> None:
    office = timed(desk_office)
    office.hears()
    office.desk.reply(1, "which order?", "ann")
    office.clock.sleep(60)
    office.desk.reply(1, "hello?", "ann")
    office.clock.sleep(60)
    office.hears("@acme order 7", said=CHATTER)
    asked = case(office).clocks[Promise.NEXT_RESPONSE]
    back = office.desk.undo(1, "ann")
    assert back.answered_at == NOON
    assert back.clocks[Promise.NEXT_RESPONSE] == asked


def test_what_was_told_of_a_promise_isnt_told_twice(desk_office: Office) -> None:
    office = timed(desk_office)
    office.hears()
    office.desk.tag(1, ["vip"], [], "bob")
    office.desk.escalate(1, "press", "ann")
    office.clock.sleep(86400)
    with office.store.write() as tx:
        keep_up(tx, office.policy, office.clock.now())
    assert case(office).clocks[Promise.FIRST_RESPONSE].told == "breached"
    back = office.desk.undo(1, "ann")
    assert back.clocks[Promise.FIRST_RESPONSE].told == "breached"


def test_a_snooze_that_is_over_cant_be_undone(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.snooze(1, NOON + minutes(10), "ann")
    desk_office.clock.sleep(3600)
    with desk_office.store.write() as tx:
        keep_up(tx, desk_office.policy, desk_office.clock.now())
    with pytest.raises(Conflict, match="woke by listener"):
        desk_office.desk.undo(1, "ann")


def test_undoing_a_release_takes_the_case_again_unless_somebody_did(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.claim(1, "ann")
    desk_office.desk.release(1, "ann")
    assert desk_office.desk.undo(1, "ann").lease_until == NOON + POLICY.lease
    desk_office.desk.release(1, "ann")
    desk_office.desk.next("bob")
    with pytest.raises(Conflict, match="claimed by bob"):
        desk_office.desk.undo(1, "ann")


def test_undo_never_gives_a_lapsed_claim_back_to_somebody_else(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.claim(1, "bob")
    desk_office.clock.sleep(POLICY.lease.total_seconds() + 1)
    desk_office.desk.claim(1, "ann")
    back = desk_office.desk.undo(1, "ann")
    assert (back.assignee, back.lease_until) == ("", None)


def test_a_relabel_taken_back_no_longer_counts_anywhere(desk_office: Office) -> None:
    desk_office.hears()
    said = desk_office.card().mentions[0].verdict
    desk_office.desk.relabel(1, PRAISE, "ann")
    desk_office.desk.undo(1, "ann")
    assert desk_office.card().mentions[0].verdict == said
    assert case(desk_office).reason is Reason.COMPLAINT
    with desk_office.store.read() as reads:
        counts = {cell.label: cell.mentions for cell in reads.tallies(NOON, NOON + timedelta(hours=1))}
    assert (counts["complaint"], counts.get("praise", 0)) == (1, 0)


def test_ones_own_earlier_correction_counts_again(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.relabel(1, Correction(labels=frozenset({Label.QUESTION}), sentiment=Sentiment.NEUTRAL), "ann")
    first = desk_office.card().mentions[0].verdict
    desk_office.desk.relabel(1, PRAISE, "ann")
    desk_office.desk.undo(1, "ann")
    assert desk_office.card().mentions[0].verdict == first
    assert case(desk_office).reason is Reason.QUESTION


def test_an_unscored_post_is_unscored_again(desk_office: Office) -> None:
    desk_office.hears(said=None)
    desk_office.desk.relabel(1, PRAISE, "ann")
    desk_office.desk.undo(1, "ann")
    assert desk_office.card().mentions[0].verdict is None
    with desk_office.store.read() as reads:
        assert [post.id for post in reads.unscored(9)] == [1]


def test_a_relabel_overtaken_by_a_colleague_or_an_edit_stays(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "done", "bob")
    desk_office.desk.relabel(1, PRAISE, "ann")
    desk_office.desk.relabel(1, Correction(labels=frozenset()), "bob")
    with pytest.raises(Conflict, match="relabelled by bob"):
        desk_office.desk.undo(1, "ann")
    desk_office.desk.undo(1, "bob")
    desk_office.hears("@acme quite another text", native_id="1", version="2")
    with pytest.raises(Conflict, match="edited by listener"):
        desk_office.desk.undo(1, "ann")


def test_the_relabel_of_a_post_since_deleted_is_undone_for_its_case(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.hears("@acme hello?")
    before = case(desk_office)
    desk_office.desk.relabel(1, PRAISE, "ann", mention_id=1)
    with desk_office.store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON)
    assert desk_office.desk.undo(1, "ann").terms == before.terms


def two(office: Office) -> Office:
    office.hears(by="ann", thread="a")
    office.hears(by="ben", thread="b")
    return office


def test_an_unmerged_case_has_its_posts_again_and_what_came_since_stays(desk_office: Office) -> None:
    office = two(desk_office)
    office.desk.merge(1, 2, "ada")
    office.hears("@acme and now?", by="ann", thread="a", said=CHATTER)
    back = office.desk.undo(2, "ada")
    assert (back.id, back.mentions) == (2, 2)
    assert [post.id for post in office.card(1).mentions] == [1]
    assert (case(office, 1).merged_into, case(office, 1).state) == (None, CaseState.OPEN)
    assert (office.kinds(1)[-1], office.kinds(2)[-1]) == ("undone", "undone")


def test_a_merge_undone_from_either_side_can_be_made_again(desk_office: Office) -> None:
    office = two(desk_office)
    for side in (1, 2, 1):
        office.desk.merge(1, 2, "ada")
        office.desk.undo(side, "ada")
        assert [len(office.card(n).mentions) for n in (1, 2)] == [1, 1]


def test_a_merge_whose_posts_have_moved_on_cant_be_undone(desk_office: Office) -> None:
    office = two(desk_office)
    office.hears(by="cat", thread="c")
    office.desk.merge(1, 2, "ada")
    office.desk.merge(2, 3, "ada")
    with pytest.raises(Conflict):
        office.desk.undo(1, "ada")
    office.desk.undo(2, "ada")
    office.desk.undo(1, "ada")
    assert [len(office.card(n).mentions) for n in (1, 2, 3)] == [1, 1, 1]


def test_a_merge_isnt_undone_under_a_colleagues_hands(desk_office: Office) -> None:
    office = two(desk_office)
    office.desk.merge(1, 2, "ada")
    office.desk.claim(2, "bob")
    with pytest.raises(Conflict, match="held by bob"):
        office.desk.undo(1, "ada")


def test_a_split_that_has_a_life_of_its_own_isnt_put_back(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.hears("@acme and my other parcel")
    desk_office.desk.split(1, [2], "ada")
    desk_office.desk.note(2, "hm", "bob")
    with pytest.raises(Conflict, match="noted by bob") as refused:
        desk_office.desk.undo(1, "ada")
    assert refused.value.next_step == "bring them together again: listener case merge 2 --into 1"
    desk_office.desk.undo(2, "bob")
    desk_office.desk.undo(2, "ada")
    assert (case(desk_office, 2).merged_into, len(desk_office.card(1).mentions)) == (1, 2)
    assert desk_office.card(1).links == ()
    desk_office.hears("@acme hello?")
    assert len(desk_office.card(1).mentions) == 3


def test_an_undone_link_is_gone_on_both_sides(desk_office: Office) -> None:
    office = two(desk_office)
    office.desk.link(1, 2, "ada")
    office.desk.undo(2, "ada")
    assert (office.card(1).links, office.card(2).links) == ((), ())
    assert (office.kinds(1)[-1], office.kinds(2)[-1]) == ("undone", "undone")


def test_what_undo_cant_take_back_is_said(desk_office: Office) -> None:
    from listener.domain.case import CaseChange

    desk_office.hears()
    with desk_office.store.write() as tx:
        tx.change_case(1, 1, CaseChange(kind=EventKind.APPROVED, agent="ann", at=NOON, set={"queue": "x"}))
    with pytest.raises(Conflict, match=r"what ann did last on case 1 \(approved\) can't be taken back"):
        desk_office.desk.undo(1, "ann")
    with desk_office.store.write() as tx:
        tx.change_case(1, 2, CaseChange(kind=EventKind.SNOOZED, agent="bob", at=NOON))
    with pytest.raises(Conflict, match="isn't kept any more"):
        desk_office.desk.undo(1, "bob")

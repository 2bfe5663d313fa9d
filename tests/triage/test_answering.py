"""Answers: how long they may be, when they are stale, and the second person's word."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.answers import Answer, AnswerPolicy, Approval, Draft, DraftState
from listener.domain.case import CaseState, Reason
from listener.domain.mention import MentionKey
from listener.errors import ConfigError, Conflict, NotFound
from listener.triage.answering import Answering, Waiting
from listener.triage.drafting import decide_sent, needs_second_person
from listener.triage.sending_handover import Replied
from listener.triage.upkeep import keep_up
from tests.builders import NOON, minutes
from tests.triage.builders import POLICY, Office, case, office

ANSWERS = AnswerPolicy(
    answers=(Answer(name="late", text="Hi {name}, sorry! {agent}"), Answer(name="german", text="Hallo", langs=("de",))),
    approval=Approval(queues=("billing",)),
)
STRICT = replace(POLICY, answers=ANSWERS)
REFUND = "@acme I want my refund"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, STRICT) as open_office:
        yield open_office


@pytest.fixture
def answering(at: Office) -> Answering:
    """Case 1 needs a second person, case 2 doesn't."""
    at.hears(REFUND)
    at.hears(by="ben", thread="t2")
    return Answering(at.store, STRICT, at.clock)


def _drafted(answering: Answering, agent: str = "zoe", text: str = "We will pay.") -> Draft:
    made = answering.reply(1, text, agent)
    assert isinstance(made, Waiting)
    return made.draft


def _state(at: Office, draft_id: int = 1) -> DraftState:
    with at.store.read() as reads:
        return reads.draft(draft_id).state


class TestAnAnswerThatNeedsNobody:
    def test_is_recorded_as_the_desk_records_it(self, at: Office, answering: Answering) -> None:
        made = answering.reply(2, " sorry ", "zoe")
        assert isinstance(made, Replied)
        assert (made.case.assignee, made.case.first_reply_at, made.url) == ("zoe", NOON, "https://example.com/2")
        assert "can be sent" in made.warning
        assert at.card(2).events[-1].detail["text"] == "sorry"

    def test_too_long_for_its_platform_is_refused_and_says_by_how_much(self, at: Office, answering: Answering) -> None:
        with pytest.raises(ConfigError, match=r"20 too long: 300 of the 280 that x takes"):
            answering.reply(2, "x" * 300, "zoe")
        assert at.kinds(2) == ["opened"]
        assert isinstance(answering.reply(2, "x" * 280, "zoe"), Replied)

    def test_where_nobody_knows_a_limit_only_ours_holds(self, at: Office, answering: Answering) -> None:
        at.hears(by="cleo", thread="t3", platform="forum")
        assert answering.limit("forum") is None
        assert isinstance(answering.reply(3, "x" * 9_000, "zoe"), Replied)

    def test_is_measured_as_its_platform_counts(self, answering: Answering) -> None:
        assert str(answering.measure("x", "の" * 10)) == "20 of 280"
        assert str(answering.measure("forum", "x" * 1200)) == "1,200"

    def test_is_refused_under_another_s_claim(self, at: Office, answering: Answering) -> None:
        at.desk.claim(2, "bob")
        with pytest.raises(Conflict, match="held by bob"):
            answering.reply(2, "sorry", "zoe")

    def test_D5_half_a_character_is_stored_as_one_that_can_be(self, at: Office, answering: Answering) -> None:
        """As typed by a terminal of another encoding."""
        answering.reply(2, "sorry \udcff", "zoe")
        assert at.card(2).events[-1].detail["text"] == "sorry \ufffd"
        draft = _drafted(answering, text="sorry \udcff\x00")
        assert draft.text == "sorry \ufffd\ufffd"
        assert answering.decline(draft.id, "\udcff", "bob").why == "\ufffd"

    def test_empty_words_are_none(self, answering: Answering) -> None:
        with pytest.raises(ConfigError, match="reply's text"):
            answering.reply(2, "  ", "zoe")


class TestTheAuthorWroteMeanwhile:
    def test_an_answer_to_what_was_seen_is_refused_with_when_and_the_first_words(
        self, at: Office, answering: Answering
    ) -> None:
        seen = at.card(2).case.version
        at.clock.advance_to(at.clock.now() + minutes(5))
        at.hears("@acme still \x1b[31mnothing " + "x" * 200, by="ben", thread="t2")
        with pytest.raises(Conflict) as refused:
            answering.reply(2, "sorry", "zoe", seen=seen)
        assert str(refused.value).startswith(
            "case 2: @ben wrote again at 2026-03-02 12:05 UTC: “@acme still <1B>[31mno"
        )
        assert len(str(refused.value)) < 160
        assert "listener case show 2" in refused.value.next_step
        assert at.kinds(2) == ["opened", "attached"]

    def test_an_edit_counts(self, at: Office, answering: Answering) -> None:
        seen = at.card(2).case.version
        at.hears("@acme late AND broken", by="ben", thread="t2", native_id="2")
        with pytest.raises(Conflict, match=r"changed a post at .* “@acme late AND broken”"):
            answering.reply(2, "sorry", "zoe", seen=seen)

    def test_who_has_seen_the_newest_answers(self, at: Office, answering: Answering) -> None:
        at.hears("@acme still nothing", by="ben", thread="t2")
        assert isinstance(answering.reply(2, "sorry", "zoe", seen=at.card(2).case.version), Replied)

    def test_a_post_from_before_what_was_seen_is_no_reason(self, at: Office, answering: Answering) -> None:
        at.hears("@acme still nothing", by="ben", thread="t2")
        seen = at.card(2).case.version
        at.desk.note(2, "looking", "bob")
        with pytest.raises(Conflict, match="was changed by bob"):
            answering.reply(2, "sorry", "zoe", seen=seen)

    def test_what_the_program_or_the_agent_did_meanwhile_is_no_reason(self, at: Office, answering: Answering) -> None:
        seen = at.card(2).case.version
        at.desk.claim(2, "zoe")
        at.clock.advance_to(at.clock.now() + timedelta(days=1))
        with at.store.write() as tx:
            keep_up(tx, STRICT, at.clock.now())
        assert "breached" in at.kinds(2)
        assert isinstance(answering.reply(2, "sorry", "zoe", seen=seen), Replied)

    def test_a_version_that_never_was_is_refused(self, answering: Answering) -> None:
        with pytest.raises(Conflict):
            answering.reply(2, "sorry", "zoe", seen=99)

    def test_a_claim_that_took_over_a_lapsed_one_hides_no_post(self, at: Office, answering: Answering) -> None:
        """Such a claim is two events and one version."""
        at.desk.claim(2, "bob")
        seen = at.card(2).case.version
        at.clock.advance_to(at.clock.now() + timedelta(hours=1))
        at.hears("@acme still nothing", by="ben", thread="t2")
        at.desk.next("cleo")
        at.desk.next("cleo")
        assert at.kinds(2)[-2:] == ["lease_expired", "claimed"]
        with pytest.raises(Conflict, match="wrote again"):
            answering.reply(2, "sorry", "cleo", seen=seen)

    def test_a_snooze_that_they_ended_counts(self, at: Office, answering: Answering) -> None:
        at.desk.snooze(2, NOON + timedelta(hours=2), "zoe")
        seen = at.card(2).case.version
        at.hears("@acme hello?", by="ben", thread="t2")
        with pytest.raises(Conflict, match="wrote again"):
            answering.reply(2, "sorry", "zoe", seen=seen)


class TestASecondPerson:
    def test_a_draft_waits_and_answers_nothing(self, at: Office, answering: Answering) -> None:
        before = at.card().case
        made = answering.reply(1, " We will pay. ", "zoe")
        assert isinstance(made, Waiting)
        assert (made.why, made.draft.text, made.draft.state) == (
            "the queue billing",
            "We will pay.",
            DraftState.WAITING,
        )
        after = at.card().case
        assert (after.first_reply_at, after.answered_at) == (None, None)
        assert (after.due_at, after.clocks, after.rank_at) == (before.due_at, before.clocks, before.rank_at)
        assert at.kinds() == ["opened", "drafted"]

    def test_its_case_stays_with_the_writer_past_any_lease(self, at: Office, answering: Answering) -> None:
        _drafted(answering)
        at.clock.advance_to(at.clock.now() + timedelta(days=2))
        assert at.card().case.holder(at.clock.now()) == "zoe"
        taken = at.desk.next("bob")
        assert taken is not None
        assert taken.id == 2

    def test_the_second_person_lets_it_out_and_the_clock_stops_then(self, at: Office, answering: Answering) -> None:
        draft = _drafted(answering)
        at.clock.advance_to(at.clock.now() + minutes(20))
        made = answering.approve(draft.id, "bob")
        assert (made.case.first_reply_at, made.case.answered_at) == (NOON + minutes(20), NOON + minutes(20))
        assert made.url == "https://example.com/1"
        assert at.kinds() == ["opened", "drafted", "approved", "replied"]
        *_, approved, replied = at.card().events
        assert (approved.agent, approved.detail["by"]) == ("bob", "zoe")
        assert (replied.agent, replied.detail["text"], replied.detail["approved_by"]) == ("zoe", "We will pay.", "bob")
        with at.store.read() as reads:
            kept = reads.draft(draft.id)
        assert (kept.state, kept.decided_by, kept.decided_at) == (DraftState.APPROVED, "bob", NOON + minutes(20))

    def test_a_claimed_case_is_on_a_lease_again(self, at: Office, answering: Answering) -> None:
        at.desk.claim(1, "zoe")
        draft = _drafted(answering)
        assert at.card().case.lease_until is None
        assert answering.approve(draft.id, "bob").case.lease_until == NOON + STRICT.lease

    def test_a_case_assigned_by_hand_stays_so(self, at: Office, answering: Answering) -> None:
        at.desk.assign(1, "zoe", "bob")
        made = answering.approve(_drafted(answering).id, "bob")
        assert (made.case.assignee, made.case.lease_until) == ("zoe", None)

    @pytest.mark.parametrize("name", ["zoe", "Zoe", "ZOE"])
    def test_is_never_its_writer(self, at: Office, answering: Answering, name: str) -> None:
        draft = _drafted(answering)
        with pytest.raises(Conflict, match="draft 1 is your own"):
            answering.approve(draft.id, name)
        assert _state(at) is DraftState.WAITING

    def test_is_stopped_if_the_author_wrote_after_the_draft(self, at: Office, answering: Answering) -> None:
        at.hears("@acme refund please", thread="t1")
        draft = _drafted(answering)
        at.clock.advance_to(at.clock.now() + minutes(3))
        at.hears("@acme forget it, I called my lawyer", thread="t1")
        with pytest.raises(Conflict, match=r"@ann wrote again at 2026-03-02 12:03 UTC: “@acme forget it") as refused:
            answering.approve(draft.id, "bob")
        assert "--anyway" in refused.value.next_step
        assert (_state(at), at.card().case.first_reply_at) == (DraftState.WAITING, None)
        assert answering.approve(draft.id, "bob", anyway=True).case.first_reply_at == NOON + minutes(3)

    def test_is_not_stopped_by_what_came_before_the_draft_or_by_a_note(self, at: Office, answering: Answering) -> None:
        at.hears("@acme refund please", thread="t1")
        draft = _drafted(answering)
        at.desk.note(1, "checking", "bob")
        answering.approve(draft.id, "bob")

    def test_comes_too_late_once_somebody_decided(self, at: Office, answering: Answering) -> None:
        draft = _drafted(answering)
        answering.approve(draft.id, "bob")
        for verb in (lambda: answering.approve(draft.id, "cleo"), lambda: answering.decline(draft.id, "no", "cleo")):
            with pytest.raises(Conflict, match="draft 1 was approved by bob at 2026-03-02 12:00 UTC"):
                verb()
        assert at.kinds().count("replied") == 1

    def test_lets_nothing_out_once_the_case_is_another_s(self, at: Office, answering: Answering) -> None:
        draft = _drafted(answering)
        at.desk.assign(1, "cleo", "cleo")
        with pytest.raises(Conflict, match="assigned to cleo"):
            answering.approve(draft.id, "bob")
        assert (_state(at), at.kinds()[-1]) == (DraftState.WAITING, "assigned")

    def test_declines_with_a_reason_and_the_writer_begins_again(self, at: Office, answering: Answering) -> None:
        draft = _drafted(answering)
        with pytest.raises(ConfigError, match="say why"):
            answering.decline(draft.id, " ", "bob")
        assert answering.decline(draft.id, "name no sum", "bob").why == "name no sum"
        event = at.card().events[-1]
        assert (event.kind, event.agent, event.detail["why"]) == ("declined", "bob", "name no sum")
        assert (at.card().case.assignee, at.card().case.first_reply_at) == ("zoe", None)
        assert _drafted(answering, text="Sorry.").id == 2

    def test_an_unknown_draft_is_named(self, answering: Answering) -> None:
        for verb in (lambda: answering.approve(9, "bob"), lambda: answering.decline(9, "no", "bob")):
            with pytest.raises(NotFound, match="there is no draft 9"):
                verb()

    def test_nobody_drafts_while_another_holds_the_case(self, at: Office, answering: Answering) -> None:
        at.desk.claim(1, "bob")
        with pytest.raises(Conflict, match="held by bob"):
            answering.reply(1, "sorry", "zoe")
        with pytest.raises(NotFound):
            _state(at)


class TestTakingBack:
    def test_the_writer_takes_a_draft_back_and_holds_the_case_by_a_lease(
        self, at: Office, answering: Answering
    ) -> None:
        draft = _drafted(answering)
        assert answering.withdraw(draft.id, "zoe").state is DraftState.WITHDRAWN
        assert at.card().case.lease_until == NOON + STRICT.lease
        with pytest.raises(Conflict, match="withdrawn by zoe"):
            answering.approve(draft.id, "bob")

    def test_nobody_else_can(self, at: Office, answering: Answering) -> None:
        draft = _drafted(answering)
        with pytest.raises(Conflict, match="is zoe's"):
            answering.withdraw(draft.id, "bob")

    def test_a_second_draft_waits_for_the_first(self, at: Office, answering: Answering) -> None:
        _drafted(answering)
        with pytest.raises(Conflict, match="draft 1, by zoe"):
            answering.reply(1, "more", "zoe")

    def test_nothing_is_answered_past_a_draft_that_waits(self, at: Office, answering: Answering) -> None:
        """Even once the queue asks for nobody: the second person would let out a second answer."""
        _drafted(answering)
        with pytest.raises(Conflict, match="waits for approval: draft 1"):
            Answering(at.store, POLICY, at.clock).reply(1, "more", "zoe")

    def test_a_resolved_case_takes_its_draft_with_it(self, at: Office, answering: Answering) -> None:
        draft = _drafted(answering)
        at.desk.resolve(1, "paid by phone", "zoe")
        assert _state(at) is DraftState.WITHDRAWN
        with pytest.raises(Conflict, match="draft 1 was withdrawn by listener"):
            answering.approve(draft.id, "bob")

    def test_an_erased_customer_leaves_no_draft_behind(self, at: Office, answering: Answering) -> None:
        draft = _drafted(answering, text="Dear Ann, we will pay.")
        with at.store.write() as tx:
            tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON)
            kept = tx.draft(draft.id)
        assert (kept.text, kept.state, kept.decided_by) == ("", DraftState.WITHDRAWN, "listener")


class TestWhoIsAsked:
    @pytest.mark.parametrize(
        ("asked", "why"),
        [
            (Approval(), ""),
            (Approval(queues=("support",)), "the queue support"),
            (Approval(queues=("press",), brands=("Acme",)), "the brand Acme"),
            (Approval(bands=("normal",)), "the band normal"),
            (Approval(bands=("urgent",)), ""),
            (Approval(escalated=True), "its being escalated"),
        ],
    )
    def test_one_condition_that_holds_is_enough(self, asked: Approval, why: str) -> None:
        policy = replace(POLICY, answers=AnswerPolicy(approval=asked))
        assert needs_second_person(case(escalated=asked.escalated), policy) == why

    def test_a_case_that_sleeps_is_answered_in_its_sleep(self) -> None:
        asleep = case(state=CaseState.SNOOZED, snoozed_until=NOON + minutes(9), reason=Reason.COMPLAINT)
        draft = Draft(id=3, case_id=12, agent="zoe", text="a", state=DraftState.APPROVED, created_at=NOON)
        change = decide_sent(asleep, draft, [], "bob", POLICY, NOON)
        assert "lease_until" not in change.set
        assert (change.agent, change.detail["approved_by"]) == ("zoe", "bob")


class TestCannedReplies:
    def test_one_is_filled_in_for_its_case(self, answering: Answering) -> None:
        assert answering.render("late", 2, "zoe") == "Hi ben, sorry! zoe"

    def test_an_unknown_one_is_answered_with_those_there_are(self, answering: Answering) -> None:
        with pytest.raises(NotFound, match="no canned reply 'lat'") as refused:
            answering.render("lat", 2, "zoe")
        assert refused.value.next_step == "known: late, german"

    def test_those_meant_for_the_case_are_offered(self, at: Office, answering: Answering) -> None:
        at.hears("@acme kaputt", by="cleo", thread="t3", lang="en")
        assert [one.name for one in answering.offered(3)] == ["late"]
        assert [one.name for one in answering.offered(2)] == ["late", "german"]

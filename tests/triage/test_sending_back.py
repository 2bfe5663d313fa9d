"""An answer that never went out: the customer has none, and the case says so."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.case import Case, CaseState
from listener.domain.platform import Refused
from listener.domain.sending import SendState
from listener.domain.sla import Promise
from listener.errors import Conflict
from listener.triage.incident_desk import IncidentDesk
from listener.triage.sending_handover import WayOut
from listener.triage.sla import pressing
from tests.builders import NOON, minutes
from tests.triage.builders import FIRST_RESPONSE, POLICY
from tests.triage.postbox import Bureau, bureau

FACTS = ("first_reply_at", "answered_at", "due_at", "sla_at", "alarm_at", "clocks", "rank_at", "state", "wrote_at")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bureau]:
    """A complaint of Ann's, an hour old when it is answered."""
    with bureau(tmp_path) as open_bureau:
        open_bureau.hears()
        open_bureau.passes(timedelta(hours=1))
        yield open_bureau


def facts(case: Case) -> dict[str, object]:
    return {name: getattr(case, name) for name in FACTS}


def refused_after(here: Bureau, meanwhile: Callable[[], object] = lambda: None, case_id: int = 1) -> Case:
    """The answer is written, something happens, and X refuses it; the case as it then is."""
    here.answers(case_id)
    meanwhile()
    here.box.fails = [Refused(reason="ann blocked us")]
    assert here.sends(timedelta(minutes=5)) == [SendState.FAILED]
    return here.office.card(case_id).case


class TestNothingElseHappened:
    def test_the_case_is_as_if_it_had_never_been_answered(self, here: Bureau) -> None:
        before = here.office.card().case
        after = refused_after(here)
        assert facts(after) == facts(before)
        owed = pressing(after, POLICY, here.office.clock.now())
        assert owed is not None
        assert owed.promise is Promise.FIRST_RESPONSE

    def test_and_in_the_hands_of_whoever_wrote_it(self, here: Bureau) -> None:
        after = refused_after(here)
        assert (after.assignee, after.lease_until) == ("zoe", here.office.clock.now() + POLICY.lease)
        told = here.office.card().events[-1]
        assert (told.kind, told.agent) == ("send_failed", "listener")
        assert told.detail == {"why": "ann blocked us", "event": "2", "send": "1"}

    def test_or_again_in_theirs_where_their_lease_ran_out(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [Refused(reason="no")]
        here.sends(timedelta(hours=1))
        assert here.office.card().case.holder(here.office.clock.now()) == "zoe"
        assert here.office.card().events[-1].detail["to"] == "zoe"

    def test_also_where_they_had_it_by_hand(self, here: Bureau) -> None:
        here.office.desk.assign(1, "zoe", "zoe")
        after = refused_after(here)
        assert (after.assignee, after.lease_until) == ("zoe", None)

    def test_a_promise_that_broke_meanwhile_is_told_of(self, here: Bureau) -> None:
        """The clock had stopped for an answer that nobody got."""
        here.answers()
        assert here.office.card().case.alarm_at is None
        here.box.fails = [Refused(reason="no")]
        here.sends(timedelta(days=1))
        case = here.office.card().case
        assert case.due_at is not None
        assert case.alarm_at is not None
        assert case.alarm_at < here.office.clock.now()

    def test_the_board_and_the_digest_count_no_answer(self, here: Bureau) -> None:
        refused_after(here)
        with here.office.store.read() as reads:
            (found,) = reads.case_facts(NOON, NOON + timedelta(days=1))
        assert found.first_reply_at is None

    def test_the_author_s_later_post_still_counts(self, here: Bureau) -> None:
        after = refused_after(here, lambda: here.hears("@acme hello?"))
        assert (after.mentions, after.answered_at, after.awaits_author) == (2, None, False)
        assert Promise.FIRST_RESPONSE in after.clocks
        assert Promise.NEXT_RESPONSE not in after.clocks

    def test_the_answer_before_it_still_counts(self, tmp_path: Path) -> None:
        next_too = {**POLICY.sla.targets, Promise.NEXT_RESPONSE: FIRST_RESPONSE}
        policy = replace(POLICY, sla=replace(POLICY.sla, targets=next_too))
        (tmp_path / "other").mkdir()
        with bureau(tmp_path / "other", policy) as here:
            here.hears()
            self._answered_before(here)

    def _answered_before(self, here: Bureau) -> None:
        here.answers(text="We look into it.")
        here.sends(minutes(5))
        first = here.office.card().case
        here.hears("@acme still nothing")
        asked = here.office.card().case
        after = refused_after(here)
        assert (after.first_reply_at, after.answered_at) == (first.first_reply_at, first.answered_at)
        assert after.clocks[Promise.NEXT_RESPONSE] == asked.clocks[Promise.NEXT_RESPONSE]
        assert Promise.FIRST_RESPONSE not in after.clocks


class TestSomethingHappenedSince:
    def test_an_answer_given_since_is_the_one_that_counts(self, here: Bureau) -> None:
        given: list[Case] = []

        def by_hand() -> None:
            here.passes(minutes(1))
            given.append(here.office.desk.reply(1, "I wrote to you elsewhere.", "zoe").case)

        after = refused_after(here, by_hand)
        assert after.first_reply_at == after.answered_at == given[0].answered_at
        assert facts(after) == {**facts(given[0]), "first_reply_at": given[0].answered_at}

    def test_two_that_fail_leave_no_answer(self, here: Bureau) -> None:
        before = here.office.card().case
        here.answers(text="one")
        here.passes(minutes(1))
        here.answers(text="two")
        here.box.fails = [Refused(reason="no"), Refused(reason="no")]
        assert here.sends(minutes(5)) == [SendState.FAILED, SendState.FAILED]
        assert facts(here.office.card().case) == facts(before)

    def test_an_answer_on_which_all_now_rests_can_t_be_undone(self, here: Bureau) -> None:
        here.answers()
        here.passes(minutes(1))
        here.office.desk.reply(1, "I wrote to you elsewhere.", "zoe")
        here.box.fails = [Refused(reason="no")]
        here.sends()
        with pytest.raises(Conflict, match="send_failed by listener"):
            here.office.desk.undo(1, "zoe")

    def test_a_snoozed_case_wakes(self, here: Bureau) -> None:
        after = refused_after(
            here, lambda: here.office.desk.snooze(1, here.office.clock.now() + timedelta(days=2), "zoe")
        )
        assert (after.state, after.snoozed_until, after.assignee) == (CaseState.OPEN, None, "zoe")
        assert after.first_reply_at is None

    def test_a_resolved_case_opens_and_owes_what_it_owed(self, here: Bureau) -> None:
        before = here.office.card().case
        after = refused_after(here, lambda: here.office.desk.resolve(1, "answered", "zoe"))
        assert (after.state, after.resolved_at, after.resolution, after.assignee) == (CaseState.OPEN, None, "", "zoe")
        assert facts(after) == facts(before)

    def test_a_colleague_who_has_it_by_now_keeps_it(self, here: Bureau) -> None:
        def given_away() -> None:
            here.office.desk.assign(1, "bob", "zoe")

        after = refused_after(here, given_away)
        assert (after.assignee, after.first_reply_at) == ("bob", None)
        assert "to" not in here.office.card().events[-1].detail

    def test_after_a_merge_the_other_case_goes_on(self, here: Bureau) -> None:
        here.hears("@acme and another thing", thread="t9", by="ben")

        def merged() -> None:
            here.office.desk.merge(1, 2, "zoe")
            here.office.desk.resolve(2, "done", "zoe")

        refused_after(here, merged)
        heir = here.office.card(2).case
        assert (heir.state, heir.assignee) == (CaseState.OPEN, "zoe")
        assert here.office.kinds(1)[-1] == here.office.kinds(2)[-1] == "send_failed"
        assert here.office.card(1).case.state is CaseState.RESOLVED

    def test_a_merged_case_that_was_answered_by_itself_stays_so(self, here: Bureau) -> None:
        here.hears("@acme and another thing", thread="t9", by="ben")

        def merged() -> None:
            here.office.desk.merge(1, 2, "zoe")
            here.passes(minutes(1))
            here.office.desk.reply(2, "Both are settled.", "zoe")
            here.office.desk.resolve(2, "done", "zoe")

        refused_after(here, merged)
        assert here.office.card(2).case.state is CaseState.RESOLVED

    def test_what_failed_is_no_act_that_could_be_undone(self, here: Bureau) -> None:
        here.office.desk.note(1, "a note", "zoe")
        refused_after(here)
        here.office.desk.undo(1, "zoe")
        assert here.office.card().events[-1].detail["kind"] == "noted"


class TestAnAnswerToMany:
    def _answered(self, here: Bureau) -> IncidentDesk:
        here.hears(by="ben", thread="t2")
        way_out = WayOut(outlets=here.lines)
        desk = IncidentDesk(here.office.store, here.policy, here.office.clock, way_out)
        incident = desk.open_cases([1, 2], "Late parcels", "zoe")
        desk.answer(incident.id, "Sorry {name}, it is on its way.", "zoe")
        desk.approve(incident.id, "bob")
        sent = desk.send(incident.id, "zoe")
        assert [one.send is not None for one in sent.recorded] == [True, True]
        return desk

    def test_goes_out_to_each(self, here: Bureau) -> None:
        self._answered(here)
        assert here.sends(timedelta(0)) == [SendState.SENT, SendState.SENT]
        assert here.texts() == ["Sorry ann, it is on its way.", "Sorry ben, it is on its way."]

    def test_that_fails_for_one_leaves_that_case_where_it_was_and_on_the_list(self, here: Bureau) -> None:
        desk = self._answered(here)
        here.box.fails = [Refused(reason="ann blocked us")]
        here.sends(timedelta(0))
        case = here.office.card(1).case
        assert (case.assignee, case.first_reply_at, case.state) == ("", None, CaseState.OPEN)
        assert [due.member.case.id for due in desk.follow_up(1)] == [1]
        desk.send(1, "zoe")
        assert here.sends(timedelta(0)) == [SendState.SENT], "once more, to whom it didn't reach"

    def test_the_failures_of_one_incident_are_one_notice(self, here: Bureau) -> None:
        self._answered(here)
        here.box.fails = [Refused(reason="no"), Refused(reason="no")]
        here.sends(timedelta(0))
        assert len({notice.key for notice in here.notices}) == 1

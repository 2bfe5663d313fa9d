"""Stored posts become cases: on the real store, page by page."""

from dataclasses import replace
from datetime import timedelta

from listener.domain.case import CaseState, EventKind, Reason
from listener.domain.mention import Author
from listener.domain.verdict import Label
from listener.triage.intake import IntakeReport
from tests.builders import NOON, minutes, verdict
from tests.triage.builders import CHATTER, THANKS, UNSURE, Office


def later(office: Office, **length: float) -> None:
    office.clock.advance_to(office.clock.now() + timedelta(**length))


def test_a_complaint_opens_a_case_with_its_route_and_promise(desk_office: Office) -> None:
    assert desk_office.hears("@acme I want a refund") == IntakeReport(opened=1)
    (case,) = desk_office.cases()
    assert (case.queue, case.reason, case.state) == ("billing", Reason.COMPLAINT, CaseState.OPEN)
    assert case.due_at == NOON + minutes(480)
    assert sum(case.terms.values()) == case.priority
    assert desk_office.card().events[0].detail["rule"] == "money"


def test_a_route_that_escalates_puts_the_case_on_top(desk_office: Office) -> None:
    desk_office.hears("@acme the kettle caught fire")
    (case,) = desk_office.cases()
    assert case.escalated
    assert case.terms["escalated"] == 50.0
    assert case.due_at == NOON + minutes(30)


def test_praise_and_chatter_are_counted_and_open_nothing(desk_office: Office) -> None:
    assert desk_office.takes(desk_office.post(said=THANKS), desk_office.post(said=CHATTER)) == IntakeReport()
    assert desk_office.cases() == []


def test_an_unsure_and_an_unscored_post_each_open_a_case(desk_office: Office) -> None:
    desk_office.takes(desk_office.post(said=UNSURE, by="ann"), desk_office.post(said=None, by="ben"))
    assert [case.reason for case in desk_office.cases()] == [Reason.UNSURE, Reason.UNSCORED]


def test_two_posts_of_one_author_in_one_page_land_in_one_case_oldest_first(desk_office: Office) -> None:
    second = desk_office.post("@acme and still no parcel", created_at=NOON + minutes(2))
    first = desk_office.post("@acme where is my parcel", created_at=NOON + minutes(1))
    assert desk_office.takes(second, first) == IntakeReport(opened=1, attached=1)
    card = desk_office.card()
    assert card.case.mentions == 2
    assert card.mentions[0].mention.text == "@acme where is my parcel"
    assert desk_office.kinds() == ["opened", "attached"]


def test_several_brands_in_one_post_get_a_case_each_competitors_none(desk_office: Office) -> None:
    assert desk_office.hears(brands=("Zeta", "Rival", "Acme")).opened == 2
    assert [case.brand for case in desk_office.cases()] == ["Acme", "Zeta"]


def test_a_repost_opens_nothing(desk_office: Office) -> None:
    assert desk_office.hears(is_repost=True) == IntakeReport()


def test_the_same_page_twice_changes_nothing(desk_office: Office) -> None:
    post = desk_office.post()
    desk_office.takes(post)
    assert desk_office.takes(post) == IntakeReport()
    assert len(desk_office.cases()) == 1


def test_an_edit_is_an_event_and_never_a_second_case(desk_office: Office) -> None:
    desk_office.hears("@acme late", native_id="a")
    assert desk_office.hears("@acme late, and I call my lawyer", native_id="a") == IntakeReport(edited=1)
    (case,) = desk_office.cases()
    assert desk_office.kinds() == ["opened", "edited"]
    assert case.terms["escalated"] == 50.0
    assert case.mentions == 1


def test_an_edit_that_turns_chatter_into_a_complaint_opens_a_case(desk_office: Office) -> None:
    desk_office.hears("@acme hm", native_id="a", said=CHATTER)
    assert desk_office.hears("@acme it broke", native_id="a").opened == 1


def test_an_edit_leaves_a_resolved_case_resolved(desk_office: Office) -> None:
    desk_office.hears(native_id="a")
    desk_office.desk.resolve(1, "refunded", "bob")
    desk_office.hears("@acme late again", native_id="a")
    assert desk_office.cases()[0].state is CaseState.RESOLVED
    assert desk_office.kinds()[-1] == EventKind.EDITED


def test_a_post_that_makes_it_worse_moves_the_case_up_and_to_the_better_queue(desk_office: Office) -> None:
    desk_office.hears("@acme do you ship on Sundays?", said=verdict(Label.QUESTION))
    before = desk_office.cases()[0]
    later(desk_office, minutes=5)
    desk_office.hears("@acme it is late, I want a refund")
    (case,) = desk_office.cases()
    assert (before.queue, case.queue, case.reason) == ("support", "billing", Reason.COMPLAINT)
    assert case.priority > before.priority
    assert case.rank_at < before.rank_at


def test_a_case_in_hand_keeps_its_queue(desk_office: Office) -> None:
    desk_office.hears("@acme do you ship on Sundays?", said=verdict(Label.QUESTION))
    desk_office.desk.claim(1, "bob")
    desk_office.hears("@acme it is late, I want a refund")
    (case,) = desk_office.cases()
    assert (case.queue, case.reason, case.assignee) == ("support", Reason.COMPLAINT, "bob")


def test_a_case_that_returns_worse_returns_to_the_better_queue(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "refunded", "bob")
    desk_office.hears("@acme I call my lawyer")
    (case,) = desk_office.cases()
    assert (case.queue, case.escalated, case.assignee) == ("safety", True, "")


def test_an_escalating_post_moves_a_free_case_to_its_rules_queue(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.hears("@acme it caught fire")
    assert desk_office.cases()[0].queue == "safety"


def test_thanks_in_an_open_case_join_it_and_make_nothing_worse(desk_office: Office) -> None:
    desk_office.hears()
    before = desk_office.cases()[0]
    desk_office.hears("@acme thank you", said=THANKS)
    case = desk_office.cases()[0]
    assert (case.mentions, case.priority, case.rank_at) == (2, before.priority, before.rank_at)


def test_a_snoozed_case_returns_when_the_author_writes_again(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.snooze(1, NOON + timedelta(days=2), "bob")
    later(desk_office, hours=1)
    assert desk_office.hears("@acme anything new?", said=CHATTER, thread="t2") == IntakeReport(woke=1)
    (case,) = desk_office.cases()
    assert (case.state, case.snoozed_until, case.mentions) == (CaseState.OPEN, None, 2)


def test_the_authors_return_reopens_a_resolved_case_unassigned(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "refunded", "bob")
    later(desk_office, days=2)
    assert desk_office.hears("@acme still nothing") == IntakeReport(reopened=1)
    (case,) = desk_office.cases()
    assert (case.state, case.assignee, case.resolved_at, case.resolution) == (CaseState.OPEN, "", None, "")
    detail = desk_office.card().events[-1].detail
    assert (detail["was_resolved_by"], detail["was_resolved_as"]) == ("bob", "refunded")


def test_a_reopened_case_begins_to_wait_anew(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "refunded", "bob")
    later(desk_office, days=2)
    desk_office.hears("@acme still nothing")
    desk_office.hears("@acme the kettle is late", by="ben", thread="t9")
    first, second = desk_office.cases()
    assert second.rank_at - first.rank_at < timedelta(days=1)


def test_thanks_leave_a_resolved_case_resolved_and_are_kept_with_it(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.resolve(1, "refunded", "bob")
    assert desk_office.hears("@acme thank you!", said=THANKS) == IntakeReport(attached=1)
    assert desk_office.cases()[0].state is CaseState.RESOLVED


def test_a_case_opened_unscored_is_routed_again_once_scored(desk_office: Office) -> None:
    post = desk_office.post("@acme I want a refund", said=None)
    desk_office.takes(post)
    assert desk_office.cases()[0].queue == "support"
    desk_office.takes(replace(post, verdict=verdict(Label.COMPLAINT)))
    (case,) = desk_office.cases()
    assert (case.queue, case.reason) == ("billing", Reason.COMPLAINT)
    assert desk_office.kinds() == ["opened", "routed"]


def test_a_case_opened_unscored_closes_itself_where_nothing_asks_for_an_answer(desk_office: Office) -> None:
    post = desk_office.post("@acme in the news", said=None)
    desk_office.takes(post)
    desk_office.takes(replace(post, verdict=CHATTER))
    (case,) = desk_office.cases()
    assert (case.state, case.resolution) == (CaseState.RESOLVED, "nothing to answer")
    assert desk_office.card().events[-1].agent == "listener"


def test_an_unscored_case_in_hand_is_not_taken_from_its_agent(desk_office: Office) -> None:
    post = desk_office.post("@acme in the news", said=None)
    desk_office.takes(post)
    desk_office.desk.claim(1, "bob")
    desk_office.takes(replace(post, verdict=CHATTER))
    assert desk_office.cases()[0].state is CaseState.OPEN


def test_a_repeated_complaint_weighs_more(desk_office: Office) -> None:
    desk_office.hears(by="ann")
    desk_office.desk.resolve(1, "refunded", "bob")
    later(desk_office, days=8)
    desk_office.hears("@acme late again", by="ann", thread="t2")
    desk_office.hears("@acme late", by="ben", thread="t3")
    _, again, first = desk_office.cases()
    assert (again.terms["repeat"], first.terms["repeat"]) == (3.3, 0.0)


def test_authors_without_an_id_are_not_one_person(desk_office: Office) -> None:
    nobody = Author(platform="x", native_id="", handle="")
    desk_office.takes(desk_office.post(author=nobody), desk_office.post(author=nobody))
    assert len(desk_office.cases()) == 2


def test_age_counts_from_when_the_customer_wrote_at_most_a_day_back(desk_office: Office) -> None:
    desk_office.hears(by="ann", created_at=NOON - timedelta(hours=6))
    desk_office.hears(by="ben", created_at=NOON - timedelta(days=60))
    desk_office.hears(by="cat", created_at=NOON + timedelta(days=1))
    ann, ben, cat = desk_office.cases()
    assert ann.rank_at - ben.rank_at == timedelta(hours=18)
    assert cat.rank_at - ann.rank_at == timedelta(hours=6)


def test_a_page_of_chatter_asks_the_store_but_once(desk_office: Office) -> None:
    page = [desk_office.post(said=CHATTER, by=f"a{n}") for n in range(50)]
    asked: list[str] = []
    with desk_office.store.write() as tx:
        saved = tx.save_mentions(page, NOON)

        class Watched:
            def __getattr__(self, name: str) -> object:
                asked.append(name)
                return getattr(tx, name)

        from listener.triage.intake import take_in
        from tests.triage.builders import BRANDS

        take_in(Watched(), saved, BRANDS, desk_office.policy, NOON)  # type: ignore[arg-type]
    assert asked == ["cases_of_authors"]

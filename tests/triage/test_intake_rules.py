"""Which posts open, join, wake or reopen a case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from listener.domain.case import Case, Reason
from listener.domain.verdict import Label, Verdict
from listener.triage.intake_rules import (
    Arrival,
    Attach,
    Decision,
    Nothing,
    Open,
    Reopen,
    Wake,
    concerns,
    decide,
    reason_of,
    strongest,
)
from tests.builders import NOON, author, mention, minutes, verdict
from tests.triage.builders import BRANDS, CHATTER, POLICY, THANKS, UNSURE, case, resolved, snoozed


def decided(*cases: Case, reason: Reason | None = Reason.COMPLAINT, thread: str = "t1", **more: Any) -> Decision:
    """About a post written an hour after noon."""
    return decide(Arrival(reason=reason, thread=thread, cases=cases), more.get("policy", POLICY), NOON + minutes(60))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (verdict(Label.COMPLAINT, Label.QUESTION, Label.PRAISE), Reason.COMPLAINT),
        (verdict(Label.QUESTION, Label.PRAISE), Reason.QUESTION),
        (UNSURE, Reason.UNSURE),
        (verdict(Label.PRAISE, sentiment=None), Reason.PRAISE),
        (None, Reason.UNSCORED),
        (THANKS, Reason.PRAISE),
        (CHATTER, None),
    ],
)
def test_the_strongest_reason_counts(said: Verdict | None, reason: Reason | None) -> None:
    assert reason_of(said) is reason


def test_of_several_posts_the_strongest_reason_counts() -> None:
    assert strongest([None, Reason.PRAISE, Reason.QUESTION, Reason.UNSURE]) is Reason.QUESTION
    assert strongest([None]) is None


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.QUESTION, Reason.UNSURE, Reason.UNSCORED])
def test_a_reason_the_policy_names_opens_a_case(reason: Reason) -> None:
    assert decided(reason=reason) == Open(reason)


@pytest.mark.parametrize("reason", [Reason.PRAISE, None])
def test_praise_and_chatter_open_none(reason: Reason | None) -> None:
    assert decided(reason=reason) == Nothing()


def test_A9_control_a_brand_that_does_not_know_its_accounts_answers_itself() -> None:
    assert concerns(mention(author=author("ACMEhelp")), replace(BRANDS["Acme"], own_accounts=()))


def test_A9_competitors_reposts_and_our_own_posts_concern_nobody() -> None:
    assert concerns(mention(), BRANDS["Acme"])
    assert not concerns(mention(), BRANDS["Rival"])
    assert not concerns(mention(), None)
    assert not concerns(mention(is_repost=True), BRANDS["Acme"])
    assert not concerns(mention(author=author("ACMEhelp")), BRANDS["Acme"])


def test_an_open_case_takes_its_authors_posts_in_the_thread_however_late() -> None:
    old = case(wrote_at=NOON - timedelta(days=30))
    assert decided(old) == Attach(old)
    assert decided(old, reason=None) == Attach(old)


def test_an_open_case_takes_posts_elsewhere_within_a_day_of_the_last_word_in_it() -> None:
    near = case(thread="other", wrote_at=NOON - timedelta(hours=23))
    far = case(thread="other", wrote_at=NOON - timedelta(hours=23, minutes=1))
    assert decided(near) == Attach(near)
    assert decided(far) == Open(Reason.COMPLAINT)


def test_our_answer_counts_as_a_word_and_what_the_program_changed_does_not() -> None:
    answered = case(thread="other", wrote_at=NOON - timedelta(days=3), answered_at=NOON - timedelta(hours=23))
    reminded = case(thread="other", wrote_at=NOON - timedelta(days=3), updated_at=NOON)
    assert decided(answered) == Attach(answered)
    assert decided(reminded) == Open(Reason.COMPLAINT)


def test_the_threads_own_case_comes_before_a_fresher_one() -> None:
    own = case(id=1, wrote_at=NOON - timedelta(days=3))
    fresher = case(id=2, thread="other")
    assert decided(fresher, own) == Attach(own)


def test_without_a_thread_two_posts_are_not_the_same_thread() -> None:
    old = case(thread="", wrote_at=NOON - timedelta(days=3))
    assert decided(old, thread="") == Open(Reason.COMPLAINT)


def test_a_snoozed_case_wakes_when_its_author_writes_anything_anywhere() -> None:
    asleep = snoozed(thread="other", wrote_at=NOON - timedelta(days=9))
    assert decided(asleep, reason=None) == Wake(asleep)
    assert decided(asleep, case(id=1, thread="third")) == Wake(asleep)


def test_the_authors_return_in_a_resolved_thread_reopens_it_within_a_week() -> None:
    lately = resolved(resolved_at=NOON + minutes(60) - timedelta(days=7))
    long_ago = resolved(resolved_at=NOON + minutes(59) - timedelta(days=7))
    assert decided(lately) == Reopen(lately)
    assert decided(lately, reason=None) == Reopen(lately)
    assert decided(long_ago) == Open(Reason.COMPLAINT)


def test_thanks_join_a_resolved_case_and_leave_it_resolved() -> None:
    assert decided(resolved(), reason=Reason.PRAISE) == Attach(resolved())


def test_another_thread_reopens_nothing_where_the_platform_has_threads() -> None:
    assert decided(resolved(thread="other")) == Open(Reason.COMPLAINT)


def test_without_threads_a_new_complaint_reopens_the_authors_case_and_chatter_does_not() -> None:
    past = resolved(thread="")
    assert decided(past, thread="") == Reopen(past)
    assert decided(past, thread="", reason=None) == Nothing()
    assert decided(past, thread="", reason=Reason.PRAISE) == Nothing()


def test_a_live_case_comes_before_a_resolved_one() -> None:
    live = case(id=1, thread="other")
    assert decided(resolved(id=2), live) == Attach(live)


def test_of_several_resolved_cases_the_latest_is_reopened() -> None:
    earlier, later = resolved(id=1), resolved(id=2, resolved_at=NOON + minutes(5))
    assert decided(earlier, later) == Reopen(later)

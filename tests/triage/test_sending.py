"""An answer stands on its platform once, whatever happens on the way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.case import EventKind
from listener.domain.mention import MentionKey
from listener.domain.platform import Refused
from listener.domain.sending import SendState
from listener.errors import BudgetSpent, Conflict, ListenerError, NotPermitted, RateLimited, Reauthorize
from listener.triage.card import sends_line
from tests.builders import NOON, minutes
from tests.triage.postbox import GRACE, LEASE, Bureau, bureau, dies, down, lost

QUEUED, SENDING, SENT, UNKNOWN, FAILED = (
    SendState.QUEUED,
    SendState.SENDING,
    SendState.SENT,
    SendState.UNKNOWN,
    SendState.FAILED,
)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bureau]:
    """One complaint of Ann's that X takes a reply to."""
    with bureau(tmp_path) as open_bureau:
        open_bureau.hears()
        yield open_bureau


class TestOnItsWayOut:
    def test_an_answer_is_queued_with_its_record_and_sent_after_the_pause(self, here: Bureau) -> None:
        made = here.answers()
        assert made.send is not None
        assert (made.send.state, made.send.due_at) == (QUEUED, NOON + GRACE)
        assert here.office.card().events[-1].detail == {"text": "Sorry!", "send": "1", "as": "acme-x"}
        assert here.sends(timedelta(seconds=9)) == []
        assert here.sends(timedelta(seconds=1)) == [SENT]
        assert here.texts() == ["Sorry!"]
        assert (here.row().native_id, here.row().url, here.row().error) == ("our-1", "https://x.example/1", "")

    def test_its_case_says_who_sent_what_when_and_as_whom(self, here: Bureau) -> None:
        here.answers()
        version = here.office.card().case.version
        here.sends()
        card = here.office.card()
        told = card.events[-1]
        assert (told.kind, told.agent, told.at) == (EventKind.SENT, "listener", NOON + GRACE)
        assert told.detail == {"send": "1", "as": "acme-x", "by": "zoe", "url": "https://x.example/1"}
        assert card.case.version == version, "whoever looks at the case would be told that it has changed"
        assert [send.state for send in card.sends] == [SENT]

    def test_an_answer_in_the_making_isn_t_stale_because_the_one_before_arrived(self, here: Bureau) -> None:
        here.answers()
        seen = here.office.card().case.version
        here.sends()
        here.answering.reply(1, "And here is a voucher.", "zoe", seen=seen)
        assert here.sends() == [SENT]

    def test_nor_does_the_arrival_hide_that_its_author_wrote_meanwhile(self, here: Bureau) -> None:
        here.answers()
        seen = here.office.card().case.version
        here.hears("@acme still nothing")
        here.sends()
        with pytest.raises(Conflict, match="wrote again"):
            here.answering.reply(1, "And here is a voucher.", "zoe", seen=seen)

    def test_where_no_source_sends_it_is_recorded_alone(self, here: Bureau) -> None:
        here.hears(by="ben", thread="t2", platform="forum")
        made = here.answers(2)
        assert (made.send, made.why_not_sent, made.url) == (None, "", "https://example.com/2")
        assert "send" not in here.office.card(2).events[-1].detail

    def test_where_the_platform_takes_none_it_is_recorded_with_why(self, here: Bureau) -> None:
        here.hears(by="ben", thread="t2", can_reply=False, reply_note="they didn't mention us")
        made = here.answers(2)
        assert made.send is None
        assert made.why_not_sent.startswith("they didn't mention us (X takes replies by API only to authors who")

    def test_where_the_source_can_t_send_it_is_recorded_with_why(self, here: Bureau) -> None:
        here.box.cannot = "no access token"
        made = here.answers()
        assert (made.send, "no access token" in made.why_not_sent) == (None, True)

    def test_it_answers_the_latest_post_that_stands(self, here: Bureau) -> None:
        here.hears("@acme still late", native_id="late")
        here.answers()
        here.sends()
        assert here.box.posts[0].to == "late"

    def test_the_same_words_under_the_same_post_are_refused(self, here: Bureau) -> None:
        here.answers()
        with pytest.raises(Conflict, match=r"zoe answered this post in the same words already \(queued\)"):
            here.answering.reply(1, " Sorry! ", "zoe")
        here.sends()
        with pytest.raises(Conflict, match=r"already \(sent\)"):
            here.answering.reply(1, "Sorry!", "zoe")
        assert here.office.kinds()[-1] == "sent", "a refused answer leaves no trace"

    def test_what_one_customer_is_told_is_told_in_its_order(self, here: Bureau) -> None:
        here.answers(text="one")
        here.answers(text="two")
        here.box.fails = [down()]
        assert here.sends() == [QUEUED], "the second waits for the first"
        assert here.sends(minutes(1)) == [SENT, SENT]
        assert here.texts() == ["one", "two"]

    def test_one_customer_s_trouble_holds_up_nobody_else(self, here: Bureau) -> None:
        here.hears(by="ben", thread="t2")
        here.answers()
        here.answers(2)
        here.box.fails = [Refused(reason="too long")]
        assert here.sends() == [FAILED, SENT]


class TestNothingWasSent:
    def test_a_platform_that_can_t_be_reached_is_tried_less_and_less_often(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [down() for _ in range(4)]
        waits = []
        for _ in range(4):
            here.passes((here.row().due_at or NOON) - here.office.clock.now())
            here.sender.send_due()
            waits.append((here.row().due_at or NOON) - here.office.clock.now())
        assert waits == [minutes(1), minutes(2), minutes(4), minutes(8)]
        assert (here.row().state, here.row().error) == (QUEUED, "x.example can't be reached")

    @pytest.mark.parametrize("kind", [RateLimited, BudgetSpent])
    def test_a_window_is_waited_for(self, here: Bureau, kind: type[RateLimited]) -> None:
        here.answers()
        until = NOON + timedelta(hours=2)
        here.box.fails = [kind("wait", until=until)]
        assert here.sends() == [QUEUED]
        assert here.row().due_at == until
        assert here.sends(timedelta(hours=1)) == []
        assert here.sends(timedelta(hours=1)) == [SENT]

    @pytest.mark.parametrize("error", [Reauthorize("token refused"), NotPermitted("no write scope")])
    def test_where_only_a_person_can_help_it_waits_an_hour_and_tells_once(
        self, here: Bureau, error: ListenerError
    ) -> None:
        here.hears(by="ben", thread="t2")
        here.answers()
        here.answers(2)
        here.box.fails = [error, error]
        assert here.sends() == [QUEUED, QUEUED]
        assert {here.row(n).due_at for n in (1, 2)} == {NOON + GRACE + timedelta(hours=1)}
        assert {notice.key for notice in here.notices} == {"replies|acme-x|wait|2026-03-02T12"}
        assert here.sends(timedelta(hours=1)) == [SENT, SENT]

    def test_a_source_that_is_gone_counts_as_that(self, here: Bureau) -> None:
        here.answers()
        here.lines.gone = True
        assert here.sends() == [QUEUED]
        assert (here.row().attempts, "it is gone" in here.row().error) == (0, True)

    def test_after_a_day_it_is_given_up(self, here: Bureau) -> None:
        here.answers()
        for _ in range(40):
            here.box.fails = [down()]
            here.passes(timedelta(hours=1))
            here.sender.send_due()
        assert here.row().state is FAILED
        assert here.row().error == "not sent within a day: x.example can't be reached"
        assert here.texts() == []

    def test_a_window_that_ends_too_late_is_no_use(self, here: Bureau) -> None:
        """X's money is spent until the month ends: nobody wants that answer then."""
        here.answers()
        here.box.fails = [BudgetSpent("the month's money is spent", until=NOON + timedelta(days=20))]
        assert here.sends() == [FAILED]

    def test_a_refusal_is_final(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [Refused(reason="ann blocked us")]
        assert here.sends() == [FAILED]
        assert here.sends(timedelta(days=2)) == []
        (notice,) = here.notices
        assert notice.title == "The answer to case 1 was not sent"
        assert "ann blocked us" in notice.body
        assert "zoe wrote it" in notice.body

    def test_a_post_that_its_author_deleted_is_not_answered(self, here: Bureau) -> None:
        here.answers()
        here.hears("another one")
        with here.office.store.write() as tx:
            tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON)
        assert here.sends() == [FAILED]
        assert here.texts() == []

    def test_what_is_to_be_said_to_somebody_erased_is_said_no_more(self, here: Bureau) -> None:
        here.answers()
        with here.office.store.write() as tx:
            tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON)
        assert (here.row().state, here.row().text) == (SendState.CANCELLED, "")
        assert here.sends() == []


class TestNobodyKnows:
    def test_what_was_taken_without_an_answer_is_found_and_not_sent_again(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.after = [lost()], True
        assert here.sends() == [UNKNOWN]
        assert here.sends(timedelta(seconds=5)) == [SENT]
        assert (here.texts(), here.row().attempts) == (["Sorry!"], 1)

    def test_what_was_not_taken_is_sent_again_once_it_would_be_shown(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [lost()]
        here.sends()
        assert here.sends(timedelta(seconds=5)) == [UNKNOWN], "too early to say that it isn't there"
        assert here.sends(timedelta(seconds=54)) == []
        assert here.sends(timedelta(seconds=1)) == [QUEUED]
        assert here.sends(timedelta(0)) == [SENT]
        assert (here.texts(), here.row().attempts) == (["Sorry!"], 2)

    def test_every_attempt_has_the_same_key(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.after, here.box.hides = [lost()], True, True
        for span in (10, 5, 60, 0):
            here.sends(timedelta(seconds=span))
        assert len({post.key for post in here.box.posts}) == 1
        assert len(here.box.posts) == 2

    def test_what_the_platform_shows_late_is_still_found(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.after, here.box.hides = [lost()], True, True
        here.sends()
        assert here.sends(timedelta(seconds=5)) == [UNKNOWN]
        here.box.hides = False
        assert here.sends(timedelta(seconds=55)) == [SENT]
        assert here.texts() == ["Sorry!"]

    def test_a_look_that_fails_says_nothing(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.after, here.box.blind = [lost()], True, down()
        here.sends()
        for _ in range(50):
            here.passes(timedelta(hours=1))
            here.sender.send_due()
        assert here.row().state is UNKNOWN
        here.box.blind = None
        assert here.sends(timedelta(hours=3)) == [SENT]
        assert here.texts() == ["Sorry!"]

    def test_a_look_that_may_not_be_made_is_a_person_s_to_settle(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.blind = [lost()], NotPermitted("no read scope")
        here.sends()
        assert here.sends(timedelta(seconds=5)) == [UNKNOWN]
        assert [notice.title for notice in here.notices] == ["Answers as acme-x wait"]

    def test_a_process_that_died_while_sending_is_looked_after_once_its_time_is_over(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.after = [dies()], True
        with pytest.raises(KeyboardInterrupt):
            here.sends()
        assert here.row().state is SENDING
        assert here.sends(LEASE - timedelta(seconds=1)) == []
        assert here.sends(timedelta(seconds=1)) == [SENT]
        assert here.texts() == ["Sorry!"]

    def test_and_sent_again_if_it_died_before_the_platform_heard_of_it(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [dies()]
        with pytest.raises(KeyboardInterrupt):
            here.sends()
        assert here.sends(LEASE) == [QUEUED]
        assert here.sends(timedelta(0)) == [SENT]
        assert here.texts() == ["Sorry!"]

    def test_a_process_that_dies_while_it_looks_leaves_it_to_the_next(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.after = [lost()], True
        here.sends()
        here.box.blind = KeyboardInterrupt()  # type: ignore[assignment]
        with pytest.raises(KeyboardInterrupt):
            here.sends(timedelta(seconds=5))
        here.box.blind = None
        assert here.sends(LEASE) == [SENT]

    def test_a_bug_in_a_connector_is_no_answer(self, here: Bureau) -> None:
        here.hears(by="ben", thread="t2")
        here.answers()
        here.answers(2)
        here.box.fails, here.box.after = [ZeroDivisionError()], True
        assert here.sends() == [UNKNOWN, SENT]
        assert here.sends(timedelta(seconds=5)) == [SENT]
        assert here.texts() == ["Sorry!", "Sorry!"]


class TestTwoAtOnce:
    def test_what_one_process_is_sending_no_other_touches(self, here: Bureau) -> None:
        here.answers()
        others: list[object] = []
        here.box.meanwhile = lambda: others.append(here.sender.send_due())
        assert here.sends() == [SENT]
        assert others == [[]]
        assert here.texts() == ["Sorry!"]

    def test_whoever_comes_too_late_for_a_claim_calls_nobody(self, here: Bureau) -> None:
        here.answers()
        here.passes(GRACE)
        with here.office.store.read() as reads:
            (stale,) = reads.sends_due(here.office.clock.now(), 9)
        assert here.sends(timedelta(0)) == [SENT]
        assert here.sender._take_up(stale) is None
        assert here.texts() == ["Sorry!"]

    def test_a_process_that_was_stopped_for_longer_than_its_time_makes_no_call(self, here: Bureau) -> None:
        """Between its claim and its call: another has taken over."""
        here.answers()
        here.passes(GRACE)
        with here.office.store.write() as tx:
            (due,) = tx.sends_due(here.office.clock.now(), 9)
            claimed = tx.claim_send(due, here.office.clock.now() + LEASE, here.office.clock.now())
        assert claimed is not None
        here.passes(LEASE)
        with here.office.store.read() as reads:
            post = reads.mention(claimed.mention_id).mention
        assert here.sender._call(claimed, here.lines.line("acme-x"), post) is None

    def test_an_arrival_is_believed_from_whoever_took_longer(self, here: Bureau) -> None:
        """The first comes back from its call after the second has concluded that it was lost."""
        here.answers()
        here.box.meanwhile = lambda: None

        def second() -> None:
            here.box.meanwhile = lambda: None
            here.passes(LEASE)
            here.sender.send_due()  # looks: nothing there yet
            assert here.row().state in (QUEUED, SENT)

        here.box.meanwhile = second
        here.sends()
        assert here.row().state is SENT
        assert here.sends(timedelta(hours=1)) == []


def test_the_card_says_how_far_an_answer_came(here: Bureau) -> None:
    from zoneinfo import ZoneInfo

    from listener.triage.card import Reader

    def said() -> str:
        reader = Reader(policy=here.policy, now=here.office.clock.now(), zone=ZoneInfo("UTC"), agent="zoe")
        return " | ".join("".join(text for text, _ in line) for line in sends_line(here.office.card(), reader))

    assert said() == ""
    here.answers()
    assert said() == "Answer by zoe: being sent as acme-x, 12:00"
    here.box.fails = [down(), lost()]
    here.sends()
    assert said() == "Answer by zoe: not sent yet as acme-x: x.example can't be reached; tried again 12:01"
    here.sends(minutes(1))
    assert said().startswith("Answer by zoe: perhaps sent as acme-x: x.example did not answer within 30 s; looked for")
    for span in (5, 60, 0):
        here.sends(timedelta(seconds=span))
    assert said() == "Answer by zoe: sent 12:02 as acme-x, https://x.example/1"

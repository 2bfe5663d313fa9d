"""What people may do about an answer on its way, and a reply of ours that comes back as a post."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.case import CaseState
from listener.domain.mention import MentionKey
from listener.domain.sending import SendState
from listener.errors import ConfigError, Conflict, NotFound
from tests.builders import NOON
from tests.triage.postbox import GRACE, LEASE, Bureau, bureau, dies, lost


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bureau]:
    with bureau(tmp_path) as open_bureau:
        open_bureau.hears()
        yield open_bureau


class TestUndo:
    def test_within_the_pause_nothing_goes_out(self, here: Bureau) -> None:
        before = here.office.card().case
        here.answers()
        case = here.office.desk.undo(1, "zoe")
        assert (case.first_reply_at, case.clocks, case.assignee) == (None, before.clocks, "")
        assert here.office.card().events[-1].detail["why"] == "the answer was not sent, and won't be"
        assert here.sends(timedelta(days=1)) == []
        assert here.row().state is SendState.CANCELLED

    def test_and_the_same_words_may_be_given_again(self, here: Bureau) -> None:
        here.answers()
        here.office.desk.undo(1, "zoe")
        here.answers()
        assert here.sends() == [SendState.SENT]

    def test_what_is_sent_is_deleted_by_hand(self, here: Bureau) -> None:
        here.answers()
        here.sends()
        with pytest.raises(Conflict, match=r"is sent: https://x\.example/1") as refused:
            here.office.desk.undo(1, "zoe")
        assert "delete it there by hand" in refused.value.next_step
        assert here.office.card().case.first_reply_at == NOON

    def test_what_is_being_sent_can_t_be_caught(self, here: Bureau) -> None:
        here.answers()
        tried: list[object] = []

        def too_late() -> None:
            with pytest.raises(Conflict, match="being sent at this moment"):
                here.office.desk.undo(1, "zoe")
            tried.append(True)

        here.box.meanwhile = too_late
        assert here.sends() == [SendState.SENT]
        assert tried

    def test_what_may_stand_there_is_to_be_looked_for(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [lost()]
        here.sends()
        with pytest.raises(Conflict, match="may stand on x already") as refused:
            here.office.desk.undo(1, "zoe")
        assert "replies cancel 1 --not-there" in refused.value.next_step

    def test_an_earlier_act_can_be_undone_before_the_answer_after_it(self, here: Bureau) -> None:
        here.answers()
        here.sends()
        here.office.desk.note(1, "called her too", "zoe")
        here.office.desk.undo(1, "zoe")
        with pytest.raises(Conflict, match="is sent"):
            here.office.desk.undo(1, "zoe")


class TestCancel:
    def test_anybody_may_call_one_back_that_waits(self, here: Bureau) -> None:
        here.answers()
        case = here.desk.cancel(1, "bob")
        assert (case.first_reply_at, case.answered_at, case.assignee) == (None, None, "zoe")
        told = here.office.card().events[-1]
        assert (told.kind, told.agent, told.detail["why"]) == ("send_cancelled", "bob", "by zoe, not sent")
        assert here.sends(timedelta(days=1)) == []

    def test_one_in_doubt_only_for_whoever_has_looked(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [lost()]
        here.sends()
        with pytest.raises(Conflict, match="may stand"):
            here.desk.cancel(1, "zoe")
        here.desk.cancel(1, "zoe", not_there=True)
        assert here.row().state is SendState.CANCELLED
        assert here.office.card().case.first_reply_at is None

    def test_one_that_is_sent_not_even_then(self, here: Bureau) -> None:
        here.answers()
        here.sends()
        with pytest.raises(Conflict, match="is sent"):
            here.desk.cancel(1, "zoe", not_there=True)

    def test_one_being_sent_not_either(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [dies()]
        with pytest.raises(KeyboardInterrupt):
            here.sends()
        with pytest.raises(Conflict, match="being sent"):
            here.desk.cancel(1, "zoe", not_there=True)
        with pytest.raises(Conflict, match="is sending"):
            here.desk.now(1, not_there=True)

    def test_one_that_never_was(self, here: Bureau) -> None:
        with pytest.raises(NotFound, match="there is no reply 7"):
            here.desk.cancel(7, "zoe")


class TestNow:
    def test_one_that_waits_is_due_at_once(self, here: Bureau) -> None:
        here.answers()
        here.desk.now(1)
        assert here.sends(timedelta(0)) == [SendState.SENT]

    def test_one_in_doubt_is_looked_for_at_once(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.after = [lost()], True
        here.sends()
        here.desk.now(1)
        assert here.sends(timedelta(0)) == [SendState.SENT]
        assert here.box.looks == 1

    def test_or_sent_again_on_a_person_s_word(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [lost()]
        here.sends()
        here.desk.now(1, not_there=True)
        assert here.sends(timedelta(0)) == [SendState.SENT]
        assert (here.box.looks, here.texts()) == (0, ["Sorry!"])

    def test_one_that_is_sent_doesn_t_wait(self, here: Bureau) -> None:
        here.answers()
        here.sends()
        with pytest.raises(Conflict, match="reply 1 is sent"):
            here.desk.now(1)


class TestConfirm:
    def test_somebody_has_seen_it_there(self, here: Bureau) -> None:
        here.answers()
        here.box.fails = [lost()]
        here.sends()
        send = here.desk.confirm(1, "https://x.example/seen")
        assert (send.state, send.url) == (SendState.SENT, "https://x.example/seen")
        assert here.office.kinds()[-1] == "sent"
        assert here.sends(timedelta(days=1)) == []

    def test_needs_an_address_and_a_doubt(self, here: Bureau) -> None:
        here.answers()
        with pytest.raises(ConfigError, match="no address"):
            here.desk.confirm(1, "yes")
        with pytest.raises(Conflict, match="nothing is to be found out"):
            here.desk.confirm(1, "https://x.example/seen")


class TestOurOwnReplyComesBack:
    """By an account that brands.toml doesn't name."""

    def _echo(self, here: Bureau, **more: object) -> None:
        here.hears("@acme Sorry!", by="AcmeCares", thread="t7", native_id="our-1", **more)

    def test_read_before_it_was_known_to_be_ours_it_leaves_the_queue(self, here: Bureau) -> None:
        """A poll between the platform's yes and our commit."""
        here.answers()
        here.box.meanwhile = lambda: self._echo(here)
        assert here.sends() == [SendState.SENT]
        echo = here.office.card(2)
        assert (echo.case.state, echo.case.resolution) == (CaseState.RESOLVED, "it is our own reply")
        assert [post.deleted for post in echo.mentions] == [True]
        with here.office.store.read() as reads:
            assert reads.stats().cases == {"open": 1, "resolved": 1}

    def test_and_never_returns(self, here: Bureau) -> None:
        here.answers()
        here.box.meanwhile = lambda: self._echo(here)
        here.sends()
        self._echo(here)
        assert len(here.office.cases()) == 2

    def test_a_case_that_holds_more_than_it_goes_on_without_it(self, here: Bureau) -> None:
        here.hears("@acme we are a reseller", by="AcmeCares", thread="t7", native_id="other")
        here.answers()
        here.box.meanwhile = lambda: self._echo(here)
        here.sends()
        card = here.office.card(2)
        assert card.case.state is CaseState.OPEN
        assert [post.deleted for post in card.mentions] == [False, True]

    def test_after_a_crash_it_is_known_as_soon_as_it_is_found(self, here: Bureau) -> None:
        here.answers()
        here.box.fails, here.box.after = [dies()], True
        with pytest.raises(KeyboardInterrupt):
            here.sends()
        self._echo(here)
        assert here.sends(LEASE) == [SendState.SENT]
        assert here.office.card(2).case.state is CaseState.RESOLVED

    def test_known_before_it_is_read_it_is_among_those_to_be_left_out(self, here: Bureau) -> None:
        here.answers()
        here.sends(GRACE)
        ours, theirs = (MentionKey(platform="x", native_id=one) for one in ("our-1", "1"))
        with here.office.store.read() as reads:
            assert reads.sent_among([ours, theirs]) == {ours}
            assert reads.sent_among([MentionKey(platform="mastodon", native_id="our-1")]) == set()

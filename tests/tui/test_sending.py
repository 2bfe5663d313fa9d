"""Answers from the desk: a pause for second thoughts, then they go out, and the card says how far they came."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.platform import Refused
from listener.domain.sending import SendState
from tests.triage.postbox import GRACE, Bureau, bureau
from tests.tui.seats import At, at_the_desk


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bureau]:
    """One complaint that X takes a reply to."""
    with bureau(tmp_path) as open_bureau:
        open_bureau.hears()
        yield open_bureau


async def _answered(at: At, words: str = "Sorry!") -> None:
    await at.press("r")
    await at.sees("Reply to @ann, case 1")
    await at.write(words)
    await at.press("ctrl+s")


def test_an_answer_goes_out_after_the_pause(here: Bureau) -> None:
    async def day(at: At) -> None:
        await _answered(at)
        await at.sees("Reply to case 1 goes out as acme-x in 10 s.", "u undoes it")
        at.desk.send_due()
        await at.until(lambda: not at.desk._sending)
        assert here.texts() == [], "not yet"
        here.passes(GRACE)
        at.desk.send_due()
        await at.sees("Reply to case 1: sent 12:00 as acme-x, https://x.example/1")
        await at.look()
        await at.sees("Answer by ada: sent 12:00 as acme-x")

    at_the_desk(here.office, day, sender=here.sender, size=(120, 30))
    assert here.texts() == ["Sorry!"]


def test_one_sees_as_whom_before_one_writes(here: Bureau) -> None:
    async def day(at: At) -> None:
        await at.press("r")
        await at.sees("Goes out as acme-x; replies: only to mentions")

    at_the_desk(here.office, day, sender=here.sender, size=(80, 24))


def test_u_takes_it_back_within_the_pause(here: Bureau) -> None:
    async def day(at: At) -> None:
        await _answered(at)
        await at.sees("goes out as acme-x")
        await at.press("u")
        await at.sees("Undone on case 1")
        here.passes(timedelta(minutes=1))
        at.desk.send_due()
        await at.until(lambda: not at.desk._sending)

    at_the_desk(here.office, day, sender=here.sender, size=(120, 30))
    assert here.texts() == []
    assert here.row().state is SendState.CANCELLED


def test_and_says_that_it_is_too_late_after_it(here: Bureau) -> None:
    async def day(at: At) -> None:
        await _answered(at)
        await at.sees("goes out as acme-x")
        here.passes(GRACE)
        at.desk.send_due()
        await at.sees("sent 12:00 as acme-x")
        await at.press("u")
        await at.sees("is sent: https://x.example/1", "delete it there by hand")

    at_the_desk(here.office, day, sender=here.sender, size=(160, 30))


def test_a_refusal_is_told_and_the_case_is_the_agent_s_again(here: Bureau) -> None:
    async def day(at: At) -> None:
        await _answered(at)
        await at.sees("goes out as acme-x")
        here.box.fails = [Refused(reason="ann blocked us")]
        here.passes(GRACE)
        at.desk.send_due()
        await at.sees("Reply to case 1: not sent as acme-x: ann blocked us.")
        await at.look()
        await at.sees("Answer by ada: not sent as acme-x: ann blocked us")

    at_the_desk(here.office, day, sender=here.sender, size=(120, 30))
    case = here.office.card().case
    assert (case.assignee, case.first_reply_at) == ("ada", None)


def test_while_one_is_on_its_way_no_second_look_begins(here: Bureau) -> None:
    async def day(at: At) -> None:
        await _answered(at)
        await at.sees("goes out as acme-x")
        here.passes(GRACE)
        here.box.meanwhile = at.desk.send_due
        at.desk.send_due()
        await at.sees("sent 12:00 as acme-x")

    at_the_desk(here.office, day, sender=here.sender, size=(120, 30))
    assert here.texts() == ["Sorry!"]


def test_where_it_can_t_be_sent_one_posts_it_as_ever(here: Bureau) -> None:
    here.box.cannot = "no access token"

    async def day(at: At) -> None:
        await at.press("r")
        await at.sees("You post it yourself: source 'acme-x' can't send")
        await at.write("Sorry!")
        await at.press("ctrl+s")
        await at.sees("recorded, not sent (source 'acme-x' can't send replies: no access token)")

    at_the_desk(here.office, day, sender=here.sender, size=(160, 30))

"""Each key of the desk does its verb, and says so."""

import asyncio
from datetime import timedelta

import pytest

from listener.domain.case import CaseState
from listener.domain.stored import StoredMention
from listener.domain.text import visible
from listener.tui import working
from tests.triage.builders import Office
from tests.tui.seats import At, at_the_desk


def three(office: Office) -> None:
    """Case 2 is the most pressing, then 1, then 3."""
    office.hears("@acme my parcel is late", by="ann", thread="a")
    office.hears("@acme the lawyer will call you", by="ben", thread="b")
    office.hears("@acme where is it", by="cat", thread="c")


def test_n_takes_the_most_pressing_case_and_shows_it(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("G", "n")
        await at.sees("Case 2 is yours until", "ada has it until")
        assert at.row.startswith(">*2 ")
        assert "[you]" in at.row
        assert " r  reply" in at.lines[-1]

    at_the_desk(staffed, day)
    assert staffed.card(2).case.assignee == "ada"


def test_n_says_so_when_nothing_waits(staffed: Office) -> None:
    async def day(at: At) -> None:
        await at.sees("Nothing waits: every case is done.")
        await at.press("n")
        await at.until(lambda: at.told == "Nothing waits.")

    at_the_desk(staffed, day)


def test_a_claim_that_a_colleague_made_first_is_named_and_shown(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("j")
        await at.until(lambda: at.desk.card and at.desk.card.case.id == 1)
        staffed.desk.claim(1, "bob")
        await at.press("c")
        await at.until(lambda: "bob" in at.told, "who was first")
        await at.until(lambda: "[bob]" in at.row, "the colleague's name")
        assert " n  take the next free one" in at.lines[-1]

    at_the_desk(staffed, day)
    assert staffed.card(1).case.assignee == "bob"


def test_x_gives_a_case_back_and_a_gives_it_to_a_colleague(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("c")
        await at.sees("Case 2 is yours")
        await at.press("x")
        await at.sees("Case 2 is back in safety")
        await at.press("a")
        await at.write("bob")
        await at.press("enter")
        await at.sees("Case 2 is bob's now")

    at_the_desk(staffed, day)
    assert staffed.card(2).case.holder(staffed.clock.now()) == "bob"


def test_a_reply_is_recorded_with_its_lines(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("c")
        await at.sees("is yours")
        await at.press("r")
        await at.sees("Reply to @ben, case 2", "0 of 280 characters")
        await at.write("Sorry.\nqjd stay letters here")
        await at.press("ctrl+s")
        await at.sees("Reply to case 2 recorded, not sent")

    at_the_desk(staffed, day)
    assert staffed.card(2).events[-1].detail["text"] == "Sorry.\nqjd stay letters here"


def test_a_reply_that_is_left_stays_as_a_draft(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("r")
        await at.write("half a")
        await at.press("escape")
        await at.until(lambda: "draft" in at.told)
        await at.press("j", "r")
        assert at.desk.prompt.written == ""
        await at.press("escape", "k", "r")
        await at.until(lambda: at.desk.prompt.written == "half a")

    at_the_desk(staffed, day)
    assert "replied" not in staffed.kinds(2)


def test_a_reply_that_its_platform_would_not_take_keeps_its_words(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("r")
        at.desk.prompt._text.load_text("a" * 281)
        await at.sees("281 of 280 characters, too long")
        await at.press("ctrl+s")
        await at.until(lambda: "281" in at.told, "the refusal")
        await at.press("r")
        assert len(at.desk.prompt.written) == 281

    at_the_desk(staffed, day)
    assert "replied" not in staffed.kinds(2)


def test_a_note_is_kept_and_shown_on_the_card(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("N")
        await at.sees("Note on case 2")
        await at.write("asked ops")
        await at.press("enter")
        await at.sees("Noted on case 2")
        await at.until(lambda: at.desk.card and "noted" in [event.kind for event in at.desk.card.events])
        await at.press("space")
        await at.sees("Notes")

    at_the_desk(staffed, day)


def test_a_snoozed_case_leaves_and_comes_back_marked_when_its_author_writes(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("s", "enter")
        await at.sees("Case 2 is back at")
        await at.until(lambda: at.listed == [1, 3])
        assert at.row.startswith("> 1 ")
        staffed.clock.advance_to(staffed.clock.now() + timedelta(minutes=1))
        await asyncio.to_thread(staffed.hears, "@acme the lawyer again", by="ben", thread="b")
        await at.look()
        await at.until(lambda: at.listed == [2, 1, 3])
        assert at.row.startswith("> 1 "), "the cursor stays where it was"
        assert " +2 " in at.text
        assert "1 new" in at.lines[0]

    at_the_desk(staffed, day)


def test_what_is_no_time_is_refused_with_what_can_be_said(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("s")
        await at.write("soonish")
        await at.press("enter")
        await at.until(lambda: "Say 30m, 2h, 3d" in at.told)

    at_the_desk(staffed, day)
    assert staffed.card(2).case.state is CaseState.OPEN


def test_an_escalated_case_goes_first_and_keeps_the_cursor(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("G")
        await at.until(lambda: at.desk.card and at.desk.card.case.id == 3)
        await at.press("e")
        await at.write("press asks")
        await at.press("enter")
        await at.sees("Case 3 is escalated")
        await at.until(lambda: at.row.startswith("> 3 "))

    at_the_desk(staffed, day)
    assert staffed.card(3).case.escalated


def test_a_resolved_case_makes_room_for_the_next_and_can_be_brought_back(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("d")
        await at.sees("How was case 2 settled?")
        await at.press("enter")
        await at.sees("Case 2 resolved: done.")
        await at.until(lambda: at.listed == [1, 3])
        await at.press("slash")
        await at.write("is:resolved")
        await at.press("enter")
        await at.until(lambda: at.listed == [2] and at.desk.card and at.desk.card.case.id == 2)
        await at.press("b")
        await at.sees("Case 2 is open again")

    at_the_desk(staffed, day)
    assert staffed.card(2).case.state is CaseState.OPEN


@pytest.mark.parametrize(("key", "labels"), [("q", {"question"}), ("p", {"praise"}), ("n", set())])
def test_one_key_corrects_the_models_label(staffed: Office, key: str, labels: set[str]) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("l")
        await at.sees("What is the latest post of case 2")
        await at.press("z", "j", key)
        await at.sees("Case 2 is labelled")
        await at.until(lambda: at.desk.card and at.desk.card.case.version > 1)

    at_the_desk(staffed, day)
    post: StoredMention = staffed.card(2).mentions[0]
    assert post.verdict is not None
    assert post.verdict.labels == labels


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://x.com/\x1b]0;t\x07", ""])
def test_only_a_web_page_is_opened(staffed: Office, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(working, "_has_browser", lambda: True)
    monkeypatch.setattr(working.webbrowser, "open", lambda page: bool(opened.append(page)) or True)
    staffed.hears(by="ann", url=url)
    staffed.hears("@acme it is late again", by="ben", thread="b", url="https://example.com/2")

    async def day(at: At) -> None:
        await at.press("o")
        await at.until(lambda: "Not opened" in at.told)
        assert visible(at.told, 500) == at.told
        await at.press("j", "o")
        await at.until(lambda: "Opened https://example.com/2" in at.told)

    at_the_desk(staffed, day)
    assert opened == ["https://example.com/2"]


def test_where_there_is_no_browser_the_address_is_shown_and_copied(
    staffed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "_has_browser", lambda: False)
    staffed.hears(by="ann", url="https://example.com/1")

    async def day(at: At) -> None:
        await at.press("o")
        await at.until(lambda: "https://example.com/1" in at.told)
        assert at.app.clipboard == "https://example.com/1"

    at_the_desk(staffed, day)


def test_u_takes_back_what_was_done_last_and_then_what_was_done_before(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("c")
        await at.sees("Case 2 is yours")
        await at.press("d", "enter")
        await at.sees("Case 2 resolved", "u undoes it")
        await at.until(lambda: at.listed == [1, 3])
        await at.press("u")
        await at.sees("Undone on case 2")
        await at.until(lambda: at.listed == [2, 1, 3] and at.row.startswith(">*2 "))
        await at.press("u")
        await at.until(lambda: at.row.startswith("> 2 "), "the claim undone")
        assert "u undoes it" not in at.text

    at_the_desk(staffed, day)
    assert (staffed.card(2).case.state, staffed.card(2).case.assignee) == (CaseState.OPEN, "")


def test_m_offers_the_authors_other_case_and_merges_into_it(staffed: Office) -> None:
    staffed.hears("@acme my parcel is late", by="ann", thread="a")
    staffed.clock.advance_to(staffed.clock.now() + timedelta(days=2))
    staffed.hears("@acme my other parcel is late as well", by="ann", thread="z")
    assert len(staffed.cases()) == 2

    async def day(at: At) -> None:
        await at.press("G")
        await at.until(lambda: at.desk.card and at.desk.card.case.id == at.listed[-1])
        await at.press("m")
        await at.sees("Into which case does case")
        await at.press("enter")
        await at.until(lambda: "went into case" in at.told)

    at_the_desk(staffed, day)
    assert sum(case.merged_into is not None for case in staffed.cases()) == 1


def test_t_adds_tags_and_takes_them_away(staffed: Office) -> None:
    three(staffed)

    async def day(at: At) -> None:
        await at.press("t")
        await at.write("vip late")
        await at.press("enter")
        await at.sees("Tags of case 2: late, vip.")
        await at.until(lambda: at.desk.card and at.desk.card.case.tags)
        await at.press("t")
        await at.write("-late")
        await at.press("enter")
        await at.sees("Tags of case 2: vip.")

    at_the_desk(staffed, day)
    assert staffed.card(2).case.tags == ("vip",)


def test_two_acts_in_a_row_do_not_wait_for_the_screen(staffed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What we did ourselves since the case was drawn isn't news to us."""
    three(staffed)

    async def day(at: At) -> None:
        monkeypatch.setattr(at.desk, "reload", lambda *_: None)
        await at.press("c")
        await at.until(lambda: "is yours" in at.told)
        await at.press("s", "enter")
        await at.until(lambda: "Case 2 is back at" in at.told)

    at_the_desk(staffed, day)
    assert staffed.card(2).case.state is CaseState.SNOOZED


def test_what_happened_between_two_acts_is_news(staffed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    three(staffed)

    async def day(at: At) -> None:
        monkeypatch.setattr(at.desk, "reload", lambda *_: None)
        await at.press("c")
        await at.until(lambda: "is yours" in at.told)
        staffed.hears("@acme my lawyer has called you", by="ben", thread="b")
        await at.press("s", "enter")
        await at.until(lambda: "case 2 was changed" in at.told)

    at_the_desk(staffed, day)
    assert staffed.card(2).case.state is CaseState.OPEN

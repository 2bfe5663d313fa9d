"""What the desk shows, and that it stays where the agent is."""

import asyncio
import re
from collections.abc import Callable

import pytest

from listener.tui import pages, screen
from listener.tui.keys import KEYS, bindings
from listener.tui.view import Scope, View
from tests.cli.test_desk_hostile import FORBIDDEN, NASTY
from tests.triage.builders import Office
from tests.tui.seats import At, at_the_desk, run, sitting

Day = Callable[[At], object]


def many(office: Office, count: int, text: str = "@acme my parcel is late") -> None:
    office.takes(*(office.post(f"{text} {n}", by=f"author{n}", thread=f"t{n}") for n in range(count)))


def test_a_row_names_priority_age_answer_platform_author_and_label_with_confidence(staffed: Office) -> None:
    staffed.hears("@acme the lawyer will call you", by="ann")

    async def day(at: At) -> None:
        assert re.match(r"> 1 +\S+!? +0m +in \d+\w +x +@ann +complaint \d\d% +@acme the lawyer", at.row)

    at_the_desk(staffed, day, size=(100, 24))


def test_the_card_says_who_why_here_how_sure_and_what_happened(staffed: Office) -> None:
    staffed.hears("@acme my parcel is late", by="ann")
    staffed.desk.note(1, "asked ops", "bob")

    async def day(at: At) -> None:
        await at.sees(
            "@ann", "Here because “@acme” points to Acme", "The model: complaint", "Notes", "asked ops", "opened"
        )

    at_the_desk(staffed, day, size=(100, 50))


def test_the_words_that_decided_are_underlined_once_the_model_has_said(
    staffed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "REST", 0.0)
    monkeypatch.setattr(pages, "deciding", lambda choice, text: [(19, 23, 2.5), (6, 8, 0.1)])
    staffed.hears("@acme my parcel is late", by="ann")

    async def day(at: At) -> None:
        await at.sees("Underlined words decided: “late” +2.5")
        styles = {text: style for line in at.desk.card_view._folded for text, style in line}
        assert [style for text, style in styles.items() if text.strip() == "late"] == ["bold underline"]
        assert "@acme" in [text for text, style in styles.items() if style == "reverse"]

    at_the_desk(staffed, day)


def test_two_agents_see_each_others_claims(staffed: Office) -> None:
    many(staffed, 3)

    async def both() -> None:
        async with sitting(staffed, "ada") as ada, sitting(staffed, "bob") as bob:
            await ada.press("n")
            await ada.sees("is yours")
            await bob.look()
            await bob.sees("[ada]")
            await bob.press("n")
            await bob.sees("is yours")
            await ada.look()
            await ada.sees("[bob]", "[you]")

    run(both())
    assert sorted(case.assignee for case in staffed.cases()) == ["", "ada", "bob"]


def test_what_comes_in_is_marked_and_moves_neither_cursor_nor_view(staffed: Office) -> None:
    many(staffed, 30)

    async def day(at: At) -> None:
        await at.press(*"jjjjjjjjjjjjjjj", *"kkk")
        chosen, line = at.listed[12], at.lines.index(at.row)
        staffed.clock.advance_to(staffed.clock.now())
        await asyncio.to_thread(staffed.hears, "@acme the lawyer will call you", by="zoe", thread="z")
        await at.look()
        await at.until(lambda: len(at.listed) == 31)
        assert at.row.startswith(f"> {chosen} ")
        assert at.lines.index(at.row) == line
        assert "1 new" in at.lines[0]
        await at.press("g")
        assert at.row.startswith("> 31")
        await at.until(lambda: "1 new" not in at.lines[0])

    at_the_desk(staffed, day)


def test_tab_goes_round_all_mine_and_unassigned(staffed: Office) -> None:
    many(staffed, 3)
    staffed.desk.claim(1, "ada")
    staffed.desk.claim(2, "bob")

    async def day(at: At) -> None:
        for scope, listed in (("[mine]", [1]), ("[unassigned]", [3]), ("[all]", [1, 2, 3])):
            await at.press("tab")
            await at.until(lambda scope=scope: scope in at.lines[0])
            await at.until(lambda listed=listed: at.listed == listed)

    at_the_desk(staffed, day)


def test_a_claimed_case_stays_in_sight_among_the_unassigned(staffed: Office) -> None:
    many(staffed, 3)

    async def day(at: At) -> None:
        await at.press("j")
        await at.until(lambda: at.desk.card and at.desk.card.case.id == 2)
        await at.press("c")
        await at.until(lambda: at.row.startswith(">*2 "))
        await at.press("j")
        await at.look()
        await at.until(lambda: at.row.startswith("> 3 "))

    at_the_desk(staffed, day, view=View(scope=Scope.UNASSIGNED))


def test_words_and_fields_narrow_the_list_as_they_are_typed(staffed: Office) -> None:
    staffed.hears("@acme my parcel is late", by="ann", thread="a")
    staffed.hears("@acme I want a refund", by="ben", thread="b")

    async def day(at: At) -> None:
        await at.press("slash")
        await at.write("refund")
        await at.until(lambda: at.listed == [2])
        assert "filter: refund" in at.lines[0]
        await at.press("escape")
        await at.until(lambda: sorted(at.listed) == [1, 2])
        await at.press("slash")
        await at.write("queue:billing is:nonsense")
        await at.sees("is:nonsense means nothing")
        await at.press("escape", "slash")
        await at.write("queue:billing")
        await at.press("enter")
        await at.until(lambda: at.listed == [2])
        await at.press("escape")
        await at.until(lambda: sorted(at.listed) == [1, 2])
        await at.press("slash")
        await at.write("no such words")
        await at.press("enter")
        await at.sees("No case matches “no such words”", "Esc clears the filter")

    at_the_desk(staffed, day)


def test_a_long_queue_is_walked_page_by_page_down_and_up(staffed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 10)
    many(staffed, 35)

    async def day(at: At) -> None:
        seen = [at.desk.list.chosen]
        for _ in range(34):
            before = at.desk.list.chosen
            await at.press("j")
            await at.until(lambda before=before: at.desk.list.chosen != before)
            seen.append(at.desk.list.chosen)
        ids = [case.id for case in seen if case]
        assert ids == sorted(set(ids))
        assert len(ids) == 35
        assert len(at.listed) <= 10
        for _ in range(34):
            before = at.desk.list.chosen
            await at.press("k")
            await at.until(lambda before=before: at.desk.list.chosen != before)
        assert at.desk.list.chosen == seen[0]

    at_the_desk(staffed, day)


def test_an_open_question_keeps_the_desks_keys_from_working(staffed: Office) -> None:
    many(staffed, 3)

    async def day(at: At) -> None:
        await at.press("l", "tab", "n", "question_mark")
        await at.press("escape")
        await at.press("N")
        await at.write("ndcrq?/")
        await at.press("tab", "enter")
        await at.sees("Noted on case 1")
        assert "[all]" in at.lines[0]

    at_the_desk(staffed, day)
    assert [case.assignee for case in staffed.cases()] == ["", "", ""]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (30, 10)])
def test_D1_whatever_strangers_and_colleagues_write_nothing_of_it_acts_on_a_terminal(
    staffed: Office, size: tuple[int, int]
) -> None:
    said = NASTY.encode("utf-8", "replace").decode()
    staffed.hears(f"{said} @acme", by=said[:40].replace("\x00", ""), thread=said.replace("\x00", ""))
    staffed.desk.note(1, said, "bob")
    staffed.desk.claim(1, "[/]b")

    async def day(at: At) -> None:
        await at.sees("Case 1")
        for keys in (
            "space",
            "space",
            "r",
            "escape",
            "N",
            "escape",
            "l",
            "escape",
            "m",
            "escape",
            "t",
            "escape",
            "c",
            "o",
        ):
            await at.press(keys)
            assert [line for line in at.lines if FORBIDDEN.search(line)] == []
        await at.press("slash")
        await at.write("[/] [/b]")
        assert [line for line in at.lines if FORBIDDEN.search(line)] == []

    at_the_desk(staffed, day, size=size)


def test_D1_what_is_pasted_is_made_visible_before_it_is_drawn(staffed: Office) -> None:
    from textual import events

    many(staffed, 1)

    async def day(at: At) -> None:
        for key in ("r", "N"):
            await at.press(key)
            await at.until(lambda: at.app.focused is not None)
            assert at.app.focused is not None
            at.app.focused.post_message(events.Paste("a\x1b]0;t\x07b\nc"))
            await at.until(lambda: "a<1B>]0;t<07>b" in at.desk.prompt.written)
            assert [line for line in at.lines if FORBIDDEN.search(line)] == []
            await at.press("escape")

    at_the_desk(staffed, day)


def test_without_colours_what_matters_is_still_marked(staffed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    many(staffed, 2)
    staffed.desk.escalate(1, "press", "bob")
    staffed.desk.claim(1, "ada")

    async def day(at: At) -> None:
        assert at.app.no_color
        assert at.row.startswith(">*1 ")
        assert "!" in at.row
        colours = {
            segment.style.color.triplet
            for strip in at.app.screen._compositor.render_strips()
            for segment in strip.apply_filter(at.app._filters[-1], at.app.screen.background_colors[1])
            if segment.style and segment.style.color and segment.style.color.triplet
        }
        assert all(red == green == blue for red, green, blue in colours)

    at_the_desk(staffed, day)


def test_help_names_every_key_and_its_command(staffed: Office) -> None:
    async def day(at: At) -> None:
        await at.press("question_mark")
        await at.sees("A day", "listener case claim ID", "Every key is also a command")
        await at.press("x")
        await at.sees("Nothing waits")

    at_the_desk(staffed, day, size=(80, 40))


def test_the_palette_holds_every_verb(staffed: Office) -> None:
    async def day(at: At) -> None:
        titles = [command.title for command in at.app.get_system_commands(at.desk)]
        assert all(any(f"({key.shown})" in title for title in titles) for key in KEYS if key.id != "palette")
        many_before = len(staffed.cases())
        assert many_before == 0
        await at.press("colon")
        await at.until(lambda: at.app.screen is not at.desk)

    at_the_desk(staffed, day)


def test_every_key_has_a_stable_name_and_help_of_its_own() -> None:
    ids = [binding.id for binding in bindings()]
    assert len(ids) == len(set(ids))
    assert all(key.help and key.words for key in KEYS)
    keys = [one for binding in bindings() for one in binding.key.split(",")]
    assert len(keys) == len(set(keys))


def test_a_bug_ends_the_desk_without_a_page_of_its_insides(staffed: Office, capsys: pytest.CaptureFixture[str]) -> None:
    many(staffed, 1)

    async def day(at: At) -> None:
        def broken(_: int) -> None:
            raise ZeroDivisionError("a bug")

        at.desk.action_move = broken  # type: ignore[method-assign]
        await at.press("j")
        await at.until(lambda: at.app.fault is not None)

    with pytest.raises(ZeroDivisionError):
        at_the_desk(staffed, day)
    assert "Traceback" not in "".join(capsys.readouterr())

"""The desk stays open all day: what is opened and closed again leaves nothing behind."""

import gc
from pathlib import Path

from textual.strip import Strip

from tests.triage.builders import office
from tests.tui.seats import At, at_the_desk


def _drawn() -> int:
    """Lines that are kept drawn, wherever."""
    gc.collect()
    # By type: `isinstance` asks lazy modules, wherever they come from, what they are.
    return sum(issubclass(type(one), Strip) for one in gc.get_objects())


def test_K1_help_opened_again_and_again_keeps_no_page_of_it(tmp_path: Path) -> None:
    """Each page of help once stayed in a cache of Textual's: the desk grew by 100 MB an hour in a soak."""
    kept: list[int] = []

    async def day(at: At) -> None:
        for _ in range(4):
            for _ in range(3):
                await at.press("question_mark")
                await at.sees("Every key is also a command")
                await at.press("escape")
                await at.until(lambda: "Every key is also a command" not in at.text)
            kept.append(_drawn())

    with office(tmp_path) as room:
        room.hears()
        at_the_desk(room, day)
    assert kept[-1] <= kept[1]


def test_help_begins_at_its_top_each_time(tmp_path: Path) -> None:
    async def day(at: At) -> None:
        for _ in range(2):
            await at.press("question_mark")
            await at.sees("A day")
            await at.press("j", "j", "j")
            await at.until(lambda: "A day" not in at.text)
            await at.press("escape")
            await at.until(lambda: "Every key" not in at.text)

    with office(tmp_path) as room:
        room.hears()
        at_the_desk(room, day)

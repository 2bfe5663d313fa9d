"""What the desk holds in memory while it reads, however many cases wait and however slow the disk is."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from listener.domain.stored import InboxFilter
from listener.store.cases import Cases
from listener.tui import case_list, pages
from listener.tui.case_list import CaseList
from listener.tui.singly import Singly
from listener.tui.view import View
from tests.triage.builders import NOON, Office, office

SOON = 10.0
"""Seconds until a test that hangs gives up."""


@pytest.fixture
def crowded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """23 cases, every third of which speaks of a refund; pages of four, and searches among twenty."""
    monkeypatch.setattr(pages, "PAGE", 4)
    monkeypatch.setattr(pages, "SEARCHED", 20)
    with office(tmp_path) as room:
        for n in range(23):
            room.hears(f"@acme {'refund' if n % 3 == 0 else 'parcel'} is late", by=f"ann{n}", thread=f"t{n}")
        yield room


def _page(room: Office, *words: str, after: pages.Key | None = None) -> pages.Page:
    return pages.read_page(room.store, View(words=words), "ada", NOON, after=after)


class TestSearch:
    def test_it_goes_on_from_page_to_page(self, crowded: Office) -> None:
        every = [case for case in _all(crowded) if "refund" in case.headline]
        first = _page(crowded, "refund")
        assert first.cases == tuple(every[:4])
        assert first.more
        assert not first.partly
        second = _page(crowded, "refund", after=pages.place(first.cases[-1]))
        assert second.cases == tuple(every[4:])
        assert not second.more

    def test_it_says_that_it_looked_through_some_only(self, crowded: Office) -> None:
        assert _page(crowded, "absent").partly
        assert not _page(crowded, "absent", after=pages.place(_all(crowded)[3])).partly

    def test_K1_it_holds_one_page_of_cases_at_a_time(self, crowded: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        """A thousand cases read anew each second left the desk's memory in pieces."""
        asked: list[int] = []
        inbox = Cases.inbox

        def noted(self: Cases, want: Any, now: Any, limit: int) -> Any:
            asked.append(limit)
            return inbox(self, want, now, limit)

        monkeypatch.setattr(Cases, "inbox", noted)
        _page(crowded, "absent")
        assert asked == [5] * 5


def _all(room: Office) -> tuple[Any, ...]:
    with room.store.read() as reads:
        return tuple(reads.inbox(InboxFilter(), NOON, 100))


def _most_at_once(
    reading: Callable[[Callable[[], None]], Coroutine[Any, Any, None]], *, awaited: int
) -> tuple[int, int]:
    """Of ten reads that are each given up for the next: most at once, and how many. None ends before so many began."""
    lock, go, begun = threading.Lock(), threading.Event(), threading.Event()
    counts = {"now": 0, "most": 0, "all": 0}

    def read() -> None:
        with lock:
            counts["now"] += 1
            counts["all"] += 1
            counts["most"] = max(counts["most"], counts["now"])
            if counts["now"] >= awaited:
                begun.set()
        go.wait(SOON)
        with lock:
            counts["now"] -= 1

    async def ask() -> None:
        tasks = []
        for _ in range(10):
            if tasks:
                tasks[-1].cancel()
            tasks.append(asyncio.create_task(reading(read)))
            for _ in range(5):
                await asyncio.sleep(0)
        begun.wait(SOON)
        go.set()
        await tasks[-1]

    asyncio.run(ask())
    return counts["most"], counts["all"]


def test_K1_lists_that_come_slower_than_they_are_asked_for_are_read_one_at_a_time() -> None:
    singly = Singly()
    assert _most_at_once(singly, awaited=1) == (1, 2)
    singly.close()


def test_K1_control_each_on_a_thread_of_its_own_they_are_read_several_at_a_time() -> None:
    most, every = _most_at_once(asyncio.to_thread, awaited=2)
    assert most > 1
    assert every > 2


def test_K1_of_cases_marked_as_new_the_latest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_list, "MARKED", 3)
    cases = CaseList(id="list")
    for n in range(50):
        cases.mark({n})
    assert cases.fresh == {47, 48, 49}

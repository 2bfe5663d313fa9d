"""What waits to be stored is bounded, in order, and what had no room is known."""

import itertools
import threading

from listener.domain.mention import Page
from listener.rounds.waiting import Heard, Lost, Waiting
from tests.builders import NOON, mention, minutes
from tests.rounds.live import keys


def page(*names: str, cursor: str = "", at: float = 0, **more: object) -> Page:
    found = tuple(mention("@acme", name, created_at=NOON + minutes(at)) for name in names)
    return Page(mentions=found, cursor=cursor, done=False, **more)  # type: ignore[arg-type]


def drained(waiting: Waiting, now: float = 9) -> list[str]:
    """Names of posts, and `lost`, in order."""
    said: list[str] = []
    while (entry := waiting.take(NOON + minutes(now))) is not None:
        said += ["lost"] if isinstance(entry, Lost) else [one.key.native_id for one in entry.page.mentions] or ["-"]
    return said


def test_pages_come_out_as_they_went_in() -> None:
    waiting = Waiting()
    waiting.put(page("1"), NOON)
    waiting.put(page("2", "3"), NOON)
    assert drained(waiting) == ["1", "2", "3"]


def test_what_has_no_room_is_lost_in_its_place() -> None:
    waiting = Waiting(most_pages=2)
    for n in range(5):
        waiting.put(page(str(n), at=n - 10), NOON + minutes(n))
    first = waiting.take(NOON + minutes(7))
    waiting.put(page("5"), NOON + minutes(8))
    second, lost, third = (waiting.take(NOON + minutes(9)) for _ in range(3))
    assert [one.page.mentions[0].key.native_id for one in (first, second, third) if isinstance(one, Heard)] == [
        "0", "1", "5",
    ]  # fmt: skip
    assert lost == Lost(since=NOON + minutes(-8), until=NOON + minutes(7)), "from its oldest post until there was room"


def test_size_counts_as_well_as_number() -> None:
    waiting = Waiting(most_bytes=15_000)
    huge = Page(mentions=(mention("x" * 9_000, "huge"),), cursor="", done=False)
    waiting.put(huge, NOON)
    waiting.put(huge, NOON)
    assert drained(waiting) == ["huge", "lost"]
    waiting.put(huge, NOON)
    assert drained(waiting) == ["huge"], "room is not given back"


def test_a_page_larger_than_all_the_room_is_lost_not_waited_for() -> None:
    waiting = Waiting(most_bytes=5_000)
    waiting.put(Page(mentions=(mention("x" * 9_000, "huge"),), cursor="", done=False), NOON)
    assert drained(waiting) == ["lost"]


def test_pages_that_bring_only_a_cursor_take_one_place() -> None:
    waiting = Waiting(most_pages=2)
    waiting.put(page("1"), NOON)
    for n in range(1000):
        waiting.put(page(cursor=str(n)), NOON)
    assert len(waiting) == 2
    waiting.take(NOON)
    last = waiting.take(NOON)
    assert isinstance(last, Heard)
    assert last.page.cursor == "999"


def test_deletions_without_room_are_no_gap() -> None:
    waiting = Waiting(most_pages=1)
    waiting.put(page("1"), NOON)
    waiting.put(page(overheard=keys("2")), NOON)
    assert drained(waiting) == ["1"]


def test_a_thread_that_fills_is_never_held_up_and_nothing_vanishes_unknown() -> None:
    """Each page comes out, or a loss stands in its place."""
    waiting, said = Waiting(most_pages=7), []
    done = threading.Event()

    def fill() -> None:
        for n in range(3000):
            waiting.put(page(str(n)), NOON)
        done.set()

    threading.Thread(target=fill, daemon=True).start()
    while not done.is_set() or len(waiting):
        said += drained(waiting)
    numbers = [-1, *(int(name) if name != "lost" else None for name in said)]
    for before, after in itertools.pairwise(numbers):
        if before is not None and after is not None:
            assert after == before + 1, "a page vanished without a word"
    assert numbers[-1] in (2999, None)

"""Eight at once, each at something else: whoever is refused is told so, and nobody waits for one who waits for them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from listener.domain.case import EventKind
from listener.domain.mention import MentionKey
from listener.domain.stored import InboxFilter
from listener.errors import Conflict, NotFound
from listener.ports import Store
from listener.store import open_store
from tests.builders import NOON, author, minutes, scored
from tests.store.steps import change, open_case, save

POSTS, ROUNDS = 40, 30


def _claim(store: Store, round_: int) -> None:
    with store.write() as tx:
        for case in tx.inbox(InboxFilter(), NOON, 5):
            told = {"assignee": f"agent{round_}", "lease_until": NOON + minutes(15)}
            tx.change_case(case.id, case.version, change(EventKind.CLAIMED, set=told))


def _note_many(store: Store, round_: int) -> None:
    """In the other order than others claim."""
    with store.write() as tx:
        for case in reversed(tx.inbox(InboxFilter(), NOON, 20)):
            tx.change_case(case.id, case.version, change(detail={"text": str(round_)}))


def _erase(store: Store, round_: int) -> None:
    with store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id=str(round_ % POSTS))], NOON)


def _take_in(store: Store, round_: int) -> None:
    save(store, *(scored(native_id=f"new{round_}-{n}", author=author(f"bob{n}")) for n in range(5)))


def _count(store: Store, round_: int) -> None:
    with store.read() as reads:
        reads.tallies(NOON - minutes(60), NOON + minutes(60))
        reads.inbox(InboxFilter(), NOON, 50)


def test_C7_eight_at_different_things_all_come_to_their_end(place: Path | str) -> None:
    store = open_store(place)
    for n, saved in enumerate(save(store, *(scored(native_id=str(n), author=author(f"ann{n}")) for n in range(POSTS)))):
        open_case(store, saved, thread=str(n))
    store.close()
    acts: list[Callable[[Store, int], None]] = [
        _claim,
        _note_many,
        _erase,
        _take_in,
        _count,
        _claim,
        _note_many,
        _erase,
    ]

    def work(act: Callable[[Store, int], None]) -> int:
        ours = open_store(place)
        for round_ in range(ROUNDS):
            with suppress(Conflict, NotFound):  # what agents are told
                act(ours, round_)
        ours.close()
        return ROUNDS

    with ThreadPoolExecutor(len(acts)) as pool:
        assert sum(pool.map(work, acts)) == len(acts) * ROUNDS

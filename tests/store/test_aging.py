"""What was kept long enough is erased; what is still worked on, and what was counted, isn't."""

from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.case import CaseState, EventKind
from listener.domain.mention import Reject
from listener.ports import Store
from listener.store import open_store
from listener.store.erasure import Erasure
from tests.builders import NOON, author, scored
from tests.store.steps import apply, change, open_case, save, write

CANARY = "canary-8b21fe"
DAY = timedelta(days=1)
LATER = NOON + 100 * DAY
UNTIL = {CaseState.SNOOZED: "snoozed_until", CaseState.RESOLVED: "resolved_at"}


def _age_out(store: Store, limit: int = 100) -> int:
    return int(write(store, lambda tx: tx.age_out(LATER - 90 * DAY, LATER - 30 * DAY, limit, LATER)))


def _stands(store: Store) -> list[str]:
    """Posts whose words are still there."""
    with store.read() as reads:
        posts = [reads.mention(number).mention for number in range(1, reads.newest_mention() + 1)]
    return [one.key.native_id for one in posts if one.text]


def _counted(store: Store) -> dict[str, int]:
    with store.read() as reads:
        return {cell.label: cell.mentions for cell in reads.tallies(NOON - DAY, NOON + DAY)}


def test_G4_posts_kept_long_enough_are_erased_and_their_counts_stay(store: Store) -> None:
    save(store, now=NOON)
    save(store, scored(native_id="2", author=author("ben")), now=LATER - 90 * DAY)
    before = _counted(store)
    assert _age_out(store) == 1
    assert _stands(store) == ["2"]
    assert _counted(store) == before
    assert before["complaint"] >= 1
    assert _age_out(store) == 0


def test_G4_a_page_at_a_time_the_oldest_first(store: Store) -> None:
    for number in (3, 1, 2):
        save(store, scored(native_id=str(number)), now=NOON - number * DAY)
    assert _age_out(store, limit=2) == 2
    assert _stands(store) == ["1"]


def test_G4_what_was_erased_by_age_is_not_stored_again(store: Store) -> None:
    save(store)
    _age_out(store)
    assert save(store) == []


@pytest.mark.parametrize(
    ("state", "touched", "stays"),
    [
        (CaseState.OPEN, NOON, True),
        (CaseState.SNOOZED, NOON, True),
        (CaseState.RESOLVED, LATER - 29 * DAY, True),
        (CaseState.RESOLVED, LATER - 31 * DAY, False),
    ],
)
def test_G4_posts_stay_while_somebody_may_work_on_them(
    store: Store, state: CaseState, touched: object, stays: bool
) -> None:
    (saved,) = save(store)
    told = {"state": state} | {name: touched for kind, name in UNTIL.items() if kind is state}
    apply(store, open_case(store, saved), change(EventKind.NOTED, at=touched, set=told))
    _age_out(store)
    assert bool(_stands(store)) is stays


def test_G4_of_who_wrote_nothing_else_nothing_is_left(path: Path) -> None:
    store = open_store(path)
    _live_and_age(store)
    assert _traces(path) == []
    store.close()
    assert _traces(path) == []


def test_G4_control_an_erasure_that_leaves_the_author_is_caught(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Erasure, "_forget_if_silent", lambda *_given: None)
    store = open_store(path)
    _live_and_age(store)
    store.close()
    assert _traces(path)


def test_G4_whoever_wrote_since_is_known_still(store: Store) -> None:
    save(store, scored(native_id="1"))
    save(store, scored(native_id="2"), now=LATER)
    _age_out(store)
    with store.read() as reads:
        assert reads.mention(2).mention.author.handle == "ann"


def test_G4_counts_and_rejects_have_an_end_too(store: Store) -> None:
    save(store)
    reject = Reject(reason="cut short", raw="{}", native_id="9")
    write(store, lambda tx: (tx.record_attempt("feed", "feed", NOON), tx.quarantine("feed", reject, NOON)))
    assert write(store, lambda tx: tx.drop_counts(NOON - DAY)) == 0
    assert write(store, lambda tx: tx.drop_rejects(NOON)) == 0
    assert write(store, lambda tx: tx.drop_counts(NOON + DAY)) > 0
    assert write(store, lambda tx: tx.drop_rejects(NOON + DAY)) == 1
    assert _counted(store) == {}


def _live_and_age(store: Store) -> None:
    who = author(CANARY, native_id=CANARY, name=CANARY)
    told = {"author": who, "url": f"https://x.com/{CANARY}", "thread": CANARY, "parent": CANARY, "raw": CANARY}
    (saved,) = save(store, scored(f"{CANARY} one", CANARY, **told))
    save(store, scored(f"{CANARY} two", CANARY, **told))
    case = apply(store, open_case(store, saved, thread=CANARY), change(detail={"text": f"called {CANARY}"}))
    apply(store, case, change(EventKind.RESOLVED, set={"state": CaseState.RESOLVED, "resolved_at": NOON}))
    assert _age_out(store) == 1


def _traces(path: Path) -> list[str]:
    """Files in which the canary can be read."""
    return [file.name for file in path.parent.glob(path.name + "*") if CANARY.encode() in file.read_bytes()]

"""What was deleted at its source is gone from the file, and never comes back."""

from pathlib import Path

import pytest

from listener.domain.mention import MentionKey, Reject
from listener.domain.verdict import Label
from listener.errors import NotFound
from listener.ports import Store
from listener.store import open_store
from tests.builders import NOON, author, scored, verdict
from tests.store.steps import apply, change, draft, open_case, save, write

CANARY = "canary-4f1c9a"


def _delete(store: Store, *native_ids: str) -> list[int]:
    keys = [MentionKey(platform="x", native_id=native_id) for native_id in native_ids]
    return list(write(store, lambda tx: tx.delete_mentions(keys, NOON)))


def test_an_erased_mention_keeps_nothing_but_its_place(store: Store) -> None:
    (saved,) = save(store, scored(raw="{}", thread="t", parent="p", version="v", lang="en"))
    assert _delete(store, "1", "never seen") == [saved.id]
    with store.read() as reads:
        erased = reads.mention(saved.id)
    assert erased.deleted
    assert (erased.matches, erased.verdict) == ((), None)
    m = erased.mention
    assert (m.text, m.raw, m.url, m.thread, m.parent, m.version) == ("", "", "", "", "", "")
    assert (m.author.handle, m.author.name, m.author.native_id) == ("", "", "")
    assert m.key.native_id == f"erased-{saved.id}"


def test_G3_what_was_erased_is_never_stored_again(store: Store) -> None:
    save(store)
    _delete(store, "1", "2")
    assert save(store, scored(), scored(native_id="2")) == []
    with store.read() as reads:
        assert reads.known([MentionKey(platform="x", native_id="1")]) == {}


def test_erasing_twice_is_erasing_once(store: Store) -> None:
    save(store)
    assert len(_delete(store, "1")) == 1
    assert _delete(store, "1") == []


def test_nothing_to_erase_is_nothing_done(store: Store) -> None:
    assert _delete(store) == []


def test_an_author_without_other_posts_is_erased(store: Store) -> None:
    (saved,) = save(store)
    case = open_case(store, saved, thread="t")
    _delete(store, "1")
    with store.read() as reads:
        with pytest.raises(NotFound):
            reads.author(saved.author_id)
        case = reads.case(case.id)
        assert (case.handle, case.thread, case.headline, case.url) == ("", "", "", "")
        history = reads.case_card(case.id).author
    assert (history.handle, history.mentions, history.cases) == ("", 0, 0)


def test_an_author_with_other_posts_stays(store: Store) -> None:
    first, second = save(store, scored(), scored("second", "2"))
    case = open_case(store, first)
    apply(store, case, change(add_mention=second.id))
    _delete(store, "1")
    with store.read() as reads:
        assert reads.author(first.author_id).handle == "ann"
        assert reads.case(case.id).headline == "second"
        assert [post.deleted for post in reads.case_card(case.id).mentions] == [True, False]


def test_all_posts_of_several_authors_can_go_at_once(store: Store) -> None:
    save(store, *(scored(native_id=str(n), author=author(f"a{n % 7}")) for n in range(1200)))
    assert len(_delete(store, *(str(n) for n in range(1200)))) == 1200
    with store.read() as reads:
        assert reads.stats().authors == 0


def test_an_erased_mention_can_neither_open_a_case_nor_join_one_nor_be_judged(store: Store) -> None:
    first, second = save(store, scored(), scored(native_id="2"))
    case = open_case(store, first)
    _delete(store, "2")
    for step in (
        lambda tx: tx.open_case(draft(second)),
        lambda tx: tx.change_case(case.id, case.version, change(add_mention=second.id)),
        lambda tx: tx.save_verdict(second.id, verdict(Label.PRAISE), NOON),
    ):
        with pytest.raises(NotFound, match="deleted"):
            write(store, step)


def test_G2_not_a_byte_of_an_erased_mention_is_left_in_the_file(path: Path) -> None:
    store = open_store(path)
    who = author(CANARY, native_id=CANARY, name=CANARY)
    told = {"author": who, "url": f"https://x.com/{CANARY}", "thread": CANARY, "parent": CANARY, "raw": CANARY}
    (saved,) = save(store, scored(f"{CANARY} one", CANARY, **told))
    save(store, scored(f"{CANARY} two", CANARY, **told))
    open_case(store, saved, thread=CANARY)
    reject = Reject(reason="cut short", raw=CANARY, native_id=CANARY)
    write(store, lambda tx: (tx.record_attempt("search", "x", NOON), tx.quarantine("search", reject, NOON)))
    assert _traces(path)
    _delete(store, CANARY)
    assert _traces(path) == []  # also in the log, while the store is open
    store.close()
    assert _traces(path) == []


def test_G2_control_without_secure_delete_bytes_are_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.store.engine._pragmas", lambda *, read_only: ["secure_delete = OFF"])
    store = open_store(path)
    save(store, scored(CANARY))
    _delete(store, "1")
    store.close()
    assert _traces(path)


def test_a_reject_of_another_platform_stays(store: Store) -> None:
    reject = Reject(reason="cut short", raw="{}", native_id="1")
    write(store, lambda tx: (tx.record_attempt("feed", "feed", NOON), tx.quarantine("feed", reject, NOON)))
    _delete(store, "1")
    with store.read() as reads:
        assert len(reads.quarantined(5)) == 1


def _traces(path: Path) -> list[str]:
    """Files in which the canary can be read."""
    return [file.name for file in path.parent.glob(path.name + "*") if CANARY.encode() in file.read_bytes()]

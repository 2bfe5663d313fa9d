"""An older copy that was put back loses again what was erased since it was taken."""

from pathlib import Path

from listener.clock import VirtualClock
from listener.ports import Store
from listener.store import open_store
from listener.store.erasing_again import erase_again
from listener.triage.forgetting import Rights
from tests import demo
from tests.builders import NOON, author, scored
from tests.store.steps import open_case, save

POSTS = [scored(f"@acme late {n}", str(n), author=author(f"a{n % 3}")) for n in range(9)]


def live(path: Path) -> set[str]:
    """What a store knew when it was lost: a post deleted at its source, and a person who asked to be forgotten."""
    store = open_store(path)
    saved = save(store, *POSTS)
    open_case(store, saved[2])
    with store.write() as tx:
        tx.delete_mentions([POSTS[1].mention.key], NOON)
    Rights(store, VirtualClock(NOON)).forget("@a2", "lead", "x")
    with store.read() as reads:
        erased = set(reads.erased_keys())
    store.close()
    return erased


def test_G3_an_older_copy_loses_what_was_erased_since(store: Store, tmp_path: Path) -> None:
    erased = live(tmp_path / "live.db")
    saved = save(store, *POSTS)
    open_case(store, saved[2])
    assert erase_again(store, erased, NOON) == 4
    with store.read() as reads:
        texts = [text for text in (reads.mention(one.id).mention.text for one in saved) if text]
        assert texts == [f"@acme late {n}" for n in (0, 3, 4, 6, 7)]
        assert reads.people([saved[2].author_id]) == {}
    assert [one.id for one in save(store, *POSTS)] == []
    assert erase_again(store, erased, NOON) == 0


def test_what_was_erased_is_written_down_and_read_back(tmp_path: Path) -> None:
    folder = demo.write_settings(tmp_path / "settings")
    (folder / "listener.toml").write_text('database = "here.db"\n', encoding="utf-8")
    erased = live(folder / "here.db")
    demo.listener("--config", str(folder), "db", "erased", "--out", "erased.txt", cwd=tmp_path)
    file = tmp_path / "erased.txt"
    assert set(file.read_text().split()) == erased
    assert file.stat().st_mode & 0o777 == 0o600
    older = open_store(tmp_path / "older.db")
    save(older, *POSTS)
    older.close()
    words = ("--config", str(folder), "--db", str(tmp_path / "older.db"), "db", "erase-again")
    assert "4 posts erased again" in demo.listener(*words, "erased.txt", cwd=tmp_path).stderr
    file.write_text("not a hash\n")
    assert "which is no hash" in demo.listener(*words, "erased.txt", cwd=tmp_path, expect=2).stderr
    assert "can't read" in demo.listener(*words, "missing.txt", cwd=tmp_path, expect=2).stderr

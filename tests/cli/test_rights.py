"""The right to see and to be forgotten: `listener export`, `listener forget`; G2: no byte of what was said is left."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from listener.domain.alert import Alert, AlertKind, OutboxDraft
from listener.domain.loyalty import Gift, Reward
from listener.domain.mention import Author
from listener.domain.themes import Tagging
from listener.store.forgetting import without_quote
from listener.triage import forgetting
from tests.builders import NOON, scored
from tests.cli.office import Counter, counter

CANARY = f"canary{secrets.token_hex(8)}"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Somebody whose every word is a canary, and somebody else."""
    at = counter(tmp_path / "settings", monkeypatch)
    who = Author(platform="x", native_id=f"id{CANARY}", handle=f"h{CANARY}", name=f"n {CANARY}")
    with at.hears() as office:
        office.hears(f"@acme late {CANARY} one", author=who)
        office.hears(f"@acme late {CANARY} two", author=who)
        office.hears("@acme refund", by="cleo", thread="t2")
        office.desk.note(1, f"she called: {CANARY}", "ada")
        office.desk.reply(1, f"Sorry {CANARY}", "ada")
        _quoted(office)
    return at


def _quoted(office: object) -> None:
    with office.store.write() as tx:  # type: ignore[attr-defined]
        post = tx.mention(1)
        quote = f"> @{post.mention.author.handle}: late {CANARY}\n  {post.mention.url}"
        body = f"9 people complained\n{quote}\n> @cleo: refund"
        now = office.clock.now()  # type: ignore[attr-defined]
        spike = {"key": "spike:Acme", "kind": AlertKind.SPIKE, "subject": "spike:Acme", "opened_at": now}
        tx.open_alert(Alert(**spike, title="Complaints", body=body, facts={"samples": [post.mention.url]}))
        tx.enqueue(OutboxDraft(key="k", target="console", title="Complaints", body=body, alert="spike:Acme"), now)
        tx.save_tags({1: Tagging(tagger="t", tags=(("touchpoint:delivery", 0.9),))})
        words = {"what": CANARY, "why": CANARY, "mention_id": 1, "agent": "ada", "at": now}
        gift = Reward(id=0, author_id=post.author_id, brand="Acme", gift=Gift.THANKS, cost_cents=500, **words)
        tx.add_reward(gift)


def canaries(folder: Path) -> list[str]:
    """Files in which a canary is left, in any case."""
    needle = CANARY.encode()
    return [file.name for file in folder.iterdir() if file.is_file() and needle in file.read_bytes().lower()]


def test_everything_of_a_person_is_one_document(desk: Counter) -> None:
    typed = desk.types("export", f"@h{CANARY}")
    found = json.loads(typed.out)
    assert [post["mention"]["text"][-3:] for post in found["posts"]] == ["one", "two"]
    assert found["accounts"][0]["name"] == f"n {CANARY}"
    assert found["tags"]["1"] == ["touchpoint:delivery"]
    assert CANARY in json.dumps(found["events"])
    assert found["rewards"][0]["cost_cents"] == 500
    assert "cleo" not in typed.out


@pytest.mark.sqlite
def test_G2_after_forgetting_no_byte_is_left(desk: Counter) -> None:
    assert canaries(desk.folder)
    assert desk.types("forget", f"@h{CANARY}").code == 2  # nobody said yes
    typed = desk.types("forget", f"@h{CANARY}", "--yes")
    assert (typed.code, "Erased: 2 posts" in typed.err) == (0, True)
    assert canaries(desk.folder) == []
    assert desk.types("export", f"@h{CANARY}").code == 2
    with desk.hears() as office, office.store.read() as reads:
        body = next(one for one in reads.alerts(NOON.replace(year=2000), 10)).body
        assert body == "9 people complained\n> @cleo: refund"
        assert reads.rewards()[0].cost_cents == 500


@pytest.mark.sqlite
def test_G2_control_a_word_left_in_a_history_is_found(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("listener.store.forgetting.ForgettingWrites.empty_histories", lambda *_: 0)
        desk.types("forget", f"@h{CANARY}", "--yes")
    assert canaries(desk.folder)


def test_the_audit_still_holds_and_says_who_erased(desk: Counter) -> None:
    desk.types("forget", f"@h{CANARY}", "--yes")
    assert desk.types("audit", "--verify").code == 0
    acts = desk.types("audit", "--json").rows
    assert (acts[0]["agent"], acts[0]["kind"]) == ("ada", "forgotten")


def test_G3_what_was_forgotten_does_not_come_back(desk: Counter) -> None:
    with desk.hears() as office, office.store.read() as reads:
        key = reads.mention(1).mention.key
    desk.types("forget", f"@h{CANARY}", "--yes")
    again = scored(f"late {CANARY}", key.native_id)
    again = replace(again, mention=replace(again.mention, key=key))
    with desk.hears() as office, office.store.write() as tx:
        assert tx.save_mentions([again], NOON) == []


def test_killed_on_the_way_the_same_call_goes_on(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "PAGE", 1)
    with desk.hears() as office:
        store = office.store
        pages = iter([True])

        @contextmanager
        def dying() -> Iterator[object]:
            with store.write() as tx:
                erase = tx.delete_mentions

                def once(keys: object, now: object) -> object:
                    if not next(pages, False):
                        raise RuntimeError("killed")
                    return erase(keys, now)

                tx.delete_mentions = once
                yield tx

        class Dying:
            read = staticmethod(store.read)
            write = staticmethod(dying)

        rights = forgetting.Rights(Dying(), office.clock)
        with pytest.raises(RuntimeError):
            rights.forget(f"h{CANARY}", "ada")
        assert forgetting.Rights(store, office.clock).forget(f"h{CANARY}", "ada").posts == 1
    assert canaries(desk.folder) == []


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("a\n> @ann: x\n  https://e.example/1\nb", "a\nb"),
        ("a\n> @ann: x\nb", "a\nb"),
        ("a\n> @bob: x\n  https://e.example/1\nb", "a\nb"),
        ("a\n> @annette: x\n  https://e.example/12", "a\n> @annette: x\n  https://e.example/12"),
    ],
)
def test_only_the_quote_of_that_post_goes(body: str, kept: str) -> None:
    assert without_quote(body, "https://e.example/1", "ann") == kept

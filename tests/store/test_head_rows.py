"""Brands' heads are kept version by version; at most one of a brand lives, and every act is in the audit."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from listener.domain.audit import ActFilter
from listener.domain.head import HeadDraft, HeadState
from listener.errors import NotFound
from listener.ports import Store
from tests.builders import NOON, minutes, scored
from tests.store.steps import save, write


def draft(**more: Any) -> HeadDraft:
    defaults: dict[str, Any] = {
        "brand": "Acme", "model": "m@1", "agent": "ana", "at": NOON, "n": 60, "facts": {"n": 60}, "body": b"\x00\xff",
    }  # fmt: skip
    return HeadDraft(**{**defaults, **more})


def propose(store: Store, **more: Any) -> int:
    kept: list[int] = []
    write(store, lambda tx: kept.append(tx.propose_head(draft(**more)).version))
    return kept[0]


def live(store: Store, version: int) -> None:
    write(store, lambda tx: tx.take_live("Acme", version, "ana", NOON))


def states(store: Store) -> dict[int, HeadState]:
    with store.read() as reads:
        return {one.version: one.state for one in reads.heads("Acme")}


def test_a_head_is_kept_as_it_was_fitted(store: Store) -> None:
    assert propose(store) == 1
    with store.read() as reads:
        head = reads.head("Acme", 1)
        assert reads.live_heads() == []
    assert (head.body, head.facts, head.state, head.lived) == (b"\x00\xff", {"n": 60}, HeadState.PROPOSED, None)
    assert head.model_id == "m@1+acme.1"


def test_versions_count_by_brand_and_a_newer_proposal_retires_the_older(store: Store) -> None:
    assert [propose(store), propose(store), propose(store, brand="Rival")] == [1, 2, 1]
    assert states(store) == {1: HeadState.RETIRED, 2: HeadState.PROPOSED}


def test_one_lives_and_rolling_back_goes_version_by_version_to_none(store: Store) -> None:
    for _ in range(3):
        live(store, propose(store))
    assert states(store) == {1: HeadState.RETIRED, 2: HeadState.RETIRED, 3: HeadState.LIVE}
    for expected in (2, 1, None):
        back: list[Any] = []
        write(store, lambda tx, back=back: back.append(tx.roll_back("Acme", "ana", NOON + minutes(1))))
        assert (back[0].version if back[0] else None) == expected
    with store.read() as reads:
        assert reads.live_heads() == []
    with pytest.raises(NotFound, match="no head of Acme is live"):
        write(store, lambda tx: tx.roll_back("Acme", "ana", NOON))


def test_what_lived_on_another_model_or_was_only_proposed_is_not_brought_back(store: Store) -> None:
    live(store, propose(store, model="old@1"))
    propose(store)
    live(store, propose(store))
    back: list[Any] = []
    write(store, lambda tx: back.append(tx.roll_back("Acme", "ana", NOON)))
    assert back == [None]


def test_each_act_is_in_the_audit(store: Store) -> None:
    live(store, propose(store))
    write(store, lambda tx: tx.roll_back("Acme", "ben", NOON + minutes(1)))
    with store.read() as reads:
        acts = reads.acts(ActFilter(subject="brand:Acme"), 10)
    assert [(act.kind, act.agent) for act in reversed(acts)] == [
        ("head proposed", "ana"), ("head taken live", "ana"), ("head rolled back", "ben"),
    ]  # fmt: skip


def test_two_live_heads_of_a_brand_are_refused_by_the_file(store: Store, path: Path) -> None:
    live(store, propose(store))
    propose(store)
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute("UPDATE heads SET state = 'live', lived = 0 WHERE version = 2")


def test_a_brands_posts_come_latest_first_with_their_writers(store: Store) -> None:
    first, second = save(store, scored(), scored("@acme again", "2"))
    with store.read() as reads:
        posts = reads.posts_of("Acme", NOON - minutes(60), NOON + minutes(60), 10)
        assert {post.id for post in posts} == {first.id, second.id}
        assert reads.posts_of("Acme", NOON - minutes(60), NOON + minutes(60), 1) == posts[:1]
        assert reads.posts_of("Rival", NOON - minutes(60), NOON + minutes(60), 10) == []
        assert reads.writers([first.id]) == {first.id: first.author_id}

"""What agents know is kept: the latest word counts, beside what the model had said first."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from listener.domain.mention import MentionKey
from listener.domain.truth import Asked, Truth, Word
from listener.domain.verdict import Label, Sentiment, Verdict
from listener.errors import NotFound
from listener.ports import Store
from listener.store import open_store, upgrade
from tests.builders import NOON, minutes, scored, verdict
from tests.store.steps import open_case, save, write

MODEL = verdict(Label.COMPLAINT)


def word(mention_id: int, *labels: Label, **more: Any) -> Word:
    defaults: dict[str, Any] = {"brand": "Acme", "agent": "ana", "at": NOON}
    return Word(**{"mention_id": mention_id, "labels": frozenset(labels), **defaults, **more})


def tell(store: Store, *words: Word) -> None:
    for one in words:
        write(store, lambda tx, one=one: tx.add_truth(one))


def known(store: Store, **asked: Any) -> list[Truth]:
    with store.read() as reads:
        return reads.truths(**asked)


def test_the_latest_word_on_a_post_stands_beside_what_the_model_had_said(store: Store) -> None:
    (post,) = save(store)
    tell(store, word(post.id, Label.PRAISE), word(post.id, agent="ben", at=NOON + minutes(1)))
    (truth,) = known(store)
    assert (truth.labels, truth.agent, truth.text) == (frozenset(), "ben", "@acme my parcel is late")
    assert truth.said == MODEL
    assert (truth.asked, truth.sentiment, truth.posted_at) == (Asked.RELABEL, None, NOON)


def test_the_models_first_word_stays_though_another_model_has_judged_it_since(store: Store) -> None:
    (post,) = save(store)
    tell(store, word(post.id, Label.PRAISE))
    write(store, lambda tx: tx.save_verdict(post.id, verdict(Label.PRAISE, model="test@2"), NOON + minutes(1)))
    tell(store, word(post.id, Label.QUESTION))
    (truth,) = known(store)
    assert truth.said is not None
    assert truth.said.model == "test@1"


def test_an_agents_verdict_is_never_taken_for_the_models(store: Store) -> None:
    (post,) = save(store)
    write(store, lambda tx: tx.save_verdict(post.id, verdict(Label.PRAISE, model="agent:ana"), NOON + minutes(1)))
    tell(store, word(post.id, Label.PRAISE))
    assert known(store)[0].said == MODEL


def test_a_post_that_no_model_had_judged_has_a_truth_all_the_same(store: Store) -> None:
    unscored = scored()
    (post,) = save(store, type(unscored)(mention=unscored.mention, matches=unscored.matches, verdict=None))
    tell(store, word(post.id, Label.PRAISE))
    assert known(store)[0].said is None


def test_words_are_of_one_brand_and_since_an_instant(store: Store) -> None:
    first, second = save(store, scored(), scored(native_id="2"))
    tell(store, word(first.id), word(second.id, brand="Rival", at=NOON + minutes(5)))
    assert [one.mention_id for one in known(store, brand="Acme")] == [first.id]
    assert [one.mention_id for one in known(store, since=NOON + minutes(5))] == [second.id]
    assert [one.mention_id for one in known(store)] == [first.id, second.id]


def test_an_edit_leaves_the_truth_with_the_text_that_was_read(store: Store) -> None:
    (post,) = save(store)
    tell(store, word(post.id, Label.PRAISE))
    save(store, scored("now quite another text", said=verdict(Label.QUESTION, model="test@1")))
    (truth,) = known(store)
    assert truth.text == "@acme my parcel is late"
    assert truth.said == MODEL
    with store.read() as reads:
        assert reads.truthed("Acme", [post.id]) == set()
    tell(store, word(post.id, Label.COMPLAINT))
    (truth,) = known(store)
    assert (truth.text, truth.said and truth.said.labels) == ("now quite another text", {Label.QUESTION})


def test_taking_a_word_back_brings_the_one_before_it_back(store: Store) -> None:
    (post,) = save(store)
    words = word(post.id, Label.PRAISE, sentiment=Sentiment.POSITIVE), word(post.id, agent="ben"), word(post.id)
    tell(store, *words)
    for left in ("ben", "ana"):
        write(store, lambda tx: tx.withdraw_truth(post.id, "Acme", "ana", NOON))
        assert [one.agent for one in known(store)] == [left]
    assert known(store)[0].sentiment is Sentiment.POSITIVE
    tell(store, word(post.id, agent="cleo"))
    write(store, lambda tx: tx.withdraw_truth(post.id, "Acme", "ana", NOON))
    assert [one.agent for one in known(store)] == ["ana"]
    for _ in range(2):
        write(store, lambda tx: tx.withdraw_truth(post.id, "Acme", "ana", NOON))
    assert known(store) == []
    with store.read() as reads:
        assert reads.truthed("Acme", [post.id]) == set()


def test_erasing_a_post_leaves_the_figures_and_no_measurement_of_its_text(store: Store, path: Path) -> None:
    (post,) = save(store, scored("CANARY-text", said=verdict(Label.COMPLAINT, confidence=0.8123456)))
    tell(store, word(post.id, Label.PRAISE))
    write(store, lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON))
    (truth,) = known(store)
    assert truth.erased
    assert truth.said is not None
    assert (truth.labels, truth.said.labels, truth.said.model) == ({Label.PRAISE}, {Label.COMPLAINT}, "test@1")
    assert (truth.said.scores.sentiment, truth.said.scores.labels, truth.said.thresholds) == ({}, {}, {})
    for file in path.parent.glob(path.name + "*"):
        assert b"CANARY" not in file.read_bytes()
        assert b"0.8123456" not in file.read_bytes()
    with pytest.raises(NotFound, match="deleted"):
        tell(store, word(post.id))


def test_erasing_an_edited_post_takes_the_text_that_was_read_too(store: Store) -> None:
    (post,) = save(store)
    tell(store, word(post.id))
    save(store, scored("another text"))
    write(store, lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON))
    assert [one.text for one in known(store)] == [""]


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE truths SET labels = '[]'",
        "UPDATE truths SET said_scores = '{}', agent = 'x'",
        "UPDATE truths SET said_scores = '{\"scores\": 1}'",
        "UPDATE truths SET said_scores = '{}', sentiment = 'neutral'",
        "DELETE FROM truths",
    ],
)
def test_words_are_never_changed(store: Store, path: Path, act: str) -> None:
    (post,) = save(store)
    tell(store, word(post.id, Label.PRAISE))
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(act)


def test_corrections_of_schema_0006_are_taken_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = upgrade.command.upgrade
    open_store(path).close()
    store = open_store(path)
    posts = save(store, *(scored(f"post {n}", str(n)) for n in range(1, 6)))
    for post in posts:
        open_case(store, post)
    later = NOON + minutes(9)

    def says(n: int, told: Verdict) -> None:
        write(store, lambda tx: tx.save_verdict(posts[n].id, told, later))

    says(0, verdict(Label.PRAISE, sentiment=Sentiment.POSITIVE, model="agent:ana"))
    says(1, verdict(sentiment=Sentiment.NEGATIVE, model="agent:ben"))  # left as the model had it
    says(2, verdict(sentiment=Sentiment.NEUTRAL, model="agent:ben"))
    says(3, verdict(Label.QUESTION, model="agent:ben"))
    save(store, scored("edited", "4"))  # no longer in force
    store.close()
    with sqlite3.connect(path) as db:
        for table in ("truths", "sample_posts", "samples"):
            db.execute(f"DROP TABLE {table}")
        db.execute("UPDATE alembic_version SET version_num = '0006'")
    monkeypatch.setattr(upgrade.command, "upgrade", lambda config, _to: whole(config, "0007"))
    with pytest.MonkeyPatch.context():
        store = open_store(path)
    found = {one.text: one for one in known(store)}
    store.close()
    assert sorted(found) == ["post 1", "post 2", "post 3"]
    one, two, three = (found[f"post {n}"] for n in (1, 2, 3))
    assert (one.labels, one.sentiment, one.agent, one.at) == ({Label.PRAISE}, Sentiment.POSITIVE, "ana", later)
    assert (two.labels, two.sentiment) == (set(), None)
    assert (three.labels, three.sentiment) == (set(), Sentiment.NEUTRAL)
    assert {truth.said == MODEL for truth in found.values()} == {True}
    assert {truth.brand for truth in found.values()} == {"Acme"}

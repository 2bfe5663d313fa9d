"""Which posts a sample may draw from, and whom to ask about what; on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from listener.domain.brand import Match
from listener.domain.mention import MentionKey
from listener.domain.stored import ScoredMention
from listener.domain.truth import Judged, Word
from listener.domain.verdict import Label
from listener.ports import Store
from listener.store.samples import SamplesWrites
from tests.builders import NOON, author, minutes, scored, verdict
from tests.store.steps import save, write

SINCE, UNTIL = NOON - minutes(30), NOON + minutes(30)


def posts() -> list[ScoredMention]:
    """Number 1 to be drawn; the others not, each for one reason."""
    beside = scored(native_id="5")
    first = Match(brand="Rival", term="@rival", start=0, end=6)
    return [
        scored(native_id="1"),
        scored(native_id="2", is_repost=True),
        scored(native_id="3", created_at=NOON - timedelta(days=3)),
        replace(scored(native_id="4"), verdict=None),
        replace(beside, matches=(first, Match(brand="Acme", term="@acme", start=9, end=14))),
        scored(native_id="6", brand="Rival"),
        scored(native_id="7"),
    ]


def test_a_sample_draws_from_original_judged_posts_that_speak_to_the_brand(store: Store) -> None:
    saved = save(store, *posts())
    write(store, lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id="7")], NOON))
    with store.read() as reads:
        assert reads.judged_posts("Acme", SINCE, UNTIL) == [
            Judged(mention_id=saved[0].id, confidence=0.9, given=frozenset({"complaint", "negative"}))
        ]
        assert [one.mention_id for one in reads.unasked("Acme", "ada", SINCE, UNTIL, 9)] == [saved[0].id]


def test_what_counts_is_the_models_latest_word_and_never_an_agents(store: Store) -> None:
    (post,) = save(store)
    for said in (
        verdict(confidence=0.7, model="test@2"),
        verdict(Label.COMPLAINT, confidence=0.66, model="test@3"),
        verdict(confidence=1.0, model="agent:ana"),
    ):
        write(store, lambda tx, said=said: tx.save_verdict(post.id, said, NOON + minutes(1)))
    with store.read() as reads:
        (judged,) = reads.judged_posts("Acme", SINCE, UNTIL)
        assert judged.confidence == pytest.approx(0.66)
        (found,) = reads.candidates([post.id])
    assert found.said is not None
    assert (found.said.model, found.handle, found.text) == ("test@3", "ann", "@acme my parcel is late")


def test_the_latest_are_asked_about_first_and_those_spoken_on_not_at_all(store: Store) -> None:
    saved = save(store, *(scored(native_id=str(n), created_at=NOON + minutes(n)) for n in range(1, 5)))
    word = Word(mention_id=saved[3].id, brand="Acme", labels=frozenset(), agent="ana", at=NOON)
    write(store, lambda tx: tx.add_truth(word))
    with store.read() as reads:
        found = [one.mention_id for one in reads.unasked("Acme", "ada", SINCE, UNTIL, 2)]
        assert found == [saved[2].id, saved[1].id]
        assert reads.truthed("Acme", [one.id for one in saved]) == {saved[3].id}


def test_candidates_come_in_the_order_asked_for_without_erased_ones(store: Store) -> None:
    saved = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(1, 4)))
    write(store, lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id="2")], NOON))
    with store.read() as reads:
        found = reads.candidates([saved[2].id, saved[1].id, saved[0].id])
    assert [one.handle for one in found] == ["a3", "a1"]


class _Listening:
    """A connection that answers nothing and keeps what it was asked, as each database would be."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def scalars(self, statement: object) -> "_Listening":
        return self.execute(statement)

    def execute(self, statement: object) -> "_Listening":
        for dialect in (postgresql.dialect(), sqlite.dialect()):
            self.asked.append(str(statement.compile(dialect=dialect)))  # type: ignore[attr-defined]
        return self

    def all(self) -> list[object]:
        return []

    def __iter__(self) -> "_Listening":
        return self

    def __next__(self) -> object:
        raise StopIteration


def test_every_question_can_be_asked_of_postgresql() -> None:
    listening = _Listening()
    part = SamplesWrites(listening)  # type: ignore[arg-type]
    part.truths("Acme", NOON)
    part.truthed("Acme", [1])
    part.judged_posts("Acme", SINCE, UNTIL)
    part.unasked("Acme", "ada", SINCE, UNTIL, 5)
    part.candidates([1])
    part.drawn_samples("Acme")
    part.skipped(1)
    assert len(listening.asked) >= 16

"""Answers to surveys: kept once each, found by window, forgotten on request."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from listener.domain.loyalty import Answer
from listener.errors import ListenerError
from listener.ports import Store
from tests.builders import NOON, minutes
from tests.store.steps import write

ANN = Answer(brand="Acme", survey="spring", respondent="ann", score=9, at=NOON, comment="fast")
BEN = replace(ANN, respondent="ben", score=3, at=NOON + minutes(1), comment="")


def answers(store: Store, brand: str = "Acme") -> list[Answer]:
    with store.read() as reads:
        return reads.answers(brand, NOON, NOON + minutes(60))


def test_answers_of_a_window_come_oldest_first(store: Store) -> None:
    others = [replace(ANN, at=NOON - minutes(1)), replace(ANN, at=NOON + minutes(60)), replace(ANN, brand="Bolt")]
    assert write(store, lambda tx: tx.save_answers([BEN, ANN, *others], NOON)) == 5
    assert answers(store) == [ANN, BEN]
    assert answers(store, "Bolt") == [others[2]]


def test_what_is_known_is_not_added_again_and_the_first_stays(store: Store) -> None:
    changed = replace(ANN, score=0)
    assert write(store, lambda tx: tx.save_answers([ANN, ANN, changed], NOON)) == 1
    assert write(store, lambda tx: tx.save_answers([changed, BEN], NOON)) == 1
    assert write(store, lambda tx: tx.save_answers([], NOON)) == 0
    assert answers(store) == [ANN, BEN]


def test_the_same_person_may_answer_another_survey_at_the_same_instant(store: Store) -> None:
    assert write(store, lambda tx: tx.save_answers([ANN, replace(ANN, survey="autumn")], NOON)) == 2


def test_nothing_is_kept_of_an_import_that_fails_midway(store: Store) -> None:
    def broken(tx: object) -> None:
        tx.save_answers([ANN], NOON)  # type: ignore[attr-defined]
        tx.save_answers([replace(BEN, score=11)], NOON)  # type: ignore[attr-defined]

    with pytest.raises((ListenerError, IntegrityError)):
        write(store, broken)
    assert answers(store) == []


def test_whoever_asks_is_forgotten_in_every_survey(store: Store) -> None:
    write(store, lambda tx: tx.save_answers([ANN, replace(ANN, survey="autumn"), BEN], NOON))
    assert write(store, lambda tx: tx.forget_answers("ann")) == 2
    assert write(store, lambda tx: tx.forget_answers("ann")) == 0
    assert answers(store) == [BEN]


def test_answers_after_some_were_forgotten_are_counted_as_new(store: Store) -> None:
    write(store, lambda tx: tx.save_answers([ANN, BEN], NOON))
    write(store, lambda tx: tx.forget_answers("ben"))
    assert write(store, lambda tx: tx.save_answers([BEN], NOON)) == 1

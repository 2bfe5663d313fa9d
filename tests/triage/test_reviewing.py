"""An answer in a review is kept, corrects what it must, and can be taken back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from listener.domain.case import CaseState, EventKind
from listener.domain.mention import MentionKey
from listener.domain.truth import Asked, Sample, Stratum, Truth
from listener.domain.verdict import Label, Sentiment, Verdict
from listener.errors import ConfigError, Conflict, NotFound
from listener.triage.corrections import Correction
from listener.triage.reviewing import Reviewing
from tests.builders import NOON, minutes, verdict
from tests.triage.builders import CHATTER, UNSURE, Office, office

COMPLAINT, PRAISE, NONE = (Correction(labels=frozenset(one)) for one in ({Label.COMPLAINT}, {Label.PRAISE}, ()))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as one:
        yield one


def reviewing(desk: Office, agent: str = "ada", **more: int) -> Reviewing:
    return Reviewing(desk.store, desk.policy, desk.clock, brand="Acme", agent=agent, **more)


def truths(desk: Office) -> list[Truth]:
    with desk.store.read() as reads:
        return reads.truths("Acme")


def in_force(desk: Office, mention_id: int = 1) -> Verdict | None:
    with desk.store.read() as reads:
        return reads.mention(mention_id).verdict


def counted(desk: Office, label: str) -> int:
    with desk.store.read() as reads:
        cells = reads.tallies(NOON - minutes(120), NOON + minutes(120), "Acme")
        return sum(cell.mentions for cell in cells if cell.label == label)


def test_agreeing_is_kept_and_changes_nothing_else(desk: Office) -> None:
    desk.hears()
    before, card = in_force(desk), desk.card()
    done = reviewing(desk).answer(1, COMPLAINT)
    (truth,) = truths(desk)
    assert (truth.labels, truth.sentiment, truth.asked) == ({Label.COMPLAINT}, Sentiment.NEGATIVE, Asked.REVIEW)
    assert truth.said == before == in_force(desk)
    assert (desk.card(), done.changed, done.says) == (card, False, "")


@pytest.mark.parametrize("said", [PRAISE, NONE, Correction(labels=frozenset({Label.COMPLAINT, Label.QUESTION}))])
def test_correcting_a_post_in_a_case_does_what_relabelling_the_case_does(tmp_path: Path, said: Correction) -> None:
    ends = []
    for name in ("review", "relabel"):
        (tmp_path / name).mkdir()
        with office(tmp_path / name) as desk:
            desk.hears()
            if name == "review":
                assert "case 1 is corrected" in reviewing(desk).answer(1, said).says
            else:
                desk.desk.relabel(1, said, "ada")
            card = desk.card()
            (truth,) = truths(desk)
            ends.append((card.case, card.events, card.mentions, replace(truth, asked=Asked.REVIEW)))
    assert ends[0] == ends[1]


def test_a_post_in_no_case_is_corrected_where_it_is_counted(desk: Office) -> None:
    desk.hears(said=CHATTER)
    assert (desk.cases(), counted(desk, "complaint")) == ([], 0)
    done = reviewing(desk).answer(1, COMPLAINT)
    assert (desk.cases(), counted(desk, "complaint")) == ([], 1)
    reviewing(desk).take_back(done)
    assert (counted(desk, "complaint"), in_force(desk), truths(desk)) == (0, CHATTER, [])


def test_an_abstention_that_is_answered_is_no_longer_unsure(desk: Office) -> None:
    desk.hears(said=UNSURE)
    reviewing(desk).answer(1, NONE)
    assert (counted(desk, "abstained"), counted(desk, "neutral")) == (0, 1)
    assert truths(desk)[0].said == UNSURE


def test_a_case_that_a_colleague_holds_is_left_alone_and_the_word_is_kept(desk: Office) -> None:
    desk.hears()
    desk.desk.claim(1, "bob")
    before = desk.card()
    done = reviewing(desk).answer(1, PRAISE)
    assert "held by bob" in done.says
    assert "your word is kept" in done.says
    assert [one.labels for one in truths(desk)] == [{Label.PRAISE}]
    assert desk.card() == before
    reviewing(desk).take_back(done)
    assert (truths(desk), desk.card()) == ([], before)


def test_taking_an_answer_back_restores_case_verdict_and_truth(desk: Office) -> None:
    desk.hears()
    before, case = in_force(desk), desk.card().case
    done = reviewing(desk).answer(1, PRAISE)
    assert (in_force(desk) or before).model == "agent:ada"  # type: ignore[union-attr]
    reviewing(desk).take_back(done)
    assert (in_force(desk), truths(desk)) == (before, [])
    after = desk.card().case
    assert (after.reason, after.priority, after.queue) == (case.reason, case.priority, case.queue)
    assert desk.kinds()[-2:] == [EventKind.RELABELLED, EventKind.UNDONE]


def test_what_a_colleague_has_built_on_an_answer_cannot_be_taken_back_from_under_them(desk: Office) -> None:
    desk.hears()
    done = reviewing(desk).answer(1, PRAISE)
    desk.clock.advance_to(NOON + minutes(5))
    desk.desk.claim(1, "bob")
    with pytest.raises(Conflict, match="bob"):
        reviewing(desk).take_back(done)
    assert [one.labels for one in truths(desk)] == [{Label.PRAISE}]


def test_relabelling_and_undoing_at_the_desk_is_told_to_the_truths(desk: Office) -> None:
    desk.hears()
    desk.desk.relabel(1, PRAISE, "ada")
    desk.desk.relabel(1, Correction(sentiment=Sentiment.NEUTRAL), "bob")
    (truth,) = truths(desk)
    assert (truth.labels, truth.sentiment, truth.agent) == ({Label.PRAISE}, Sentiment.NEUTRAL, "bob")
    assert truth.said is not None
    assert truth.said.labels == {Label.COMPLAINT}
    desk.desk.undo(1, "bob")
    (truth,) = truths(desk)
    assert (truth.sentiment, truth.agent, truth.asked) == (Sentiment.POSITIVE, "ada", Asked.RELABEL)
    desk.desk.undo(1, "ada")
    assert truths(desk) == []


def test_a_skipped_post_is_not_served_again_to_whom_it_was_skipped_by(desk: Office) -> None:
    desk.hears(said=CHATTER)
    reviewing(desk).skip(1)
    with desk.store.read() as reads:
        for agent, left in (("ada", []), ("bob", [1])):
            found = reads.unasked("Acme", agent, NOON - minutes(9), NOON + minutes(9), 10)
            assert [one.mention_id for one in found] == left
    assert truths(desk) == []


def test_an_erased_post_can_be_neither_answered_nor_skipped(desk: Office) -> None:
    desk.hears()
    with desk.store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON)
    for step in (lambda: reviewing(desk).answer(1, PRAISE), lambda: reviewing(desk).skip(1)):
        with pytest.raises(NotFound, match="deleted"):
            step()


def test_a_sample_takes_over_what_is_known_already(desk: Office) -> None:
    desk.hears()
    desk.hears("@acme hello", said=CHATTER, thread="t2", by="bea")
    desk.desk.relabel(1, PRAISE, "bob")
    strata = (Stratum(floor=0.0, ceiling=1.0, population=2, drawn=2, given={}),)
    sample = Sample(
        id=0, brand="Acme", since=NOON, until=NOON, seed=1, at=NOON, agent="ada", strata=strata, posts={1: 0, 2: 0}
    )
    with desk.store.write() as tx:
        number = tx.add_sample(sample)
    ours = reviewing(desk, sample=number)
    assert [ours.known(1), ours.known(2)] == [True, False]
    with desk.store.read() as reads:
        (truth,) = reads.sampled_truths(number)
        assert reads.drawn_samples("Acme") == [replace(sample, id=number)]
    assert (truth.mention_id, truth.labels, truth.agent, truth.asked) == (1, {Label.PRAISE}, "bob", Asked.SAMPLE)
    assert truth.said is not None
    assert truth.said.labels == {Label.COMPLAINT}


def test_a_post_that_was_corrected_after_the_sample_counts_with_the_later_word(desk: Office) -> None:
    desk.hears()
    strata = (Stratum(floor=0.0, ceiling=1.0, population=1, drawn=1, given={}),)
    with desk.store.write() as tx:
        number = tx.add_sample(
            Sample(id=0, brand="Acme", since=NOON, until=NOON, seed=1, at=NOON, agent="a", strata=strata, posts={1: 0})
        )
    reviewing(desk, sample=number).answer(1, COMPLAINT)
    desk.desk.relabel(1, PRAISE, "bob")
    with desk.store.read() as reads:
        assert [one.labels for one in reads.sampled_truths(number)] == [{Label.PRAISE}]


def test_the_program_cannot_review(desk: Office) -> None:
    with pytest.raises(ConfigError, match="own name"):
        reviewing(desk, agent="listener")


def test_a_resolved_case_keeps_its_place_when_its_post_is_corrected(desk: Office) -> None:
    desk.hears()
    desk.desk.resolve(1, "done", "bob")
    reviewing(desk).answer(1, PRAISE)
    assert (desk.card().case.state, desk.kinds()[-1]) == (CaseState.RESOLVED, EventKind.RELABELLED)


def test_a_verdict_of_another_model_since_does_not_make_an_answer_a_confirmation(desk: Office) -> None:
    desk.hears(said=CHATTER)
    with desk.store.write() as tx:
        tx.save_verdict(1, verdict(Label.COMPLAINT, model="test@2"), NOON + minutes(1))
    done = reviewing(desk).answer(1, COMPLAINT)
    assert not done.changed
    assert (truths(desk)[0].said or CHATTER).model == "test@2"

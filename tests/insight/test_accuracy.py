"""Precision and recall on what agents know, against an obvious way of counting."""

import random
from datetime import timedelta
from typing import Any

import pytest

from listener.domain.truth import Asked, Sample, Stratum, Truth
from listener.domain.verdict import Label, Sentiment, Verdict
from listener.insight.accuracy import Figure, account, plain, sampled
from listener.insight.intervals import share, wilson
from tests.builders import NOON, verdict

MOODS = (None, *Sentiment)


def truth(number: int = 1, *labels: Label, said: Verdict | None = None, **more: Any) -> Truth:
    defaults: dict[str, Any] = {
        "id": number,
        "mention_id": number,
        "brand": "Acme",
        "labels": frozenset(labels),
        "agent": "ana",
        "at": NOON,
        "asked": Asked.REVIEW,
        "said": said,
        "text": f"post {number}",
        "posted_at": NOON,
        "lang": "en",
    }
    return Truth(**{**defaults, **more})


def some(count: int = 200, seed: int = 4) -> list[Truth]:
    chance = random.Random(seed)
    made = []
    for number in range(1, count + 1):
        given = [label for label in Label if chance.random() < 0.4]
        true = [label for label in Label if (label in given) != (chance.random() < 0.2)]
        said = verdict(*given, sentiment=chance.choice(MOODS)) if chance.random() < 0.95 else None
        made.append(truth(number, *true, said=said, sentiment=chance.choice(MOODS)))
    return made


def found(figures: tuple[Figure, ...], of: str, measure: str) -> Any:
    (one,) = [one.share for one in figures if (one.of, one.measure) == (of, measure)]
    return one


def test_labels_are_counted_as_anybody_would() -> None:
    truths = some()
    for label in Label:
        given = true = both = 0
        for one in truths:
            if one.said is None:
                continue
            given += label in one.said.labels
            true += label in one.labels
            both += label in one.said.labels and label in one.labels
        precision, recall = found(plain(truths), label, "precision"), found(plain(truths), label, "recall")
        assert (precision.part, precision.whole) == (both, given)
        assert (recall.part, recall.whole) == (both, true)
        assert (recall.low, recall.high) == wilson(both, true)


def test_moods_count_only_where_an_agent_told_one_and_abstaining_misses() -> None:
    truths = some()
    for mood in Sentiment:
        told = [one for one in truths if one.said and one.sentiment]
        given = [one for one in told if one.said and one.said.sentiment is mood]
        true = [one for one in told if one.sentiment is mood]
        both = [one for one in given if one in true]
        precision, recall = found(plain(truths), mood, "precision"), found(plain(truths), mood, "recall")
        assert (precision.part, precision.whole) == (len(both), len(given))
        assert (recall.part, recall.whole) == (len(both), len(true))


def test_what_was_corrected_differs_in_a_label_or_in_a_mood_that_was_given() -> None:
    agreed = truth(1, Label.COMPLAINT, said=verdict(Label.COMPLAINT), sentiment=Sentiment.NEGATIVE)
    untold = truth(2, Label.COMPLAINT, said=verdict(Label.COMPLAINT))
    unsure = truth(3, Label.COMPLAINT, said=verdict(Label.COMPLAINT, sentiment=None), sentiment=Sentiment.NEGATIVE)
    label = truth(4, said=verdict(Label.COMPLAINT))
    mood = truth(5, Label.COMPLAINT, said=verdict(Label.COMPLAINT), sentiment=Sentiment.POSITIVE)
    figures = plain([agreed, untold, unsure, label, mood])
    assert (found(figures, "all", "corrected").part, found(figures, "all", "corrected").whole) == (2, 5)
    assert (found(figures, "all", "abstained").part, found(figures, "all", "abstained").whole) == (1, 5)


def test_under_thirty_nothing_is_told() -> None:
    few = [truth(n, Label.PRAISE, said=verdict(Label.PRAISE)) for n in range(29)]
    assert not found(plain(few), Label.PRAISE, "precision").telling
    assert found(plain([*few, few[0]]), Label.PRAISE, "precision").telling


def a_sample(truths: list[Truth]) -> Sample:
    """Two strata: the odd posts stand for ten each, the even ones for one."""
    odd = [one.mention_id for one in truths if one.mention_id % 2]
    even = [one.mention_id for one in truths if not one.mention_id % 2]
    strata = tuple(
        Stratum(
            floor=0.5 * n,
            ceiling=0.5 * (n + 1),
            population=by * len(ids),
            drawn=len(ids),
            given=_given(truths, ids, by),
        )
        for n, (by, ids) in enumerate(((10, odd), (1, even)))
    )
    return Sample(
        id=3,
        brand="Acme",
        since=NOON - timedelta(days=28),
        until=NOON,
        seed=1,
        at=NOON,
        agent="ana",
        strata=strata,
        posts={one.mention_id: 0 if one.mention_id % 2 else 1 for one in truths},
    )


def _given(truths: list[Truth], ids: list[int], by: int) -> dict[str, int]:
    """As if `by` posts were just like each of these."""
    said = [one.said for one in truths if one.said and one.mention_id in ids]
    names = [str(name) for one in said for name in [*one.labels, *([one.sentiment] if one.sentiment else [])]]
    return {name: by * names.count(name) for name in names}


def test_in_a_sample_each_post_stands_for_its_stratum() -> None:
    truths = [one for one in some() if one.said]
    sample = a_sample(truths)
    figures = sampled(sample, truths)
    weight = {1: 10, 0: 1}
    for label in Label:
        given = true = both = 0
        for one in truths:
            stands_for = weight[one.mention_id % 2]
            given += stands_for * (one.said is not None and label in one.said.labels)
            true += stands_for * (label in one.labels)
            both += stands_for * (one.said is not None and label in one.said.labels and label in one.labels)
        assert found(figures, label, "precision").value == pytest.approx(both / given)
        assert found(figures, label, "recall").value == pytest.approx(both / true)
        assert found(figures, label, "precision").n == sum(label in (one.said or verdict()).labels for one in truths)
    moods = [(weight[one.mention_id % 2], one.sentiment, one.said.sentiment) for one in truths if one.said]
    for mood in Sentiment:
        true = sum(by for by, told, _ in moods if told is mood)
        both = sum(by for by, told, said in moods if told is said is mood)
        assert found(figures, mood, "recall").value == pytest.approx(both / true)
    unsure = sum(by for by, _, said in moods if said is None)
    assert found(figures, "all", "abstained").value == pytest.approx(unsure / sum(by for by, *_ in moods))


def test_a_post_that_no_model_had_judged_says_nothing_of_a_model() -> None:
    one = truth(1, Label.PRAISE)
    said = account("Acme", [one], a_sample([one]), [one], share(0, 0))
    assert (said.sample, said.checked, said.seen, said.models) == (None, 0, 1, {"": 1})
    assert all(figure.share.whole == 0 for figure in said.biased)  # type: ignore[union-attr]

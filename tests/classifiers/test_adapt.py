"""Learning from corrections, on made-up embeddings: nothing changes without evidence, and chance isn't adopted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import ridge
from classifiers.adapt import FEWEST, Corrections, Lesson, learn
from classifiers.base import LABELS, SENTIMENTS, Classification, ModelError, Scores, decide
from classifiers.heads import Head, Posts, from_bytes, read

CUTS = {"complaint": 0.4, "praise": 0.45, "question": 0.5, "sentiment": 0.4}
WIDTH = 16


def posts(n: int, seed: int) -> Posts:
    """Posts whose scores hang on the first directions of their embedding."""
    rng = np.random.default_rng(seed)
    embedding = rng.normal(size=(n, WIDTH)).astype(np.float32)
    # A fifth are of a kind of their own.
    embedding[:, 7] = embedding[:, 7] * 0.1 + 5 * (rng.random(n) < 0.2)
    chances = 1 / (1 + np.exp(-2 * embedding[:, :3]))
    moods = np.exp(embedding[:, 3:6])
    moods /= moods.sum(axis=1, keepdims=True)
    return Posts(embedding=embedding, found=[_said(a, b) for a, b in zip(chances, moods, strict=True)])


def _said(chances: np.ndarray, moods: np.ndarray) -> Classification:
    scores = Scores(
        sentiment=dict(zip(SENTIMENTS, moods.tolist(), strict=True)),
        labels=dict(zip(LABELS, chances.tolist(), strict=True)),
        emotions={},
    )
    return Classification(scores=scores, verdict=decide(scores, CUTS), model="m@1")


def told(of: Posts, labels: list[frozenset[str]], groups: list[int] | None = None) -> Corrections:
    return Corrections(posts=of, labels=labels, sentiment=[None] * len(labels), groups=groups or [*range(len(labels))])


def right(of: Posts) -> list[frozenset[str]]:
    return [frozenset(one.verdict.labels) for one in of.found]


def turned(of: Posts) -> list[frozenset[str]]:
    """Nothing of that kind is a complaint, whatever the model says."""
    return [
        labels - {"complaint"} if one[7] > 2 else labels for labels, one in zip(right(of), of.embedding, strict=True)
    ]


def taught(n: int = 400) -> Lesson:
    of = posts(n, 1)
    return learn("m@1", told(of, turned(of)), posts(60, 2), CUTS)


def test_what_the_model_has_right_teaches_nothing() -> None:
    of = posts(100, 1)
    lesson = learn("m@1", told(of, right(of)), posts(100, 2), CUTS)
    assert lesson.head is None
    assert {one.why for one in lesson.figures} == {"0 errors; 8 are needed"}


@pytest.mark.parametrize("n", [0, 1, FEWEST - 1])
def test_few_corrections_teach_nothing(n: int) -> None:
    of = posts(n, 1)
    assert learn("m@1", told(of, turned(of)), posts(50, 2), CUTS).head is None


def test_errors_alone_never_take_a_complaint_away() -> None:
    of = posts(600, 1)
    assert taught().figures[0].adopted
    misread = [n for n, (a, b) in enumerate(zip(turned(of), right(of), strict=True)) if a != b]
    some = Posts(embedding=of.embedding[misread], found=[of.found[n] for n in misread])
    lesson = learn("m@1", told(some, [frozenset({"praise"})] * len(misread)), posts(50, 2), CUTS)
    assert len(misread) >= FEWEST
    assert "0 posts confirm" in lesson.figures[0].why
    assert not lesson.figures[0].adopted


def test_a_pattern_is_learnt_and_holds_on_new_posts() -> None:
    lesson = taught()
    assert lesson.head is not None, lesson
    assert [one.adopted for one in lesson.figures] == [True, False, False, False]
    new = posts(2000, 3)
    after = [frozenset(one.verdict.labels) for one in lesson.head(new, CUTS)]
    before, truth = right(new), turned(new)
    was = sum(a != b for a, b in zip(before, truth, strict=True))
    now = sum(a != b for a, b in zip(after, truth, strict=True))
    assert now < 0.6 * was


def test_outputs_that_were_not_adopted_stay_to_the_last_digit() -> None:
    head = taught().head
    assert head is not None
    new = posts(50, 4)
    for was, now in zip(new.found, head(new, CUTS, "m@1+acme.1"), strict=True):
        assert now.scores.sentiment == was.scores.sentiment
        assert {name: now.scores.labels[name] for name in ("praise", "question")} == {
            name: was.scores.labels[name] for name in ("praise", "question")
        }
        assert now.model == "m@1+acme.1"


def test_the_same_corrections_teach_the_same_head() -> None:
    first, second = taught().head, taught().head
    assert first is not None
    assert second is not None
    assert first.to_bytes() == second.to_bytes()


def test_chance_is_not_adopted() -> None:
    """Piles of labels drawn by lot, of which fewer than 5 in 100 may teach anything; so did 200 of them."""
    rng = np.random.default_rng(9)
    anchors, adopted = posts(60, 2), 0
    for seed in range(40):
        of = posts(60, 100 + seed)
        lots = [labels if rng.random() < 0.4 else frozenset(n for n in LABELS if rng.random() < 0.5)
                for labels in right(of)]  # fmt: skip
        adopted += learn("m@1", told(of, lots), anchors, CUTS).head is not None
    assert adopted < 2, adopted


def test_a_heap_of_copies_is_one_voice() -> None:
    of = posts(120, 1)
    labels = turned(of)
    heaped = [0 if a != b else n + 1 for n, (a, b) in enumerate(zip(labels, right(of), strict=True))]
    assert learn("m@1", told(of, labels, heaped), posts(60, 2), CUTS).head is None


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 50))
@settings(max_examples=25, deadline=None)
def test_where_the_known_scores_are_right_the_answer_is_nothing(seed: int, strength: float) -> None:
    rng = np.random.default_rng(seed)
    for outputs in (1, 3):
        known = rng.normal(size=(40, outputs)) * 3
        problem = ridge.Problem(
            features=rng.normal(size=(40, 5)), known=known, truth=ridge.chances(known), weights=rng.random(40)
        )
        assert np.abs(ridge.fit(problem, strength)).max() < 1e-9


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_the_fit_stands_where_nothing_pulls_it(seed: int) -> None:
    """Even from scores that are sure and wrong, where whole Newton steps would leap to and fro."""
    rng = np.random.default_rng(seed)
    x, known = rng.normal(size=(60, 6)), rng.normal(size=(60, 1)) * 8
    problem = ridge.Problem(
        features=x, known=known, truth=(rng.random((60, 1)) < 0.5).astype(float), weights=np.ones(60)
    )
    w = ridge.fit(problem, 2.0)
    pull = x.T @ (ridge.chances(known + x @ w) - problem.truth) + 2.0 * w
    assert np.abs(pull).max() < 1e-2


def test_a_head_comes_back_from_its_bytes_and_a_changed_bit_is_refused() -> None:
    head = taught().head
    assert head is not None
    raw = head.to_bytes()
    again = from_bytes(raw)
    assert (again.model, again.facts) == (head.model, head.facts)
    assert np.array_equal(again.weights, head.weights)
    for place in (0, 70, len(raw) - 1):
        spoilt = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(ModelError):
            from_bytes(spoilt)


def test_a_head_is_never_used_with_another_model() -> None:
    head = Head(model="other@2", weights=np.zeros((6, WIDTH + 1), np.float32), facts={})
    with pytest.raises(ModelError, match="learnt on other@2"):
        head(posts(3, 1), CUTS)


def test_a_model_without_an_embedding_can_not_be_taught() -> None:
    class Bare:
        model_id = "bare@1"
        thresholds = CUTS

        def logits(self, texts: list[str]) -> dict[str, np.ndarray]:
            return {"labels": np.zeros((len(texts), 3), np.float32)}

        def judge(self, logits: object) -> list[Classification]:
            return []

    with pytest.raises(ModelError, match="no embedding"):
        read(Bare(), ["x"])

"""A brand whose customers praise in words that the model misreads: what sixty corrections are worth, on new posts."""

import random
from functools import cache

import numpy as np
import pytest

from classifiers.adapt import Corrections, Lesson, learn
from classifiers.base import LABELS, Classification
from classifiers.embedded import EmbeddedClassifier
from classifiers.heads import Posts, read
from tests.classifiers.slang import BAKERY, COFFEE, SKATE, Kind, Post, Vocabulary, posts

CORRECTIONS = 60
CONFIRMED = 60


@cache
def model() -> EmbeddedClassifier:
    return EmbeddedClassifier.load(threads=2)


def wrong(post: Post, found: Classification) -> bool:
    return post.labels != set(found.verdict.labels) & set(LABELS)


def taught(vocabulary: Vocabulary, seed: int) -> Lesson:
    """A month of posts, of which agents corrected the first sixty misread ones and confirmed sixty complaints.

    A third of the ways to praise is never seen.
    """
    heard = posts(vocabulary, 600, seed, templates=lambda place: place % 3 != 2)
    random.Random(seed).shuffle(heard)
    measured = read(model(), [post.text for post in heard])
    misread = [n for n, post in enumerate(heard) if post.kind is Kind.SLANG and wrong(post, measured.found[n])]
    chosen = misread[:CORRECTIONS]
    complaints = [n for n, post in enumerate(heard) if "complaint" in measured.found[n].verdict.labels]
    chosen += [n for n in complaints if not wrong(heard[n], measured.found[n])][:CONFIRMED]
    rest = [n for n in range(len(heard)) if n not in set(chosen)][-300:]
    told = Corrections(
        posts=some(measured, chosen),
        labels=[heard[n].labels for n in chosen],
        sentiment=[heard[n].sentiment for n in chosen],
        groups=chosen,
    )
    return learn(model().model_id, told, some(measured, rest), model().thresholds)


def some(measured: Posts, places: list[int]) -> Posts:
    return Posts(embedding=measured.embedding[places], found=[measured.found[n] for n in places])


@pytest.mark.parametrize(
    "vocabulary",
    [
        pytest.param(COFFEE, marks=pytest.mark.xfail(reason="sick, insane, filthy: 94 % wrong becomes 55 %, not 47 %")),
        SKATE,
        BAKERY,
    ],
    ids=lambda vocabulary: vocabulary.name,
)
def test_sixty_corrections_halve_the_error_on_new_posts_and_spoil_nothing_else(vocabulary: Vocabulary) -> None:
    lesson = taught(vocabulary, seed=11)
    assert lesson.head is not None, lesson.why
    new = posts(vocabulary, 600, 12, mix=(0.4, 0.1, 0.5))
    measured = read(model(), [post.text for post in new])
    moved = lesson.head(measured, model().thresholds)
    pairs = list(zip(new, measured.found, moved, strict=True))

    def share(*kinds: Kind, unseen: bool = False) -> tuple[float, float, int]:
        of = [pair for pair in pairs if pair[0].kind in kinds and (not unseen or pair[0].template % 3 == 2)]
        return (
            float(np.mean([wrong(post, was) for post, was, _ in of])),
            float(np.mean([wrong(post, now) for post, _, now in of])),
            len(of),
        )

    slang, unseen, others = share(Kind.SLANG), share(Kind.SLANG, unseen=True), share(Kind.BLAME, Kind.ORDINARY)
    print(vocabulary.name, "slang", slang, "unseen ways", unseen, "others", others, f"moved {lesson.moved:.2f}")  # noqa: T201
    assert slang[1] <= slang[0] / 2
    assert unseen[1] <= unseen[0] / 2
    assert others[1] <= others[0] + 0.005

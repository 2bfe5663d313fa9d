"""Likeness to examples: it tells topics, not moods, and keeps silent where nothing is near enough."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.background import POSTS
from classifiers.embedded import EmbeddedClassifier
from classifiers.themes import NEVER, Examples, Likeness, facts, fit

DELIVER = Examples(
    name="deliver",
    group="touchpoint",
    texts=(
        "My parcel was due on Monday and it is still in the depot",
        "The courier left the package in the rain",
        "Tracking has not moved for a week, where is my shipment?",
        "Wonderful, the box was delivered two days early",
        "The driver could not find our address and took the parcel back",
        "Shipping to Norway takes a month now",
    ),
)
FOOD = Examples(
    name="food",
    group="touchpoint",
    texts=(
        "The soup was cold and the bread was stale",
        "Best pizza in town, so delicious",
        "I love the taste of this coffee",
        "The salad came with mouldy tomatoes",
        "Breakfast was great, fresh fruit and warm rolls",
        "Too much salt in the sauce",
    ),
)


@pytest.fixture(scope="module")
def likeness(shipped: EmbeddedClassifier) -> Likeness:
    found = fit(shipped, [DELIVER, FOOD])
    assert found is not None
    return found


def told(likeness: Likeness, model: EmbeddedClassifier, *texts: str) -> list[set[str]]:
    return [set(one) for one in likeness([read.meaning for read in model.classify(texts)])]


def test_a_topic_is_told_in_either_mood(likeness: Likeness, shipped: EmbeddedClassifier) -> None:
    angry, glad, food = told(
        likeness,
        shipped,
        "Still no package, the courier lies about the delivery!!!",
        "Yay, the package has been delivered by a lovely courier",
        "Cold coffee and stale bread for breakfast",
    )
    assert angry == glad == {"deliver"}
    assert food == {"food"}


def test_mood_alone_is_no_theme(likeness: Likeness, shipped: EmbeddedClassifier) -> None:
    moods = told(likeness, shipped, "You are the worst!", "I love you", "", "@acme !!!", "Good morning, world")
    assert moods == [set()] * 5


def test_a_text_whose_place_is_unknown_has_no_theme(likeness: Likeness) -> None:
    assert likeness([None, None]) == [{}, {}]
    assert likeness([]) == []


def test_what_has_no_words_is_like_nothing_however_low_the_bar(likeness: Likeness, shipped: EmbeddedClassifier) -> None:
    low = replace(likeness, fits=tuple(replace(one, threshold=-0.45) for one in likeness.fits))
    assert told(low, shipped, "Good morning, world", "!!!") == [{"deliver", "food"}, set()]


def test_how_well_examples_are_told_is_said(likeness: Likeness) -> None:
    found = facts(likeness)
    assert set(found) == {"deliver", "food"}
    for one in found.values():
        assert one.examples == 6
        assert one.recalled >= 3
        assert one.recalled >= 0.75 * (one.recalled + one.false)


def test_what_its_examples_do_not_tell_apart_is_never_told(shipped: EmbeddedClassifier) -> None:
    vague = Examples(name="vague", group="touchpoint", texts=POSTS[:6])
    found = fit(shipped, [vague])
    assert found is not None
    assert facts(found)["vague"].threshold == NEVER
    assert told(found, shipped, *POSTS[:6]) == [set()] * 6


def test_themes_of_other_groups_are_no_rivals(shipped: EmbeddedClassifier) -> None:
    found = fit(shipped, [DELIVER, Examples(name="again", group="motivator", texts=DELIVER.texts)])
    assert found is not None
    assert found.rivals == ((), ())
    assert told(found, shipped, DELIVER.texts[0]) == [{"deliver", "again"}]


def test_nothing_is_learnt_from_nothing(shipped: EmbeddedClassifier) -> None:
    class Blind:
        def meanings(self, texts: object) -> NDArray[np.float32] | None:
            return None

    assert fit(shipped, []) is None
    assert fit(shipped, [Examples(name="a", group="b", texts=())]) is None
    assert fit(Blind(), [DELIVER]) is None
    assert facts(None) == {}

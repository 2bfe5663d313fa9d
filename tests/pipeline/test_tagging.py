"""Themes on their way: found when a post is judged, kept with it, looked for again on demand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from classifiers.heads import Head
from listener import app
from listener.adapting import shipped, with_head
from listener.clock import VirtualClock
from listener.domain.brand import Brand
from listener.domain.policy import ClassifierChoice
from listener.domain.themes import Tagging, Theme, ThemeKind
from listener.domain.verdict import Verdict
from listener.errors import ClassifierError
from listener.judging import LazyClassifier
from listener.pipeline import run_source
from listener.ports import Store
from listener.store import open_store
from listener.tagging import BATCH, retag, tagger_name
from tests.builders import NOON, mention, scored, verdict
from tests.pipeline.parts import SOURCE, Keywords, Scripted, page, settings

THEMES = (
    Theme(kind=ThemeKind.TOUCHPOINT, name="deliver", phrases=("my parcel",)),
    Theme(kind=ThemeKind.ACT, name="recommend", phrases=("recommend",)),
    Theme(kind=ThemeKind.MESSAGE, name="fresh", phrases=("roasted today",), brands=("Beta",)),
)
LATER = timedelta(days=30)


@dataclass
class Finds(Keywords):
    """Tags `parcel` as a touchpoint, and `fresh` as a message of Beta's; fails on poison."""

    tagger: str = "new"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        if any("poison" in text for text in texts):
            raise ClassifierError("it won't go down")
        return [
            replace(one, tagging=self._tags(text)) for text, one in zip(texts, super().classify(texts), strict=True)
        ]

    def _tags(self, text: str) -> Tagging:
        found = {"touchpoint:deliver": "parcel", "message:fresh": "fresh"}
        tags = tuple((tag, 1.0) for tag, word in found.items() if word in text)
        return Tagging(tagger=self.tagger, tags=tags, limited={"message:fresh": ("Beta",)})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path / "tags.db")
    yield found
    found.close()


def tags(store: Store, brand: str = "Acme") -> list[frozenset[str]]:
    with store.read() as reads:
        return [saying.tags for saying in reads.sayings(brand, NOON - LATER, NOON + LATER)]


@pytest.fixture(scope="module")
def model() -> LazyClassifier:
    return LazyClassifier(ClassifierChoice(threads=1), THEMES)


def test_a_verdict_bears_the_themes_and_the_emotions_of_its_text(model: LazyClassifier) -> None:
    glad, plain = model.classify(["My parcel came, I love you, thank you so much! I recommend them", "It is Tuesday"])
    assert glad.tagging is not None
    assert {"touchpoint:deliver", "act:recommend"} < dict(glad.tagging.tags).keys()
    assert any(tag in ("emotion:love", "emotion:gratitude") for tag, _ in glad.tagging.tags)
    assert all(0 < score <= 1 for _, score in glad.tagging.tags)
    assert plain.tagging is not None
    assert "emotion:neutral" not in dict(plain.tagging.tags)


def test_nobody_who_does_not_ask_gets_themes() -> None:
    assert LazyClassifier(ClassifierChoice(threads=1)).classify(["my parcel"])[0].tagging is None


def test_advice_in_a_complaint_is_no_recommendation(model: LazyClassifier) -> None:
    (found,) = model.classify(
        ["My parcel is late again, this is terrible. I recommend that you hire somebody who cares"]
    )
    assert found.tagging is not None
    assert "act:recommend" not in dict(found.tagging.tags)


def test_the_taggers_name_is_told_without_loading_the_model_and_changes_with_themes_and_thresholds(
    model: LazyClassifier,
) -> None:
    plain = tagger_name(model.choice, THEMES)
    assert model.tagger is not None
    assert model.classify(["a"])[0].tagging.tagger == model.tagger.name == plain  # type: ignore[union-attr]
    others = [
        tagger_name(model.choice, THEMES[:2]),
        tagger_name(replace(model.choice, missed={"complaint": 9.0}), THEMES),
        tagger_name(ClassifierChoice(kind="hub", model="a/b", revision="c"), THEMES),
    ]
    assert len({plain, *others}) == 4


def test_a_brands_head_leaves_the_themes_as_they_are(model: LazyClassifier) -> None:
    head = Head(model=shipped(model.loaded).model_id, weights=np.zeros((6, 385), np.float32), facts={})
    text = "the courier left the package in the rain"
    (plain,) = model.classify([text])
    (headed,) = model.judged(with_head(model.loaded, head, "head-1"), [text])
    assert headed.model != plain.model
    assert headed.tagging == plain.tagging
    (read,) = with_head(model.loaded, head, "head-1").classify([text])
    assert read.meaning == model.loaded.classify([text])[0].meaning is not None


def test_a_model_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="can't be read"):
        tagger_name(ClassifierChoice(model=str(tmp_path)), THEMES)


def test_what_holds_for_one_brand_only_is_kept_with_that_brands_posts(store: Store, tmp_path: Path) -> None:
    team = settings(tmp_path)
    team = replace(team, brands=(*team.brands, Brand(name="Beta", handles=("beta",))))
    posts = [mention("@acme a fresh parcel", "1"), mention("@beta a fresh parcel", "2")]
    run = app.compose(team, store, VirtualClock(NOON), classifier=Finds())
    run_source(run, SOURCE, Scripted([page(*posts, cursor=1, done=True)]))
    assert tags(store) == [frozenset({"touchpoint:deliver"})]
    assert tags(store, "Beta") == [frozenset({"touchpoint:deliver", "message:fresh"})]


class TestLookingAgain:
    @pytest.fixture
    def posts(self, store: Store) -> int:
        """More than two batches that an older tagger looked at."""
        old = verdict(tagging=Tagging(tagger="old", tags=(("touchpoint:buy", 1.0),)))
        count = 2 * BATCH + 3
        with store.write() as tx:
            tx.save_mentions([scored(f"@acme parcel {n}", str(n), said=old) for n in range(count)], NOON)
        return count

    def test_older_tags_give_way_to_new_ones(self, store: Store, posts: int) -> None:
        heard: list[int] = []
        done = retag(store, Finds(), "new", NOON, 0, heard.append)
        assert (done.posts, done.left) == (posts, 0)
        assert heard == [BATCH, 2 * BATCH, posts]
        assert set(tags(store)) == {frozenset({"touchpoint:deliver"})}
        assert retag(store, Finds(), "new", NOON, 0, heard.append).posts == 0

    def test_a_limit_is_kept_newest_first_and_the_next_call_goes_on(self, store: Store, posts: int) -> None:
        done = retag(store, Finds(), "new", NOON, 10, lambda _: None)
        assert (done.posts, done.left) == (10, posts - 10)
        assert tags(store)[-10:] == [frozenset({"touchpoint:deliver"})] * 10
        assert tags(store)[-11] == frozenset({"touchpoint:buy"})
        assert retag(store, Finds(), "new", NOON, 0, lambda _: None).posts == posts - 10

    def test_what_was_kept_before_it_was_stopped_stays(self, store: Store, posts: int) -> None:
        def stop(count: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            retag(store, Finds(), "new", NOON, 0, stop)
        with store.read() as reads:
            assert reads.untagged_count("new", NOON) == posts - BATCH

    def test_older_posts_than_asked_for_are_left(self, store: Store, posts: int) -> None:
        assert retag(store, Finds(), "new", NOON + timedelta(seconds=1), 0, lambda _: None).posts == 0

    def test_a_text_that_the_model_fails_on_goes_without_themes_and_stops_no_other(self, store: Store) -> None:
        with store.write() as tx:
            tx.save_mentions([scored("@acme parcel", "1"), scored("@acme poison parcel", "2")], NOON)
        assert retag(store, Finds(), "new", NOON, 0, lambda _: None).left == 0
        assert tags(store) == [frozenset({"touchpoint:deliver"}), frozenset()]

    def test_a_post_that_was_edited_meanwhile_keeps_its_new_tags(self, store: Store) -> None:
        newer = verdict(model="test@2", tagging=Tagging(tagger="new", tags=(("touchpoint:use", 1.0),)))
        with store.write() as tx:
            tx.save_mentions([scored("@acme parcel", "1")], NOON)

        class Edits(Finds):
            def classify(self, texts: Sequence[str]) -> list[Verdict]:
                with store.write() as tx:
                    tx.save_mentions([scored("@acme other words", "1", said=newer, version="2")], NOON)
                return super().classify(texts)

        retag(store, Edits(), "new", NOON, 0, lambda _: None)
        assert tags(store) == [frozenset({"touchpoint:use"})]

"""A classifier that fails: at one text, at everything, for a while."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from classifiers.embedded import EmbeddedClassifier
from listener import judging, pipeline
from listener.clock import VirtualClock
from listener.domain.case import Reason
from listener.domain.policy import ClassifierChoice
from listener.domain.run import SourceReport
from listener.domain.stored import InboxFilter
from listener.domain.verdict import Verdict
from listener.errors import ClassifierError
from listener.pipeline import late
from listener.pipeline.sparing import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE, POISON_REST, Sparing
from listener.ports import Store
from tests.builders import NOON, mention, verdict
from tests.pipeline.parts import SOURCE, Keywords, Scripted, page, stages


@dataclass
class Delicate:
    """Fails at every batch that holds a text with one of these words."""

    words: tuple[str, ...] = ("poison",)
    calls: int = 0
    read: list[str] = field(default_factory=list)
    model_id: str = "delicate@1"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        self.calls += 1
        if any(word in text for word in self.words for text in texts):
            raise ClassifierError("bad text")
        self.read += texts
        return [verdict(model=self.model_id) for _ in texts]


@pytest.mark.parametrize("place", [0, 1, 100, 254, 255])
def test_one_poisonous_text_leaves_the_other_255_scored(place: int) -> None:
    texts = [f"post {n}" for n in range(256)]
    texts[place] = "poison"
    delicate = Delicate()
    found = Sparing().judge(delicate, texts, NOON)
    assert [n for n, one in enumerate(found) if one is None] == [place]
    assert sorted(delicate.read) == sorted(text for text in texts if text != "poison")
    assert delicate.calls <= 2 * 9  # a batch of 256 is halved eight times


@pytest.mark.parametrize("poisonous", [{0, 1, 2, 3}, {0, 255}, set(range(128, 256)), set(range(0, 256, 2))])
def test_so_do_several(poisonous: set[int]) -> None:
    texts = [f"poison {n}" if n in poisonous else f"post {n}" for n in range(256)]
    found = Sparing().judge(Delicate(), texts, NOON)
    assert {n for n, one in enumerate(found) if one is None} == poisonous


def test_a_text_that_failed_alone_is_not_asked_about_again_for_a_while() -> None:
    sparing, delicate = Sparing(), Delicate()
    sparing.judge(delicate, ["poison", "post"], NOON)
    calls = delicate.calls
    assert sparing.judge(delicate, ["poison", "post"], NOON)[1] is not None
    assert delicate.calls == calls + 1
    delicate.words = ()
    assert sparing.judge(delicate, ["poison"], NOON) == [None]
    assert sparing.judge(delicate, ["poison"], NOON + POISON_REST)[0] is not None


def test_a_classifier_that_always_fails_is_left_alone_ever_longer_up_to_a_bound() -> None:
    sparing, broken, now = Sparing(), Delicate(words=("",)), NOON
    for _ in range(PATIENCE):
        assert not sparing.resting(now)
        assert sparing.judge(broken, ["a", "b"], now) == [None, None]
    calls = broken.calls
    assert sparing.judge(broken, ["a"], now + FIRST_PAUSE / 2) == [None]
    assert broken.calls == calls
    pauses = []
    for _ in range(8):
        assert sparing.pause_until is not None
        pauses.append(sparing.pause_until - now)
        now = sparing.pause_until
        sparing.judge(broken, ["a"], now)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (FIRST_PAUSE, LONGEST_PAUSE)
    broken.words = ("poison",)
    assert sparing.pause_until is not None
    assert sparing.judge(broken, ["a"], sparing.pause_until)[0] is not None
    assert not sparing.resting(now)


def test_a_large_batch_at_which_everything_fails_costs_few_calls() -> None:
    broken = Delicate(words=("",))
    Sparing().judge(broken, [f"post {n}" for n in range(256)], NOON)
    assert broken.calls < 25  # 9 to a single text, as many again, and the probe


def test_a_poisonous_post_waits_unscored_in_the_queue_and_is_scored_when_it_can_be(
    store: Store, tmp_path: Path
) -> None:
    clock, delicate = VirtualClock(NOON), Delicate()
    ready = replace(stages(store, tmp_path, clock=clock), classifier=delicate)
    posts = (mention("@acme my parcel is late", native_id="1"), mention("@acme poison", native_id="2"))
    pipeline.run_source(ready, SOURCE, Scripted([page(*posts, cursor=1, done=True)]))
    with store.read() as reads:
        assert [row.mention.key.native_id for row in reads.unscored(10)] == ["2"]
        assert Reason.UNSCORED in {case.reason for case in reads.inbox(InboxFilter(), NOON, 10)}
    delicate.words = ()
    clock.advance_to(NOON + POISON_REST + timedelta(minutes=1))
    for _ in range(2):  # the second look finds nothing to do
        pipeline.rescore(ready, SourceReport(source="rescored"))
    assert delicate.read.count("@acme poison") == 1
    with store.read() as reads:
        assert not reads.unscored(10)


def test_poisonous_posts_do_not_stand_before_others_that_wait(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late, "BATCH", 2)
    clock, broken = VirtualClock(NOON), Keywords(failing=True)
    ready = stages(store, tmp_path, clock=clock, classifier=broken)
    posts = [mention(f"@acme poison {n}", native_id=str(n)) for n in range(4)]
    posts.append(mention("@acme thanks", native_id="9", created_at=NOON - timedelta(days=9)))
    pipeline.run_source(ready, SOURCE, Scripted([page(*posts, cursor=1, done=True)]))
    healed = replace(ready, classifier=Delicate(), sparing=Sparing())
    for _ in range(6):
        pipeline.rescore(healed, SourceReport(source="rescored"))
    with store.read() as reads:
        assert {row.mention.key.native_id for row in reads.unscored(10)} == {"0", "1", "2", "3"}


def test_poisonous_posts_one_after_another_are_not_taken_for_a_broken_model() -> None:
    sparing, delicate = Sparing(), Delicate()
    for n in range(PATIENCE + 2):
        assert sparing.judge(delicate, [f"poison {n}"], NOON) == [None]
    assert not sparing.resting(NOON)
    assert sparing.judge(delicate, ["post"], NOON)[0] is not None


class Dying:
    """A network that raises, or answers nonsense."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error

    def get_outputs(self) -> list[object]:
        return []

    def run(self, names: object, feeds: object) -> list[object]:
        raise self.error or RuntimeError


class PanicException(BaseException):
    """As pyo3 raises where Rust panics."""


class Fail(Exception):
    """As onnxruntime raises: no RuntimeError."""


@pytest.mark.parametrize("error", [MemoryError(), Fail("[ONNXRuntimeError]"), RuntimeError("x"), PanicException("x")])
def test_whatever_the_libraries_raise_leaves_the_post_unscored(error: BaseException) -> None:
    loaded = EmbeddedClassifier.load(threads=1)
    lazy = judging.LazyClassifier(ClassifierChoice())
    lazy.__dict__["loaded"] = replace(loaded, session=Dying(error))
    with pytest.raises(ClassifierError, match="the model failed"):
        lazy.classify(["my parcel is late"])
    assert Sparing().judge(lazy, ["my parcel is late"], NOON) == [None]


def test_nobody_is_kept_from_stopping_the_program() -> None:
    lazy = judging.LazyClassifier(ClassifierChoice())
    lazy.__dict__["loaded"] = replace(EmbeddedClassifier.load(threads=1), session=Dying(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        lazy.classify(["my parcel is late"])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_leave_it_unscored_too(value: float) -> None:
    class Nonsense(Dying):
        def get_outputs(self) -> list[object]:
            return [type("Output", (), {"name": "labels"})()]

        def run(self, names: object, feeds: object) -> list[object]:
            return [np.full((1, 3), value, dtype=np.float32)]

    lazy = judging.LazyClassifier(ClassifierChoice())
    lazy.__dict__["loaded"] = replace(EmbeddedClassifier.load(threads=1), session=Nonsense())
    assert Sparing().judge(lazy, ["my parcel is late"], NOON) == [None]


def test_a_missing_model_is_asked_for_a_few_times_and_then_left_alone(tmp_path: Path) -> None:
    sparing = Sparing()
    missing = judging.LazyClassifier(ClassifierChoice(model=str(tmp_path / "none")))
    for _ in range(PATIENCE):
        assert sparing.judge(missing, ["hello there"], NOON) == [None]
    assert sparing.resting(NOON)


def test_F3_control_a_pipeline_without_sparing_is_caught(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks about the page as a whole and takes the failure for its own: nothing of the page is kept."""
    monkeypatch.setattr(Sparing, "judge", lambda _sparing, classifier, texts, _now: classifier.classify(texts))
    with pytest.raises((AssertionError, ClassifierError)):
        test_a_poisonous_post_waits_unscored_in_the_queue_and_is_scored_when_it_can_be(store, tmp_path)
    with store.read() as reads:
        assert reads.stats().mentions == 0

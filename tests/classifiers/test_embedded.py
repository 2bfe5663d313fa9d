"""The shipped model: an answer to anything, the same alone as in company."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from classifiers.base import LABELS, SENTIMENTS, Classification, ModelError, as_json
from classifiers.embedded import MAX_WINDOWS, EmbeddedClassifier

PLAIN = [
    "@acme my order is two weeks late and nobody answers my mails. Never again.",
    "@acme thank you so much, Priya at your desk fixed it in five minutes!",
    "@acme can you tell me how I change my delivery address?",
    "having lunch by the river",
    "ok",
    "@acme the new update is fine I guess, but where did the dark mode go? I used it every single day",
]
HOSTILE = [
    "",
    " ",
    "\x00",
    "\ud800\udfff",
    "\u202e\u200b\u2066",
    "😡",
    "👨‍👩‍👧‍👦🇺🇸",
    "a\u0300" * 3000,
    "\u0315\u0300" * 3000,
    "x" * 9000,
    "ก" * 500,
    "\\ud800 \\uffff",
    "\U0010ffff\ufffe",
    '{"text": 1}',
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "\x1b]0;title\x07",
]


def chances(found: Classification) -> list[float]:
    return [*found.scores.sentiment.values(), *found.scores.labels.values(), *found.scores.emotions.values()]


def distance(one: Classification, other: Classification) -> float:
    a, b = one.scores, other.scores
    gaps = [abs(a.sentiment[name] - b.sentiment[name]) for name in SENTIMENTS]
    gaps += [abs(a.labels[name] - b.labels[name]) for name in LABELS]
    gaps += [abs(a.emotions[name] - b.emotions[name]) for name in a.emotions.keys() & b.emotions.keys()]
    return max(gaps)


def test_complaints_praise_and_questions_are_told_apart(shipped: EmbeddedClassifier) -> None:
    complaint, praise, question, other, *_ = [found.verdict.labels for found in shipped.classify(PLAIN)]
    assert "complaint" in complaint
    assert "praise" not in complaint
    assert "praise" in praise
    assert "complaint" not in praise
    assert "question" in question
    assert other == ()


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text[:12]) for text in HOSTILE])
def test_any_text_gets_an_answer(shipped: EmbeddedClassifier, text: str) -> None:
    found = shipped.classify([text])[0]
    assert all(0 <= chance <= 1 for chance in chances(found))
    assert sum(found.scores.sentiment.values()) == pytest.approx(1)
    json.dumps(as_json(text, found)).encode("ascii")


def test_a_text_scores_the_same_alone_as_in_company(shipped: EmbeddedClassifier) -> None:
    texts = PLAIN + HOSTILE + [" ".join(PLAIN) * n for n in range(1, 20)]
    together = shipped.classify(texts)
    alone = [shipped.classify([text])[0] for text in texts]
    assert max(distance(one, other) for one, other in zip(together, alone, strict=True)) < 1e-3


def test_answers_come_in_order_and_equal_texts_get_equal_answers(shipped: EmbeddedClassifier) -> None:
    first, second, third = shipped.classify([PLAIN[0], PLAIN[1], PLAIN[0]])
    assert first == third != second


def test_no_texts_get_no_answers(shipped: EmbeddedClassifier) -> None:
    assert shipped.classify([]) == []


def test_the_json_has_exactly_the_promised_shape(shipped: EmbeddedClassifier) -> None:
    line = as_json(PLAIN[0], shipped.classify(PLAIN[:1])[0])
    assert list(line) == ["text", "sentiment", "labels", "emotions", "verdict", "model", "language"]
    assert line["text"] == PLAIN[0]
    assert list(line["sentiment"]) == ["negative", "neutral", "positive"]  # type: ignore[call-overload]
    assert list(line["labels"]) == ["complaint", "praise", "question", "irony", "offensive"]  # type: ignore[call-overload]
    assert list(line["verdict"]) == ["sentiment", "labels", "abstained"]  # type: ignore[call-overload]
    assert all(score >= 0.1 for score in line["emotions"].values())  # type: ignore[attr-defined]
    assert line["model"] == shipped.model_id


def test_an_unsure_sentiment_is_left_open(shipped: EmbeddedClassifier) -> None:
    sure = replace(shipped, artefact=replace(shipped.artefact, thresholds={**shipped.thresholds, "sentiment": 1.1}))
    verdict = sure.classify(PLAIN[:1])[0].verdict
    assert verdict.abstained
    assert verdict.sentiment is None
    assert "complaint" in verdict.labels


@pytest.mark.parametrize("mark", ["\u200b", "\u202e", "\u2060", "\ufeff", "\u00ad"])
def test_invisible_characters_change_nothing(shipped: EmbeddedClassifier, mark: str) -> None:
    marked = [mark.join(text) for text in PLAIN]
    pairs = zip(shipped.classify(PLAIN), shipped.classify(marked), strict=True)
    assert all(one == other for one, other in pairs)


def test_a_complaint_late_in_a_long_post_is_found(shipped: EmbeddedClassifier) -> None:
    calm = "The museum opens at nine and the garden is quiet in the morning. " * 12
    scores = [found.scores.labels["complaint"] for found in shipped.classify([calm, f"{calm} {PLAIN[0]}"])]
    assert scores[0] < 0.5 < scores[1]


def test_a_million_characters_cost_no_more_than_a_long_post(shipped: EmbeddedClassifier) -> None:
    word = "late parcel nobody answers "

    def seconds(text: str) -> float:
        """Of the processor, so that whoever else is busy here doesn't count."""
        started = time.process_time()
        shipped.classify([text])
        return time.process_time() - started

    usual = min(seconds(word * 90) for _ in range(5))  # about 2,400 characters: as many windows as are read
    assert min(seconds(word * 40_000) for _ in range(5)) < 2 * usual  # 1.2 on a quiet machine


class Nonsense:
    """A network that answers NaN."""

    def get_outputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name) for name in ("sentiment", "labels", "emotions")]

    def run(self, names: Sequence[str], feeds: dict[str, Any]) -> list[Any]:
        sizes = {"sentiment": 3, "labels": 3, "emotions": 28}
        return [np.full((len(feeds["ids"]), sizes[name]), math.nan, dtype=np.float32) for name in names]


def test_nan_is_refused_and_named(shipped: EmbeddedClassifier) -> None:
    with pytest.raises(ModelError, match="NaN or infinity in its sentiment head"):
        replace(shipped, session=Nonsense()).classify(["hello"])


def test_no_more_windows_are_read_than_promised(shipped: EmbeddedClassifier) -> None:
    ids = shipped.tokenizer.encode("word " * 2000).ids
    windows = shipped._windows(ids)
    assert len(windows) == MAX_WINDOWS
    assert all(len(window) <= shipped.artefact.max_tokens for window in windows)
    assert {(window[0], window[-1]) for window in windows} == {(ids[0], ids[-1])}

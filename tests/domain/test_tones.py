"""Irony and abuse: how a thing is said. They change how sure we are, and no label."""

from dataclasses import replace

import pytest

from listener.domain.verdict import Label, Verdict
from tests.builders import verdict


def said(irony: float, *, threshold: float | None = 0.5) -> Verdict:
    plain = verdict(Label.PRAISE, confidence=0.9)
    cut = {} if threshold is None else {"irony": threshold}
    return replace(plain, scores=replace(plain.scores, tones={"irony": irony}), thresholds={**plain.thresholds, **cut})


def test_what_sounds_ironic_is_less_sure() -> None:
    assert said(0.8).confidence == pytest.approx(0.9 * 0.6)


def test_below_its_threshold_irony_changes_nothing() -> None:
    assert (said(0.4).tones, said(0.4).confidence) == ((), pytest.approx(0.9))


def test_a_classifier_that_tells_no_tones_is_as_sure_as_before() -> None:
    assert verdict(Label.PRAISE, confidence=0.9).confidence == pytest.approx(0.9)


def test_a_tone_without_a_threshold_is_never_decided() -> None:
    assert said(0.99, threshold=None).tones == ()


def test_a_tone_is_no_label() -> None:
    assert said(0.8).labels == {Label.PRAISE}

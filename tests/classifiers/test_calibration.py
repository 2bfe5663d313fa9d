"""Probabilities that mean what they say."""

import numpy as np
import pytest

from classifiers import calibration
from classifiers.calibration import Calibration, Line, fit_line, fit_temperature, fit_threshold, softmax

RNG = np.random.default_rng(3)


def test_a_temperature_is_found_again() -> None:
    logits = RNG.normal(size=(20_000, 3)) * 2
    truth = np.array([RNG.choice(3, p=row) for row in softmax(logits / 1.7)])
    assert fit_temperature(logits, truth) == pytest.approx(1.7, abs=0.08)


def test_a_line_is_found_again_whatever_the_weights() -> None:
    logits = RNG.normal(size=20_000) * 3
    truth = RNG.random(20_000) < Line(slope=0.6, offset=-1.0)(logits)
    for weights in (None, np.full(20_000, 1e-6)):
        line = fit_line(logits, truth, weights)
        assert (line.slope, line.offset) == pytest.approx((0.6, -1.0), abs=0.08)


def test_a_line_never_turns_a_head_round() -> None:
    logits = np.linspace(-3, 3, 200)
    assert fit_line(logits, logits < 0).slope > 0


def test_a_label_nobody_has_gets_small_finite_chances() -> None:
    line = fit_line(RNG.normal(size=500), np.zeros(500, dtype=bool))
    assert 0 <= float(line(np.array([0.0]))[0]) < 0.05


def test_a_threshold_is_half_where_all_cuts_are_as_good() -> None:
    assert fit_threshold(np.array([0.1, 0.9]), np.array([False, True])) == 0.5


def test_a_threshold_follows_the_rows_down_but_never_up() -> None:
    truth = np.array([False, False, True, True])
    assert 0.35 < fit_threshold(np.array([0.1, 0.35, 0.4, 0.9]), truth) <= 0.4
    assert fit_threshold(np.array([0.1, 0.6, 0.65, 0.9]), truth) == 0.5


def test_calibrated_rows_have_no_expected_error_and_boasting_ones_do() -> None:
    chance = RNG.random(50_000)
    right = RNG.random(50_000) < chance
    assert calibration.expected_error(right, chance) < 0.02
    assert calibration.expected_error(right, np.ones(50_000)) == pytest.approx(0.5, abs=0.02)


def test_a_calibration_reads_back_as_written() -> None:
    written = Calibration(temperature=1.5, labels={"complaint": Line(slope=0.9, offset=0.1)}, emotions={"joy": Line()})
    assert calibration.from_json(written.as_json()) == written

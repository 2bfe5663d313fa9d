"""Probabilities that mean what they say."""

import numpy as np
import pytest

from classifiers import calibration
from classifiers.calibration import (
    Calibration,
    Line,
    fit_heat,
    fit_line,
    fit_temperature,
    fit_threshold,
    sigmoid,
    softmax,
)

MANY = 100_000


@pytest.fixture
def rng() -> np.random.Generator:
    """Each test's own: its draws don't depend on which ran before."""
    return np.random.default_rng(3)


def test_a_temperature_is_found_again(rng: np.random.Generator) -> None:
    logits = rng.normal(size=(20_000, 3)) * 2
    truth = np.array([rng.choice(3, p=row) for row in softmax(logits / 1.7)])
    assert fit_temperature(logits, truth) == pytest.approx(1.7, abs=0.08)


def test_a_line_is_found_again_whatever_the_weights(rng: np.random.Generator) -> None:
    logits = rng.normal(size=20_000) * 3
    truth = rng.random(20_000) < Line(slope=0.6, offset=-1.0)(logits)
    for weights in (None, np.full(20_000, 1e-6)):
        line = fit_line(logits, truth, weights)
        assert (line.slope, line.offset) == pytest.approx((0.6, -1.0), abs=0.08)


def test_a_line_never_turns_a_head_round() -> None:
    logits = np.linspace(-3, 3, 200)
    assert fit_line(logits, logits < 0).slope > 0


def test_a_label_nobody_has_gets_small_finite_chances(rng: np.random.Generator) -> None:
    line = fit_line(rng.normal(size=500), np.zeros(500, dtype=bool))
    assert 0 <= float(line(np.array([0.0]))[0]) < 0.05


def test_a_threshold_is_half_where_all_cuts_are_as_good() -> None:
    assert fit_threshold(np.array([0.1, 0.9]), np.array([False, True])) == 0.5


def test_a_threshold_follows_the_rows_down_but_never_up() -> None:
    truth = np.array([False, False, True, True])
    assert 0.35 < fit_threshold(np.array([0.1, 0.35, 0.4, 0.9]), truth) <= 0.4
    assert fit_threshold(np.array([0.1, 0.6, 0.65, 0.9]), truth) == 0.5


def test_calibrated_rows_have_no_expected_error_and_boasting_ones_do(rng: np.random.Generator) -> None:
    chance = rng.random(50_000)
    right = rng.random(50_000) < chance
    assert calibration.expected_error(right, chance) < 0.02
    assert calibration.expected_error(right, np.ones(50_000)) == pytest.approx(0.5, abs=0.02)


def test_a_calibration_reads_back_as_written() -> None:
    line = Line(slope=0.9, offset=0.1)
    written = Calibration(temperature=1.5, heat=(0.2,), labels={"complaint": line}, emotions={"joy": Line()})
    assert calibration.from_json(written.as_json()) == written


def test_settings_from_before_heat_are_read_as_one_temperature(rng: np.random.Generator) -> None:
    old = {"temperature": 2.0, "labels": {"complaint": [1, 0]}, "emotions": {}}
    logits = rng.normal(size=(5, 3))
    found = calibration.from_json(old).sentiment(logits, rng.normal(size=(5, 1)))
    assert found == pytest.approx(softmax(logits / 2.0))


def test_posts_read_as_ironic_get_less_confidence_where_they_are_less_often_right(rng: np.random.Generator) -> None:
    # So many that chance alone leaves the bins' errors well below what is asked.
    logits, irony = rng.normal(size=(MANY, 3)) * 3, np.where(rng.random(MANY) < 0.3, 6.0, -6.0)
    temperatures = np.where(irony > 0, 2.4, 1.2)
    reached = softmax(logits / temperatures[:, None]).cumsum(axis=1)
    truth = (rng.random((MANY, 1)) > reached[:, :2]).sum(axis=1)
    base, heat = fit_heat(logits, irony[:, None], truth, np.ones(MANY))
    fitted = Calibration(temperature=base, heat=heat)
    assert fitted.temperatures(np.array([[-6.0], [6.0]])) == pytest.approx([1.2, 2.4], rel=0.1)
    chance = fitted.sentiment(logits, irony[:, None])
    assert (chance.argmax(axis=1) == logits.argmax(axis=1)).all()
    for rows in (irony > 0, irony < 0):
        right = chance[rows].argmax(axis=1) == truth[rows]
        assert calibration.expected_error(right, chance[rows].max(axis=1)) < 0.02


def test_heat_is_near_none_where_labels_tell_nothing(rng: np.random.Generator) -> None:
    logits, marks = rng.normal(size=(20_000, 3)) * 3, rng.normal(size=(20_000, 2))
    truth = np.array([rng.choice(3, p=row) for row in softmax(logits / 1.5)])
    base, heat = fit_heat(logits, marks, truth, np.ones(20_000))
    assert max(map(abs, heat)) < 0.2
    assert Calibration(temperature=base, heat=heat).temperatures(marks).mean() == pytest.approx(1.5, rel=0.05)


def test_no_text_s_temperature_runs_away() -> None:
    hot = Calibration(temperature=1.0, heat=(50.0, -3.0))
    assert hot.temperatures(np.array([[900.0, -900.0], [-900.0, 900.0]])) == pytest.approx([np.e, 1 / np.e])


def test_no_rows_leave_a_logit_as_it_is() -> None:
    assert fit_line(np.array([]), np.array([], dtype=bool)) == Line()


def test_equally_full_bins_see_what_equal_bins_see_and_crowds_besides(rng: np.random.Generator) -> None:
    chance = sigmoid(rng.normal(size=50_000) * 2)
    right = rng.random(50_000) < chance
    assert calibration.equal_mass_error(right, chance) < 0.02
    crowded = np.concatenate([np.full(500, 0.91), np.full(500, 0.99)])
    one_right = np.concatenate([np.ones(500, dtype=bool), np.zeros(500, dtype=bool)])
    assert calibration.equal_mass_error(one_right, crowded, bins=2) == pytest.approx(0.54)


def test_few_rows_show_an_error_where_there_is_none_and_many_show_little(rng: np.random.Generator) -> None:
    few, many = rng.random(300), rng.random(30_000)
    assert calibration.error_by_chance(few) > 0.05
    assert calibration.error_by_chance(many) < 0.01
    assert calibration.error_by_chance(few) == calibration.error_by_chance(few)

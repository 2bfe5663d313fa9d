"""Kaplan–Meier on a published example, and where there is nothing to tell."""

import pytest

from listener.insight.survival import Seen, curve, median

# Freireich et al. 1963, weeks in remission under 6-mercaptopurine; the textbook example of Kaplan–Meier.
WEEKS = (6, 6, 6, 7, 10, 13, 16, 22, 23)
STILL = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
REMISSION = [Seen(t, True) for t in WEEKS] + [Seen(t, False) for t in STILL]


def test_the_curve_of_the_textbook_example() -> None:
    left = {step.time: step.left for step in curve(REMISSION)}
    expected = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert left == {time: pytest.approx(share, abs=5e-5) for time, share in expected.items()}


def test_its_intervals_are_those_of_the_log_log_scale() -> None:
    first = curve(REMISSION)[0]
    # R: summary(survfit(Surv(time, event) ~ 1, conf.type = "log-log")).
    assert [first.low, first.high] == pytest.approx([0.6197, 0.9516], abs=5e-4)


def test_the_median_and_its_interval() -> None:
    assert median(REMISSION) == (23, 13, None)


def test_whoever_stops_being_watched_at_the_instant_of_a_step_was_still_at_risk() -> None:
    (step,) = curve([Seen(1.0, True), Seen(1.0, False)])
    assert step.left == 0.5


def test_a_curve_that_never_falls_to_a_half_has_no_median() -> None:
    assert median([Seen(1.0, True)] + [Seen(30.0, False)] * 5)[0] is None
    assert median([]) == (None, None, None)
    assert median([Seen(30.0, False)] * 3) == (None, None, None)


def test_all_at_once_is_an_answer() -> None:
    assert median([Seen(2.0, True)] * 4)[0] == 2.0

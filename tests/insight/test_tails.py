"""The negative binomial's tail against a plain sum, the Poisson's limit and values from the tables."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.insight.tails import incomplete_beta, tail


def slow_tail(count: int, mean: float, dispersion: float) -> float:
    size = 1 / dispersion
    q = mean / (mean + size)
    below = math.fsum(
        math.exp(
            math.lgamma(y + size) - math.lgamma(size) - math.lgamma(y + 1) + size * math.log1p(-q) + y * math.log(q)
        )
        for y in range(count)
    )
    return 1 - below


@given(
    count=st.integers(1, 80), mean=st.floats(0.05, 60, allow_nan=False), dispersion=st.floats(0.005, 4, allow_nan=False)
)
@settings(max_examples=150, deadline=None)
def test_the_tail_equals_one_minus_the_sum_of_the_probabilities_below(
    count: int, mean: float, dispersion: float
) -> None:
    assert tail(count, mean, dispersion) == pytest.approx(slow_tail(count, mean, dispersion), rel=1e-6, abs=1e-9)


def test_without_dispersion_the_tail_is_poisson() -> None:
    poisson = 1 - math.fsum(math.exp(-4.0) * 4.0**y / math.factorial(y) for y in range(10))
    assert tail(10, 4.0, 0.0) == pytest.approx(poisson, rel=1e-4)


def test_a_tail_far_below_double_precision_of_one_is_still_told_apart() -> None:
    assert 0 < tail(400, 100.0, 0.01) < tail(350, 100.0, 0.01) < 1e-6


def test_nothing_at_all_is_certain_and_something_where_nothing_happens_is_impossible() -> None:
    assert tail(0, 3.0, 0.1) == 1.0
    assert tail(1, 0.0, 0.1) == 0.0


def test_the_incomplete_beta_meets_known_values() -> None:
    assert incomplete_beta(2, 3, 0.5) == pytest.approx(0.6875)
    assert incomplete_beta(0.5, 0.5, 0.25) == pytest.approx(1 / 3)
    assert incomplete_beta(5, 5, 0.0) == 0.0
    assert incomplete_beta(5, 5, 1.0) == 1.0

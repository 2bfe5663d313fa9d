"""Intervals against the values of the papers they are from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.insight.intervals import newcombe, newcombe_within, share, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_meets_newcombes_table(part: int, whole: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3."""
    assert wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("groups", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((5, 56, 0, 29), -0.0381, 0.1926),
    ],
)
def test_newcombe_meets_newcombes_table(groups: tuple[int, int, int, int], low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10."""
    assert newcombe(*groups) == pytest.approx((low, high), abs=5e-5)


def test_nothing_seen_tells_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert share(0, 0).value == 0.0
    assert newcombe_within(0, 0, 0) == (-1.0, 1.0)


counts = st.integers(1, 400).flatmap(
    lambda n: st.integers(0, n).flatmap(lambda a: st.tuples(st.just(a), st.integers(0, n - a), st.just(n)))
)


@given(counts)
@settings(max_examples=200, deadline=None)
def test_the_interval_holds_the_difference_and_mirrors(drawn: tuple[int, int, int]) -> None:
    a, b, n = drawn
    low, high = newcombe_within(a, b, n)
    assert -1 <= low <= (a - b) / n <= high <= 1
    assert newcombe_within(b, a, n) == pytest.approx((-high, -low))


@given(counts)
@settings(max_examples=100, deadline=None)
def test_shares_of_one_group_pull_against_each_other_so_their_interval_is_wider(drawn: tuple[int, int, int]) -> None:
    a, b, n = drawn
    within, apart = newcombe_within(a, b, n), newcombe(a, n, b, n)
    assert within[1] - within[0] >= apart[1] - apart[0] - 1e-12


def test_thirty_are_enough_to_tell_and_twenty_nine_are_not() -> None:
    assert share(3, 30).telling
    assert not share(3, 29).telling

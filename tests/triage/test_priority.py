"""The sum of points, and the order it gives the queue."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.policy import TriagePolicy
from listener.triage.priority import (
    Standing,
    age_points,
    band,
    heavier,
    points_now,
    rank_at,
    reach,
    terms,
    total,
    waiting_since,
)
from tests.builders import NOON, minutes
from tests.triage.builders import POLICY, case

FULL = Standing(severity=1.0, confidence=1.0, followers=1_000_000, value=1.0, repeats=3, escalated=True)


def test_at_its_fullest_each_term_is_worth_its_weight() -> None:
    assert terms(FULL, POLICY) == {
        "severity": 40.0,
        "confidence": 10.0,
        "reach": 15.0,
        "value": 15.0,
        "repeat": 10.0,
        "escalated": 50.0,
    }


def test_nothing_known_is_worth_nothing() -> None:
    assert total(terms(Standing(), POLICY)) == 0.0


def test_reach_grows_with_the_logarithm_of_followers() -> None:
    assert reach(None) == reach(0) == reach(-5) == 0.0
    assert reach(1_000) == pytest.approx(0.5, abs=0.001)
    assert reach(1_000_000) == reach(80_000_000) == 1.0


def test_a_broken_number_cannot_break_the_order() -> None:
    broken = Standing(severity=math.nan, confidence=math.inf, value=math.nan, repeats=-4)
    assert total(terms(broken, POLICY)) == 10.0


@pytest.mark.parametrize(
    ("points", "name"),
    [
        (150.0, "urgent"),
        (60.0, "urgent"),
        (59.9, "high"),
        (40.0, "high"),
        (20.0, "normal"),
        (0.0, "low"),
        (-1.0, "low"),
    ],
)
def test_a_band_begins_at_its_points(points: float, name: str) -> None:
    assert band(points, POLICY) == name


def test_without_bands_there_is_no_band() -> None:
    assert band(10.0, replace(POLICY, bands={})) == ""


def test_several_posts_are_worth_each_term_at_its_largest() -> None:
    assert heavier({"severity": 3.0, "reach": 1.0}, {"severity": 2.0, "value": 4.0}) == {
        "severity": 3.0,
        "reach": 1.0,
        "value": 4.0,
    }


def test_a_full_rescue_window_is_worth_the_weight_of_age() -> None:
    waited = case(rank_at=rank_at(NOON, 30.0, POLICY))
    assert age_points(waited, NOON, POLICY) == 0.0
    assert age_points(waited, NOON + timedelta(hours=24), POLICY) == 20.0
    assert points_now(waited, NOON + timedelta(hours=48), POLICY) == 70.0
    assert waiting_since(waited, POLICY) == NOON


weights = st.floats(0, 200, allow_subnormal=False)
points = st.integers(0, 1500).map(lambda tenths: tenths / 10)
ages = st.integers(0, 5000)


@settings(max_examples=150, deadline=None)
@given(points, ages, points, ages, st.integers(0, 10_000), weights)
def test_the_queue_is_ordered_by_points_with_age_at_every_moment(
    one: float, one_age: int, other: float, other_age: int, later: int, weight: float
) -> None:
    """Ordering by the instant equals ordering by what `case why` sums, now and at any later time."""
    policy = TriagePolicy(weights={"age": weight})
    first = case(priority=one, rank_at=rank_at(NOON - minutes(one_age), one, policy))
    second = case(priority=other, rank_at=rank_at(NOON - minutes(other_age), other, policy))
    now = NOON + minutes(later)
    if first.rank_at <= second.rank_at:
        assert points_now(first, now, policy) >= points_now(second, now, policy)
    else:
        assert points_now(first, now, policy) <= points_now(second, now, policy)
    assert first.priority + age_points(first, now, policy) == pytest.approx(points_now(first, now, policy))


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 10**9), st.floats(0, 1), st.integers(0, 9), st.booleans())
def test_what_is_printed_is_what_is_summed(
    severity: float, confidence: float, followers: int, value: float, repeats: int, escalated: bool
) -> None:
    standing = Standing(
        severity=severity, confidence=confidence, followers=followers, value=value, repeats=repeats, escalated=escalated
    )
    found = terms(standing, POLICY)
    assert f"{total(found):.1f}" == f"{sum(float(f'{p:.1f}') for p in found.values()):.1f}"

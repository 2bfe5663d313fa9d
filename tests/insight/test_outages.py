"""Outages of ours in simulated traffic: none is taken for a spike, each long one is told as blindness."""

import pytest

from tests.insight.outages import trial


@pytest.mark.parametrize(("an_hour", "bursty"), [(2.0, False), (30.0, True)])
def test_an_outage_is_told_as_blindness_within_ten_minutes_and_never_as_a_spike(
    an_hour: float, *, bursty: bool
) -> None:
    """Two cells and few outages; `python -m tests.insight.outages 1000` has six and a thousand."""
    found = trial(11, 5, an_hour, bursty=bursty)
    assert found.spikes == []
    assert found.long >= 2
    assert found.told == found.closed == found.long

"""The Net Promoter Score against a slow count, its interval and its bands."""

from datetime import UTC, datetime, timedelta
from statistics import fmean, pvariance
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.loyalty import Answer
from listener.domain.nps import Band, band_of
from listener.insight.nps import by_month, by_survey, by_week, nps
from tests.builders import NOON, minutes

BERLIN = ZoneInfo("Europe/Berlin")


def answer(score: int, respondent: str = "ann", at: datetime = NOON, survey: str = "spring") -> Answer:
    return Answer(brand="Acme", survey=survey, respondent=respondent, score=score, at=at)


def crowd(*scores: int) -> list[Answer]:
    return [answer(score, f"p{n}") for n, score in enumerate(scores)]


given_answers = st.lists(
    st.builds(
        lambda score, who, at: answer(score, f"p{who}", NOON + minutes(at)),
        st.integers(0, 10),
        st.integers(0, 40),
        st.integers(0, 500),
    ),
    unique_by=lambda one: (one.respondent, one.at),
    max_size=80,
)


@settings(max_examples=100, deadline=None)
@given(given_answers)
def test_the_score_is_what_a_slow_count_finds(answers: list[Answer]) -> None:
    votes = []
    for who in {one.respondent for one in answers}:
        last = max((one for one in answers if one.respondent == who), key=lambda one: one.at)
        votes.append(1 if last.score in (9, 10) else -1 if last.score <= 6 else 0)
    found = nps(answers)
    assert (found.promoters, found.passives, found.detractors) == (votes.count(1), votes.count(0), votes.count(-1))
    assert found.points == pytest.approx(100 * fmean(votes) if votes else 0)
    if len(set(votes)) > 1:
        half = 1.959964 * (pvariance(votes) / len(votes)) ** 0.5
        assert found.low == pytest.approx(max(-100, 100 * (fmean(votes) - half)), abs=1e-3)
        assert found.high == pytest.approx(min(100, 100 * (fmean(votes) + half)), abs=1e-3)
    assert -100 <= found.low <= found.points <= found.high <= 100


@pytest.mark.parametrize(("score", "side"), [(0, "detractors"), (6, "detractors"), (7, "passives"), (8, "passives")])
def test_six_detracts_seven_and_eight_are_passive(score: int, side: str) -> None:
    assert getattr(nps(crowd(score)), side) == 1


def test_all_alike_still_has_an_interval() -> None:
    found = nps(crowd(*[10] * 40))
    assert found.points == 100
    assert 80 < found.low < 95
    assert nps([]).low == -100
    assert nps([]).high == 100


def test_few_answers_tell_nothing() -> None:
    assert not nps(crowd(*[10] * 29)).telling
    assert nps(crowd(*[10] * 30)).telling


@pytest.mark.parametrize(
    ("points", "band"),
    [
        (-100, Band.BELOW),
        (4.9, Band.BELOW),
        (5, Band.AVERAGE),
        (9.9, Band.AVERAGE),
        (10, Band.ABOVE),
        (49.9, Band.ABOVE),
        (50, Band.LEGENDARY),
        (100, Band.LEGENDARY),
    ],
)
def test_bands(points: float, band: Band) -> None:
    assert band_of(points) is band


def test_each_band_that_the_interval_touches_is_named() -> None:
    found = nps(crowd(*[10] * 45, *[8] * 20, *[0] * 35))
    assert found.bands == [Band.BELOW, Band.AVERAGE, Band.ABOVE]
    assert nps(crowd(*[10] * 900, *[8] * 50, *[0] * 50)).bands == [Band.LEGENDARY]


def test_months_and_weeks_are_those_of_the_team() -> None:
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # 1 March, a Sunday, in Berlin
    answers = [answer(9, "ann", late), answer(3, "ben", late + timedelta(days=1))]
    assert {key: found.n for key, found in by_month(answers, BERLIN).items()} == {"2026-03": 2}
    assert {key: found.n for key, found in by_week(answers, BERLIN).items()} == {"2026-02-23": 1, "2026-03-02": 1}


def test_whoever_answers_in_two_months_counts_in_both_and_once_in_all() -> None:
    answers = [answer(9, at=NOON), answer(0, at=NOON + timedelta(days=40))]
    assert [found.points for found in by_month(answers, BERLIN).values()] == [100, -100]
    assert nps(answers).detractors == 1


def test_surveys_stand_apart() -> None:
    found = by_survey([answer(9), answer(2, survey="autumn")])
    assert {key: one.points for key, one in found.items()} == {"autumn": -100, "spring": 100}

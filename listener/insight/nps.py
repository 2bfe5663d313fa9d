"""Net Promoter Score of imported answers: each respondent once, with the latest answer of the window."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from math import sqrt
from zoneinfo import ZoneInfo

from listener.domain.loyalty import Answer
from listener.domain.nps import DETRACTS, PROMOTES, Nps
from listener.insight.intervals import Z, newcombe_within
from listener.insight.windows import DAY, day_of


def nps(answers: Iterable[Answer]) -> Nps:
    """Of all answers, whatever their survey; the interval is by the variance of +1, 0 and −1."""
    latest = {one.respondent: one.score for one in sorted(answers, key=lambda one: one.at)}
    promoters = sum(score >= PROMOTES for score in latest.values())
    detractors = sum(score <= DETRACTS for score in latest.values())
    low, high = _interval(promoters, detractors, len(latest))
    return Nps(
        promoters=promoters,
        passives=len(latest) - promoters - detractors,
        detractors=detractors,
        low=100 * low,
        high=100 * high,
    )


def by_survey(answers: Iterable[Answer]) -> dict[str, Nps]:
    return _by((one.survey, one) for one in answers)


def by_month(answers: Iterable[Answer], zone: ZoneInfo) -> dict[str, Nps]:
    """`2026-03` → of the answers given in it, by days as the zone has them."""
    return _by((f"{day_of(one.at, zone):%Y-%m}", one) for one in answers)


def by_week(answers: Iterable[Answer], zone: ZoneInfo) -> dict[str, Nps]:
    """A week's Monday → of the answers given in it."""
    return _by((_monday(day_of(one.at, zone)).isoformat(), one) for one in answers)


def _by(keyed: Iterable[tuple[str, Answer]]) -> dict[str, Nps]:
    found: defaultdict[str, list[Answer]] = defaultdict(list)
    for key, answer in keyed:
        found[key].append(answer)
    return {key: nps(found[key]) for key in sorted(found)}


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def _interval(promoters: int, detractors: int, n: int) -> tuple[float, float]:
    if n in (0, promoters, detractors, n - promoters - detractors):
        # All alike: their variance is nought, and an interval of no width would pretend.
        return newcombe_within(promoters, detractors, n)
    mean = (promoters - detractors) / n
    half = Z * sqrt(((promoters + detractors) / n - mean * mean) / n)
    return max(-1.0, mean - half), min(1.0, mean + half)

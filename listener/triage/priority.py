"""A case's priority, a sum of named points, and the one instant by which the queue is ordered.

Stored are the points that only an event can change: severity, confidence, reach, value, repeat, escalated. Age is
different: it grows by itself, for every case alike. Adding it to a stored number would mean rewriting every waiting
row again and again, and each rewrite would fence off the agent who holds it. But

    priority(a) + age(a)  >  priority(b) + age(b)

doesn't depend on now when age grows linearly, so the order is kept by an instant that never moves:

    rank_at = waiting since − priority · (rescue window ÷ points of age)

With the default weights a point is worth 72 minutes of waiting: 40 points of severity stand 48 hours ahead. The
earliest `rank_at` is served first, and `points_now` turns it back into points for people. Age isn't capped at the
rescue window: under a cap a steady stream of urgent cases would starve everything older than a day.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.domain.case import Case
from listener.domain.policy import TriagePolicy
from listener.triage.severity import unit

BREACHED = "breached"
"""The term of a case that was escalated because a promise was broken."""
FULL_REACH = 1_000_000
"""Followers at which reach counts fully."""
FULL_REPEAT = 3
LONGEST_POINT = timedelta(days=30)
"""What a point is worth where age has no weight."""
LONGEST_START = timedelta(days=365_000)
"""Keeps any weight within the calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What priority is made of."""

    severity: float = 0.0
    confidence: float = 0.0
    followers: int | None = None
    value: float | None = None
    """Customer value's percentile, 0 to 1."""
    repeats: int = 0
    """Earlier complaints of this author, or earlier posts in the same case."""
    escalated: bool = False
    lang: str = ""
    """As it was identified, and `tones` as they were heard: no part of the points, but kept with what rules look at."""
    tones: tuple[str, ...] = ()


def terms(standing: Standing, policy: TriagePolicy) -> dict[str, float]:
    """Points by name, each weight times 0…1, kept to a tenth so that what is printed is what is summed."""
    shares = {
        "severity": unit(standing.severity),
        "confidence": unit(standing.confidence),
        "reach": reach(standing.followers),
        "value": unit(standing.value or 0.0),
        "repeat": min(max(standing.repeats, 0), FULL_REPEAT) / FULL_REPEAT,
        "escalated": 1.0 if standing.escalated else 0.0,
    }
    return {name: round(policy.weights.get(name, 0.0) * share, 1) for name, share in shares.items()}


def reach(followers: int | None) -> float:
    """log10(1 + followers) ÷ log10(1 + 1 M), at most 1; nobody knows: 0."""
    return unit(math.log10(1 + max(followers or 0, 0)) / math.log10(1 + FULL_REACH))


def total(points: Mapping[str, float]) -> float:
    """The priority that goes with these terms."""
    return round(math.fsum(points.values()), 1)


def raised_on_purpose(case: Case) -> bool:
    """Whether a person, a route or a rule escalated it, and not only a broken promise."""
    return case.escalated and (case.terms.get("escalated", 0.0) > 0 or BREACHED not in case.terms)


def heavier(*many: Mapping[str, float]) -> dict[str, float]:
    """Each term at its largest: what several posts in one case are worth together.

    A term that only one of them has, such as a rule's, which may be below 0, stays as it is.
    """
    names = dict.fromkeys(name for points in many for name in points)
    return {name: max(points[name] for points in many if name in points) for name in names}


def band(priority: float, policy: TriagePolicy) -> str:
    """The highest band that begins at or below this priority; the lowest of all below that."""
    floors = sorted(policy.bands.items(), key=lambda item: (-item[1], item[0]))
    return next((name for name, floor in floors if priority >= floor), floors[-1][0] if floors else "")


def rank_at(waiting_since: datetime, priority: float, policy: TriagePolicy) -> datetime:
    """The case's place in the queue: when it began to wait, less the head start its priority is worth."""
    return waiting_since - _head_start(priority, policy)


def waiting_since(case: Case, policy: TriagePolicy) -> datetime:
    """Since when the case's age counts: the post's time, moved on by a reply or a reopening."""
    return case.rank_at + _head_start(case.priority, policy)


def points_now(case: Case, now: datetime, policy: TriagePolicy) -> float:
    """Priority with age as of now: the number that orders the queue among cases equally escalated."""
    return round((now - case.rank_at) / _point(policy), 1)


def age_points(case: Case, now: datetime, policy: TriagePolicy) -> float:
    """The moving term: what waiting has added to the stored priority."""
    return round(points_now(case, now, policy) - case.priority, 1)


def _head_start(priority: float, policy: TriagePolicy) -> timedelta:
    return timedelta(seconds=min(priority * _point(policy).total_seconds(), LONGEST_START.total_seconds()))


def _point(policy: TriagePolicy) -> timedelta:
    """The waiting that is worth one point, held between a second and a month: weights are whatever a file says."""
    weight = max(policy.weights.get("age", 0.0), 1e-9)
    seconds = policy.rescue_window.total_seconds() / weight
    return timedelta(seconds=min(max(1.0, seconds), LONGEST_POINT.total_seconds()))

"""More talk, or more of it complaints: an alert says which; pure.

Complaints among posts are beta-binomial: the brand's share wanders from hour to hour by more than counting explains,
and how much more its own weeks tell, by moments.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from listener.domain.watched import HourPosts

RARE = 0.01
"""A share this improbable drives; else the volume does. It tells two kinds of spike apart and raises none."""

PRIOR_POSTS = 20.0
"""An hour whose share is told from so many posts or fewer says little: the prior's weight, in posts."""

LOOSEST = 2.0
TIGHTEST = 1e4
_ENOUGH = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """How much was written meanwhile, and how much of it complains, beside the usual."""

    posts: int
    usual_posts: float
    share: float
    usual_share: float
    p: float
    """Probability of so many complaints or more among so many posts at the usual share."""

    @property
    def by_share(self) -> bool:
        return self.p <= RARE

    @property
    def tag(self) -> str:
        return "complaint-driven" if self.by_share else "volume-driven"


def drive(now: Sequence[HourPosts], usual: Sequence[HourPosts], usual_posts: float) -> Drive | None:
    """`now` are the window's hours, `usual` those of the weeks before; None where there is nothing to compare with."""
    posts, complaints = sum(hour.posts for hour in now), sum(hour.complaints for hour in now)
    before = sum(hour.posts for hour in usual)
    if not posts or not before:
        return None
    mean = min(max(sum(hour.complaints for hour in usual) / before, 0.5 / before), 1 - 0.5 / before)
    weight = _weight(usual, mean)
    return Drive(
        posts=posts,
        usual_posts=usual_posts,
        share=complaints / posts,
        usual_share=mean,
        p=share_tail(complaints, posts, mean * weight, (1 - mean) * weight),
    )


def _weight(usual: Sequence[HourPosts], mean: float) -> float:
    """α + β: how closely hours keep to the mean, by moments over hours with posts, held back by a prior."""
    told = [hour for hour in usual if hour.posts > 1]
    binomial = sum(hour.posts * mean * (1 - mean) for hour in told)
    pairs = sum(hour.posts * (hour.posts - 1) * mean * (1 - mean) for hour in told)
    if pairs <= 0:
        return PRIOR_POSTS
    excess = sum((hour.complaints - hour.posts * mean) ** 2 for hour in told) - binomial
    rho = (max(excess, 0.0) + PRIOR_POSTS * mean * (1 - mean)) / (pairs + PRIOR_POSTS**2 * mean * (1 - mean))
    return min(max(1 / max(rho, 1e-9) - 1, LOOSEST), TIGHTEST)


def share_tail(count: int, of: int, alpha: float, beta: float) -> float:
    """P(K ≥ count) for a beta-binomial K of `of` posts."""
    if count <= 0:
        return 1.0
    base = _log_beta(alpha, beta)
    total = 0.0
    for k in range(count, of + 1):
        choose = math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)
        term = math.exp(choose + _log_beta(k + alpha, of - k + beta) - base)
        total += term
        if term < _ENOUGH * total and k > of * alpha / (alpha + beta):
            break
    return min(1.0, total)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

"""How long until something happens, where some are only seen until it hadn't yet (Kaplan and Meier 1958)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt

from listener.insight.intervals import Z


@dataclass(frozen=True, slots=True)
class Seen:
    """One subject: how long it was watched, and whether the thing then happened."""

    time: float
    happened: bool


@dataclass(frozen=True, slots=True)
class Step:
    """From `time` on, `left` is the share to which it hasn't happened; low and high are its 95 % interval."""

    time: float
    left: float
    low: float
    high: float


def curve(seen: Sequence[Seen]) -> list[Step]:
    """A step wherever it happened to somebody; Greenwood's variance on the log-log scale (Kalbfleisch and Prentice).

    Whoever stopped being watched at the instant of a step was still at risk there.
    """
    ended, happened = Counter(one.time for one in seen), Counter(one.time for one in seen if one.happened)
    at_risk, left, spread, steps = len(seen), 1.0, 0.0, []
    for time in sorted(ended):
        if deaths := happened[time]:
            left *= 1 - deaths / at_risk
            spread = inf if deaths == at_risk else spread + deaths / (at_risk * (at_risk - deaths))
            steps.append(Step(time, left, *_around(left, spread)))
        at_risk -= ended[time]
    return steps


def median(seen: Sequence[Seen]) -> tuple[float | None, float | None, float | None]:
    """(value, low, high): when the curve, and each end of its interval, first falls to one half.

    The test-inversion interval of Brookmeyer and Crowley (1982); None where the curve doesn't fall so far.
    """
    steps = curve(seen)

    def first(name: str) -> float | None:
        return next((step.time for step in steps if getattr(step, name) <= 0.5 + 1e-12), None)

    return first("left"), first("low"), first("high")


def _around(left: float, spread: float) -> tuple[float, float]:
    if left <= 0.0 or spread == inf:
        # Nobody is left: the log-log scale has no such place. The last step's low end can't be below it.
        return 0.0, 1.0
    width = Z * sqrt(spread) / abs(log(left))
    return exp(log(left) * exp(width)), exp(log(left) * exp(-width))

"""How one window of recent bins speaks for a spike: how improbable its count is, and how new."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from listener.insight.baseline import Guard, Spread
from listener.insight.tails import tail
from listener.insight.windows import HOUR

HOURLY_SPREAD = 0.3
"""Relative standard deviation of an hour beyond Poisson, assumed before the series has shown its own: the quieter
half of ten real brands lies between 0.17 and 0.43."""

SPREAD_FALL = 0.3
"""It falls like span^-0.3: hours resemble their neighbours (lag-1 correlation about 0.5), so longer windows average
less away than independent hours would."""

HALF_LIFE = timedelta(days=28)
"""Of spread and record: what shocked two months ago may shock again."""

EVENT_LIFT = 1.5
"""One event lifts a record by this factor at most, so that a huge crisis doesn't mute the next, smaller one."""

GUARD = timedelta(hours=24)
"""How late baseline and spread learn, once they know enough to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One window's case for a spike."""

    span: timedelta
    observed: int
    usual: float
    p: float
    """Probability of `observed` or more on a usual day; 1 where it isn't above the usual."""
    novelty: float
    """Excess in units of the largest of the last weeks; 0 where there is none."""

    @property
    def calm(self) -> bool:
        return self.observed <= self.usual


class Window:
    """The bins of the last `span`, their usual spread, and the record of their excess."""

    def __init__(self, span: timedelta, width: timedelta) -> None:
        self.span = span
        self._size = max(1, span // width)
        self._bins: deque[tuple[int, float]] = deque()
        self._count = 0
        self._usual = 0.0
        # Neighbouring windows say nearly the same: one an hour is enough to learn the spread from.
        self._stride = max(1, HOUR // width)
        self._since_learnt = 0
        day = timedelta(days=1) / (width * self._stride)
        self._spread = Spread(
            HOURLY_SPREAD * (HOUR / span) ** SPREAD_FALL, pseudo=day, keep=0.5 ** (width * self._stride / HALF_LIFE)
        )
        self._guard: Guard[tuple[int, float]] = Guard()
        self._hold = GUARD // (width * self._stride)
        # A window's excess grows bin by bin; read at once, its record would grow along and nothing were ever new.
        self._lag = max(1, math.ceil(max(span / 2, HOUR) / width))
        self._recent: deque[float] = deque()
        self._fade = 0.5 ** (width / HALF_LIFE)
        self._record = 0.0
        self._before_event: float | None = None
        self._held: float | None = None

    def judge(self, count: int, expected: float, doubt: Callable[[float], float]) -> Evidence:
        """The window as it stands when the newest bin holds `count` where `expected` is usual; changes nothing.

        `doubt` tells what dispersion a window's own expectation adds by being uncertain.
        """
        observed, usual = self._count + count, self._usual + expected
        excess = observed - usual
        if excess <= 0:
            return Evidence(span=self.span, observed=observed, usual=usual, p=1.0, novelty=0.0)
        record = self._record if self._held is None else self._held
        return Evidence(
            span=self.span,
            observed=observed,
            usual=usual,
            p=tail(observed, usual, self._spread.dispersion + doubt(usual)),
            novelty=excess / max(record, self.sd(usual), 1.0),
        )

    def sd(self, expected: float) -> float:
        """Usual standard deviation of a count around `expected`."""
        return self._spread.sd(expected)

    def push(self, count: int, expected: float, *, cold: bool) -> None:
        """Take the newest bin in. While `cold`, learn at once, and let any excess make the record."""
        observed, usual = self._count + count, self._usual + expected
        self._learn_spread(observed, usual, hold=0 if cold else self._hold)
        self._learn_record(observed - usual, self.sd(usual), cold=cold)
        self.shift(count, expected)

    def shift(self, count: int, expected: float) -> None:
        """Move on by a bin without learning; (0, 0) for one that nobody listened to."""
        self._bins.append((count, expected))
        self._count += count
        self._usual += expected
        if len(self._bins) >= self._size:
            old_count, old_usual = self._bins.popleft()
            self._count -= old_count
            self._usual = max(0.0, self._usual - old_usual)

    def hold_record(self) -> None:
        """Measure novelty by today's record until released, so that a growing spike is seen to grow."""
        self._held = self._record

    def release_record(self) -> None:
        self._held = None

    def clear(self) -> None:
        """Forget the bins: what was told of a spike that is over isn't told again."""
        self._bins.clear()
        self._count, self._usual = 0, 0.0

    def _learn_spread(self, observed: int, usual: float, hold: int) -> None:
        self._since_learnt += 1
        if self._since_learnt < self._stride:
            return
        self._since_learnt = 0
        for pair in self._guard.pass_through((observed, usual), hold):
            self._spread.learn(*pair)

    def _learn_record(self, excess: float, sd: float, *, cold: bool) -> None:
        self._recent.append(excess)
        self._record *= self._fade
        if len(self._recent) <= self._lag:
            return
        late = self._recent.popleft()
        if cold:
            self._record = max(self._record, late)
        elif late <= 0:
            self._before_event = None
        elif late > self._record:
            if self._before_event is None:
                self._before_event = max(self._record, sd)
            self._record = max(self._record, min(late, EVENT_LIFT * self._before_event))

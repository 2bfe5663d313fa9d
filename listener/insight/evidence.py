"""How one window of recent bins speaks for a spike: how improbable its count is, and how new."""

import math
from array import array
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from listener.domain.policy import SpikePolicy
from listener.insight.baseline import LEVEL_HALF_LIFE, Guard, Spread
from listener.insight.tails import middle_tail
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
"""One event lifts the lasting record by this factor at most, so that a huge one doesn't mute the next, smaller one."""

ECHO_HALF_LIFE = LEVEL_HALF_LIFE
"""Of the record that an event makes to its full height: its aftershocks in the same week are no news, and a crisis of
five times the usual has left room for one of three times after two weeks."""

GUARD = timedelta(hours=24)
"""How late baseline and spread learn, once they know enough to wait."""

BEFORE = HOUR
"""The stretch before a window that tells what to expect of it."""

LONGEST = timedelta(hours=10)
"""From this length a window's probability may be `max_p`; shorter ones are read oftener and need less."""

SEASON_P = 0.01
"""Whatever came before: a count this likely at its hour is no spike. What returns after a slump is none either."""

MOST_CARRIED = 3.0
"""Times the usual above it; higher says no more of the next hour."""

DOUBTED_HOURS, DOUBTED_STRAY = 24, 0.1
"""Carrying over must be learnt: a day of hours that strayed by a tenth and told nothing is assumed before."""


class Evidence(NamedTuple):
    """One window's case for a spike; a tuple, for five are made in every bin."""

    span: timedelta
    observed: int
    usual: float
    """Expected, what the hour before tells included."""
    p: float
    """Probability of `observed` or more; 1 where the window isn't above its usual or holds nothing new."""
    novelty: float
    """Excess in units of the largest of the last weeks; 0 where there is none."""
    speaks: bool


class History:
    """Running sums over the last bins, kept once for all windows."""

    __slots__ = ("_counts", "_newest", "_usual")

    def __init__(self, bins: int) -> None:
        self._counts = array("q", bytes(8 * (bins + 1)))
        self._usual = array("d", bytes(8 * (bins + 1)))
        self._newest = 0

    def push(self, count: int, usual: float) -> None:
        """(0, 0) for a bin that nobody listened to."""
        count += self._counts[self._newest]
        usual += self._usual[self._newest]
        self._newest = (self._newest + 1) % len(self._counts)
        self._counts[self._newest], self._usual[self._newest] = count, usual

    def between(self, oldest: int, newest: int) -> tuple[int, float]:
        """Of the bins from `oldest` back up to `newest` back, the first not included in the count of 1."""
        size = len(self._counts)
        begin, end = (self._newest - oldest) % size, (self._newest - newest) % size
        return self._counts[end] - self._counts[begin], max(0.0, self._usual[end] - self._usual[begin])


class Record:
    """The largest excess of the last weeks, each read late.

    A window's excess grows bin by bin; read at once, its record would grow along and nothing were ever new.
    """

    __slots__ = ("_before_event", "_echo", "_echo_fades", "_fades", "_lag", "_lasting", "_waiting", "value")

    def __init__(self, span: timedelta, width: timedelta) -> None:
        self._lag = max(1, math.ceil(max(span / 2, HOUR) / width))
        self._waiting = array("d")
        self._fades = 0.5 ** (width / HALF_LIFE)
        self._echo_fades = 0.5 ** (width / ECHO_HALF_LIFE)
        self._lasting = self._echo = self._before_event = 0.0
        self.value = 0.0

    def learn(self, excess: float, usual_stray: float, *, cold: bool) -> None:
        """While `cold`, any excess makes the record; an event begins from `usual_stray` at least."""
        self._lasting *= self._fades
        self._echo *= self._echo_fades
        self._waiting.append(excess)
        if len(self._waiting) <= self._lag:
            return
        late = self._waiting.pop(0)
        if late > 0:
            self._rise(late, usual_stray, cold=cold)
        elif not cold:
            self._before_event = 0.0
        self.value = max(self._lasting, self._echo)

    def _rise(self, late: float, usual_stray: float, *, cold: bool) -> None:
        self._echo = max(self._echo, late)
        if cold:
            self._lasting = max(self._lasting, late)
        elif late > self._lasting:
            self._before_event = self._before_event or max(self._lasting, usual_stray)
            self._lasting = max(self._lasting, min(late, EVENT_LIFT * self._before_event))


class CarryOver:
    """What the hour before a window tells of it: its excess, shrunk to what chance allows, times a learnt share."""

    __slots__ = ("_both", "_keep", "_square")

    def __init__(self, keep: float) -> None:
        self._keep = keep
        self._both = self._square = 0.0

    @property
    def share(self) -> float:
        return min(1.0, max(0.0, self._both / (self._square + DOUBTED_HOURS * DOUBTED_STRAY**2)))

    @staticmethod
    def stray(observed: int, usual: float, dispersion: float) -> float:
        """Posterior mean of the hour's rate against the usual, less one: a gamma prior of this dispersion."""
        return min(MOST_CARRIED, (observed - usual) / (usual + 1 / max(dispersion, 1e-3))) if usual > 0 else 0.0

    def learn(self, stray: float, observed: float, usual: float) -> None:
        if usual > 0:
            followed = min(MOST_CARRIED, (observed - usual) / usual)
            self._both = self._both * self._keep + followed * stray
            self._square = self._square * self._keep + stray * stray


class Window:
    """The bins of the last `span`: their usual spread, and the record of their excess."""

    __slots__ = (
        "_before", "_carry", "_carry_spread", "_guard", "_hold", "_least_p", "_policy", "_record", "_since_learnt",
        "_size", "_spread", "_stride", "span",
    )  # fmt: skip

    def __init__(self, span: timedelta, width: timedelta, policy: SpikePolicy) -> None:
        self.span = span
        self._policy = policy
        self._least_p = policy.max_p * min(1.0, span / LONGEST)
        self._size = max(1, span // width)
        self._before = max(1, BEFORE // width)
        # Neighbouring windows say nearly the same: one an hour is enough to learn the spread from.
        self._stride = max(1, HOUR // width)
        self._since_learnt = 0
        day = timedelta(days=1) / (width * self._stride)
        keep = 0.5 ** (width * self._stride / HALF_LIFE)
        prior = HOURLY_SPREAD * (HOUR / span) ** SPREAD_FALL
        self._spread = Spread(prior, pseudo=day, keep=keep)
        self._carry = CarryOver(keep)
        self._carry_spread = Spread(prior, pseudo=day, keep=keep)
        self._guard = Guard(3)
        self._hold = GUARD // (width * self._stride)
        self._record = Record(span, width)

    def bins(self) -> int:
        """How far back it looks, what it carries over included."""
        return self._size + self._before

    def sums(self, history: History, since: int, count: int, expected: float) -> tuple[int, float]:
        """Observed and expected, when the newest bin holds `count` where `expected` is usual; bins more than `since`
        back don't count."""
        if self._size == 1:
            return count, expected
        observed, usual = history.between(self._size - 1 if since >= self._size else since, 0)
        return observed + count, usual + expected

    def judge(self, history: History, observed: int, usual: float, doubt: Callable[[float], float]) -> Evidence:
        """What its sums say; changes nothing. `doubt` tells what dispersion an expectation adds by being uncertain."""
        excess = observed - usual
        if excess <= 0:
            return Evidence(self.span, observed, usual, 1.0, 0.0, speaks=False)
        sd = self._spread.sd(usual)
        unit = sd**self._policy.relative
        novelty = excess / max(self._record.value * unit, sd)
        if novelty < self._policy.novelty or observed < self._policy.min_count:
            return Evidence(self.span, observed, usual, 1.0, novelty, speaks=False)
        p, usual = self._rarity(history, observed, usual, doubt(usual))
        return Evidence(self.span, observed, usual, p, novelty, p <= self._least_p)

    def sd(self, expected: float) -> float:
        """Usual standard deviation of a count around `expected`; never under one."""
        return self._spread.sd(expected)

    def learn(self, history: History, observed: int, usual: float, *, cold: bool) -> None:
        """Take its sums in, before the history does. While `cold`, learn at once."""
        sd = self._spread.sd(usual)
        unit = sd**self._policy.relative
        self._record.learn((observed - usual) / unit, sd / unit, cold=cold)
        self.learn_spread(history, observed, usual, cold=cold)

    def learn_spread(self, history: History, observed: int, usual: float, *, cold: bool) -> None:
        """How far it strays, and what the hour before told of it."""
        self._since_learnt += 1
        if self._since_learnt >= self._stride:
            self._since_learnt = 0
            stray = self._stray_before(history)
            for row in self._guard.pass_through((observed, usual, stray), 0 if cold else self._hold):
                self._learn_stray(*row)

    def _learn_stray(self, observed: float, usual: float, stray: float) -> None:
        if self._policy.carry_over:
            self._carry_spread.learn(observed, usual * (1 + self._carry.share * stray))
            self._carry.learn(stray, observed, usual)
        self._spread.learn(observed, usual)

    def _stray_before(self, history: History) -> float:
        if not self._policy.carry_over:
            return 0.0
        newest = self._size - 1
        observed, usual = history.between(newest + self._before, newest)
        return self._carry.stray(observed, usual, self._spread.dispersion)

    def _rarity(self, history: History, observed: int, usual: float, doubt: float) -> tuple[float, float]:
        """Tail probability, and the expectation that it is under."""
        p = middle_tail(observed, usual, self._spread.dispersion + doubt)
        if not self._policy.carry_over or p > SEASON_P:
            return p, usual
        usual *= 1 + self._carry.share * self._stray_before(history)
        return middle_tail(observed, usual, self._carry_spread.dispersion + doubt), usual

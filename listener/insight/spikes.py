"""The spike rule: a count alarms when it is improbable under the series' own habit *and* new against its own past.

One `Detector` a series, fed bin by bin, oldest first; its memory doesn't grow and it never looks ahead.

1. `baseline.Baseline` says what a bin usually holds: level × hour of day × weekend.
2. Windows of several lengths end in the newest bin, for a crisis may be short and high or long and low. Each window
   (`evidence.Window`) answers two questions:
   - *improbable?* the negative binomial tail under the expectation, with the window's own dispersion: p ≤ `max_p`;
   - *new?* its excess over the expectation against the largest excess of the last weeks: novelty ≥ `novelty`. Real
     traffic doubles by itself more than once a week; only a series' own record keeps that from paging.
3. A floor (`min_count`), a cold start that stays silent, and a refractory time after each alarm.
4. The alarm stays open, escalating when it grows by half, until the last hour and the last three hours are back at or
   below expectation.

Stretches in which nobody listened (`covered=False`) teach nothing: missing data is not calm.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from listener.domain.policy import SpikePolicy
from listener.insight.baseline import Baseline, Guard, reach
from listener.insight.evidence import GUARD, Evidence, Window
from listener.insight.windows import HOUR

__all__ = ["HOUR", "Detector", "Reading"]

SPANS = (timedelta(minutes=15), HOUR, timedelta(hours=3), timedelta(hours=12), timedelta(hours=24))
"""Lengths of the windows, where the bins are that fine."""

CALM_SPAN = timedelta(hours=3)
"""A spike is over when every window up to this length is back at expectation."""

ESCALATION = 1.5
"""Growth of the novelty that is worth a second word about the same spike."""

ESCALATION_REST = timedelta(hours=3)
"""A spike's first hours grow anyway: no second word before this."""

SETTLED_AFTER = timedelta(hours=24)
"""Covered history before an excess means anything: on the first day there is no expectation to exceed."""

RECORD_BEGINS = 10
"""Complaints after which a series counts as begun: fewer can't be told from a source that is just being connected."""

SPARSE_WARM_UP = timedelta(days=14)
"""A series that truly is this quiet may alarm after two covered weeks, however few complaints it had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the detector makes of one bin. The evidence is that of the window which speaks loudest."""

    at: datetime
    """Start of the bin."""
    count: int
    expected: float
    upper: float
    """Where the bin's usual range ends: two standard deviations above `expected`."""
    window: timedelta
    """Length of the window the evidence is from; it ends with this bin."""
    observed: int
    """In that window."""
    usual: float
    """Expected in that window."""
    p: float
    """Probability of `observed` or more on a usual day; 1 where it isn't above the usual."""
    novelty: float
    """The window's excess, in units of the largest of the last weeks; 0 where there is none."""
    alarm: bool
    """A new spike opens here."""
    escalated: bool
    """The open spike has grown by half since it was last told of."""
    closed: bool
    """The open spike ends here."""
    open: bool
    """A spike is open after this bin."""
    cold: bool
    """Too little history to judge."""

    @property
    def ratio(self) -> float:
        """How many times the usual; infinite where nothing was usual."""
        return self.observed / self.usual if self.usual > 0 else math.inf


class _Warmth:
    """Whether a series has history enough to be judged by."""

    def __init__(self, warm_up: timedelta) -> None:
        self._warm_up = warm_up
        self._complaints = 0
        self._begun_after = timedelta(0)
        self._covered = timedelta(0)

    @property
    def settled(self) -> bool:
        return self._covered >= SETTLED_AFTER

    @property
    def cold(self) -> bool:
        if self._covered >= max(SPARSE_WARM_UP, self._warm_up):
            return False
        return self._complaints < RECORD_BEGINS or self._covered - self._begun_after < self._warm_up

    def learn(self, count: int, width: timedelta) -> None:
        self._covered += width
        if self._complaints < RECORD_BEGINS:
            self._complaints += count
            self._begun_after = self._covered


class Detector:
    """Watches one series of counts in bins of `width`; `zone` is where its days and weekends are lived."""

    def __init__(self, policy: SpikePolicy, width: timedelta = HOUR, zone: tzinfo = UTC) -> None:
        self._policy = policy
        self._width = width
        self._baseline = Baseline(width, zone)
        self._guard: Guard[tuple[float, datetime]] = Guard()
        self._windows = [Window(span, width) for span in SPANS if span > width]
        self._newest = Window(width, width)
        self._windows.append(self._newest)
        self._warmth = _Warmth(policy.warm_up)
        self._next: datetime | None = None
        self._open = False
        self._alarmed_at: datetime | None = None
        self._told_at: datetime | None = None
        self._told = 0.0

    def update(self, count: int, *, at: datetime, covered: bool = True) -> Reading:
        """Take in the finished bin that starts at `at`; raises `ValueError` if it isn't later than the last.

        Bins left out since the last one count as not covered. An uncovered bin's count is not looked at.
        """
        self._skip_to(at)
        if not covered:
            self._skip_bin()
            return self._blind(at)
        reading = self._read(count, at)
        self._remember(reading)
        self._learn(count, reading.expected, at)
        return reading

    def peek(self, count: int, at: datetime) -> Reading:
        """Whether the still-running bin that starts at `at` would alarm or escalate already; changes nothing.

        Half an hour's count is always low, so it never closes a spike.
        """
        reading = self._read(count, at)
        return replace(reading, closed=False, open=self._open or reading.alarm)

    def _skip_to(self, at: datetime) -> None:
        if self._next is not None:
            if at < self._next:
                raise ValueError(f"the bin at {at} isn't later than the last one")
            for _ in range(min((at - self._next) // self._width, SPANS[-1] // self._width)):
                self._skip_bin()
        self._next = at + self._width

    def _skip_bin(self) -> None:
        for window in self._windows:
            window.shift(0, 0.0)

    def _learn(self, count: int, expected: float, at: datetime) -> None:
        cold = self._warmth.cold
        if self._warmth.settled:  # before that an excess would be one over nothing
            for window in self._windows:
                window.push(count, expected, cold=cold)
        else:
            self._skip_bin()
        wide = reach(self._newest.sd(expected))
        kept = float(count) if cold else min(max(count, expected - wide), expected + wide)
        for item in self._guard.pass_through((kept, at), 0 if cold else GUARD // self._width):
            self._baseline.learn(*item)
        self._warmth.learn(count, self._width)

    def _read(self, count: int, at: datetime) -> Reading:
        expected = self._baseline.expected(at)
        evidence = [window.judge(count, expected, self._baseline.doubt) for window in self._windows]
        loudest = max(evidence, key=self._loudness)
        calm = all(e.calm for e in evidence if e.span <= max(CALM_SPAN, self._width))
        cold = self._warmth.cold
        speaks = not cold and not calm and self._speaks(loudest)
        grown = loudest.novelty >= ESCALATION * self._told
        alarm = speaks and not self._open and (self._since(self._alarmed_at, at) >= self._policy.refractory or grown)
        return Reading(
            at=at,
            count=count,
            expected=expected,
            upper=expected + 2 * self._newest.sd(expected),
            window=loudest.span,
            observed=loudest.observed,
            usual=loudest.usual,
            p=loudest.p,
            novelty=loudest.novelty,
            alarm=alarm,
            escalated=self._open and speaks and grown and self._since(self._told_at, at) >= ESCALATION_REST,
            closed=self._open and calm,
            open=alarm or (self._open and not calm),
            cold=cold,
        )

    def _loudness(self, evidence: Evidence) -> tuple[float, float]:
        return evidence.novelty if self._speaks(evidence) else 0.0, -evidence.p

    def _speaks(self, evidence: Evidence) -> bool:
        policy = self._policy
        enough = evidence.observed >= policy.min_count
        return enough and evidence.p <= policy.max_p and evidence.novelty >= policy.novelty

    @staticmethod
    def _since(then: datetime | None, at: datetime) -> timedelta:
        return timedelta.max if then is None else at - then

    def _remember(self, reading: Reading) -> None:
        self._open = reading.open
        if reading.alarm:
            self._alarmed_at = reading.at
        if reading.alarm or reading.escalated:
            self._told, self._told_at = reading.novelty, reading.at
        rested = self._since(self._alarmed_at, reading.at) >= self._policy.refractory
        for window in self._windows:
            if reading.alarm:
                window.hold_record()
            elif reading.closed:
                window.clear()
            if rested and not reading.open:
                window.release_record()

    def _blind(self, at: datetime) -> Reading:
        expected = self._baseline.expected(at)
        return Reading(
            at=at,
            count=0,
            expected=expected,
            upper=expected + 2 * self._newest.sd(expected),
            window=self._width,
            observed=0,
            usual=0.0,
            p=1.0,
            novelty=0.0,
            alarm=False,
            escalated=False,
            closed=False,
            open=self._open,
            cold=self._warmth.cold,
        )

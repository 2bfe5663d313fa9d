"""The spike rule: a count alarms when it is improbable under the series' own habit *and* new against its own past.

One `Detector` a series, fed bin by bin, oldest first; its memory doesn't grow and it never looks ahead.

1. `baseline.Baseline` says what a bin usually holds: level × hour of day × weekend.
2. Windows of several lengths end in the newest bin, for a crisis may be short and high or long and low. Each window
   (`evidence.Window`) answers two questions:
   - *improbable?* the negative binomial tail under the expectation, with the window's own dispersion, given the hour
     before the window: p ≤ `max_p`, less for short windows;
   - *new?* its excess over the expectation against the largest excess of the last weeks: novelty ≥ `novelty`. Real
     traffic doubles by itself more than once a week; only a series' own record keeps that from paging.
3. A floor (`min_count`), a cold start that stays silent, and a refractory time after each alarm.
4. The alarm stays open, escalating when it doubles, until the last hour and the last three hours are back at or below
   expectation.

Stretches in which nobody listened (`covered=False`) teach nothing: missing data is not calm. What all this finds and
what it costs is measured in docs/spikes.md.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from listener.domain.policy import SpikePolicy
from listener.insight.baseline import Baseline, Guard, reach
from listener.insight.evidence import GUARD, Evidence, History, Window
from listener.insight.windows import HOUR

__all__ = ["HOUR", "Detector", "Reading"]

SPANS = (timedelta(minutes=20), HOUR, timedelta(hours=3), timedelta(hours=12), timedelta(hours=24))
"""Lengths of the windows, where they hold two bins at least; else one bin stands for the shortest. Quarters of an hour
and single bins of five minutes were tried: they bring more false alarms than minutes won."""

CALM_SPAN = timedelta(hours=3)
"""A spike is over when every window up to this length is back at expectation."""

ESCALATION = 2.0
"""Growth of the novelty that is worth a second word about the same spike."""

ESCALATION_REST = timedelta(hours=3)
"""A spike's first hours grow anyway: no second word before this."""

SETTLED_AFTER = timedelta(hours=24)
"""Covered history before an excess means anything: on the first day there is no expectation to exceed."""

RECORD_BEGINS = 10
"""Complaints after which a series counts as begun: fewer can't be told from a source that is just being connected."""

SPARSE_WARM_UP = timedelta(days=14)
"""A series that truly is this quiet may alarm after two covered weeks, however few complaints it had."""

WARM_BINS = 14
"""Bins a series needs before it may alarm, however long they are: two weeks of days."""


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
    """Expected in that window, what the hour before it tells included."""
    p: float
    """Probability of `observed` or more under `usual`; 1 where it isn't above it, or no window holds anything new."""
    novelty: float
    """The window's excess, in units of the largest of the last weeks; 0 where there is none."""
    alarm: bool
    """A new spike opens here."""
    escalated: bool
    """The open spike has doubled since it was last told of."""
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

    __slots__ = ("_begun_after", "_complaints", "_covered", "_sparse", "_warm_up", "_width")

    def __init__(self, warm_up: timedelta, width: timedelta) -> None:
        self._width = width
        self._warm_up = max(WARM_BINS, -(-warm_up // width))
        self._sparse = max(SPARSE_WARM_UP // width, self._warm_up)
        self._complaints = self._begun_after = self._covered = 0

    @property
    def settled(self) -> bool:
        return self._covered * self._width >= SETTLED_AFTER

    @property
    def cold(self) -> bool:
        if self._covered >= self._sparse:
            return False
        return self._complaints < RECORD_BEGINS or self._covered - self._begun_after < self._warm_up

    def learn(self, count: int) -> None:
        self._covered += 1
        if self._complaints < RECORD_BEGINS:
            self._complaints += count
            self._begun_after = self._covered


class Detector:
    """Watches one series of counts in bins of `width`; `zone` is where its days and weekends are lived."""

    __slots__ = (
        "_alarmed_at", "_baseline", "_bin", "_calming", "_guard", "_history", "_hold", "_judged", "_next", "_open",
        "_policy", "_since_closed", "_told", "_told_at", "_warmth", "_width",
    )  # fmt: skip

    def __init__(self, policy: SpikePolicy, width: timedelta = HOUR, zone: tzinfo = UTC) -> None:
        self._policy = policy
        self._width = width
        self._baseline = Baseline(width, zone)
        self._guard = Guard(2)
        self._hold = GUARD // width
        self._bin = Window(width, width, policy)
        self._judged = [Window(span, width, policy) for span in SPANS if span >= 2 * width]
        if SPANS[0] < 2 * width:
            self._judged.append(self._bin)
        self._history = History(max(window.bins() for window in (*self._judged, self._bin)))
        self._calming = [n for n, window in enumerate(self._judged) if window.span <= max(CALM_SPAN, width)]
        self._warmth = _Warmth(policy.warm_up, width)
        self._next: datetime | None = None
        self._open = False
        self._since_closed = SPANS[-1] // width + 1
        self._alarmed_at: datetime | None = None
        self._told_at: datetime | None = None
        self._told = 0.0

    def update(self, count: int, *, at: datetime, covered: bool = True) -> Reading:
        """Take in the finished bin that starts at `at`; raises `ValueError` if it isn't later than the last.

        Bins left out since the last one count as not covered. An uncovered bin's count is not looked at.
        """
        self._skip_to(at)
        if not covered:
            self._push(0, 0.0)
            return self._blind(at)
        place = self._baseline.place(at)
        expected = self._baseline.expected(place)
        sums = self._sums(count, expected)
        reading = self._read(count, at, expected, sums)
        self._remember(reading)
        self._learn(count, expected, place, self._sums(count, expected) if reading.closed else sums)
        return reading

    def peek(self, count: int, at: datetime) -> Reading:
        """Whether the still-running bin that starts at `at` would alarm or escalate already; changes nothing.

        Half an hour's count is always low, so it never closes a spike.
        """
        expected = self._baseline.expected(self._baseline.place(at))
        reading = self._read(count, at, expected, self._sums(count, expected))
        return replace(reading, closed=False, open=self._open or reading.alarm)

    def _skip_to(self, at: datetime) -> None:
        if self._next is not None and at != self._next:
            if at < self._next:
                raise ValueError(f"the bin at {at} isn't later than the last one")
            for _ in range(min((at - self._next) // self._width, SPANS[-1] // self._width + 1)):
                self._push(0, 0.0)
        self._next = at + self._width

    def _push(self, count: int, expected: float) -> None:
        self._history.push(count, expected)
        self._since_closed += 1

    def _sums(self, count: int, expected: float) -> list[tuple[int, float]]:
        """Observed and expected of each window, the newest bin included."""
        history, since = self._history, self._since_closed
        return [window.sums(history, since, count, expected) for window in self._judged]

    def _learn(self, count: int, expected: float, place: int, sums: list[tuple[int, float]]) -> None:
        cold = self._warmth.cold
        settled = self._warmth.settled  # before that an excess would be one over nothing
        if settled:
            for window, (observed, usual) in zip(self._judged, sums, strict=True):
                window.learn(self._history, observed, usual, cold=cold)
            if self._bin is not self._judged[-1]:
                self._bin.learn_spread(self._history, count, expected, cold=cold)
        self._push(count if settled else 0, expected if settled else 0.0)
        wide = reach(self._bin.sd(expected))
        kept = float(count) if cold else min(max(count, expected - wide), expected + wide)
        for late, there in self._guard.pass_through((kept, place), 0 if cold else self._hold):
            self._baseline.learn(late, int(there))
        self._warmth.learn(count)

    def _read(self, count: int, at: datetime, expected: float, sums: list[tuple[int, float]]) -> Reading:
        history, doubt = self._history, self._baseline.doubt
        evidence = [w.judge(history, *sum_, doubt) for w, sum_ in zip(self._judged, sums, strict=True)]
        loudest = max(evidence, key=_loudness)
        calm = all(sums[n][0] <= sums[n][1] for n in self._calming)
        cold = self._warmth.cold
        speaks = loudest.speaks and not cold and not calm
        grown = loudest.novelty >= ESCALATION * self._told
        alarm = speaks and not self._open and (grown or _since(self._alarmed_at, at) >= self._policy.refractory)
        return Reading(
            at=at,
            count=count,
            expected=expected,
            upper=expected + 2 * self._bin.sd(expected),
            window=loudest.span,
            observed=loudest.observed,
            usual=loudest.usual,
            p=loudest.p,
            novelty=loudest.novelty,
            alarm=alarm,
            escalated=self._open and speaks and grown and _since(self._told_at, at) >= ESCALATION_REST,
            closed=self._open and calm,
            open=alarm or (self._open and not calm),
            cold=cold,
        )

    def _remember(self, reading: Reading) -> None:
        self._open = reading.open
        if reading.alarm:
            self._alarmed_at = reading.at
        if reading.alarm or reading.escalated:
            self._told, self._told_at = reading.novelty, reading.at
        if reading.closed:
            self._since_closed = 0  # what was told of a spike that is over isn't told again

    def _blind(self, at: datetime) -> Reading:
        expected = self._baseline.expected(self._baseline.place(at))
        return Reading(
            at=at,
            count=0,
            expected=expected,
            upper=expected + 2 * self._bin.sd(expected),
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


def _loudness(evidence: Evidence) -> tuple[bool, float]:
    return evidence.speaks, evidence.novelty


def _since(then: datetime | None, at: datetime) -> timedelta:
    return timedelta.max if then is None else at - then

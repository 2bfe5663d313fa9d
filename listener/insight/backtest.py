"""What the spike rule would have said of a series that is known already: alarms, scores, hits, delays, false alarms.

The same `Detector` reads the same bins in the same order as it would have; nothing looks ahead.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from listener.domain.hours import hour_of
from listener.domain.policy import SpikePolicy
from listener.domain.watched import Scope
from listener.insight.scopes import Brandwatch, Moment
from listener.insight.spikes import HOUR, Detector, Reading
from listener.insight.unheard import Unheard
from listener.ports import Reads

Replay = Callable[[SpikePolicy], Sequence[Reading]]
"""One history, read by the rule under any policy."""

WEEK = timedelta(weeks=1)
ALMOST = 0.99
"""The score of a bin that is as new as an alarm's, yet opens none."""
DIAL = tuple(round(1 + n / 10, 1) for n in range(31))
"""Novelties that `dial` tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One stretch of `Series.width`; nothing is known of its count where `count` is None."""

    at: datetime
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Counts in bins of one width, oldest first."""

    bins: Sequence[Bin]
    width: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the alarms compare with labelled windows; time while the detector was still cold isn't counted."""

    labelled: int
    delays: Sequence[timedelta]
    """Of the windows that were found: from the window's begin to the end of the bin that alarmed first."""
    false_alarms: int
    outside: timedelta
    """Time outside windows."""

    @property
    def false_a_week(self) -> float:
        return self.false_alarms / (self.outside / WEEK) if self.outside else 0.0

    @property
    def median_delay(self) -> timedelta | None:
        return timedelta(seconds=median(late.total_seconds() for late in self.delays)) if self.delays else None


def replay(series: Series, policy: SpikePolicy) -> list[Reading]:
    """A reading a bin."""
    detector = Detector(policy, series.width)
    return [detector.update(one.count or 0, at=one.at, covered=one.count is not None) for one in series.bins]


def replay_brand(reads: Reads, brand: str, policy: SpikePolicy, begin: datetime, now: datetime) -> list[Reading]:
    """A reading for each whole hour of the brand's complaints since `begin`, gaps and all, as the watch reads them."""
    last = hour_of(now) - HOUR
    moment = Moment(begin=hour_of(begin), first=hour_of(begin), last=last, now=now, unheard=Unheard.of(reads, now))
    seen = Brandwatch(brand, policy).look(reads, moment)
    return [one.reading for one in seen if one.ended and one.scope == Scope(brand)]


def score(reading: Reading) -> float:
    """1 or more where an alarm opens, and only there: how many times the record. Else below 1, by novelty alone."""
    return max(1.0, reading.novelty) if reading.alarm else min(reading.novelty, ALMOST)


def alarms_a_week(readings: Sequence[Reading], width: timedelta) -> float:
    """Alarms over the time in which there could have been one."""
    watched = sum(not reading.cold for reading in readings) * width
    return sum(reading.alarm for reading in readings) / (watched / WEEK) if watched else 0.0


def dial(replayed: Replay, policy: SpikePolicy, per_week: float, width: timedelta) -> tuple[float, float] | None:
    """The least novelty at which this history had at most so many alarms a week, and how many it had; None: none did.

    Never below the policy's own: the dial makes quieter only.
    """
    for novelty in DIAL:
        if novelty < policy.novelty:
            continue
        had = alarms_a_week(replayed(replace(policy, novelty=novelty)), width)
        if had <= per_week:
            return novelty, had
    return None


def judged(readings: Sequence[Reading], width: timedelta, windows: Iterable[tuple[datetime, datetime]]) -> Outcome:
    """Against labelled stretches, both ends included; an alarm in one finds it, the first tells the delay."""
    labelled = sorted(windows)
    alarms = [reading.at for reading in readings if reading.alarm]
    found = [[at for at in alarms if since <= at <= until] for since, until in labelled]
    outside = [at for at in alarms if not _inside(at, labelled)]
    watched = sum(not reading.cold and not _inside(reading.at, labelled) for reading in readings)
    return Outcome(
        labelled=len(labelled),
        delays=[own[0] + width - since for own, (since, _) in zip(found, labelled, strict=True) if own],
        false_alarms=len(outside),
        outside=watched * width,
    )


def _inside(at: datetime, windows: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(since <= at <= until for since, until in windows)

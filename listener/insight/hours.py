"""A day's complaints hour by hour, beside what the spike rule expected of each hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from listener.domain.digest import HourPoint
from listener.domain.policy import SpikePolicy
from listener.domain.stored import StoredGap
from listener.insight.spikes import Detector, Reading
from listener.insight.windows import HOUR, Window, hours_of
from listener.ports import Reads

HISTORY = timedelta(days=28)


def hour_points(
    reads: Reads, brands: Sequence[str], window: Window, gaps: Sequence[StoredGap]
) -> tuple[HourPoint, ...]:
    """Distinct complaining authors of each hour of the window, summed over brands."""
    series = [_series(reads, brand, window, gaps) for brand in brands]
    return tuple(_point(hour, series, blind=_blind(hour, gaps)) for hour in hours_of(window))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """One brand's counts, and what was expected of each hour since its first mention."""

    counts: Mapping[datetime, int]
    readings: Mapping[datetime, Reading]

    def judged(self, hour: datetime) -> Reading | None:
        reading = self.readings.get(hour)
        return None if reading is None or reading.cold else reading


def _series(reads: Reads, brand: str, window: Window, gaps: Sequence[StoredGap]) -> _Series:
    first = reads.first_mention_hour(brand)
    if first is None:
        return _Series(counts={}, readings={})
    begin = max(first, window.since - HISTORY)
    counts = dict(reads.hourly_authors(brand, "", begin, window.until))
    detector = Detector(SpikePolicy())
    readings = {
        hour: detector.update(counts.get(hour, 0), at=hour, covered=not _blind(hour, gaps))
        for hour in hours_of(Window(since=begin, until=window.until))
    }
    return _Series(counts=counts, readings=readings)


def _point(hour: datetime, series: Sequence[_Series], *, blind: bool) -> HourPoint:
    """No usual where one of the brands has too little history to say."""
    readings = [reading for one in series if (reading := one.judged(hour)) is not None]
    known = bool(readings) and len(readings) == len(series)
    usual = sum(reading.expected for reading in readings)
    above = sqrt(sum((reading.upper - reading.expected) ** 2 for reading in readings))
    return HourPoint(
        hour=hour,
        complaints=sum(one.counts.get(hour, 0) for one in series),
        usual=usual if known else None,
        upper=usual + above if known else None,
        blind=blind,
    )


def _blind(hour: datetime, gaps: Sequence[StoredGap]) -> bool:
    return any(gap.since < hour + HOUR and gap.until > hour for gap in gaps)

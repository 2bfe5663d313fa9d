"""The series of one brand: which parts of it are watched, and a detector for each.

The whole brand is the parent; queues, languages, platforms, touchpoints and open incidents are its children, as far as
there are several of a kind that carry enough. Detectors are built from the store's counts, and anew whenever those
have changed behind them (an outage caught up on, late verdicts, relabelled posts), so what they know is what the store
knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from listener.domain.hours import hour_of
from listener.domain.policy import SpikePolicy
from listener.domain.verdict import Label
from listener.domain.watched import Dimension, Scope
from listener.insight.spikes import HOUR, Detector, Reading
from listener.insight.unheard import Unheard
from listener.ports import Reads

MEMORY = timedelta(days=60)
"""History a detector is built from; its own memory fades within 28 days."""

WEIGHED = timedelta(days=28)
"""What children are chosen by, and how long praise is remembered."""

CHECKED = timedelta(days=14)
"""Hours that may still change behind a detector."""

LEAST = 50
"""Complaints that a child needs in four weeks: fewer can't be told from chance, and its parent sees them anyway."""

MOST_CHILDREN = 12
"""Of a kind, the largest: each is a test more in which chance may speak."""

CHILDREN = (Dimension.QUEUE, Dimension.PLATFORM, Dimension.LANG, Dimension.TOUCHPOINT, Dimension.INCIDENT)

UNSCORED = 0.2
"""Share of an hour's posts without a verdict from which its complaints are not known."""

UNHEARD = 0.5
"""Share of a brand's complaints that come from where nobody listened, from which an hour isn't known."""

_Counts = Mapping[datetime, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """One series' reading, of an hour that has ended or of the running one."""

    scope: Scope
    reading: Reading
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is to be judged: hours from `first` to `last`, and the one that comes after."""

    begin: datetime
    first: datetime
    last: datetime
    now: datetime
    unheard: Unheard

    @property
    def running(self) -> datetime:
        """An hour that ended just now is looked at whole before the next one."""
        return min(hour_of(self.now), self.last + HOUR)


@dataclass
class Brandwatch:
    """Detectors of one brand, and what they were fed."""

    brand: str
    policy: SpikePolicy
    detectors: dict[Scope, Detector] = field(default_factory=dict)
    _open: dict[Scope, bool] = field(default_factory=dict)
    _fed: dict[datetime, int] = field(default_factory=dict)
    _weights: dict[str, float] = field(default_factory=dict)
    _scopes: list[Scope] = field(default_factory=list)
    _chosen_on: date | None = None
    _running: tuple[datetime, int, int] | None = None

    def look(self, reads: Reads, moment: Moment) -> list[Seen]:
        """What each series says; nothing where nothing was written since the last look."""
        news = self._news(reads, moment)
        if self.detectors and moment.last < moment.first and not news:
            return []
        if moment.last >= moment.first:
            self._check(reads, moment)
        self._choose(reads, moment)
        seen: list[Seen] = []
        for label in (Label.COMPLAINT, Label.PRAISE):
            for dimension in Dimension:
                scopes = [one for one in self._scopes if (one.label, one.dimension) == (label, dimension)]
                if scopes:
                    seen += self._judge(reads, scopes, moment)
        return seen

    def open(self, label: Label) -> bool:
        """Whether a spike stands in any of its series."""
        return any(stands for scope, stands in self._open.items() if scope.label is label)

    def look_again(self) -> None:
        """Something was told, which a rollback may take back: don't rely on having seen it."""
        self._running = None

    def lately(self, until: datetime, hours: int) -> int:
        """Complaints of the last hours fed."""
        return sum(self._fed.get(until - n * HOUR, 0) for n in range(hours))

    def _news(self, reads: Reads, moment: Moment) -> bool:
        """Whether the running hour holds other counts than at the last look."""
        at, until = moment.running, moment.running + HOUR
        counts = [
            sum(row.count for row in reads.hourly_by(self.brand, Dimension.WHOLE, label, at, until))
            for label in (Label.COMPLAINT, Label.PRAISE)
        ]
        now = (at, counts[0], counts[1])
        changed, self._running = now != self._running, now
        return changed

    def _check(self, reads: Reads, moment: Moment) -> None:
        """Forget all detectors if the past isn't what they were fed."""
        if not self.detectors or not self._fed:
            return
        since = max(min(self._fed), moment.first - CHECKED)
        stored = _counts(reads, Scope(self.brand), since, moment.first)
        if any(stored.get(hour, 0) != count for hour, count in self._fed.items() if hour >= since):
            self.detectors.clear()
            self._open.clear()

    def _choose(self, reads: Reads, moment: Moment) -> None:
        """Children, once a day: several of a kind that carry enough."""
        today = moment.now.date()
        if self.detectors and self._chosen_on == today:
            return
        self._chosen_on = today
        chosen = [Scope(self.brand), Scope(self.brand, Label.PRAISE)]
        for dimension in CHILDREN:
            volumes: dict[str, float] = {}
            for row in reads.hourly_by(self.brand, dimension, Label.COMPLAINT, moment.now - WEIGHED, moment.now + HOUR):
                volumes[row.value] = volumes.get(row.value, 0) + row.count
            if dimension is Dimension.PLATFORM:
                self._weights = volumes
            telling = sorted((value for value, n in volumes.items() if n >= LEAST), key=lambda value: -volumes[value])
            if len(telling) > 1 or (telling and dimension is Dimension.INCIDENT):
                chosen += [Scope(self.brand, Label.COMPLAINT, dimension, value) for value in telling[:MOST_CHILDREN]]
        self._scopes = chosen
        for gone in [scope for scope in self.detectors if scope not in chosen]:
            del self.detectors[gone]
            self._open.pop(gone, None)

    def _judge(self, reads: Reads, scopes: Sequence[Scope], moment: Moment) -> list[Seen]:
        """One kind of series, its counts read together."""
        begin = moment.begin if scopes[0].label is Label.COMPLAINT else max(moment.begin, moment.first - WEIGHED)
        new = any(scope not in self.detectors for scope in scopes)
        since = min(begin, moment.first) if new else moment.first
        since = min(since, moment.running)
        counts = _by_scope(reads, scopes, since, moment.now + HOUR)
        if new and scopes[0].dimension is Dimension.TOUCHPOINT:
            # Before the first tagged post nobody looked for touchpoints: those hours are no calm.
            begin = max(begin, min((hour for found in counts.values() for hour in found), default=begin))
        unscored = {
            row.hour
            for row in reads.hourly_posts(self.brand, since, moment.now + HOUR)
            if row.unscored > UNSCORED * row.posts
        }
        seen = []
        for scope in scopes:
            series = _Series(scope, counts.get(scope, {}), unscored, moment.unheard, self._weights)
            detector = self.detectors.get(scope)
            if detector is None:
                detector = self.detectors[scope] = Detector(self.policy)
                for hour in _hours(begin, moment.first - HOUR):
                    self._open[scope] = series.feed(detector, hour).open
                self._remember(scope, series, _hours(max(begin, moment.first - CHECKED), moment.first - HOUR))
            judged = _hours(max(moment.first, begin), moment.last)
            for hour in judged:
                seen.append(Seen(scope, series.feed(detector, hour), ended=True))
                self._open[scope] = seen[-1].reading.open
            self._remember(scope, series, judged)
            if moment.running > moment.last:
                peeked = detector.peek(series.count(moment.running), moment.running)
                seen.append(Seen(scope, peeked, ended=False))
        return seen

    def _remember(self, scope: Scope, series: "_Series", hours: Sequence[datetime]) -> None:
        if scope != Scope(self.brand):
            return
        self._fed |= {hour: series.count(hour) for hour in hours}
        for hour in [hour for hour in self._fed if hours and hour < hours[-1] - CHECKED]:
            del self._fed[hour]


class _Series:
    """Hourly counts of distinct authors, read once."""

    def __init__(
        self, scope: Scope, counts: _Counts, unscored: set[datetime], unheard: Unheard, weights: Mapping[str, float]
    ) -> None:
        self._scope = scope
        self._counts = counts
        self._unscored = unscored
        self._unheard = unheard
        self._weights = weights

    def count(self, hour: datetime) -> int:
        return self._counts.get(hour, 0)

    def feed(self, detector: Detector, hour: datetime) -> Reading:
        """What was heard of an hour that wasn't wholly heard is its least: if even that alarms, it is a spike."""
        count = self.count(hour)
        if not self._blind(hour):
            return detector.update(count, at=hour)
        least = detector.peek(count, hour)
        if least.alarm or least.escalated:
            return detector.update(count, at=hour)
        return detector.update(count, at=hour, covered=False)

    def _blind(self, hour: datetime) -> bool:
        if hour in self._unscored:
            return True
        if self._scope.platform:
            return self._unheard.of_platform(self._scope.platform, hour)
        return self._unheard.share(hour, self._weights) >= UNHEARD


def _by_scope(
    reads: Reads, scopes: Sequence[Scope], since: datetime, until: datetime
) -> dict[Scope, dict[datetime, int]]:
    first = scopes[0]
    found: dict[Scope, dict[datetime, int]] = {}
    for row in reads.hourly_by(first.brand, first.dimension, first.label, since, until):
        scope = Scope(first.brand, first.label, first.dimension, row.value)
        found.setdefault(scope, {})[row.hour] = row.count
    return found


def _counts(reads: Reads, scope: Scope, since: datetime, until: datetime) -> dict[datetime, int]:
    return _by_scope(reads, [scope], since, until).get(scope, {})


def _hours(first: datetime, last: datetime) -> list[datetime]:
    return [first + HOUR * n for n in range(max(0, (last - first) // HOUR + 1))]

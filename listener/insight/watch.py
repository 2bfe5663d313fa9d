"""Closes hours as time passes, lets the spike rule judge them, and keeps each alert's life in the store.

One detector a series (a brand's complaints, and those of each of its queues), fed from the hourly tallies. The store's
bookmark says which hour was judged last; a detector whose memory disagrees with it (after a restart, a rollback, or
another process) is built anew from the tallies, so its memory never has to be trusted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from listener.domain.alert import Alert, AlertKind
from listener.domain.hours import hour_of
from listener.domain.policy import SourceConfig, SpikePolicy
from listener.domain.stored import SourceHealth
from listener.insight import wording
from listener.insight.spikes import HOUR, Detector, Reading
from listener.ports import Reads, Transaction

MARK = "spikes:judged"

GRACE = timedelta(minutes=5)
"""An hour is judged this long after it ends: platforms index late."""

STALE = timedelta(hours=6)
"""Hours that ended longer ago teach the baseline but never page: a backfill is not news."""

READ_LATELY = timedelta(hours=2)
"""A source without an attempt for longer isn't being read: it was a file, or was removed."""

_Stretch = tuple[datetime, datetime]

MEMORY = timedelta(days=60)
"""History a detector is built from; its own memory fades within 28 days."""


@dataclass
class Watch:
    """Spikes and silences; call inside the transaction whose rows they are judged by."""

    policy: SpikePolicy
    _detectors: dict[tuple[str, str], Detector] = field(default_factory=dict)
    _judged: str = ""

    def spikes(self, tx: Transaction, now: datetime) -> list[Alert]:
        """Judge what has ended since the last call, and the running hour; alerts opened, escalated or closed now."""
        stored = tx.mark(MARK)
        if stored != self._judged:
            self._detectors.clear()
        last = hour_of(now - GRACE) - HOUR
        first = datetime.fromisoformat(stored) + HOUR if stored else None
        unseen = _unseen(tx, now)
        told = [
            alert
            for brand, queues in _by_brand(tx.spike_series()).items()
            for alert in self._judge_brand(tx, brand, queues, unseen, first, last, now)
        ]
        self._judged = max(stored, last.isoformat())
        if self._judged != stored:
            tx.set_mark(MARK, self._judged)
        return told

    def _judge_brand(
        self,
        tx: Transaction,
        brand: str,
        queues: Sequence[str],
        unseen: Sequence[_Stretch],
        first: datetime | None,
        last: datetime,
        now: datetime,
    ) -> list[Alert]:
        """The brand's own series first: what a queue sees is folded into the brand's alert."""
        begin = tx.first_mention_hour(brand)
        if begin is None:
            return []
        begin = max(hour_of(begin), hour_of(now) - MEMORY)
        unjudged = max(first or begin, begin)
        told = []
        for queue in queues:
            detector = self._detectors.get((brand, queue))
            series = _Series(tx, brand, queue, begin if detector is None else unjudged, now, unseen)
            if detector is None:
                detector = self._detectors[brand, queue] = Detector(self.policy)
                for hour in series.hours(begin, unjudged - HOUR):
                    series.feed(detector, hour)
            readings = [series.feed(detector, hour) for hour in series.hours(unjudged, last)]
            running = hour_of(now)
            if running > last:
                readings.append(detector.peek(series.count(running), running))
            for reading in readings:
                told += _live(tx, brand, queue, reading, now)
        return told

    def silences(self, tx: Transaction, sources: Sequence[SourceConfig], now: datetime) -> list[Alert]:
        """Sources without a mention for longer than they may be; each is told once, and once more when it is back."""
        health = {row.source: row for row in tx.health()}
        open_now = {alert.subject: alert for alert in tx.open_alerts() if alert.kind is AlertKind.SILENCE}
        told = []
        for source in sources:
            alert = _silence(source, health.get(source.name), now)
            known = open_now.get(source.name)
            if alert is not None and known is None and tx.open_alert(alert):
                told.append(alert)
            elif alert is None and known is not None:
                told.append(_close(tx, known, now, wording.heard_again(source.name)))
        return told


class _Series:
    """Hourly counts of distinct complaining authors, read once; `unseen` are stretches in which nobody listened."""

    def __init__(
        self, reads: Reads, brand: str, queue: str, begin: datetime, now: datetime, unseen: Sequence[_Stretch]
    ) -> None:
        self._counts = dict(reads.hourly_authors(brand, queue, begin, now + HOUR))
        self._unseen = unseen

    def count(self, hour: datetime) -> int:
        return self._counts.get(hour, 0)

    def feed(self, detector: Detector, hour: datetime) -> Reading:
        blind = any(since < hour + HOUR and until > hour for since, until in self._unseen)
        return detector.update(self.count(hour), at=hour, covered=not blind)

    @staticmethod
    def hours(first: datetime, last: datetime) -> list[datetime]:
        return [first + HOUR * n for n in range(max(0, (last - first) // HOUR + 1))]


def _unseen(reads: Reads, now: datetime) -> list[_Stretch]:
    """Known gaps, and the time since nothing at all is heard."""
    stretches = [(gap.since, gap.until) for gap in reads.open_gaps()]
    deaf_since = _deaf_since(reads.health(), now)
    return stretches if deaf_since is None else [*stretches, (deaf_since, now)]


def _deaf_since(health: Sequence[SourceHealth], now: datetime) -> datetime | None:
    """Since when every source that is being read has failed; None while one of them answers."""
    read = [row for row in health if row.last_attempt is not None and now - row.last_attempt <= READ_LATELY]
    heard = [row.last_success for row in read if row.last_success is not None]
    return max(heard) if heard and all(row.failures for row in read) else None


def _by_brand(series: Sequence[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Brand → its queues, the brand's own total (the empty queue) first."""
    found: dict[str, list[str]] = {}
    for brand, queue in sorted(set(series)):
        found.setdefault(brand, []).append(queue)
    return found


def _live(tx: Transaction, brand: str, queue: str, reading: Reading, now: datetime) -> list[Alert]:
    """What this reading means for the brand's alerts."""
    if not (reading.alarm or reading.escalated or reading.closed):
        return []
    standing = [a for a in tx.open_alerts() if a.kind is AlertKind.SPIKE and _brand_of(a.subject) == brand]
    own = next((alert for alert in standing if alert.subject == wording.subject(brand, queue)), None)
    if reading.closed:
        return [_close(tx, own, now, wording.calm_again(brand, queue, reading))] if own else []
    if now - reading.at > STALE:
        return []
    if own and reading.escalated:
        news = own.level < MOST_TOLD and own.facts.get("hour") != reading.at.isoformat()
        return [_escalate(tx, own, brand, queue, reading)] if news else []
    if own or standing or _recent(tx, brand, reading.at):
        return []
    alert = wording.spike(tx, brand, queue, reading)
    return [alert] if tx.open_alert(alert) else []


def _recent(tx: Transaction, brand: str, at: datetime) -> bool:
    """Whether this brand paged within the last half day: one event is one page, whichever series sees it."""
    return any(
        alert.kind is AlertKind.SPIKE and _brand_of(alert.subject) == brand
        for alert in tx.alerts(at - timedelta(hours=12), 1000)
    )


def _brand_of(subject: str) -> str:
    return subject.rsplit("/", 1)[0]


MOST_TOLD = 3
"""Level after which an open spike is not told again: on-call knows by then."""


def _escalate(tx: Transaction, alert: Alert, brand: str, queue: str, reading: Reading) -> Alert:
    grown = wording.spike(tx, brand, queue, reading)
    level = alert.level + 1
    grown = replace(grown, key=alert.key, opened_at=alert.opened_at, level=level, title=f"Worse: {grown.title}")
    tx.escalate_alert(alert.key, level, grown.title, grown.body, grown.facts)
    return grown


def _close(tx: Transaction, alert: Alert, now: datetime, title: str) -> Alert:
    tx.close_alert(alert.key, now)
    return replace(alert, closed_at=now, title=title, body=wording.lasted(alert.opened_at, now))


def _silence(source: SourceConfig, health: SourceHealth | None, now: datetime) -> Alert | None:
    if health is None or health.last_mention is None or now - health.last_mention <= source.silent_after:
        return None
    return wording.silence(source, health, now)

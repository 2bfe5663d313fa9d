"""Closes hours as time passes, lets the spike rule judge them, and keeps each alert's life in the store.

Detectors of each brand and its parts (`scopes`) are fed from hourly counts. The store's bookmark says which hour was
judged last; detectors whose memory disagrees with it (after a restart, a rollback, or another process) are built anew,
so their memory never has to be trusted. What many series say of one hour goes through one gate; what is left is one
alert a brand, whichever of its series speaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from listener.domain.alert import Alert, AlertKind
from listener.domain.hours import hour_of
from listener.domain.policy import SourceConfig, SpikePolicy
from listener.domain.verdict import Label
from listener.domain.watched import WatchPolicy
from listener.insight import unheard, wording
from listener.insight.blindness import Sight
from listener.insight.copies import MOST_READ, Voices, still_rare, voices
from listener.insight.gate import passing
from listener.insight.scopes import MEMORY, Brandwatch, Moment, Seen
from listener.insight.spikes import HOUR, Reading
from listener.insight.unheard import Unheard
from listener.ports import Transaction

MARK = "spikes:judged"

GRACE = timedelta(minutes=5)
"""An hour is judged this long after it ends: platforms index late."""

STALE = timedelta(hours=6)
"""Hours that ended longer ago teach the baseline but never page: a backfill is not news."""

APART = timedelta(hours=12)
"""One event is one page, whichever series sees it."""

MOST_TOLD = 3
"""Level after which an open spike is not told again: on-call knows by then."""

KINDS = {Label.COMPLAINT: AlertKind.SPIKE, Label.PRAISE: AlertKind.PRAISE}

LATER = timedelta(days=1)
"""How much later than the first a record begins that is told of: where all begin, nobody needs telling."""

LOUD = 3
"""Times the floor that a series must hold within three hours before it is told that it can't be judged yet."""


@dataclass
class Watch:
    """Spikes, silences and blindness; call inside the transaction whose rows they are judged by."""

    policy: SpikePolicy
    watch: WatchPolicy = field(default_factory=WatchPolicy)
    _brands: dict[str, Brandwatch] = field(default_factory=dict)
    _judged: str = ""
    _sight: Sight | None = None

    def spikes(self, tx: Transaction, now: datetime) -> list[Alert]:
        """Judge what has ended since the last call, and the running hour; alerts opened, escalated or closed now."""
        stored = tx.mark(MARK)
        if stored != self._judged:
            self._brands.clear()
        last = hour_of(now - GRACE) - HOUR
        first = datetime.fromisoformat(stored) + HOUR if stored else None
        unheard.note(tx, now)
        blind = Unheard.of(tx, now)
        begins = {brand: begin for brand in _brands(tx) if (begin := tx.first_mention_hour(brand)) is not None}
        seen: list[Seen] = []
        for brand, begun in begins.items():
            begin = max(hour_of(begun), hour_of(now) - MEMORY)
            moment = Moment(begin=begin, first=max(first or begin, begin), last=last, now=now, unheard=blind)
            seen += self._brands.setdefault(brand, Brandwatch(brand, self.policy)).look(tx, moment)
        told = self._tell(tx, seen, now)
        oldest = min(begins.values(), default=now)
        if now - oldest >= self.policy.warm_up + LATER:
            told += [alert for brand in begins for alert in self._cold(tx, brand, seen, now)]
        for alert in told:
            if alert.brand in self._brands:
                self._brands[alert.brand].look_again()
        self._judged = max(stored, last.isoformat())
        if self._judged != stored:
            tx.set_mark(MARK, self._judged)
        return told

    def silences(self, tx: Transaction, sources: Sequence[SourceConfig], now: datetime) -> list[Alert]:
        """Sources without a mention for longer than they may be; each is told once, and once more when it is back."""
        return self._eyes().silences(tx, sources, now)

    def blindness(self, tx: Transaction, sources: Sequence[SourceConfig], now: datetime) -> list[Alert]:
        """What keeps us from hearing; each is told once, and once more when it is over."""
        return self._eyes().look(tx, sources, now)

    def _eyes(self) -> Sight:
        if self._sight is None:
            self._sight = Sight(self.watch)
        return self._sight

    def _tell(self, tx: Transaction, seen: Sequence[Seen], now: datetime) -> list[Alert]:
        """Hour by hour, since one hour's alert decides what the next one's means."""
        told: list[Alert] = []
        for at in sorted({one.reading.at for one in seen}):
            hour = [one for one in seen if one.reading.at == at]
            pairs = {(one.scope.brand, one.scope.label) for one in hour}
            speak = passing(hour, self.policy) if now - at <= STALE else []
            for brand, label in sorted(pairs):
                mine = [one for one in speak if (one.scope.brand, one.scope.label) == (brand, label)]
                told += self._live(tx, brand, label, mine, now) if mine else []
        for brand, label in sorted({(one.scope.brand, one.scope.label) for one in seen}):
            told += self._end(tx, brand, label, [one for one in seen if _is_of(one, brand, label)], now)
        return told

    def _live(self, tx: Transaction, brand: str, label: Label, speak: Sequence[Seen], now: datetime) -> list[Alert]:
        """What those that speak mean for the brand's alert: the parent's word counts, else its rarest child's."""
        lead = min(speak, key=lambda one: (not one.scope.whole, one.reading.p))
        at = lead.reading.at
        own = _standing(tx, brand, label)
        if own is not None:
            news = lead.reading.escalated and own.level < MOST_TOLD and own.facts.get("hour") != at.isoformat()
            return [_escalate(tx, own, lead, speak, now)] if news else []
        if _recent(tx, brand, label, at):
            return []
        said = self._voices(tx, lead)
        if said.counted < said.observed and not still_rare(lead.reading, said.counted, self.policy):
            return []
        alert = wording.spike(tx, lead, [one.scope for one in speak], said, now)
        return [alert] if tx.open_alert(alert) else []

    def _voices(self, tx: Transaction, lead: Seen) -> Voices:
        since, until = wording.window(lead.reading)
        posts = tx.worded(lead.scope.brand, lead.scope.label, since, until, MOST_READ)
        return voices(lead.reading, posts, tx.repeats(lead.scope.brand, lead.scope.label, since, until))

    def _end(self, tx: Transaction, brand: str, label: Label, seen: Sequence[Seen], now: datetime) -> list[Alert]:
        """Over when an hour has ended after which no series of the brand is above its usual any more."""
        own = _standing(tx, brand, label)
        ended = [one for one in seen if one.ended and one.scope.whole]
        running = any(one.reading.open for one in seen if not one.ended)
        if own is None or not ended or running or self._brands[brand].open(label):
            return []
        return [_close(tx, own, now, wording.calm_again(brand, label, ended[-1].reading))]

    def _cold(self, tx: Transaction, brand: str, seen: Sequence[Seen], now: datetime) -> list[Alert]:
        """A record that begins beside older ones, loudly: nobody should wonder why it doesn't page."""
        whole = [one.reading for one in seen if _is_of(one, brand, Label.COMPLAINT) and one.scope.whole and one.ended]
        if not whole:
            return []
        last = whole[-1]
        own = next((a for a in tx.open_alerts() if a.kind is AlertKind.COLD and a.brand == brand), None)
        if own is not None:
            return [] if last.cold else [_close(tx, own, now, wording.warm(brand))]
        lately = self._brands[brand].lately(last.at, 3)
        if not self._told_cold(last, lately, now):
            return []
        alert = wording.cold(brand, last.at, lately, self.policy.warm_up)
        return [alert] if tx.open_alert(alert) else []

    def _told_cold(self, last: Reading, lately: int, now: datetime) -> bool:
        return last.cold and now - last.at <= STALE and lately >= LOUD * self.policy.min_count


def _brands(tx: Transaction) -> list[str]:
    return sorted({brand for brand, queue in tx.spike_series() if not queue})


def _is_of(one: Seen, brand: str, label: Label) -> bool:
    return (one.scope.brand, one.scope.label) == (brand, label)


def _standing(tx: Transaction, brand: str, label: Label) -> Alert | None:
    return next((a for a in tx.open_alerts() if a.kind is KINDS[label] and a.brand == brand), None)


def _recent(tx: Transaction, brand: str, label: Label, at: datetime) -> bool:
    """Whether this brand was told of within the last half day."""
    return any(alert.kind is KINDS[label] and alert.brand == brand for alert in tx.alerts(at - APART, 1000))


def _escalate(tx: Transaction, alert: Alert, lead: Seen, speak: Sequence[Seen], now: datetime) -> Alert:
    said = Voices(observed=lead.reading.observed, counted=lead.reading.observed)
    grown = wording.spike(tx, lead, [one.scope for one in speak], said, now)
    level = alert.level + 1
    grown = replace(
        grown,
        key=alert.key,
        subject=alert.subject,
        opened_at=alert.opened_at,
        level=level,
        title=f"Worse: {grown.title}",
    )
    tx.escalate_alert(alert.key, level, grown.title, grown.body, grown.facts)
    return grown


def _close(tx: Transaction, alert: Alert, now: datetime, title: str) -> Alert:
    tx.close_alert(alert.key, now)
    return replace(alert, closed_at=now, title=title, body=wording.lasted(alert.opened_at, now))

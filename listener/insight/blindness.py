"""When we don't hear: each trouble is told once, within ten minutes, and once more when it is over.

Sources that fail for one reason share an alert; when every source fails there is one that says so.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from listener.domain.alert import Alert, AlertKind
from listener.domain.budget import Rate
from listener.domain.digest import Blind
from listener.domain.hours import hour_of
from listener.domain.policy import SourceConfig
from listener.domain.stored import SourceHealth
from listener.domain.watched import WatchPolicy
from listener.insight import wording
from listener.insight.rhythm import HISTORY, Rhythm, rhythm
from listener.insight.troubles import (
    SPENT,
    Failing,
    Holes,
    Trouble,
    alike,
    failing,
    growing,
    grown,
    money,
    nothing_heard,
    quota,
    sources_fail,
    unread,
)
from listener.insight.unheard import Unheard
from listener.insight.windows import HOUR, Window
from listener.ports import Reads, Transaction

LEARNT_EVERY = timedelta(hours=6)

GAPS_MARK = "blindness: gaps"


@dataclass
class Sight:
    """Call inside the transaction whose rows it is judged by."""

    policy: WatchPolicy = field(default_factory=WatchPolicy)
    _rhythms: dict[str, Rhythm] = field(default_factory=dict)
    _rhythms_of: datetime | None = None

    def look(self, tx: Transaction, sources: Sequence[SourceConfig], now: datetime) -> list[Alert]:
        """What doesn't work: alerts opened, grown or closed now."""
        health = {row.source: row for row in tx.health()}
        standing = [alert for alert in tx.open_alerts() if alert.kind in (AlertKind.BLIND, AlertKind.BACKLOG)]
        of_sources = [alert for alert in standing if "sources" in alert.facts]
        found = failing(sources, health, self.policy, now)
        spent = self._money(tx, sources, health, now)
        found = {name: one for name, one in found.items() if not _of_money(one, health[name], spent)}
        every = len(found) > 1 and len(found) == len(_read(sources, health))
        told = _sources(tx, of_sources, found, now, every=every)
        others = [*spent, *self._calls(tx, sources, health, now), *_gaps(tx, sources, found, now)]
        waiting = unread(tx.backlog(), self.policy, now)
        rest = [alert for alert in standing if "sources" not in alert.facts]
        told += _others(tx, AlertKind.BLIND, rest, others, now)
        told += _others(tx, AlertKind.BACKLOG, rest, [waiting] if waiting else [], now)
        return told

    def silences(self, tx: Transaction, sources: Sequence[SourceConfig], now: datetime) -> list[Alert]:
        """Sources without a mention for longer than they may be, or than is their way."""
        health = {row.source: row for row in tx.health()}
        standing = tx.open_alerts()
        open_now = {alert.subject: alert for alert in standing if alert.kind is AlertKind.SILENCE}
        blind = {name for alert in standing for name in _names(alert)}
        found = {
            source.name: wording.silence(source, health[source.name], now)
            for source in sources
            if source.name in health and source.name not in blind and _overdue(source, health[source.name], now)
        }
        found |= self._quiet(tx, sources, health, found, now)
        told = []
        for subject, alert in found.items():
            if subject not in open_now and tx.open_alert(alert):
                told.append(alert)
        read = _answering(sources, health)
        for subject, alert in open_now.items():
            if subject in read and subject not in found:
                told.append(_close(tx, alert, now, wording.heard_again(subject)))
        return told

    def _quiet(
        self,
        tx: Reads,
        sources: Sequence[SourceConfig],
        health: Mapping[str, SourceHealth],
        overdue: Collection[str],
        now: datetime,
    ) -> dict[str, Alert]:
        """Platforms that are read without an error and bring far less than is their way."""
        self._learn(tx, now)
        found = {}
        for platform, names in _by_platform(sources, health).items():
            rows = [health[name] for name in names]
            last = max((row.last_mention for row in rows if row.last_mention), default=None)
            usual = self._rhythms.get(platform)
            if last is None or usual is None or any(row.failures for row in rows) or not usual.quiet(last, now):
                continue
            subject = names[0] if len(names) == 1 else _platform_subject(platform)
            if not set(names) & set(overdue):
                found[subject] = wording.quiet(subject, last, usual.expected(last, now), now)
        return found

    def _learn(self, reads: Reads, now: datetime) -> None:
        """Rhythms are told anew every few hours."""
        hour = hour_of(now)
        if self._rhythms_of is not None and timedelta(0) <= hour - self._rhythms_of < LEARNT_EVERY:
            return
        self._rhythms_of = hour
        since = hour - HISTORY
        unheard = Unheard.of(reads, now)
        counts: dict[str, dict[datetime, int]] = {}
        for cell in reads.platform_hours(since, hour):
            counts.setdefault(cell.value, {})[cell.hour] = cell.count
        self._rhythms = {}
        for platform, by_hour in counts.items():
            # The stretch that is silent now is judged; it doesn't make the record it is judged by.
            begin, end = min(by_hour), max(by_hour)
            hours = (begin + n * HOUR for n in range((end - begin) // HOUR + 1))
            heard = [at for at in hours if not unheard.of_platform(platform, at)]
            usual = rhythm(by_hour, heard)
            if usual is not None:
                self._rhythms[platform] = usual

    def _money(
        self, reads: Reads, sources: Sequence[SourceConfig], health: Mapping[str, SourceHealth], now: datetime
    ) -> list[Trouble]:
        found = []
        for credential, names in _by_credential(sources, health, connector="x").items():
            trouble = money(credential, names, reads.money(credential, now), self.policy, now)
            if trouble is not None:
                gone = any(health[name].error.startswith(SPENT) for name in names)
                found.append(_gone(trouble, names) if gone else trouble)
        return found

    def _calls(
        self, reads: Reads, sources: Sequence[SourceConfig], health: Mapping[str, SourceHealth], now: datetime
    ) -> list[Trouble]:
        rates: dict[str, Mapping[str, Rate]] = {
            credential: reads.rates(credential) for credential in _by_credential(sources, health)
        }
        return [
            trouble
            for credential, buckets in rates.items()
            for bucket, rate in buckets.items()
            if (trouble := quota(credential, bucket, rate, self.policy, now)) is not None
        ]


LONGEST = timedelta(days=7)
"""An alert of blindness that stood for longer was seen by then."""


def blind_stretches(reads: Reads, window: Window) -> list[Blind]:
    """When sources failed within a window, of those that are read again."""
    found = []
    for alert in reads.alerts(window.since - LONGEST, 1000):
        since = alert.facts.get("since")
        if alert.closed_at is None or not isinstance(since, str):
            continue
        begin, end = max(datetime.fromisoformat(since), window.since), min(alert.closed_at, window.until)
        why = f"it failed; read again since {alert.closed_at:%d %b %H:%M} UTC"
        if begin < end:
            found += [Blind(source=name, since=begin, until=end, reason=why) for name in sorted(_names(alert))]
    return found


def _sources(
    tx: Transaction, standing: Sequence[Alert], found: Mapping[str, Failing], now: datetime, *, every: bool
) -> list[Alert]:
    """Alerts of sources that fail: closed when none of theirs does any more, joined by those that fail alike."""
    over = [alert for alert in standing if not _names(alert) & set(found)]
    told = [_close(tx, alert, now, wording.heard_again(", ".join(sorted(_names(alert))))) for alert in over]
    left = [alert for alert in standing if alert not in over]
    groups = alike(found)
    if every and groups:
        return told + _nothing(tx, left, nothing_heard(found, now), now)
    covered = {name for alert in left for name in _names(alert)}
    for reason, group in groups.items():
        trouble = sources_fail(group, reason, now)
        same = next((alert for alert in left if alert.facts.get("reason") == reason), None)
        if {one.source for one in group} <= covered:
            continue
        if same is None:
            told += _open(tx, AlertKind.BLIND, trouble, now)
        else:
            names = {"sources": sorted(_names(same) | {one.source for one in group})}
            tx.escalate_alert(same.key, same.level, same.title, "\n".join(trouble.body), {**same.facts, **names})
    return told


def _nothing(tx: Transaction, standing: Sequence[Alert], trouble: Trouble, now: datetime) -> list[Alert]:
    """Every source fails: one alert says so, whichever stood before."""
    if any(alert.facts.get("everything") for alert in standing):
        return []
    if not standing:
        return _open(tx, AlertKind.BLIND, trouble, now)
    for alert in standing[1:]:
        tx.close_alert(alert.key, now)
    return [_grow(tx, standing[0], replace(trouble, level=standing[0].level + 1))]


def _others(
    tx: Transaction, kind: AlertKind, standing: Sequence[Alert], found: Sequence[Trouble], now: datetime
) -> list[Alert]:
    """One alert a subject."""
    troubles = {trouble.subject: trouble for trouble in found}
    known = {alert.subject: alert for alert in standing if alert.kind is kind}
    told = []
    for subject, trouble in troubles.items():
        alert = known.get(subject)
        if alert is None:
            told += _open(tx, kind, trouble, now)
        elif trouble.level > alert.level:
            told.append(_grow(tx, alert, trouble))
    return told + [
        _close(tx, alert, now, f"Over: {alert.title}") for subject, alert in known.items() if subject not in troubles
    ]


def _open(tx: Transaction, kind: AlertKind, trouble: Trouble, now: datetime) -> list[Alert]:
    alert = Alert(
        key=f"{kind}:{trouble.subject}:{now:%Y-%m-%dT%H:%M:%S}",
        kind=kind,
        subject=trouble.subject,
        opened_at=now,
        title=trouble.title,
        body="\n".join(trouble.body),
        facts={"since": trouble.since.isoformat(), **trouble.facts},
        level=trouble.level,
    )
    return [alert] if tx.open_alert(alert) else []


def _grow(tx: Transaction, alert: Alert, trouble: Trouble) -> Alert:
    facts = {"since": trouble.since.isoformat(), **trouble.facts}
    worse = replace(alert, title=trouble.title, body="\n".join(trouble.body), facts=facts, level=trouble.level)
    tx.escalate_alert(alert.key, worse.level, worse.title, worse.body, facts)
    return worse


def _close(tx: Transaction, alert: Alert, now: datetime, title: str) -> Alert:
    tx.close_alert(alert.key, now)
    return replace(alert, closed_at=now, title=title, body=wording.lasted(alert.opened_at, now))


def _gaps(
    tx: Transaction, sources: Sequence[SourceConfig], found: Mapping[str, Failing], now: datetime
) -> list[Trouble]:
    """Of each source, whether what is unseen grows; remembered in a bookmark."""
    names = {source.name for source in sources}
    unseen: dict[str, timedelta] = {}
    for gap in tx.open_gaps():
        if gap.source in names:
            unseen[gap.source] = unseen.get(gap.source, timedelta(0)) + (gap.until - gap.since)
    said = tx.mark(GAPS_MARK)
    before = _remembered(said)
    after = {name: grown(before.get(name), length.total_seconds(), now) for name, length in unseen.items()}
    if (kept := _written(after)) != (said or "{}"):
        tx.set_mark(GAPS_MARK, kept)
    grew = (growing(name, holes, found, now) for name, holes in after.items())
    return [trouble for trouble in grew if trouble is not None]


def _remembered(said: str) -> dict[str, Holes]:
    return {
        name: Holes(seconds=seconds, grew=tuple(datetime.fromisoformat(at) for at in grew))
        for name, (seconds, grew) in (json.loads(said) if said else {}).items()
    }


def _written(holes: Mapping[str, Holes]) -> str:
    return json.dumps({name: (one.seconds, [at.isoformat() for at in one.grew]) for name, one in holes.items()})


def _gone(trouble: Trouble, names: Sequence[str]) -> Trouble:
    spent, _when_gone, *rest = trouble.body
    title = f"Money is spent: {', '.join(names)} can't be read"
    return replace(trouble, level=2, title=title, body=(spent, *rest))


def _of_money(one: Failing, row: SourceHealth, spent: Sequence[Trouble]) -> bool:
    """Whether the alert about money says it already."""
    return one.error.startswith(SPENT) and any(trouble.facts.get("credential") == row.credential for trouble in spent)


def _names(alert: Alert) -> set[str]:
    """The sources that an alert of blindness is about."""
    named = alert.facts.get("sources", ()) if alert.kind is AlertKind.BLIND else ()
    return {str(name) for name in named} if isinstance(named, list | tuple) else set()


def _read(sources: Sequence[SourceConfig], health: Mapping[str, SourceHealth]) -> list[str]:
    return [one.name for one in sources if one.name in health and health[one.name].last_attempt is not None]


def _by_platform(sources: Sequence[SourceConfig], health: Mapping[str, SourceHealth]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in _read(sources, health):
        found.setdefault(health[name].platform, []).append(name)
    return found


def _by_credential(
    sources: Sequence[SourceConfig], health: Mapping[str, SourceHealth], connector: str = ""
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source in sources:
        row = health.get(source.name)
        if row is not None and row.credential and connector in ("", source.connector):
            found.setdefault(row.credential, []).append(source.name)
    return found


def _answering(sources: Sequence[SourceConfig], health: Mapping[str, SourceHealth]) -> set[str]:
    """Subjects of silences that may be over: what isn't read can't be heard again."""
    found = set()
    for platform, names in _by_platform(sources, health).items():
        found |= {name for name in names if not health[name].failures}
        found |= set() if any(health[name].failures for name in names) else {_platform_subject(platform)}
    return found


def _overdue(source: SourceConfig, row: SourceHealth, now: datetime) -> bool:
    return row.last_mention is not None and now - row.last_mention > source.silent_after


def _platform_subject(platform: str) -> str:
    return f"all of {platform}"

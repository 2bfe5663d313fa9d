"""Outages of ours in simulated traffic: polls fail for minutes or hours, then catch up. Run more of them with

    python -m tests.insight.outages 1000

The real `Watch` looks at a store in memory that answers as the real one would; time is a number.
"""

import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from listener.domain.alert import Alert, AlertKind
from listener.domain.hours import hour_of
from listener.domain.mention import Gap
from listener.domain.policy import SourceConfig, SpikePolicy
from listener.domain.stored import SourceHealth, StoredGap
from listener.domain.verdict import Label
from listener.domain.watched import Backlog, Dimension, HourOf, HourPosts
from listener.insight.watch import Watch

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
BRAND = "Acme"
WARM_UP = timedelta(days=21)
POLL = timedelta(minutes=5)
LOOK = timedelta(seconds=30)
HOUR = timedelta(hours=1)
AFTER = timedelta(hours=24)
"""So long after an outage an alarm is laid at its door."""


@dataclass(frozen=True, slots=True)
class Outage:
    since: datetime
    until: datetime
    platforms: tuple[str, ...]
    lost: bool
    """The platform no longer shows what was missed: a gap stays."""


def traffic(seed: int, an_hour: float, days: float, *, bursty: bool) -> list[datetime]:
    """Complaints, one author each, by a day's rhythm; `bursty` adds a log-rate that wanders within the hour."""
    rng = random.Random(seed)
    found, drift = [], 0.0
    for minute in range(round(days * 1440 / 5)):
        at = BEGIN + timedelta(minutes=5 * minute)
        drift = 0.944 * drift + (0.35 * math.sqrt(1 - 0.944**2) * rng.gauss(0, 1) if bursty else 0.0)
        day = 1 + 0.55 * math.sin((at.hour + at.minute / 60 - 9) / 24 * 2 * math.pi)
        rate = an_hour / 12 * day * (0.63 if at.weekday() >= 5 else 1.0) * math.exp(drift) * rng.gammavariate(4, 0.25)
        found += [at + timedelta(seconds=rng.uniform(0, 299)) for _ in range(_poisson(rng, rate))]
    return sorted(found)


def _poisson(rng: random.Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, n = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        n += 1
    return n


def outages(seed: int, many: int, platforms: Sequence[str]) -> list[Outage]:
    """From two minutes to half a day, at any time; the last one's hours are far from the next one's."""
    rng = random.Random(seed)
    found, at = [], BEGIN + WARM_UP
    for _ in range(many):
        at += timedelta(hours=rng.uniform(8, 30))
        length = timedelta(minutes=math.exp(rng.uniform(math.log(2), math.log(720))))
        which = tuple(platforms) if rng.random() < 0.7 else (rng.choice(list(platforms)),)
        found.append(Outage(at, at + length, which, lost=rng.random() < 0.25))
        at += length
    return found


@dataclass
class Memory:
    """The store's answers, from posts by platform that have been read so far."""

    heard: dict[tuple[str, datetime], int] = field(default_factory=dict)
    rows: dict[str, SourceHealth] = field(default_factory=dict)
    gaps: list[StoredGap] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    told: dict[str, Alert] = field(default_factory=dict)

    def mark(self, name: str) -> str:
        return self.marks.get(name, "")

    def set_mark(self, name: str, value: str) -> None:
        self.marks[name] = value

    def health(self) -> list[SourceHealth]:
        return list(self.rows.values())

    def open_gaps(self, source: str = "") -> list[StoredGap]:
        return self.gaps

    def spike_series(self) -> list[tuple[str, str]]:
        return [(BRAND, "")] if self.heard else []

    def first_mention_hour(self, brand: str) -> datetime | None:
        return min((hour for _, hour in self.heard), default=None)

    def _hours(self, since: datetime, until: datetime) -> Iterator[datetime]:
        at = hour_of(since)
        while at < until:
            yield at
            at += HOUR

    def hourly_by(
        self, brand: str, dimension: Dimension, label: Label, since: datetime, until: datetime
    ) -> list[HourOf]:
        if label is not Label.COMPLAINT or dimension not in (Dimension.WHOLE, Dimension.PLATFORM):
            return []
        split = [
            (hour, platform, self.heard.get((platform, hour), 0))
            for hour in self._hours(since, until)
            for platform in self.rows
        ]
        if dimension is Dimension.PLATFORM:
            return [HourOf(hour, platform, n) for hour, platform, n in split if n]
        sums: dict[datetime, int] = {}
        for hour, _, n in split:
            sums[hour] = sums.get(hour, 0) + n
        return [HourOf(hour, "", n) for hour, n in sums.items() if n]

    def hourly_posts(self, brand: str, since: datetime, until: datetime, platform: str = "") -> list[HourPosts]:
        return [
            HourPosts(row.hour, row.count * 2, row.count, 0)
            for row in self.hourly_by(brand, Dimension.WHOLE, Label.COMPLAINT, since, until)
        ]

    def platform_hours(self, since: datetime, until: datetime) -> list[HourOf]:
        return self.hourly_by(BRAND, Dimension.PLATFORM, Label.COMPLAINT, since, until)

    def open_alerts(self) -> list[Alert]:
        return [alert for alert in self.told.values() if alert.closed_at is None]

    def alerts(self, since: datetime, limit: int) -> list[Alert]:
        return [alert for alert in self.told.values() if alert.opened_at >= since]

    def open_alert(self, alert: Alert) -> bool:
        return self.told.setdefault(alert.key, alert) is alert

    def close_alert(self, key: str, now: datetime) -> None:
        self.told[key] = replace(self.told[key], closed_at=now)

    def escalate_alert(self, key: str, level: int, title: str, body: str, facts: Any) -> None:
        self.told[key] = replace(self.told[key], level=level, title=title, body=body, facts=facts)

    def backlog(self) -> Backlog:
        return Backlog(0, None)

    def rates(self, credential: str) -> dict[str, Any]:
        return {}

    def repeats(self, *_: object) -> int:
        return 0

    def nothing(self, *_: object, **__: object) -> list[Any]:
        return []

    worded = sampled_words = samples = incidents = incident_lines = presences = nothing

    def posts(self, _: object) -> dict[int, Any]:
        return {}

    def queue_counts(self, now: datetime) -> dict[str, tuple[int, int]]:
        return {}


@dataclass
class World:
    """A brand's posts on platforms of one source each, polled through outages."""

    posts: dict[str, list[datetime]]
    rng: random.Random
    memory: Memory = field(default_factory=Memory)
    watch: Watch = field(default_factory=lambda: Watch(SpikePolicy()))
    _read: dict[str, int] = field(default_factory=dict)
    spikes: list[Alert] = field(default_factory=list)

    @property
    def sources(self) -> list[SourceConfig]:
        return [SourceConfig(name=name, connector=name) for name in self.posts]

    def poll(self, platform: str, now: datetime, *, fails: bool, lost_since: datetime | None = None) -> None:
        row = self.memory.rows.get(platform)
        before = row.last_success if row else None
        failures = row.failures + 1 if row and fails else int(fails)
        last = row.last_mention if row else None
        if not fails:
            self._take(platform, now, lost_since)
            place = self._read.get(platform, 0)
            last = self.posts[platform][place - 1] if place else None
        self.memory.rows[platform] = SourceHealth(
            source=platform,
            platform=platform,
            last_attempt=now,
            last_success=before if fails else now,
            last_mention=last,
            failures=failures,
            error="Retry: 503" if fails else "",
            paused_until=None,
        )

    def _take(self, platform: str, now: datetime, lost_since: datetime | None) -> None:
        """All that was written since, unless the platform no longer shows it; in pages, a look after each."""
        written, at = self.posts[platform], self._read.get(platform, 0)
        if lost_since is not None:
            gap = Gap(since=lost_since, until=now, reason="page cap")
            self.memory.gaps.append(
                StoredGap(
                    id=len(self.memory.gaps),
                    source=platform,
                    since=gap.since,
                    until=gap.until,
                    reason=gap.reason,
                    closed_at=None,
                )
            )
        page = 0
        while at < len(written) and written[at] <= now:
            if lost_since is None or written[at] < lost_since:
                key = (platform, hour_of(written[at]))
                self.memory.heard[key] = self.memory.heard.get(key, 0) + 1
            at, page = at + 1, page + 1
            if page % 100 == 0:
                self.look(now)
        self._read[platform] = at

    def look(self, now: datetime) -> None:
        tx: Any = self.memory
        self.spikes += [
            a for a in self.watch.spikes(tx, now) if a.kind is AlertKind.SPIKE and a.level == 1 and a.closed_at is None
        ]

    def tick(self, now: datetime) -> None:
        tx: Any = self.memory
        self.look(now)
        self.watch.blindness(tx, self.sources, now)
        self.watch.silences(tx, self.sources, now)

    def run(self, until: datetime, happens: Sequence[Outage]) -> None:
        """Polled every five minutes around outages; between them once an hour, for the same counts in less time."""
        now = BEGIN
        for outage in happens:
            now = self._calm(now, outage.since)
            now = self._out(outage)
        self._calm(now, until)

    def _calm(self, now: datetime, until: datetime) -> datetime:
        while now < until:
            for platform in self.posts:
                self.poll(platform, now, fails=False)
            self.tick(now)
            now = min(now + HOUR, max(now + POLL, until - timedelta(seconds=self.rng.uniform(0, 300))))
        return now

    def _out(self, outage: Outage) -> datetime:
        """Failing polls wait longer and longer, as the schedule has it; a look every half minute."""
        began = {platform: self.memory.rows[platform].last_success for platform in self.posts}
        due = {platform: (began[platform] or outage.since) + POLL for platform in self.posts}
        now, back = outage.since, set(self.posts) - set(outage.platforms)
        left = set(outage.platforms)
        while left:
            now += LOOK
            for platform, at in list(due.items()):
                if at > now:
                    continue
                fails = platform in left and now < outage.until
                lost = began[platform] if outage.lost and platform in left and now - outage.since > HOUR else None
                self.poll(platform, now, fails=fails, lost_since=None if fails else lost)
                if not fails:
                    left.discard(platform)
                    back.add(platform)
                failures = self.memory.rows[platform].failures
                longest = min(POLL * 2 ** min(failures, 10), HOUR)
                due[platform] = now + POLL + (longest - POLL) * self.rng.random()
            self.tick(now)
        return now


@dataclass(kw_only=True)
class Result:
    outages: int = 0
    long: int = 0
    """Of more than ten minutes."""
    told: int = 0
    """Of those, reported as blindness, within ten minutes of the first unread one."""
    closed: int = 0
    spikes: list[str] = field(default_factory=list)
    """That the same traffic without outages doesn't have, within a day of an outage."""
    control: int = 0


def trial(seed: int, many: int, an_hour: float, *, bursty: bool) -> Result:
    """`many` outages in one brand's traffic on two platforms, beside the same traffic without any."""
    happens = outages(seed, many, ("x", "reddit"))
    until = happens[-1].until + timedelta(days=1)
    days = (until - BEGIN) / timedelta(days=1)
    posts = {
        "x": traffic(seed, an_hour * 0.7, days, bursty=bursty),
        "reddit": traffic(seed + 1, an_hour * 0.3, days, bursty=bursty),
    }
    world, control = (World(posts, random.Random(seed)) for _ in range(2))
    world.run(until, happens)
    control.run(until, [])
    result = Result(outages=many, control=len(control.spikes))
    blind = [alert for alert in world.memory.told.values() if alert.kind is AlertKind.BLIND]
    for outage in happens:
        near = [
            alert
            for alert in blind
            if outage.since - POLL <= alert.opened_at <= outage.until + HOUR and _names(alert) & set(outage.platforms)
        ]
        if outage.until - outage.since > timedelta(minutes=10):
            result.long += 1
            result.told += any(a.opened_at <= outage.since + timedelta(minutes=10) for a in near)
            result.closed += all(a.closed_at is not None for a in near)
        for spike in world.spikes:
            if outage.since <= spike.opened_at <= outage.until + AFTER and not _in(spike, control.spikes):
                result.spikes.append(f"{spike.opened_at} {spike.title} after {outage}")
    return result


def _names(alert: Alert) -> set[str]:
    named = alert.facts["sources"]
    assert isinstance(named, list)
    return set(named)


def _in(spike: Alert, others: Sequence[Alert]) -> bool:
    return any(abs(spike.opened_at - other.opened_at) <= timedelta(hours=12) for other in others)


def main(many: int) -> None:
    for an_hour in (2.0, 30.0, 200.0):
        for bursty in (False, True):
            found = trial(round(an_hour), many // 6 + 1, an_hour, bursty=bursty)
            sys.stdout.write(f"{an_hour:g} an hour, {'bursty' if bursty else 'calm'}: {found}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))

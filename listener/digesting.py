"""Digests on schedule: queued once for each period and target, and put together when they are sent.

The queue holds no word of the digest: what was erased between queueing and sending, or while a target was down, is
never sent, and nothing of a digest stays in the outbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from shlex import quote
from zoneinfo import ZoneInfo

from listener.alerts import notify
from listener.alerts.quiet import not_before
from listener.clock import Clock
from listener.domain.alert import DIGEST, OutboxDraft, OutboxRow, Severity
from listener.domain.digest import Cycle
from listener.domain.on_call import of_brand, on_call
from listener.domain.phrases import week, weekday
from listener.domain.policy import DigestPolicy, Settings, Target
from listener.errors import ConfigError
from listener.insight.period import Period, last_period, period_of, week_named
from listener.insight.windows import DAY
from listener.ports import AlertWrites, Notifier, Store

QUEUED = "digest: {cycle}"
"""The bookmark of the last period whose digest was queued."""

LATER = "Put together when it is sent: {page}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What queues and sends digests."""

    settings: Settings
    store: Store
    clock: Clock

    def queue_due(self) -> int:
        """Write the messages of the latest period of each cycle, unless it was done; how many are new."""
        now, policy = self.clock.now(), self.settings.alerts.digest
        periods = due(policy, now, ZoneInfo(self.settings.timezone))
        with self.store.read() as reads:
            new = [period for period in periods if reads.mark(_bookmark(period)) < period.name]
        if not new:
            return 0
        with self.store.write() as tx:
            return sum(self._queue(tx, period, now) for period in new)

    def _queue(self, tx: AlertWrites, period: Period, now: datetime) -> int:
        """The key decides whom it was queued for already: another process, or a run before."""
        tx.set_mark(_bookmark(period), period.name)
        brands = self.settings.alerts.digest.brands or ("",)
        drafts = [_draft(period, target, brand, now) for target in self._takers(now) for brand in brands]
        return sum(tx.enqueue(draft, now) for draft in drafts)

    def _takers(self, now: datetime) -> list[Target]:
        alerts = self.settings.alerts
        on_duty = {on_call(rota, now).target for rota in of_brand(alerts.rotas, "")}
        takers = [target for target in alerts.targets if DIGEST in target.kinds]
        return [target for target in takers if not target.on_call or target.name in on_duty]

    def carriers(self) -> Mapping[str, Notifier]:
        """A carrier for each target that knows how to put a digest together."""
        targets = {target.name: target for target in self.settings.alerts.targets}
        plain = notify.build(tuple(targets.values()))
        return {name: Composing(inner=plain[name], target=target, digests=self) for name, target in targets.items()}

    def body(self, row: OutboxRow, target: Target) -> str:
        """The digest that a message stands for, as of now. Raises `ConfigError` where its brand is gone."""
        from listener.insight.digest import build
        from listener.insight.wordless import wordless
        from listener.reports.message import render_message

        period, brand = _told_by(row.key, target, ZoneInfo(self.settings.timezone))
        if brand and brand not in {entry.name for entry in self.settings.brands}:
            raise ConfigError(f"no brand is named {brand!r} any more")
        with self.store.read() as reads:
            built = build(
                reads,
                brands=self.settings.brands,
                timezone=self.settings.timezone,
                day=period.first,
                now=self.clock.now(),
                brand=brand,
                cycle=period.cycle,
                loyalty=self.settings.loyalty,
                themes=self.settings.themes,
            )
        may = target.include_text or target.is_console
        return render_message(built if may else wordless(built), page=_page(period, brand))


@dataclass(frozen=True, slots=True, kw_only=True)
class Composing:
    """A carrier whose digests are put together as they leave."""

    inner: Notifier
    target: Target
    digests: Digests

    def send(self, row: OutboxRow) -> None:
        if row.step == DIGEST:
            row = replace(row, body=self.digests.body(row, self.target))
        self.inner.send(row)


def due(policy: DigestPolicy, now: datetime, zone: ZoneInfo) -> list[Period]:
    """The latest period of each cycle whose digest ought to be out by now; earlier ones that were missed stay so."""
    found = []
    if policy.daily_at is not None:
        found.append(last_period(Cycle.DAILY, _latest(None, policy.daily_at, now, zone), zone))
    if policy.weekly_on is not None:
        found.append(last_period(Cycle.WEEKLY, _latest(*policy.weekly_on, now, zone), zone))
    return found


def _latest(weekday: int | None, at: time, now: datetime, zone: ZoneInfo) -> datetime:
    """When it last struck that time; one that comes twice means its first coming, one that is skipped comes after."""
    day = now.astimezone(zone).date() + DAY
    while (struck := _strikes(day, at, zone)) > now or weekday not in (None, day.weekday()):
        day -= DAY
    return struck


def _strikes(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _bookmark(period: Period) -> str:
    return QUEUED.format(cycle=period.cycle)


def _draft(period: Period, target: Target, brand: str, now: datetime) -> OutboxDraft:
    said = weekday(period.first) if period.cycle is Cycle.DAILY else week(period.first)
    return OutboxDraft(
        key=":".join([_prefix(period, target), *([brand] if brand else [])]),
        target=target.name,
        title=f"Digest: {brand or 'all our brands'}, {said}",
        body=LATER.format(page=_page(period, brand)),
        step=DIGEST,
        not_before=not_before(target, Severity.NOTICE, now),
    )


def _prefix(period: Period, target: Target) -> str:
    return f"{DIGEST}:{period.cycle}:{period.name}:{target.name}"


def _told_by(key: str, target: Target, zone: ZoneInfo) -> tuple[Period, str]:
    """Period and brand of a message's key."""
    _, cycle, name, _ = key.split(":", 3)
    first = week_named(name, zone).first if cycle == Cycle.WEEKLY else date.fromisoformat(name)
    period = period_of(Cycle(cycle), first, zone)
    return period, key.removeprefix(_prefix(period, target)).removeprefix(":")


def _page(period: Period, brand: str) -> str:
    return f"listener digest {period.flag}{f' --brand {quote(brand)}' if brand else ''}"

"""What keeps the listener from hearing, told from how sources fare; pure.

A trouble is what stands now; `listener.insight.blindness` turns it into an alert's life.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listener.domain.budget import Rate
from listener.domain.policy import SourceConfig
from listener.domain.stored import SourceHealth
from listener.domain.watched import Backlog, WatchPolicy

REFUSED = ("Reauthorize", "NotPermitted", "ConfigError")
SPENT = "BudgetSpent"
HELD_BACK = "RateLimited"

EVERY_SOURCE = "every source"
"""Subject of the alert that says that nothing at all is heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A source that isn't read."""

    source: str
    reason: str
    """What it has in common with others that fail alike: platform and kind of error."""
    error: str
    since: datetime
    """When it was last read; where it never was, when that was last tried."""
    due: bool
    """Whether it has lasted long enough to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing to be told."""

    subject: str
    title: str
    body: Sequence[str]
    since: datetime
    level: int = 1
    """Grows when it turns from coming to come."""
    facts: Mapping[str, object] = field(default_factory=dict)


def failing(
    sources: Sequence[SourceConfig], health: Mapping[str, SourceHealth], policy: WatchPolicy, now: datetime
) -> dict[str, Failing]:
    """Source → how it fails, of those that aren't read now, whether or not that has lasted long yet."""
    found = {}
    for source in sources:
        row = health.get(source.name)
        if row is not None and row.last_attempt is not None and row.failures:
            found[source.name] = _failing(row, policy, now)
    return found


def _failing(row: SourceHealth, policy: WatchPolicy, now: datetime) -> Failing:
    kind = row.error.partition(":")[0]
    since = row.last_success or row.last_attempt or now
    patience = policy.held_back_after if kind == HELD_BACK else policy.failing_after
    never_read = row.last_success is None and (kind in REFUSED or row.failures > 1)
    return Failing(
        source=row.source,
        reason=f"{row.platform}: {kind}",
        error=row.error,
        since=since,
        due=now - since >= patience or never_read,
    )


def alike(found: Mapping[str, Failing]) -> dict[str, list[Failing]]:
    """Reason → the sources that fail for it, where at least one has for long."""
    groups: dict[str, list[Failing]] = {}
    for one in found.values():
        groups.setdefault(one.reason, []).append(one)
    return {reason: group for reason, group in groups.items() if any(one.due for one in group)}


def sources_fail(group: Sequence[Failing], reason: str, now: datetime) -> Trouble:
    """One trouble for all that fail alike."""
    names = sorted(one.source for one in group)
    since = min(one.since for one in group)
    what = names[0] if len(names) == 1 else f"{len(names)} sources"
    return Trouble(
        subject=names[0] if len(names) == 1 else reason,
        title=f"Blind: {what} can't be read for {span(now - since)}",
        body=[
            f"Last read {instant(since)}: {', '.join(names)}.",
            f"Why: {group[0].error}",
            "What people write there is neither counted nor put in the queue until it is read again.",
            f"Next: {_next_step(group[0])}",
        ],
        since=since,
        facts={"sources": names, "reason": reason, "everything": False, "since": since.isoformat()},
    )


def nothing_heard(found: Mapping[str, Failing], now: datetime) -> Trouble:
    """Every source fails."""
    names = sorted(found)
    since = max(one.since for one in found.values())
    reasons = sorted({one.error for one in found.values()})
    return Trouble(
        subject=EVERY_SOURCE,
        title=f"We are blind: none of {len(names)} sources can be read for {span(now - since)}",
        body=[
            f"Last read {instant(since)}: {', '.join(names)}.",
            *(f"Why: {error}" for error in reasons[:3]),
            "Nothing that people write is heard; no spike can be told until a source is read again.",
            "Next: look at this machine's network, then: listener doctor --online",
        ],
        since=since,
        facts={"sources": names, "reason": EVERY_SOURCE, "everything": True, "since": since.isoformat()},
    )


def _next_step(one: Failing) -> str:
    kind = one.error.partition(":")[0]
    if kind in REFUSED:
        return "renew the credentials (listener connect shows how), then: listener doctor --online"
    if kind == SPENT:
        return "raise x_monthly_cap_usd in listener.toml, or wait for the new month; see: listener sources"
    if kind == HELD_BACK:
        return "read it less often (interval in listener.toml); see: listener sources"
    return "listener doctor --online"


def money(credential: str, names: Sequence[str], spent: int, policy: WatchPolicy, now: datetime) -> Trouble | None:
    """A month's money that is nearly gone, or gone, while days are left."""
    cap = policy.x_cap_micro_usd
    ends = _next_month(now)
    if cap <= 0 or spent < cap * (1 - policy.nearly_gone) or ends - now < timedelta(days=1):
        return None
    left = max(0, cap - spent)
    return Trouble(
        subject=f"money of {credential}",
        title=f"Money nearly gone: {_dollars(left)} of {_dollars(cap)} left until {ends:%d %B}",
        body=[
            f"{_dollars(spent)} are spent or reserved this month, for {', '.join(names)}.",
            f"When it is gone they aren't read until {instant(ends)}.",
            "Next: raise x_monthly_cap_usd in listener.toml, or read less often; see: listener sources",
        ],
        since=now,
        facts={"credential": credential, "spent_micro_usd": spent, "cap_micro_usd": cap},
    )


LONG_WINDOW = timedelta(hours=1)
"""An allowance that comes back sooner needs nobody."""


def quota(credential: str, bucket: str, rate: Rate, policy: WatchPolicy, now: datetime) -> Trouble | None:
    """Calls that are nearly used up, where they come back late."""
    if rate.left is None or not rate.capacity or rate.resets_at is None or rate.resets_at - now < LONG_WINDOW:
        return None
    if rate.left >= rate.capacity * policy.nearly_gone:
        return None
    return Trouble(
        subject=f"calls of {credential}: {bucket}",
        title=f"Calls nearly used up: {rate.left:,} of {rate.capacity:,} left until {rate.resets_at:%d %b %H:%M} UTC",
        body=[
            f"{credential}, calls to {bucket}; some are kept back for replies.",
            "When they are gone nothing is read with them until then.",
            "Next: read less often (interval in listener.toml); see: listener sources",
        ],
        since=now,
        facts={"credential": credential, "bucket": bucket, "left": rate.left, "capacity": rate.capacity},
    )


def unread(backlog: Backlog, policy: WatchPolicy, now: datetime) -> Trouble | None:
    """Posts that wait too long, or too many of them, for a verdict."""
    if backlog.oldest is None or not backlog.posts:
        return None
    waits = now - backlog.oldest
    if backlog.posts < policy.backlog_posts and waits < policy.backlog_age:
        return None
    return Trouble(
        subject="classifier",
        title=f"Unclassified: {backlog.posts:,} posts, the oldest for {span(waits)}",
        body=[
            "They are stored and in the queue, but nothing is known of their mood: complaints are undercounted.",
            "Verdicts come to posts in open cases first, then to the newest.",
            "Next: listener doctor",
        ],
        since=backlog.oldest,
        facts={"posts": backlog.posts, "oldest": backlog.oldest.isoformat()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Holes:
    """How much of a source is known to be unseen, and when that last grew."""

    seconds: float
    grew: tuple[datetime, ...] = ()
    """The last two times."""


GROWS_WITHIN = timedelta(hours=1)
"""A gap that grew twice in so long is growing; one that was found once is over."""

LEAST_GROWTH = timedelta(minutes=1)


def grown(before: Holes | None, seconds: float, now: datetime) -> Holes:
    """With what is unseen now."""
    if before is None:
        return Holes(seconds=seconds, grew=(now,))
    more = seconds - before.seconds >= LEAST_GROWTH.total_seconds()
    if more:
        return Holes(seconds=seconds, grew=(*before.grew[-1:], now))
    return before if seconds >= before.seconds else Holes(seconds=seconds, grew=before.grew)


def growing(source: str, holes: Holes, told: Collection[str], now: datetime) -> Trouble | None:
    """A source that is read, yet misses more and more; one that can't be read is told otherwise."""
    lately = [at for at in holes.grew if now - at <= GROWS_WITHIN]
    if source in told or len(lately) < 2:
        return None
    return Trouble(
        subject=f"gap of {source}",
        title=f"A gap grows: {span(timedelta(seconds=holes.seconds))} of {source} are unseen",
        body=[
            "It is read, but not all of it: a platform's limit, a page cap, or a stream that overflows.",
            "What falls into it isn't counted; where the platform still shows it, it is read later by itself.",
            "Next: listener coverage",
        ],
        since=lately[0],
        facts={"source": source, "seconds": holes.seconds},
    )


def instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def span(length: timedelta) -> str:
    hours, rest = divmod(round(length.total_seconds() / 60), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _dollars(micro_usd: int) -> str:
    return f"${micro_usd / 1e6:,.2f}"


def _next_month(now: datetime) -> datetime:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)

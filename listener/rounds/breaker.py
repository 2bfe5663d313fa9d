"""Which sources are not to be asked now: a platform's window, a refused credential; both outlive a restart.

What a platform declares for one kind of call is kept by the budget of calls. Here stands what holds a whole source
back, or, where the credential itself was refused, all sources that share it: when their pause is over one of them
asks first, and the others wait for what it hears.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from listener.domain.run import SourceReport
from listener.domain.stored import SourceHealth
from listener.pipeline import Stages, credential_of
from listener.rounds.jobs import Job

LONGEST_WAIT = timedelta(hours=1)
"""A failing source is tried at least this often, unless the platform named a later instant."""

_REFUSED = "Reauthorize"

_chance = random.SystemRandom()


def next_wait(interval: timedelta, failures: int) -> timedelta:
    """The interval, doubled with each failure in a row up to an hour (or the interval, if that is longer)."""
    doublings: int = 2 ** min(failures, 10)
    return min(interval * doublings, max(interval, LONGEST_WAIT))


def jittered(interval: timedelta, failures: int, chance: random.Random = _chance) -> timedelta:
    """Anywhere between the interval and `next_wait`: sources that failed together don't come back together."""
    longer = next_wait(interval, failures) - interval
    return interval + longer * chance.random()


def known_health(stages: Stages, jobs: Sequence[Job]) -> dict[str, SourceHealth]:
    """By source. What another credential met says nothing of this one: that source begins anew."""
    with stages.store.read() as reads:
        rows = {row.source: row for row in reads.health()}
    return {
        job.source.name: rows[job.source.name]
        for job in jobs
        if job.source.name in rows and not _renewed(rows[job.source.name], credential_of(job.connector))
    }


def _renewed(row: SourceHealth, credential: str) -> bool:
    return bool(row.credential and credential) and row.credential != credential


def paused_sources(stages: Stages, jobs: Sequence[Job]) -> dict[str, datetime]:
    """Sources that are not to be asked now, and until when."""
    health, now = known_health(stages, jobs), stages.clock.now()
    refused = refusals(health.values())
    found: dict[str, datetime] = {}
    for job in jobs:
        row = health.get(job.source.name)
        untils = [row.paused_until if row else None, refused.get(credential_of(job.connector))]
        ahead = [until for until in untils if until is not None and until > now]
        if ahead:
            found[job.source.name] = max(ahead)
    return found


def refusals(rows: Iterable[SourceHealth]) -> dict[str, datetime]:
    """Credentials that were refused when last used, and until when they are left alone; also where that is over."""
    found: dict[str, datetime] = {}
    for row in rows:
        if row.credential and row.paused_until is not None and row.error.startswith(f"{_REFUSED}:"):
            found[row.credential] = max(row.paused_until, found.get(row.credential, row.paused_until))
    return found


class Breaker:
    """Of credentials; used by the loop's thread alone."""

    def __init__(self, health: Mapping[str, SourceHealth]) -> None:
        self._refused = refusals(health.values())
        self._asking: dict[str, str] = {}
        """Refused credential → the source that asks whether it is good again."""

    def held(self, credential: str, source: str, now: datetime) -> bool:
        """Whether this source may not ask now; else, if the credential was refused, it is the one that asks."""
        until = self._refused.get(credential)
        if until is None:
            return False
        if until > now or self._asking.get(credential, source) != source:
            return True
        self._asking[credential] = source
        return False

    def heard(self, credential: str, report: SourceReport) -> None:
        """What a poll met."""
        if not credential:
            return
        if self._asking.get(credential) == report.source:
            del self._asking[credential]
        if report.code == _REFUSED and report.paused_until is not None:
            self._refused[credential] = report.paused_until
        elif not report.error:
            self._refused.pop(credential, None)

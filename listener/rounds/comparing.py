"""What each source lists of the last days is compared with what is stored: what was missed without knowing is found.

Once a day, where the past can be read for nothing or for little, a few pages at a time, and only while there are calls
to spare: reading what is new goes first.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from listener.domain.comparing import Comparison, Standing, load_standing, mark_of
from listener.domain.run import SourceReport
from listener.errors import ConfigError, ListenerError, StoreError
from listener.pipeline import Stages, credential_of
from listener.ports.connectors import Backfills
from listener.rounds.backfilling import until_told
from listener.rounds.breaker import paused_sources
from listener.rounds.comparison import LEAST, Reading, Slot, affordable, begin, go_on, leave, standing_of, stretch_of
from listener.rounds.jobs import Job

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
"""Between two looks."""
PAGES = 10
"""In one look, which is at one source; those that are only passed on the way don't count."""
DAILY = timedelta(hours=24)
SOON = timedelta(minutes=5)
"""When to look again for something to compare."""
SPARED = 0.5
"""Share of a window's calls that is left to others."""
GIVEN_UP = timedelta(days=2)
"""A comparison that fails, and began so long ago, begins anew."""


class Comparing:
    """Of every source that can be read back, once a day."""

    def __init__(self, stages: Stages, jobs: Sequence[Job]) -> None:
        self._stages = stages
        self._jobs = [job for job in jobs if isinstance(job.connector, Backfills)]
        self._not_before: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self._reading: dict[str, Reading] = {}

    def look(self) -> list[SourceReport]:
        """Read on in one comparison; none raises but a store that fails."""
        if not self._stages.compares.enabled or self._stages.replaying or not self._jobs:
            return []
        paused, now = paused_sources(self._stages, self._jobs), self._stages.clock.now()
        # Whose turn it was comes last: one that is long holds up no other.
        for job in list(self._jobs):
            if job.source.name in paused or now < self._not_before.get(job.source.name, now):
                continue
            if self._stages.stopping():
                break
            report = self._tried(job)
            if report is not None:
                self._jobs.remove(job)
                self._jobs.append(job)
                return [report]
        return []

    def _tried(self, job: Job) -> SourceReport | None:
        """None where nothing is to be compared now."""
        report, slot = SourceReport(source=job.source.name), Slot(source=job.source.name)
        try:
            if not self._spares(job) or not self._begun(job, slot):
                return None
            reading = self._reading.setdefault(slot.source, Reading(job=job, slot=slot))
            if go_on(self._stages, reading, report, lambda pages: pages >= PAGES or not self._spares(job)):
                self._reading.pop(slot.source)
                log.info("listing compared", extra={"source": job.source.name})
            self._failures.pop(job.source.name, None)
        except StoreError:
            raise
        except ListenerError as error:
            self._failed(slot, error, report)
        except Exception as error:  # the boundary of a connector, as in the pipeline
            log.exception("comparing a listing met a bug", extra={"source": job.source.name})
            self._failed(slot, error, report)
        return report

    def _begun(self, job: Job, slot: Slot) -> bool:
        """Whether one is under way, or begins now."""
        now, policy = self._stages.clock.now(), self._stages.compares
        standing = standing_of(self._stages, job)
        if standing.running is not None:
            return True
        due = standing.last.began + DAILY if standing.last else now
        one = stretch_of(self._stages, job, policy.back, standing.began) if due <= now else None
        if one is None:
            self._not_before[slot.source] = max(due, now + SOON)
            return False
        if not affordable(job, one, policy.most_micro_usd):
            self._not_before[slot.source] = now + DAILY
            return False
        begin(self._stages, slot, standing, one)
        self._reading.pop(slot.source, None)
        return True

    def _spares(self, job: Job) -> bool:
        """Whether enough calls are left to polls and answers."""
        until = spare_until(self._stages, job)
        if until is not None:
            self._not_before[job.source.name] = until
        return until is None

    def _failed(self, slot: Slot, error: Exception, report: SourceReport) -> None:
        now = self._stages.clock.now()
        self._failures[slot.source] = self._failures.get(slot.source, 0) + 1
        report.error, report.code = str(error), type(error).__name__
        self._not_before[slot.source] = until_told(error, self._failures[slot.source], now)
        log.warning("a listing can't be compared now", extra={"source": slot.source, "error": str(error)})
        with self._stages.store.read() as reads:
            standing = load_standing(reads.mark(slot.mark))
        if standing is not None and standing.running is not None and standing.running.began < now - GIVEN_UP:
            leave(self._stages, slot)


def spare_until(stages: Stages, job: Job) -> datetime | None:
    """When enough of its credential's calls will be left; None where they are."""
    credential, now = credential_of(job.connector), stages.clock.now()
    if not credential:
        return None
    with stages.store.read() as reads:
        rates = reads.rates(credential).values()
    until = [rate.blocked_until for rate in rates if rate.blocked_until is not None and rate.blocked_until > now]
    for rate in rates:
        is_low = rate.left is not None and rate.capacity is not None and rate.left < SPARED * rate.capacity
        if is_low and rate.resets_at is not None and rate.resets_at > now:
            until.append(rate.resets_at)
    return max(until, default=None)


def compare_now(
    stages: Stages, job: Job, back: timedelta, report: SourceReport, consent: Callable[[Comparison], None]
) -> Comparison | None:
    """One comparison that a person asked for, to its end; None where it was stopped, and goes on when asked again.

    Raises as `poll` does, and `ConfigError` where the source wasn't polled to its end yet.
    """
    slot, own = Slot(source=job.source.name, asked=True), standing_of(stages, job)
    one = stretch_of(stages, job, back, None)
    with stages.store.read() as reads:
        kept = load_standing(reads.mark(slot.mark))
    if one is None:
        raise ConfigError(
            f"nothing of {job.source.name!r} can be compared yet: it wasn't read to its end, or only just",
            next_step=f"listener poll {job.source.name}, and compare later",
        )
    if kept is None or not _goes_on(kept, own, one):
        consent(one)
        begin(stages, slot, own, one)
    if not go_on(stages, Reading(job=job, slot=slot), report, lambda _: False):
        return None
    with stages.store.read() as reads:
        ended = load_standing(reads.mark(mark_of(slot.source)))
    return ended.last if ended is not None else None


def _goes_on(kept: Standing, own: Standing, one: Comparison) -> bool:
    """A stopped one does within a day, if as much was asked for under the same settings."""
    was = kept.running
    if was is None or kept.settings != own.settings or was.began <= one.began - DAILY:
        return False
    return abs((was.began - was.since) - (one.began - one.since)) < LEAST

"""Which source is polled when."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from listener import pipeline
from listener.domain.run import SourceReport
from listener.domain.stored import SourceHealth
from listener.pipeline import Stages, credential_of
from listener.rounds.breaker import Breaker, jittered, known_health, next_wait, paused_sources
from listener.rounds.jobs import Job

log = logging.getLogger(__name__)


class Schedule:
    """Which source is due when, and which is being read. How often one has failed is known from before a restart."""

    def __init__(self, stages: Stages, jobs: Sequence[Job], breaker: Breaker | None = None) -> None:
        self._stages = stages
        self._jobs = {job.source.name: job for job in jobs}
        health = known_health(stages, jobs)
        self._breaker = breaker or Breaker(health)
        self._failures = {name: health[name].failures if name in health else 0 for name in self._jobs}
        paused, now = paused_sources(stages, jobs), stages.clock.now()
        self._due = {name: max(paused.get(name, now), self._resumed(name, health, now)) for name in self._jobs}
        self._running: dict[str, Future[SourceReport]] = {}

    def _resumed(self, name: str, health: Mapping[str, SourceHealth], now: datetime) -> datetime:
        """At once, but for one that was failing: that goes on waiting."""
        row = health.get(name)
        if row is None or row.last_attempt is None or not row.failures:
            return now
        return row.last_attempt + next_wait(self._jobs[name].source.interval, row.failures)

    def due_at(self, name: str) -> datetime:
        """When this source is read next."""
        return self._due[name]

    def start_due(self, pool: ThreadPoolExecutor) -> None:
        now = self._stages.clock.now()
        for name, job in self._jobs.items():
            if name in self._running or self._due[name] > now:
                continue
            if not self._breaker.held(credential_of(job.connector), name, now):
                self._running[name] = pool.submit(pipeline.run_source, self._stages, job.source, job.connector)

    def collect(self) -> None:
        """Take what has ended and set the next time. A store failure is raised: nothing can go on without it."""
        for name in [name for name, future in self._running.items() if future.done()]:
            report = self._running.pop(name).result()
            job = self._jobs[name]
            self._breaker.heard(credential_of(job.connector), report)
            self._failures[name] = self._failures[name] + 1 if report.error else 0
            wait = jittered(job.source.interval, self._failures[name])
            self._due[name] = max(self._stages.clock.now() + wait, report.paused_until or self._due[name])
            told(report)


def told(report: SourceReport) -> None:
    """Counts only: no words of strangers in a log."""
    facts = {
        "source": report.source,
        "read": report.read,
        "matched": report.matched,
        "stored": report.stored,
        "opened": report.opened,
        "error": report.error,
    }
    if report.error:
        log.warning("source failed", extra=facts)
    else:
        log.info("source read", extra=facts)

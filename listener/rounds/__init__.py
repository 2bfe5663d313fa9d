"""When each source is read: one round over all of them, or round after round until told to stop.

Sources are read side by side, one thread each, so that one that hangs until its deadline holds up nobody else; their
commits take turns in the store.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener import pipeline
from listener.alerts import outbox
from listener.domain.policy import SourceConfig
from listener.domain.run import RunReport, SourceReport
from listener.pipeline import Stages
from listener.ports import Connector, Notifier

log = logging.getLogger(__name__)

THREADS = 8
LONGEST_WAIT = timedelta(hours=1)
"""A failing source is tried at least this often, unless the platform named a later instant."""
SENDING = timedelta(seconds=2)
"""How often it is looked whether an answer is to be sent."""
TICK = timedelta(seconds=30)
"""How often waking, closing hours and silence are looked at while no page comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A source with the connector that reads it."""

    source: SourceConfig
    connector: Connector


def one_round(stages: Stages, jobs: Sequence[Job], notifiers: Mapping[str, Notifier]) -> RunReport:
    """Read every source once, sources inside a declared window left alone; then wake, watch and deliver."""
    report = RunReport()
    paused = paused_sources(stages)
    ready = [job for job in jobs if job.source.name not in paused]
    report.sources += [_left_alone(job, paused[job.source.name]) for job in jobs if job.source.name in paused]
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        report.sources += pool.map(lambda job: pipeline.run_source(stages, job.source, job.connector), ready)
    stages.send_due()
    settle(stages, jobs, notifiers, report)
    return report


def _left_alone(job: Job, until: datetime) -> SourceReport:
    return SourceReport(
        source=job.source.name, error=f"paused until {until:%Y-%m-%d %H:%M} UTC", code="RateLimited", paused_until=until
    )


def paused_sources(stages: Stages) -> dict[str, datetime]:
    """Sources whose platform asked us to wait, until when; it outlives a restart."""
    now = stages.clock.now()
    with stages.store.read() as reads:
        rows = reads.health()
    return {row.source: row.paused_until for row in rows if row.paused_until is not None and row.paused_until > now}


def settle(stages: Stages, jobs: Sequence[Job], notifiers: Mapping[str, Notifier], report: RunReport) -> None:
    """What follows the pages: late verdicts, waking, hours closing, silence, delivery."""
    late = SourceReport(source="rescored")
    pipeline.rescore(stages, late)
    if late.stored:
        report.sources.append(late)
    report.alerts += pipeline.tick(stages, [job.source for job in jobs])
    delivery = outbox.deliver(stages.store, notifiers, stages.clock)
    report.delivered += delivery.sent
    report.undelivered += delivery.failed


def run_forever(stages: Stages, jobs: Sequence[Job], notifiers: Mapping[str, Notifier]) -> None:
    """Round after round until `stages.stopping()`; pages in hand are finished first."""
    schedule = Schedule(stages, jobs)
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        next_tick = stages.clock.now() + TICK
        answers = Answers(stages)
        while not stages.stopping():
            schedule.start_due(pool)
            answers.send_due(pool)
            schedule.collect()
            if stages.clock.now() >= next_tick:
                settle(stages, jobs, notifiers, RunReport())
                next_tick = stages.clock.now() + TICK
            stages.clock.sleep(0.5)
    schedule.collect()


class Answers:
    """Sends agents' answers every two seconds, off the loop's thread: a platform that is slow holds up no source."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._next = stages.clock.now()
        self._sending: Future[object] | None = None

    def send_due(self, pool: ThreadPoolExecutor) -> None:
        """Begin to, unless it is going on. A store failure is raised: nothing can go on without it."""
        if self._sending is not None and self._sending.done():
            self._sending.result()
            self._sending = None
        if self._sending is None and self._stages.clock.now() >= self._next:
            self._next = self._stages.clock.now() + SENDING
            self._sending = pool.submit(self._stages.send_due)


class Schedule:
    """Which source is due when, and which is being read."""

    def __init__(self, stages: Stages, jobs: Sequence[Job]) -> None:
        self._stages = stages
        self._jobs = {job.source.name: job for job in jobs}
        now = stages.clock.now()
        paused = paused_sources(stages)
        self._due = {name: paused.get(name, now) for name in self._jobs}
        self._failures = dict.fromkeys(self._jobs, 0)
        self._running: dict[str, Future[SourceReport]] = {}

    def due_at(self, name: str) -> datetime:
        """When this source is read next."""
        return self._due[name]

    def start_due(self, pool: ThreadPoolExecutor) -> None:
        now = self._stages.clock.now()
        for name, job in self._jobs.items():
            if name not in self._running and self._due[name] <= now:
                self._running[name] = pool.submit(pipeline.run_source, self._stages, job.source, job.connector)

    def collect(self) -> None:
        """Take what has ended and set the next time. A store failure is raised: nothing can go on without it."""
        for name in [name for name, future in self._running.items() if future.done()]:
            report = self._running.pop(name).result()
            self._failures[name] = self._failures[name] + 1 if report.error else 0
            wait = next_wait(self._jobs[name].source.interval, self._failures[name])
            self._due[name] = max(self._stages.clock.now() + wait, report.paused_until or self._due[name])
            if report.error:
                log.warning("source failed", extra=_facts(report))
            else:
                log.info("source read", extra=_facts(report))


def next_wait(interval: timedelta, failures: int) -> timedelta:
    """The interval, doubled with each failure in a row up to an hour (or the interval, if that is longer)."""
    doublings: int = 2 ** min(failures, 10)
    return min(interval * doublings, max(interval, LONGEST_WAIT))


def _facts(report: SourceReport) -> dict[str, object]:
    """Counts only: no words of strangers in a log."""
    return {
        "source": report.source,
        "read": report.read,
        "matched": report.matched,
        "stored": report.stored,
        "opened": report.opened,
        "error": report.error,
    }

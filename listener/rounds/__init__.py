"""When each source is read: one round over all of them, or round after round until told to stop.

Sources are read side by side, one thread each, so that one that hangs until its deadline holds up nobody else; their
commits take turns in the store. Beside them stand streams, looks at stored posts, reading what was missed, and
comparing what sources list with what is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

from listener import pipeline
from listener.alerts import outbox
from listener.domain.run import RunReport, SourceReport
from listener.pipeline import Stages, credential_of
from listener.ports import Notifier
from listener.rounds import aging, backfilling, backing_up, comparing, rechecking
from listener.rounds.backfilling import Healing
from listener.rounds.breaker import Breaker, known_health, next_wait, paused_sources
from listener.rounds.chores import Chore
from listener.rounds.comparing import Comparing
from listener.rounds.jobs import Job
from listener.rounds.rechecking import Rechecking
from listener.rounds.schedule import Schedule
from listener.rounds.supervisor import Supervisor

__all__ = ["Job", "Schedule", "next_wait", "one_round", "paused_sources", "run_forever", "settle"]

THREADS = 8
SENDING = timedelta(seconds=2)
"""How often it is looked whether an answer, or an alert, is to be sent."""
TICK = timedelta(seconds=30)
"""How often waking, closing hours and silence are looked at while no page comes."""


def one_round(stages: Stages, jobs: Sequence[Job], notifiers: Mapping[str, Notifier]) -> RunReport:
    """Read every source once, sources inside a declared window left alone; then look again, wake, watch, deliver."""
    report = RunReport()
    stages.keep_ballast()
    paused = paused_sources(stages, jobs)
    ready = [job for job in jobs if job.source.name not in paused]
    report.sources += [_left_alone(job, paused[job.source.name]) for job in jobs if job.source.name in paused]
    report.sources += _read_all(stages, ready)
    report.sources += Rechecking(stages, jobs).look()
    report.sources += Healing(stages, jobs).look()
    report.sources += Comparing(stages, jobs).look()
    stages.send_due()
    settle(stages, jobs, report)
    stages.queue_digests()
    aging.age_out(stages)
    stages.back_up()
    delivery = outbox.deliver(stages.store, notifiers, stages.clock, stages.alerts)
    report.delivered, report.undelivered = delivery.sent, delivery.failed
    return report


def _read_all(stages: Stages, jobs: Sequence[Job]) -> Iterator[SourceReport]:
    """Side by side; of those whose credential was refused when last used, one first."""
    breaker = Breaker(known_health(stages, jobs))
    waiting = list(jobs)
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        while waiting:
            now = stages.clock.now()
            turn = [job for job in waiting if not breaker.held(credential_of(job.connector), job.source.name, now)]
            for job, report in zip(
                turn, pool.map(lambda job: pipeline.run_source(stages, job.source, job.connector), turn), strict=True
            ):
                breaker.heard(credential_of(job.connector), report)
                yield report
            waiting = [job for job in waiting if job not in turn]
            if not turn:
                until = paused_sources(stages, waiting)
                yield from (_left_alone(job, until.get(job.source.name, now)) for job in waiting)
                return


def _left_alone(job: Job, until: datetime) -> SourceReport:
    return SourceReport(
        source=job.source.name, error=f"paused until {until:%Y-%m-%d %H:%M} UTC", code="RateLimited", paused_until=until
    )


def settle(stages: Stages, jobs: Sequence[Job], report: RunReport) -> None:
    """What follows from pages: late verdicts, waking, hours closing, silence, and what became of alerts."""
    late = SourceReport(source="rescored")
    pipeline.rescore(stages, late)
    if late.stored:
        report.sources.append(late)
    report.alerts += pipeline.tick(stages, [job.source for job in jobs])


def run_forever(stages: Stages, jobs: Sequence[Job], notifiers: Mapping[str, Notifier]) -> None:
    """Round after round until `stages.stopping()`; pages in hand are finished first."""
    breaker = Breaker(known_health(stages, jobs))
    schedule = Schedule(stages, [job for job in jobs if not job.streams], breaker)
    chores = [
        Chore(stages.clock, SENDING, stages.send_due),
        Chore(stages.clock, TICK, stages.queue_digests),
        # Off the loop's thread: a chat service that hangs must not keep sources from being read.
        Chore(stages.clock, SENDING, lambda: outbox.deliver(stages.store, notifiers, stages.clock, stages.alerts)),
        Chore(stages.clock, rechecking.EVERY, Rechecking(stages, jobs).look),
        Chore(stages.clock, backfilling.EVERY, Healing(stages, jobs).look),
        Chore(stages.clock, comparing.EVERY, Comparing(stages, jobs).look),
        Chore(stages.clock, aging.EVERY, lambda: aging.age_out(stages)),
        Chore(stages.clock, backing_up.EVERY, stages.back_up),
        Chore(stages.clock, TICK, stages.keep_ballast),
    ]
    with (
        _streaming(Supervisor(stages, [job for job in jobs if job.streams], breaker)) as streams,
        ThreadPoolExecutor(max_workers=THREADS) as pool,
        ThreadPoolExecutor(max_workers=len(chores)) as beside,
    ):
        next_tick = stages.clock.now() + TICK
        while not stages.stopping():
            schedule.start_due(pool)
            streams.start_due()
            for chore in chores:
                chore.start_due(beside)
            schedule.collect()
            streams.collect()
            if stages.clock.now() >= next_tick:
                settle(stages, jobs, RunReport())
                next_tick = stages.clock.now() + TICK
            stages.clock.sleep(0.5)
    schedule.collect()


@contextmanager
def _streaming(streams: Supervisor) -> Iterator[Supervisor]:
    """A run that ends keeps what was heard; one that fails leaves it to the next run's polls."""
    try:
        yield streams
    except BaseException:
        streams.abandon()
        raise
    streams.close()

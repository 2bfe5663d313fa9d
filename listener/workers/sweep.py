"""What waits, by the tables alone: looked at every second by one worker after the other."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from listener.domain.stored import SourceHealth
from listener.pipeline import Stages, credential_of
from listener.ports import Reads
from listener.rounds import TICK, aging, backfilling, comparing, rechecking
from listener.rounds.breaker import known_health, next_wait, paused_sources, refusals
from listener.rounds.jobs import Job
from listener.workers import hints
from listener.workers.hints import STRETCH, Hint, Task

MOST_STRETCHES = 64
"""Found at one look; the rest is found by the next."""
AGAIN = timedelta(seconds=15)
"""A stretch in which posts stay without a verdict isn't asked about sooner: the model failed, or a text is poison."""

# Chores whose pace is the same however many workers there are, since the store remembers when each was last asked for.
PACES = {
    Task.SETTLE: TICK,
    Task.READ_GAPS: backfilling.EVERY,
    Task.COMPARE: comparing.EVERY,
    Task.LOOK_AGAIN: rechecking.EVERY,
    Task.AGE_OUT: aging.EVERY,
}


class Sweep:
    """Of one worker."""

    def __init__(self, stages: Stages, jobs: Sequence[Job]) -> None:
        self._stages = stages
        self._jobs = jobs
        self._asked: dict[int, datetime] = {}
        """Stretch → when it was last found."""

    def look(self) -> list[Hint]:
        """What is due now. Call with nobody else at `app.RUN`."""
        now = self._stages.clock.now()
        found = [
            Hint(task=Task.DELIVER),
            *(hints.poll(job.source.name) for job in due_sources(self._stages, self._jobs)),
        ]
        with self._stages.store.read() as reads:
            found += self._stretches(reads, now)
            late = [task for task, pace in PACES.items() if not _is_recent(reads.mark(_mark(task)), pace, now)]
        if late:
            with self._stages.store.write() as tx:
                for task in late:
                    tx.set_mark(_mark(task), now.isoformat())
        return found + [Hint(task=task) for task in late]

    def _stretches(self, reads: Reads, now: datetime) -> list[Hint]:
        self._asked = {begin: at for begin, at in self._asked.items() if now - at < AGAIN}
        begins = [begin for begin in reads.unscored_stretches(STRETCH, MOST_STRETCHES) if begin not in self._asked]
        self._asked |= dict.fromkeys(begins, now)
        return [hints.score(begin) for begin in begins]


def due_sources(stages: Stages, jobs: Sequence[Job]) -> list[Job]:
    """Those whose interval is over, none within a pause; of those that share a refused credential, one."""
    now = stages.clock.now()
    health, paused = known_health(stages, jobs), paused_sources(stages, jobs)
    refused = refusals(health.values())
    asking: set[str] = set()
    found: list[Job] = []
    for job in jobs:
        credential = credential_of(job.connector)
        if job.source.name in paused or not _is_due(job, health, now) or credential in asking:
            continue
        if credential in refused:
            asking.add(credential)
        found.append(job)
    return found


def _is_due(job: Job, health: Mapping[str, SourceHealth], now: datetime) -> bool:
    row = health.get(job.source.name)
    if row is None or row.last_attempt is None:
        return True
    return now >= row.last_attempt + next_wait(job.source.interval, row.failures)


def is_due(stages: Stages, job: Job) -> bool:
    """Asked again by whoever takes the job: it may have waited behind another."""
    return bool(due_sources(stages, [job]))


def _mark(task: Task) -> str:
    return f"workers:{task}"


def _is_recent(mark: str, pace: timedelta, now: datetime) -> bool:
    return bool(mark) and now - datetime.fromisoformat(mark) < pace

"""What a worker does with a job: the same stages as in the run."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from listener import pipeline
from listener.alerts import outbox
from listener.domain.run import SourceReport
from listener.errors import Retry
from listener.pipeline import Stages, late
from listener.ports import Notifier
from listener.rounds import aging
from listener.rounds.backfilling import Healing
from listener.rounds.comparing import Comparing
from listener.rounds.jobs import Job
from listener.rounds.rechecking import Rechecking
from listener.rounds.schedule import told
from listener.workers.hints import STRETCH
from listener.workers.sweep import is_due

log = logging.getLogger(__name__)


class Unfinished(Retry):
    """The worker was told to stop in the middle; another goes on."""


class Work:
    """Of one worker; several jobs at a time, in threads."""

    def __init__(self, stages: Stages, jobs: Sequence[Job], notifiers: Mapping[str, Notifier]) -> None:
        self._stages = stages
        self._jobs = {job.source.name: job for job in jobs}
        self._notifiers = notifiers
        self._rechecking = Rechecking(stages, jobs)
        self._healing = Healing(stages, jobs)
        self._comparing = Comparing(stages, jobs)

    def poll(self, source: str) -> None:
        """Read one source to its end; nobody else reads it meanwhile, not even a worker that was given up too soon."""
        job = self._jobs.get(source)
        if job is None:
            log.warning("a job names a source that isn't configured here", extra={"source": source})
            return
        try:
            with self._stages.store.alone(f"poll {source}"):
                if is_due(self._stages, job):
                    told(pipeline.run_source(self._stages, job.source, job.connector))
        except Retry as error:
            log.info("left to who is at it", extra={"source": source, "error": str(error)})

    def look_again(self) -> None:
        self._rechecking.look()

    def read_gaps(self) -> None:
        self._healing.look()

    def compare(self) -> None:
        self._comparing.look()

    def age_out(self) -> None:
        aging.age_out(self._stages)

    def score(self, first: int) -> None:
        report = SourceReport(source="rescored")
        late.score_stretch(self._stages, first, first + STRETCH - 1, report)
        if report.stored:
            told(report)

    def judge_anew(self, since: str, first: int, last: int) -> None:
        """Raises `Unfinished` where it was stopped, so that the job goes back to the board."""
        done = late.judge_anew(self._stages, datetime.fromisoformat(since), first, last)
        log.info("judged anew", extra={"posts": done})
        if self._stages.stopping():
            raise Unfinished("stopped in the middle of a range")

    def deliver(self) -> None:
        """Digests are written, answers and messages sent."""
        self._stages.queue_digests()
        self._stages.send_due()
        outbox.deliver(self._stages.store, self._notifiers, self._stages.clock, self._stages.alerts)

    def settle(self) -> None:
        """What must happen though no page came."""
        pipeline.tick(self._stages, [job.source for job in self._jobs.values()])

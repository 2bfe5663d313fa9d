"""Gives each stream its turns, in threads of their own: no poll that hangs holds up what is heard."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from listener.clock import monotonic
from listener.domain.run import SourceReport
from listener.pipeline import Stages
from listener.rounds.breaker import Breaker, known_health
from listener.rounds.jobs import Job
from listener.rounds.schedule import told
from listener.rounds.streams import PARTING, Stream


class Supervisor:
    """Of the sources that are heard."""

    def __init__(self, stages: Stages, jobs: Sequence[Job], breaker: Breaker) -> None:
        health = known_health(stages, jobs)
        self._stages = stages
        self._breaker = breaker
        self._streams = [Stream(stages, job, health.get(job.source.name)) for job in jobs]
        self._turns: dict[str, Future[list[SourceReport]]] = {}
        # One more, since a pool without threads can't be.
        self._pool = ThreadPoolExecutor(max_workers=len(self._streams) + 1)

    def start_due(self) -> None:
        now = self._stages.clock.now()
        for stream in self._streams:
            if stream.name not in self._turns:
                held = stream.asks(now) and self._breaker.held(stream.credential, stream.name, now)
                self._turns[stream.name] = self._pool.submit(stream.turn, held=held)

    def collect(self) -> None:
        """Take what has ended. A store failure is raised: nothing can go on without it."""
        for stream in self._streams:
            turn = self._turns.get(stream.name)
            if turn is not None and turn.done():
                del self._turns[stream.name]
                for report in turn.result():
                    self._breaker.heard(stream.credential, report)
                    told(report)

    def close(self) -> None:
        """What was heard is stored, a socket that doesn't end is left behind."""
        self._pool.shutdown(wait=True)
        until = monotonic() + PARTING
        for stream in self._streams:
            stream.close(max(0.0, until - monotonic()))
        self.collect()

    def abandon(self) -> None:
        """The store fails: nothing can be kept."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for stream in self._streams:
            stream.abandon()

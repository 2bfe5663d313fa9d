"""What may be waiting for a worker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from listener.reclassifying import RANGE

STRETCH = 512
"""Ids in one job of late verdicts: a second's work, so that what a dead worker had in hand is soon done again."""


class Queue(StrEnum):
    """What a worker may be told to keep to."""

    POLL = "poll"
    """Reading sources, and looking at what was read before: the connectors' work."""
    CLASSIFY = "classify"
    """Verdicts that come late, and another model's."""
    NOTIFY = "notify"
    """Alerts, digests and answers leave; cases wake, hours close, silence is noticed."""


class Task(StrEnum):
    """What is to be done."""

    POLL = "poll"
    LOOK_AGAIN = "look_again"
    READ_GAPS = "read_gaps"
    COMPARE = "compare"
    AGE_OUT = "age_out"
    SCORE = "score"
    JUDGE_ANEW = "judge_anew"
    DELIVER = "deliver"
    SETTLE = "settle"

    @property
    def queue(self) -> Queue:
        return _QUEUES[self]


_QUEUES = {
    Task.POLL: Queue.POLL,
    Task.LOOK_AGAIN: Queue.POLL,
    Task.READ_GAPS: Queue.POLL,
    Task.COMPARE: Queue.POLL,
    Task.AGE_OUT: Queue.NOTIFY,
    Task.SCORE: Queue.CLASSIFY,
    Task.JUDGE_ANEW: Queue.CLASSIFY,
    Task.DELIVER: Queue.NOTIFY,
    Task.SETTLE: Queue.NOTIFY,
}
# What people wait for goes before what can wait.
PRIORITIES = {Task.DELIVER: 30, Task.SETTLE: 20, Task.POLL: 10, Task.JUDGE_ANEW: -10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One job: doing it twice, or in vain, harms nothing."""

    task: Task
    args: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Of two jobs with the same key, one waits at the most, and one is done at a time."""
        return ":".join([self.task.value, *(str(value) for value in self.args.values())])

    @property
    def priority(self) -> int:
        return PRIORITIES.get(self.task, 0)


def poll(source: str) -> Hint:
    return Hint(task=Task.POLL, args={"source": source})


def score(first: int) -> Hint:
    """Late verdicts of the stretch that begins there."""
    return Hint(task=Task.SCORE, args={"first": first})


def judge_anew(since: datetime, until: int) -> Iterable[Hint]:
    """Every post up to this id that no model has judged since, in ranges."""
    for first in range(1, until + 1, RANGE):
        last = min(first + RANGE - 1, until)
        yield Hint(task=Task.JUDGE_ANEW, args={"since": since.isoformat(), "first": first, "last": last})

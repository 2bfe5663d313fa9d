"""Stored posts are judged anew by the model in use now: after an upgrade, or a change of model.

What is to be done is told by an instant and an id: every post up to the id that no model has judged since the instant.
So it can be stopped anywhere, and shared by many.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from listener import app
from listener.clock import SystemClock, monotonic
from listener.domain.policy import Settings
from listener.pipeline import late
from listener.pipeline.pages import classify
from listener.ports import Store

MARK = "reclassify"
RANGE = 10_000
"""Ids between two words to whoever waits, and in one job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Every post up to `until` that no model has judged since."""

    since: datetime
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What it would take."""

    begun: datetime | None
    """When one was begun that isn't finished."""
    posts: int
    ranges: int
    posts_a_second: float
    """On this machine, by a sample; 0 where there is nothing to try it on."""

    @property
    def hours(self) -> float:
        return self.posts / self.posts_a_second / 3600 if self.posts_a_second else 0.0


def plan(settings: Settings, store: Store, now: datetime) -> Plan:
    """Reads every post's verdicts once, and classifies some."""
    begun = unfinished(store)
    with store.read() as reads:
        until = reads.newest_mention()
        what = begun or Begun(since=now, until=until)
        posts = reads.count_not_judged_since(what.since, what.until)
        sample = reads.not_judged_since(what.since, 1, what.until, late.BATCH)
    stages = app.compose(settings, store, SystemClock())
    pairs = [(row.mention, row.matches) for row in sample]
    classify(stages, pairs[:1], now)  # loads the model
    began = monotonic()
    classify(stages, pairs, now)
    speed = len(pairs) / (monotonic() - began) if pairs else 0.0
    return Plan(begun=begun.since if begun else None, posts=posts, ranges=-(-what.until // RANGE), posts_a_second=speed)


def begin(store: Store, now: datetime, *, anew: bool = False) -> Begun:
    """The one that is open, else a new one."""
    begun = None if anew else unfinished(store)
    if begun is None:
        with store.write() as tx:
            begun = Begun(since=now, until=tx.newest_mention())
            tx.set_mark(MARK, json.dumps({"since": begun.since.isoformat(), "until": begun.until}))
    return begun


def unfinished(store: Store) -> Begun | None:
    """One that was begun and has posts left."""
    with store.read() as reads:
        mark = reads.mark(MARK)
    if not mark:
        return None
    told = json.loads(mark)
    begun = Begun(since=datetime.fromisoformat(told["since"]), until=told["until"])
    return begun if left(store, begun) else None


def left(store: Store, begun: Begun) -> int:
    """Posts that are still to be judged; those whose text no model can bear stay among them."""
    with store.read() as reads:
        return reads.count_not_judged_since(begun.since, begun.until)


def run(
    settings: Settings, store: Store, clock: SystemClock, begun: Begun, on_range: Callable[[int, int], None]
) -> int:
    """Judge them here, until done or `clock.stop()`; how many were. Raises `ClassifierError`."""
    stages = app.compose(settings, store, clock, stopping=lambda: clock.stopped)
    done = 0
    for first in range(1, begun.until + 1, RANGE):
        last = min(first + RANGE - 1, begun.until)
        done += late.judge_anew(stages, begun.since, first, last)
        if clock.stopped:
            break
        on_range(last, begun.until)
    return done

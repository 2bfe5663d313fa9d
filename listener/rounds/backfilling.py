"""The past is read: on demand, and by itself where a stretch was missed that its platform still shows.

A backfill has a cursor of its own, named after its stretch: it never moves the one that polls go on from, and goes on
where it was stopped. When it has come to its end, the gaps that it covers are closed.
"""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import stamina

from listener import pipeline
from listener.domain.mention import BEYOND, STREAMED, Gap, Page
from listener.domain.platform import Estimate
from listener.domain.run import SourceReport
from listener.domain.stored import StoredGap
from listener.errors import (
    BadCursor,
    BudgetSpent,
    ConfigError,
    ListenerError,
    NotPermitted,
    RateLimited,
    Reauthorize,
    StoreError,
)
from listener.pipeline import Backoff, Booking, Stages, Way, credential_of
from listener.ports import Transaction
from listener.ports.connectors import Backfills
from listener.rounds.breaker import jittered, paused_sources
from listener.rounds.jobs import Job

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
"""How often it is looked for gaps."""
PAGES = 20
"""Of a gap, in one look."""
SETTLED = timedelta(minutes=5)
"""Posts are found this long after they appear; a gap isn't read sooner."""
MARGIN = timedelta(minutes=5)
"""Kept from the end of a platform's reach, which moves while we read."""
REFUSED = timedelta(hours=6)

_chance = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """[since, until) of one source."""

    source: str
    since: datetime
    until: datetime

    @property
    def cursor(self) -> str:
        """The row its cursor is kept in."""
        return f"{self.source}#backfill:{self.since.isoformat()}..{self.until.isoformat()}"

    def covers(self, gap: StoredGap) -> bool:
        return gap.source == self.source and self.since <= gap.since and gap.until <= self.until


def read_past(stages: Stages, job: Job, stretch: Stretch, report: SourceReport, most: int | None = None) -> bool:
    """Go on with a backfill, for so many pages at the most; whether it has come to its end. Raises as `poll` does."""

    def pages() -> bool:
        return _pages(stages, job, stretch, report, most)

    try:
        return with_retries(pages)
    except BadCursor:
        with stages.store.write() as tx:
            tx.forget_cursor(stretch.cursor)
        return with_retries(pages)


def with_retries(pages: Callable[[], bool]) -> bool:
    """What may heal within seconds is tried again at once, from the last committed page."""
    ended = False
    for attempt in stamina.retry_context(on=Backoff(), attempts=3, timeout=30.0):
        with attempt:
            ended = pages()
    return ended


def _pages(stages: Stages, job: Job, stretch: Stretch, report: SourceReport, most: int | None) -> bool:
    assert isinstance(job.connector, Backfills)
    with stages.store.read() as reads:
        cursor = reads.cursor(stretch.cursor)

    def ended(tx: Transaction, now: datetime) -> None:
        tx.forget_cursor(stretch.cursor)
        for gap in tx.open_gaps(stretch.source):
            if stretch.covers(gap) and not gap.reason.startswith(BEYOND):
                tx.close_gap(gap.id, now)

    booking = Booking(way=Way.PAST, cursor=stretch.cursor, credential=credential_of(job.connector))
    number = 0
    for page in job.connector.backfill(stretch.since, stretch.until, cursor, stages.clock.now()):
        number, cursor = number + moved(cursor, page), page.cursor
        last = replace(booking, at_last=ended) if page.done else booking
        pipeline.store_page(stages, job.source, job.connector.platform, _told(page), report, last)
        stages.on_page(report)
        if page.done:
            return True
        if stages.stopping() or (most is not None and number >= most):
            return False
    with stages.store.write() as tx:
        ended(tx, stages.clock.now())
    return True


def moved(cursor: str, page: Page) -> bool:
    """Whether a page goes further than the one before: some platforms are walked down from their newest post each time.

    If what they pass on the way counted as well, what lies deep would never be reached.
    """
    return page.cursor != cursor


def _told(page: Page) -> Page:
    """What a backfill can't reach, no other will."""
    gaps = tuple(replace(gap, reason=f"{BEYOND}{gap.reason}") for gap in page.gaps)
    return replace(page, gaps=gaps) if gaps else page


class Healing:
    """Reads what was missed, one gap after the other."""

    def __init__(self, stages: Stages, jobs: Sequence[Job]) -> None:
        self._stages = stages
        self._jobs = {job.source.name: job for job in jobs if isinstance(job.connector, Backfills)}
        self._begun: dict[int, Stretch] = {}
        """Gap → what is read of it: a platform's reach moves, and a cursor holds for one stretch."""
        self._worth: dict[int, bool] = {}
        """Gap → whether reading it costs no more than it may."""
        self._not_before: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}

    def look(self) -> list[SourceReport]:
        """Read on in one gap; none raises but a store that fails."""
        if not self._stages.gaps.heal or self._stages.replaying or not self._jobs:
            return []
        with self._stages.store.read() as reads:
            gaps = [gap for gap in reads.open_gaps() if gap.source in self._jobs and _is_ours(gap)]
        paused = paused_sources(self._stages, list(self._jobs.values())) if gaps else {}
        for gap in gaps:
            if gap.source in paused or self._stages.clock.now() < self._not_before.get(gap.source, gap.since):
                continue
            report = self._tried(gap, self._jobs[gap.source])
            if report is not None:
                return [report]
        return []

    def _tried(self, gap: StoredGap, job: Job) -> SourceReport | None:
        """None where nothing can be done for it now."""
        report = SourceReport(source=gap.source)
        try:
            stretch = self._stretch(gap, job)
            if stretch is None or not self._affordable(gap, job, stretch):
                return None
            if read_past(self._stages, job, stretch, report, PAGES):
                self._healed(gap, stretch)
            self._failures.pop(gap.source, None)
        except StoreError:
            raise
        except ListenerError as error:
            self._failed(gap.source, error, report)
        except Exception as error:  # the boundary of a connector, as in the pipeline
            log.exception("reading a gap met a bug", extra={"source": gap.source})
            self._failed(gap.source, error, report)
        return report

    def _stretch(self, gap: StoredGap, job: Job) -> Stretch | None:
        """What of it the platform still shows; None where it is too fresh, or nothing is shown."""
        now = self._stages.clock.now()
        if gap.until > now - SETTLED:
            return None
        begun = self._begun.get(gap.id)
        if begun is not None and begun.until == gap.until:
            return begun
        earliest = gap.since if job.can.reach is None else max(gap.since, now - job.can.reach + MARGIN)
        if earliest >= gap.until:
            return None
        self._begun[gap.id] = Stretch(source=gap.source, since=earliest, until=gap.until)
        return self._begun[gap.id]

    def _affordable(self, gap: StoredGap, job: Job, stretch: Stretch) -> bool:
        """Where it isn't free: only if what it would cost is known, and no more than it may."""
        if is_free(job):
            return True
        if not self._stages.gaps.most_micro_usd:
            return False
        if gap.id not in self._worth:
            assert isinstance(job.connector, Backfills)
            found = job.connector.estimate(stretch.since, stretch.until)
            self._worth[gap.id] = known_cost(found) and found.micro_usd <= self._stages.gaps.most_micro_usd
        return self._worth[gap.id]

    def _healed(self, gap: StoredGap, stretch: Stretch) -> None:
        """What lay beyond the platform's reach stays known to be unseen."""
        self._begun.pop(gap.id, None)
        log.info("gap read", extra={"source": gap.source})
        if stretch.since <= gap.since:
            return
        rest = Gap(since=gap.since, until=stretch.since, reason=f"{BEYOND}{gap.reason}")
        with self._stages.store.write() as tx:
            now = self._stages.clock.now()
            tx.close_gap(gap.id, now)
            tx.add_gap(gap.source, rest, now)

    def _failed(self, source: str, error: Exception, report: SourceReport) -> None:
        now = self._stages.clock.now()
        self._failures[source] = self._failures.get(source, 0) + 1
        report.error, report.code = str(error), type(error).__name__
        self._not_before[source] = until_told(error, self._failures[source], now)
        log.warning("gap can't be read now", extra={"source": source, "error": str(error)})


def is_free(job: Job) -> bool:
    """By what its connector says; what follows the word says within what bounds."""
    return job.can.cost.startswith("free")


def known_cost(estimate: Estimate) -> bool:
    """Without a number of posts a price says nothing."""
    return estimate.posts is not None


def _is_ours(gap: StoredGap) -> bool:
    """A poll closes what streams missed; what a backfill couldn't reach no other will."""
    return not gap.reason.startswith((STREAMED, BEYOND))


def until_told(error: Exception, failures: int, now: datetime) -> datetime:
    """When to read the past again after a failure."""
    if isinstance(error, RateLimited) and not isinstance(error, BudgetSpent):
        return error.until
    if isinstance(error, (BudgetSpent, Reauthorize, NotPermitted, ConfigError)):
        return now + REFUSED
    return now + jittered(EVERY, failures, _chance)

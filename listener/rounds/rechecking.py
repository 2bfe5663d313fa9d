"""Stored posts are looked up again at their source: what was deleted there is erased here, edits are followed.

Posts in cases that aren't resolved come first and oftener. A look asks for a few hundred at the most, on the part of
the budget that is left to it, and any source of the platform may ask.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener import pipeline
from listener.domain.mention import Mention, Page
from listener.domain.platform import Rechecked, terms_of
from listener.domain.run import SourceReport
from listener.errors import BudgetSpent, ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, StoreError
from listener.pipeline import Booking, Stages, Way
from listener.ports.connectors import Rechecks
from listener.rounds.breaker import jittered, paused_sources
from listener.rounds.concluding import Conclusion, Doubts, Tally, conclude, digest, dump_doubts, load_doubts, ripe
from listener.rounds.jobs import Job

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
"""Between two looks."""
AT_ONCE = 100
"""Posts in one call, as the port says."""
CALLS = 5
"""In one look, for each platform."""
RETIRED = 2_000
"""Posts grown too old that are taken out in one look."""
REFUSED = timedelta(hours=1)
SOONER = 4
"""Posts that nobody could tell anything of come again after this part of the interval."""

_chance = random.SystemRandom()


@dataclass(slots=True, kw_only=True)
class _Standing:
    """How the looks at one platform go."""

    not_before: datetime
    failures: int = 0
    looks: int = 0
    tallies: tuple[Tally, ...] = ()
    warned: str = ""
    """The source that bears a warning."""


class Rechecking:
    """Of every platform that can be asked."""

    def __init__(self, stages: Stages, jobs: Sequence[Job]) -> None:
        self._stages = stages
        self._jobs: dict[str, list[Job]] = {}
        for job in jobs:
            if isinstance(job.connector, Rechecks):
                self._jobs.setdefault(job.connector.platform, []).append(job)
        now = stages.clock.now()
        with stages.store.read() as reads:
            warned = {row.source for row in reads.health() if row.warning}
        self._standing = {
            platform: _Standing(not_before=now, warned=next((n for j in jobs if (n := j.source.name) in warned), ""))
            for platform, jobs in self._jobs.items()
        }

    def look(self) -> list[SourceReport]:
        """One look at each platform; none raises but a store that fails."""
        if not self._stages.rechecks.enabled or self._stages.replaying or not self._jobs:
            return []
        paused = paused_sources(self._stages, [job for jobs in self._jobs.values() for job in jobs])
        reports = []
        for platform, jobs in self._jobs.items():
            standing = self._standing[platform]
            able = [job for job in jobs if job.source.name not in paused]
            if not able or self._stages.clock.now() < standing.not_before or self._stages.stopping():
                continue
            # Another source may know what this one can't tell.
            report = self._look(platform, able[standing.looks % len(able)], standing)
            standing.looks += 1
            reports += [report] if report.rechecked or report.error else []
        return reports

    def _look(self, platform: str, job: Job, standing: _Standing) -> SourceReport:
        report = SourceReport(source=job.source.name)
        doubts = self._doubts(platform)
        due, often = self._due(platform, doubts)
        try:
            asked, told = self._ask(job, due, standing, report)
            if asked:
                found = conclude(asked, told, doubts, standing.tallies, self._stages.clock.now())
                self._apply(platform, job, found, often, report)
                standing.tallies = found.tallies
                self._warn(job, standing, found)
        except StoreError:
            raise
        except Exception as error:  # the boundary of a connector, as in the pipeline
            log.exception("a look at stored posts met a bug", extra={"source": job.source.name})
            self._failed(job, error, standing, report)
        return report

    def _due(self, platform: str, doubts: Doubts) -> tuple[list[Mention], frozenset[str]]:
        """Whom to ask about, first those in doubt if their time has come; and the keys of those in open cases."""
        policy, now = self._stages.rechecks, self._stages.clock.now()
        stored_every = min(policy.stored_every, terms_of(platform).delete_within)
        waiting = {name for name, since in doubts.items() if not ripe(since, now)}
        most = AT_ONCE * CALLS
        with self._stages.store.write() as tx:
            tx.ask_no_more(platform, now - stored_every, now - policy.keep_asking, RETIRED)
        with self._stages.store.read() as reads:
            held = reads.recheck_open(platform, now - policy.open_every, most + len(waiting))
            rest = reads.recheck_stored(platform, now - stored_every, most + len(waiting))
        due = {digest(one.key): one for one in (*held, *rest) if digest(one.key) not in waiting}
        first = sorted(due, key=lambda name: name not in doubts)
        return [due[name] for name in first[:most]], frozenset(digest(one.key) for one in held)

    def _ask(
        self, job: Job, due: Sequence[Mention], standing: _Standing, report: SourceReport
    ) -> tuple[list[Mention], list[Rechecked]]:
        """What was asked and told before the first failure, which concludes nothing of its posts."""
        assert isinstance(job.connector, Rechecks)
        asked: list[Mention] = []
        told: list[Rechecked] = []
        for at in range(0, len(due), AT_ONCE):
            if self._stages.stopping():
                break
            chunk = due[at : at + AT_ONCE]
            try:
                told += job.connector.recheck(chunk, self._stages.clock.now())[: len(chunk)]
            except ListenerError as error:
                self._failed(job, error, standing, report)
                break
            asked += chunk
            standing.failures = 0
        return asked, told

    def _apply(self, platform: str, job: Job, found: Conclusion, often: frozenset[str], report: SourceReport) -> None:
        """Edits take the way of every page; what was answered for is noted after, so that a crash asks again."""
        if found.erased or found.read:
            page = Page(mentions=found.read, cursor="", done=True, deleted=found.erased)
            pipeline.store_page(self._stages, job.source, platform, page, report, Booking(way=Way.AGAIN))
        policy, now = self._stages.rechecks, self._stages.clock.now()
        stored_every = min(policy.stored_every, terms_of(platform).delete_within)
        sooner = [key for key in found.unanswered if digest(key) in often]
        later = [key for key in found.unanswered if digest(key) not in often]
        with self._stages.store.write() as tx:
            tx.mark_checked(found.seen, now)
            tx.mark_checked(sooner, now - policy.open_every + policy.open_every / SOONER)
            tx.mark_checked(later, now - stored_every + stored_every / SOONER)
            tx.set_mark(_mark(platform), dump_doubts(found.doubts))
        report.rechecked += len(found.seen) + len(found.erased)
        self._stages.on_page(report)

    def _doubts(self, platform: str) -> Doubts:
        with self._stages.store.read() as reads:
            return load_doubts(reads.mark(_mark(platform)), self._stages.clock.now())

    def _warn(self, job: Job, standing: _Standing, found: Conclusion) -> None:
        """What is doubted is told where a person looks."""
        if found.doubts:
            said = f"{len(found.doubts)} stored posts are said to be deleted at once: asked again before any"
            log.warning("too many posts are said to be deleted", extra={"source": job.source.name})
            self._say(job, f"{said} is erased", standing)
        else:
            self._say(job, "", standing)

    def _say(self, job: Job, warning: str, standing: _Standing) -> None:
        if not warning and not standing.warned:
            return
        with self._stages.store.write() as tx:
            if standing.warned and standing.warned != job.source.name:
                tx.warn_of(standing.warned, job.connector.platform, "")
            tx.warn_of(job.source.name, job.connector.platform, warning)
        standing.warned = job.source.name if warning else ""

    def _failed(self, job: Job, error: Exception, standing: _Standing, report: SourceReport) -> None:
        standing.failures += 1
        report.error, report.code = str(error), type(error).__name__
        standing.not_before = _until(error, standing.failures, self._stages.clock.now())
        log.warning("stored posts can't be looked up", extra={"source": job.source.name, "error": str(error)})
        if isinstance(error, NotPermitted):
            self._say(job, f"stored posts can't be looked up again: {error}", standing)


def _until(error: Exception, failures: int, now: datetime) -> datetime:
    if isinstance(error, BudgetSpent):
        return now + REFUSED
    if isinstance(error, RateLimited):
        return error.until
    if isinstance(error, (Reauthorize, NotPermitted, ConfigError)):
        return now + REFUSED
    return now + jittered(EVERY, failures, _chance)


def _mark(platform: str) -> str:
    return f"recheck:doubted:{platform}"

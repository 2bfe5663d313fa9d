"""Streams beside polls: a source is heard live, and polls close every hole that streams have.

    poll to the end → connect → when the platform has listened for a moment, poll again → only then keep its cursors

What was posted between the first poll and the connection is brought by the second, a few seconds late: platforms say
that they listen before they do, and find posts only some time after they appeared. Until it has come to its end, pages
heard are stored without their cursors: those would say that all before them was seen. The same after pages were
dropped for want of room. When a stream breaks off, a poll closes the hole, and the connection is tried again after a
while that grows. In between polls go on, seldom, as a safety net. A stretch that neither has covered is a gap in the
store, until a poll has.

Everything that polls or stores for one source does so one after the other, in `turn`; only the socket has a thread of
its own.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from listener import pipeline
from listener.clock import monotonic
from listener.domain.mention import STREAMED, Gap, Page
from listener.domain.run import SourceReport
from listener.domain.stored import SourceHealth
from listener.errors import BudgetSpent, ConfigError, NotPermitted, RateLimited, Reauthorize, Retry, StoreError
from listener.pipeline import Booking, Stages, Way, credential_of
from listener.ports.connectors import Streams
from listener.rounds.breaker import jittered
from listener.rounds.jobs import Job
from listener.rounds.reader import Reader
from listener.rounds.waiting import Heard, Lost

log = logging.getLogger(__name__)

SILENCE = timedelta(seconds=90)
"""Without any page for so long a stream counts as broken: they give an empty one every half minute."""
LATE = timedelta(seconds=5)
"""From when a platform says that it listens, until a poll shows all that came before."""
SAFETY = timedelta(minutes=15)
"""Between polls while a stream stands."""
FRESH = timedelta(minutes=1)
"""A poll this old is new enough to connect after."""
STEADY = timedelta(minutes=5)
"""A stream that stood for so long has forgotten its failures."""
LONGEST_WAIT = 300.0
"""Seconds between two attempts to connect, at the most."""
REFUSED = timedelta(hours=1)
"""Where only a person can help."""
QUIET_COMMITS = timedelta(seconds=30)
"""How often a cursor is kept that comes with nothing else."""
BATCH = 200
"""Pages stored in one turn."""
MOST_POLLS = 50
"""In one turn: a poll that is cut short goes on, but not for ever."""
MOST_WORDS = 300
"""Of an error, in a source's row."""
PARTING = 2.0
"""Seconds for which a stop still stores what was heard."""

_chance = random.SystemRandom()

Start = Callable[[Reader], None]


class Stream:
    """One source that is heard and polled."""

    def __init__(
        self,
        stages: Stages,
        job: Job,
        row: SourceHealth | None,
        *,
        start: Start = Reader.start,
        chance: random.Random = _chance,
    ) -> None:
        assert isinstance(job.connector, Streams)
        now = stages.clock.now()
        self._stages, self._job, self._source, self._connector = stages, job, job.source, job.connector
        self._start, self._chance = start, chance
        self._reader: Reader | None = None
        self._welcomed = False
        self._unbroken = False
        """Whether all before the next page heard is stored."""
        self._polled_at: datetime | None = None
        """When the last poll that came to its end began."""
        self._covered = (row.last_success if row else None) or now
        """Until when everything is known to be stored."""
        self._cursors_after = now
        """Pages heard up to then were met by a poll whose cursor stands."""
        self._kept_at: datetime | None = None
        self._failures = row.failures if row else 0
        self._breaks = 0
        self._poll_due = max(now, (row.paused_until if row else None) or now)
        self._connect_at = max(now, (row.stream_until if row else None) or now)
        self._report = SourceReport(source=self._source.name)

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def credential(self) -> str:
        return credential_of(self._connector)

    @property
    def stands(self) -> bool:
        """Whether the platform listens to us."""
        return self._reader is not None and self._reader.stood_at is not None and self._reader.ended is None

    def asks(self, now: datetime) -> bool:
        """Whether a turn would call the platform."""
        return now >= self._poll_due or (self._reader is None and now >= self._connect_at)

    def turn(self, *, held: bool = False) -> list[SourceReport]:
        """Do what is due, and report on polls made. `held`: nothing may be asked of the platform now."""
        reader, now = self._reader, self._stages.clock.now()
        if reader is None:
            return [] if held else self._apart(now)
        if reader.stood_at is None:
            self._awaited(reader, now)
            if reader.stood_at is None:
                return []
        if not self._welcomed:
            self._welcome(now)
        reports = [] if held or now < self._poll_due else self._poll()
        self._drain(reader, BATCH, float("inf"))
        self._listened(reader)
        return reports

    def close(self, patience: float = PARTING) -> None:
        """Store what was heard, and leave the socket; its thread may be stuck, and is then left behind."""
        reader, self._reader = self._reader, None
        if reader is None:
            return
        self._drain(reader, BATCH * 100, monotonic() + patience)
        if not reader.close(patience):
            log.warning("stream left behind: it doesn't end", extra={"source": self.name})
        self._tell("")

    def abandon(self) -> None:
        """Leave the socket, and store nothing."""
        if self._reader is not None:
            self._reader.close()

    # Not connected

    def _apart(self, now: datetime) -> list[SourceReport]:
        connecting = now >= self._connect_at
        fresh = self._polled_at is not None and now - self._polled_at <= FRESH
        reports: list[SourceReport] = []
        if now >= self._poll_due or (connecting and not fresh and not self._failures):
            reports = self._poll()
            fresh = not self._failures and self._polled_at is not None
        if connecting and fresh and not self._stages.stopping():
            self._connect()
        return reports

    def _connect(self) -> None:
        assert isinstance(self._connector, Streams)
        with self._stages.store.read() as reads:
            cursor = reads.cursor(self.name)
        self._reader = Reader(self._connector, cursor, self._stages.clock, self._stages.stopping)
        self._welcomed = self._unbroken = False
        self._start(self._reader)

    def _awaited(self, reader: Reader, now: datetime) -> None:
        if reader.ended is not None:
            self._broke(reader, reader.ended)
        elif now - reader.began_at > SILENCE:
            self._broke(reader, Retry(f"the stream gave no page for {SILENCE.seconds} s"))

    # Connected

    def _welcome(self, now: datetime) -> None:
        """The platform listens: soon nothing is missed any more, and a poll then brings what came before."""
        self._welcomed = True
        self._poll_due = now + LATE if not self._failures else max(self._poll_due, now + LATE)
        self._report = SourceReport(source=self.name)
        self._tell("streaming")

    def _listened(self, reader: Reader) -> None:
        if self._reader is None:
            return
        now = self._stages.clock.now()
        if reader.ended is not None and not len(reader.waiting):
            self._broke(reader, reader.ended)
        elif reader.ended is None and now - reader.heard_at > SILENCE:
            self._broke(reader, Retry(f"the stream fell silent for {SILENCE.seconds} s"))

    def _drain(self, reader: Reader, most: int, until: float) -> None:
        """Store what waits, in its order. A store failure is raised: nothing can go on without it."""
        for _ in range(most):
            entry = None if monotonic() >= until else reader.waiting.take(self._stages.clock.now())
            if entry is None:
                return
            try:
                self._lost(entry) if isinstance(entry, Lost) else self._keep(entry)
            except StoreError:
                raise
            except Exception as error:  # a bug met by one page must not silence the source: the poll meets it too
                log.exception("a page of a stream met a bug", extra={"source": self.name})
                self._broke(reader, error)
                return

    def _keep(self, heard: Heard) -> None:
        # A poll that failed may have left a reading half done, which a cursor heard since would hide.
        whole = self._unbroken and not self._failures and heard.at > self._cursors_after
        page = heard.page if whole else replace(heard.page, cursor="")
        if self._unbroken:
            self._covered = max(self._covered, heard.at)
        if not self._worth_a_commit(page, heard.at):
            return
        self._kept_at = heard.at
        booking = Booking(way=Way.HEARD, credential=self.credential)
        pipeline.store_page(self._stages, self._source, self._connector.platform, page, self._report, booking)
        self._stages.on_page(self._report)

    def _worth_a_commit(self, page: Page, at: datetime) -> bool:
        """A stream of everything tells of thousands of deletions a minute that are none of ours."""
        if page.mentions or page.rejects or page.deleted or page.gaps:
            return True
        if page.overheard:
            with self._stages.store.read() as reads:
                if reads.known(page.overheard):
                    return True
        return page.cursor != "" and (self._kept_at is None or at - self._kept_at >= QUIET_COMMITS)

    def _lost(self, lost: Lost) -> None:
        """More came than could be stored: a poll brings it, and until then no cursor is kept."""
        self._unbroken = False
        self._poll_soon(self._stages.clock.now())
        self._gap(lost.since, lost.until, "more came than there was room for")
        log.warning("stream pages dropped", extra={"source": self.name})

    def _broke(self, reader: Reader, error: Exception) -> None:
        now = self._stages.clock.now()
        reader.close()
        steady = reader.stood_at is not None and now - reader.stood_at >= STEADY
        self._breaks = 1 if steady else self._breaks + 1
        self._reader, self._unbroken = None, False
        until = _left_alone_until(error, now)
        wait = self._chance.uniform(0.0, min(LONGEST_WAIT, 2.0 ** min(self._breaks, 16)))
        self._connect_at = until or now + timedelta(seconds=wait)
        self._polled_at = None
        self._poll_soon(now)
        log.warning("stream broke off", extra={"source": self.name, "error": str(error)})
        self._tell(f"polling: {type(error).__name__}: {error}"[:MOST_WORDS], until)

    # Polling

    def _poll(self) -> list[SourceReport]:
        """To the end, however many polls that takes."""
        reports: list[SourceReport] = []
        for _ in range(MOST_POLLS):
            began = self._stages.clock.now()
            listening = self._listening(began)
            report = pipeline.run_source(self._stages, self._source, self._job.connector)
            reports.append(report)
            if report.error or report.ended or self._stages.stopping():
                break
        now = self._stages.clock.now()
        if report.error:
            self._failed(report, now)
        elif report.ended:
            self._failures, self._polled_at = 0, began
            self._covered = max(self._covered, began)
            self._unbroken, self._cursors_after = listening, now
            self._poll_due = now + (max(SAFETY, self._source.interval) if listening else self._source.interval)
            if self._reader is not None and not listening:
                self._poll_due = min(self._poll_due, now + LATE)
        else:
            self._poll_due = now
        return reports

    def _listening(self, now: datetime) -> bool:
        """Whether what appears from now on is surely heard."""
        reader = self._reader
        return reader is not None and self.stands and now - (reader.stood_at or now) >= LATE

    def _poll_soon(self, now: datetime) -> None:
        """Unless polls fail: then it has its time."""
        if not self._failures:
            self._poll_due = min(now, self._poll_due)

    def _failed(self, report: SourceReport, now: datetime) -> None:
        self._failures += 1
        wait = jittered(self._source.interval, self._failures, self._chance)
        self._poll_due = max(now + wait, report.paused_until or now)
        stood_at = self._reader.stood_at if self._reader is not None else None
        heard_from = now if stood_at is None else min(now, stood_at + LATE)
        self._gap(self._covered, heard_from, "neither streamed nor polled")

    def _gap(self, since: datetime, until: datetime, why: str) -> None:
        """A hole known of already grows; the poll that covers it closes it."""
        if until <= since:
            return
        now, reason = self._stages.clock.now(), f"{STREAMED}{why}"
        with self._stages.store.write() as tx:
            known = next((gap for gap in tx.open_gaps(self.name) if (gap.since, gap.reason) == (since, reason)), None)
            if known is None:
                tx.add_gap(self.name, Gap(since=since, until=until, reason=reason), now)
            else:
                tx.stretch_gap(known.id, until, now)

    def _tell(self, stands: str, until: datetime | None = None) -> None:
        with self._stages.store.write() as tx:
            tx.record_stream(self.name, self._connector.platform, stands, until)


def _left_alone_until(error: Exception, now: datetime) -> datetime | None:
    """Before when no connection is tried; None: after a while."""
    if isinstance(error, BudgetSpent):
        return None
    if isinstance(error, RateLimited):
        return error.until
    return now + REFUSED if isinstance(error, (Reauthorize, NotPermitted, ConfigError)) else None

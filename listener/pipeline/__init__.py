"""The run, in order, one function a stage; returns reports, never prints.

    read a page → drop own posts and what matches no brand → drop what is already known → classify in batches →
    one transaction {mentions, verdicts, cases, gaps, rejects, alerts and their outbox rows, cursor} → deliver

Nothing of a page is kept unless all of it is, so a run killed anywhere resumes where its last commit left off.
Spikes are looked for inside that transaction, not after it: what a restart finds is then the same, alerts included.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import stamina

from listener.alerts import telling
from listener.domain.comparing import polled_mark
from listener.domain.mention import STREAMED, Gap
from listener.domain.policy import SourceConfig
from listener.domain.run import SourceReport
from listener.errors import BadCursor, BudgetSpent, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry
from listener.pipeline.late import rescore
from listener.pipeline.pages import POLLED, Booking, Way, store_page, upkeep
from listener.pipeline.stages import Stages
from listener.ports import Connector, Transaction
from listener.redaction import hide

__all__ = [
    "POLLED",
    "Backoff",
    "Booking",
    "Stages",
    "Way",
    "credential_of",
    "pause",
    "rescore",
    "run_source",
    "store_page",
    "tick",
]

log = logging.getLogger(__name__)

_chance = random.SystemRandom()


def run_source(stages: Stages, source: SourceConfig, connector: Connector) -> SourceReport:
    """Read one source to its end. A failure is part of the report, never an exception: the other sources go on."""
    report = SourceReport(source=source.name)
    began = stages.clock.now()
    try:
        try:
            _read_with_retries(stages, source, connector, report, began)
        except BadCursor as error:
            _start_over(stages, source, error)
            _read_pages(stages, source, connector, report, began)
    except ListenerError as error:
        _note_failure(stages, source, connector, report, error)
    except Exception as error:  # the one boundary: a bug in one connector must not silence the others
        log.exception("source failed with a bug", extra={"source": source.name})
        _note_failure(stages, source, connector, report, error)
    else:
        _note_success(stages, source, connector, report, began)
    return report


def _read_with_retries(
    stages: Stages, source: SourceConfig, connector: Connector, report: SourceReport, began: datetime
) -> None:
    """Try again at once what may heal within seconds; every try resumes from the last committed page."""
    for attempt in stamina.retry_context(on=Backoff(), attempts=3, timeout=30.0):
        with attempt:
            _read_pages(stages, source, connector, report, began)


class Backoff:
    """Says whether to try again, and after how many seconds: anything up to a bound that doubles (full jitter)."""

    def __init__(self, first: float = 1.0, longest: float = 5.0) -> None:
        self._bound = first
        self._longest = longest

    def __call__(self, error: Exception) -> bool | float:
        if not isinstance(error, Retry) or isinstance(error, RateLimited):
            return False
        wait = _chance.uniform(0.0, self._bound)
        self._bound = min(self._longest, self._bound * 2)
        return wait


def _read_pages(
    stages: Stages, source: SourceConfig, connector: Connector, report: SourceReport, began: datetime
) -> None:
    with stages.store.read() as reads:
        cursor = reads.cursor(source.name)
    booking = Booking(credential=credential_of(connector))
    last = replace(booking, at_last=lambda tx, _: _polled(stages, tx, source, began))
    report.ended = True
    for page in connector.poll(cursor, stages.clock.now()):
        store_page(stages, source, connector.platform, page, report, last if page.done else booking)
        stages.on_page(report)
        report.ended = page.done
        if page.done or stages.stopping():
            return


def tick(stages: Stages, sources: Sequence[SourceConfig]) -> int:
    """What must happen though no page came: cases are kept up, hours close, silence is noticed; all told of."""
    now = stages.clock.now()
    with stages.store.write() as tx:
        upkeep(stages, tx, now)
        alerts = [
            *stages.watch.spikes(tx, now),
            *stages.watch.blindness(tx, sources, now),
            *stages.watch.silences(tx, sources, now),
        ]
        for alert in alerts:
            telling.tell(tx, alert, stages.alerts, now)
        telling.keep_up(tx, stages.alerts, now)
    return len(alerts)


def credential_of(connector: object) -> str:
    """Under which name its calls are counted; empty where a connector counts none."""
    return str(getattr(connector, "credential", ""))


def _start_over(stages: Stages, source: SourceConfig, error: BadCursor) -> None:
    """Forget a cursor that the platform refuses, and say what may have been missed."""
    now = stages.clock.now()
    with stages.store.read() as reads:
        last = next((row.last_success for row in reads.health() if row.source == source.name), None)
    with stages.store.write() as tx:
        tx.save_cursor(source.name, "", now)
        tx.add_gap(source.name, Gap(since=last or now - timedelta(days=7), until=now, reason=str(error)), now)


def _note_success(
    stages: Stages, source: SourceConfig, connector: Connector, report: SourceReport, began: datetime
) -> None:
    """Each page's commit has recorded its own success; a poll that came to its end has seen what a stream missed."""
    with stages.store.read() as reads:
        missed = [gap for gap in reads.open_gaps(source.name) if gap.reason.startswith(STREAMED)]
    closed = [gap.id for gap in missed if report.ended and gap.until <= began]
    if report.pages and not closed:
        return
    with stages.store.write() as tx:
        now = stages.clock.now()
        for gap_id in closed:
            tx.close_gap(gap_id, now)
        if not report.pages:
            _polled(stages, tx, source, began)
            tx.record_attempt(source.name, connector.platform, now, credential=credential_of(connector))


def _polled(stages: Stages, tx: Transaction, source: SourceConfig, began: datetime) -> None:
    """What came before `began` was read. Of a replay nothing is listed to compare that with, and it may begin anew."""
    if not stages.replaying:
        tx.set_mark(polled_mark(source.name), began.isoformat())


def _note_failure(
    stages: Stages, source: SourceConfig, connector: Connector, report: SourceReport, error: Exception
) -> None:
    now = stages.clock.now()
    report.error = hide(str(error)) or type(error).__name__
    report.code = type(error).__name__
    report.next_step = error.next_step if isinstance(error, ListenerError) else "please report this bug"
    report.paused_until = pause(error, now)
    with stages.store.write() as tx:
        tx.record_attempt(
            source.name,
            connector.platform,
            now,
            error=f"{report.code}: {report.error}",
            paused_until=report.paused_until,
            credential=credential_of(connector),
        )


def pause(error: Exception, now: datetime) -> datetime | None:
    """No request before this instant: the platform's word, or an hour where only a person can help.

    Money that ran out needs no pause: the ledger refuses before a call is made, and a raised cap counts at once.
    """
    if isinstance(error, BudgetSpent):
        return None
    if isinstance(error, RateLimited):
        return error.until
    return now + timedelta(hours=1) if isinstance(error, (Reauthorize, NotPermitted)) else None

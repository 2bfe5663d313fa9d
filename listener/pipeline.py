"""The run, in order, one function a stage; returns reports, never prints.

    read a page → drop own posts and what matches no brand → drop what is already known → classify in batches →
    one transaction {mentions, verdicts, cases, gaps, rejects, alerts and their outbox rows, cursor} → deliver

Nothing of a page is kept unless all of it is, so a run killed anywhere resumes where its last commit left off.
Spikes are looked for inside that transaction, not after it: what a restart finds is then the same, alerts included.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import stamina

from listener.alerts import outbox
from listener.clock import Clock
from listener.domain.brand import Brand, Match
from listener.domain.mention import Gap, Mention, Page
from listener.domain.policy import AlertPolicy, SourceConfig, TriagePolicy
from listener.domain.run import SourceReport
from listener.domain.stored import Known, ScoredMention
from listener.domain.text import text_digest
from listener.domain.verdict import Verdict
from listener.errors import (
    BadCursor,
    BudgetSpent,
    ClassifierError,
    ListenerError,
    NotPermitted,
    RateLimited,
    Reauthorize,
    Retry,
)
from listener.insight.watch import Watch
from listener.matching import Matcher
from listener.ports import Classifier, Connector, Store, Transaction
from listener.triage.intake import take_in
from listener.triage.upkeep import keep_up

log = logging.getLogger(__name__)

RESCORE_BATCH = 256


def nothing() -> None:
    """No answers are sent from here: a replay, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Everything a run needs, put together by `listener.app`."""

    store: Store
    matcher: Matcher
    classifier: Classifier
    brands: Mapping[str, Brand]
    triage: TriagePolicy
    alerts: AlertPolicy
    watch: Watch
    clock: Clock
    on_page: Callable[[SourceReport], None]
    """Called after each commit, for progress."""
    stopping: Callable[[], bool]
    """True ends a run after the page in hand."""
    send_due: Callable[[], object] = nothing
    """Sends agents' answers whose time has come."""
    replaying: bool = False
    """Time passes with the pages alone: what it does to cases is done with each of them."""


def run_source(stages: Stages, source: SourceConfig, connector: Connector) -> SourceReport:
    """Read one source to its end. A failure is part of the report, never an exception: the other sources go on."""
    report = SourceReport(source=source.name)
    try:
        try:
            _read_with_retries(stages, source, connector, report)
        except BadCursor as error:
            _start_over(stages, source, error)
            _read_pages(stages, source, connector, report)
    except ListenerError as error:
        _note_failure(stages, source, connector, report, error)
    except Exception as error:  # the one boundary: a bug in one connector must not silence the others
        log.exception("source failed with a bug", extra={"source": source.name})
        _note_failure(stages, source, connector, report, error)
    else:
        if not report.pages:  # each page's commit has recorded its own success
            with stages.store.write() as tx:
                tx.record_attempt(source.name, connector.platform, stages.clock.now())
    return report


def _read_with_retries(stages: Stages, source: SourceConfig, connector: Connector, report: SourceReport) -> None:
    """Try again at once what may heal within seconds; every try resumes from the last committed page."""
    for attempt in stamina.retry_context(on=_may_heal, attempts=3, timeout=30.0, wait_initial=0.5, wait_max=5.0):
        with attempt:
            _read_pages(stages, source, connector, report)


def _may_heal(error: Exception) -> bool:
    return isinstance(error, Retry) and not isinstance(error, RateLimited)


def _read_pages(stages: Stages, source: SourceConfig, connector: Connector, report: SourceReport) -> None:
    with stages.store.read() as reads:
        cursor = reads.cursor(source.name)
    for page in connector.poll(cursor, stages.clock.now()):
        store_page(stages, source, connector.platform, page, report)
        stages.on_page(report)
        if page.done or stages.stopping():
            return


def store_page(stages: Stages, source: SourceConfig, platform: str, page: Page, report: SourceReport) -> None:
    """Match, classify and commit one page together with its cursor."""
    relevant = match(stages.matcher, page.mentions)
    with stages.store.read() as reads:
        known = reads.known([mention.key for mention, _ in relevant])
    scored = classify(stages.classifier, unknown(relevant, known))
    now = stages.clock.now()
    with stages.store.write() as tx:
        _commit(stages, tx, source, platform, page, scored, report, now)
    report.pages += 1
    report.read += len(page.mentions)
    report.matched += len(relevant)
    report.rejected += len(page.rejects)
    report.gaps += len(page.gaps)


def match(matcher: Matcher, mentions: Iterable[Mention]) -> list[tuple[Mention, tuple[Match, ...]]]:
    """Those that concern a brand and weren't posted by one, each with why."""
    found = ((m, matcher.match(m)) for m in mentions if not matcher.is_own(m))
    return [(mention, matches) for mention, matches in found if matches]


def unknown(
    relevant: Sequence[tuple[Mention, tuple[Match, ...]]], known: Known
) -> list[tuple[Mention, tuple[Match, ...]]]:
    """Those not yet stored, edited since, or stored without a verdict; one of each key, the last."""
    latest = {mention.key: (mention, matches) for mention, matches in relevant}
    return [pair for key, pair in latest.items() if key not in known or not _same(pair[0], known)]


def _same(mention: Mention, known: Known) -> bool:
    seen = known[mention.key]
    return bool(seen.scored_by) and seen.version == mention.version and seen.digest == text_digest(mention.text)


def classify(classifier: Classifier, pairs: Sequence[tuple[Mention, tuple[Match, ...]]]) -> list[ScoredMention]:
    """With a verdict each; without one where the classifier fails, since a mention must never wait for a model."""
    verdicts: Sequence[Verdict | None] = [None] * len(pairs)
    if pairs:
        try:
            verdicts = classifier.classify([mention.text for mention, _ in pairs])
        except ClassifierError as error:
            log.error("classifier failed; stored unscored", extra={"count": len(pairs), "error": str(error)})
    return [
        ScoredMention(mention=mention, matches=matches, verdict=verdict)
        for (mention, matches), verdict in zip(pairs, verdicts, strict=True)
    ]


def _commit(
    stages: Stages,
    tx: Transaction,
    source: SourceConfig,
    platform: str,
    page: Page,
    scored: Sequence[ScoredMention],
    report: SourceReport,
    now: datetime,
) -> None:
    if stages.replaying:
        _keep_up(stages, tx, now)
    _take(stages, tx, scored, report, now)
    tx.delete_mentions([*page.deleted, *tx.known(page.overheard)], now)
    for gap in page.gaps:
        tx.add_gap(source.name, gap, now)
    for reject in page.rejects:
        tx.quarantine(source.name, reject, now)
    tx.save_cursor(source.name, page.cursor, now)
    newest = max((mention.created_at for mention in page.mentions), default=None)
    tx.record_attempt(source.name, platform, now, last_mention=newest)
    for alert in stages.watch.spikes(tx, now):
        report.alerts += 1
        outbox.enqueue(tx, alert, stages.alerts.targets, now)


def _take(
    stages: Stages, tx: Transaction, scored: Sequence[ScoredMention], report: SourceReport, now: datetime
) -> None:
    saved = tx.save_mentions(not_ours(tx, scored), now)
    intake = take_in(tx, saved, stages.brands, stages.triage, now)
    for notice in intake.notices:
        outbox.enqueue_notice(tx, notice, stages.alerts.targets, now)
    report.stored += len(saved)
    report.unscored += sum(one.scored.verdict is None for one in saved)
    report.opened += intake.opened
    report.attached += intake.attached
    report.reopened += intake.reopened


def not_ours(tx: Transaction, scored: Sequence[ScoredMention]) -> Sequence[ScoredMention]:
    """Without the answers that were sent from here, whatever account they went out as."""
    ours = tx.sent_among([one.mention.key for one in scored]) if scored else frozenset()
    return [one for one in scored if one.mention.key not in ours] if ours else scored


def tick(stages: Stages, sources: Sequence[SourceConfig]) -> int:
    """What must happen though no page came: cases are kept up, hours close, silence is noticed; all told of."""
    now = stages.clock.now()
    with stages.store.write() as tx:
        _keep_up(stages, tx, now)
        alerts = [*stages.watch.spikes(tx, now), *stages.watch.silences(tx, sources, now)]
        for alert in alerts:
            outbox.enqueue(tx, alert, stages.alerts.targets, now)
    return len(alerts)


def _keep_up(stages: Stages, tx: Transaction, now: datetime) -> None:
    for notice in keep_up(tx, stages.triage, now):
        outbox.enqueue_notice(tx, notice, stages.alerts.targets, now)


def rescore(stages: Stages, report: SourceReport) -> None:
    """Give a verdict to mentions stored without one; does nothing while the classifier still fails."""
    with stages.store.read() as reads:
        waiting = reads.unscored(RESCORE_BATCH)
    scored = classify(stages.classifier, [(row.mention, row.matches) for row in waiting])
    ready = [one for one in scored if one.verdict is not None]
    if ready:
        with stages.store.write() as tx:
            _take(stages, tx, ready, report, stages.clock.now())


def _start_over(stages: Stages, source: SourceConfig, error: BadCursor) -> None:
    """Forget a cursor that the platform refuses, and say what may have been missed."""
    now = stages.clock.now()
    with stages.store.read() as reads:
        last = next((row.last_success for row in reads.health() if row.source == source.name), None)
    with stages.store.write() as tx:
        tx.save_cursor(source.name, "", now)
        tx.add_gap(source.name, Gap(since=last or now - timedelta(days=7), until=now, reason=str(error)), now)


def _note_failure(
    stages: Stages, source: SourceConfig, connector: Connector, report: SourceReport, error: Exception
) -> None:
    now = stages.clock.now()
    report.error = str(error) or type(error).__name__
    report.code = type(error).__name__
    report.next_step = error.next_step if isinstance(error, ListenerError) else "please report this bug"
    report.paused_until = _pause(error, now)
    with stages.store.write() as tx:
        tx.record_attempt(
            source.name,
            connector.platform,
            now,
            error=f"{report.code}: {report.error}",
            paused_until=report.paused_until,
        )


def _pause(error: Exception, now: datetime) -> datetime | None:
    """No request before this instant: the platform's word, or an hour where only a person can help.

    Money that ran out needs no pause: the ledger refuses before a call is made, and a raised cap counts at once.
    """
    if isinstance(error, BudgetSpent):
        return None
    if isinstance(error, RateLimited):
        return error.until
    return now + timedelta(hours=1) if isinstance(error, (Reauthorize, NotPermitted)) else None

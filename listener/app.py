"""The composition root: the only file that knows which concrete parts make up the listener."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from listener import connectors, rounds
from listener.adapting import ByBrand
from listener.alerts import telling
from listener.clock import Clock, SystemClock, VirtualClock
from listener.connectors.outlets import ReplyOutlets
from listener.connectors.replay import Replay
from listener.digesting import Digests
from listener.domain.alert import DESK
from listener.domain.comparing import Comparison
from listener.domain.mention import Page
from listener.domain.platform import Capabilities
from listener.domain.policy import Settings, SourceConfig
from listener.domain.run import RunReport, SourceReport
from listener.errors import ConfigError, ListenerError
from listener.insight.watch import Watch
from listener.judging import LazyClassifier
from listener.matching import Matcher
from listener.pipeline import Stages
from listener.pipeline.ledger import StoreLedger
from listener.ports import Classifier, Connector, Notifier, Store
from listener.ports.connectors import Backfills
from listener.rounds.backfilling import Stretch, read_past
from listener.rounds.backing_up import BackingUp
from listener.rounds.comparing import compare_now
from listener.store import ballast
from listener.triage.sending import Sender

RUN, BACKFILL = "run", "backfill"
"""What only one process at a time may do to a database."""

OnPage = Callable[[SourceReport], None]


def quiet(_: SourceReport) -> None:
    """Nobody watches the progress."""


def never() -> bool:
    """Nobody stops the run."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """Stands in for a connector that can't be built, so that its source fails alone and says why."""

    platform: str
    error: ListenerError

    def check(self) -> str:
        raise self.error

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        raise self.error


def compose(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    on_page: OnPage = quiet,
    stopping: Callable[[], bool] = never,
    classifier: Classifier | None = None,
) -> Stages:
    """All stages of a run over this store."""
    return Stages(
        store=store,
        matcher=Matcher(settings.brands),
        classifier=classifier or ByBrand(LazyClassifier(settings.classifier, settings.themes), store),
        brands={brand.name: brand for brand in settings.brands},
        triage=settings.triage,
        alerts=settings.alerts,
        watch=Watch(
            settings.alerts.spike,
            replace(settings.alerts.watch, x_cap_micro_usd=round(settings.x_monthly_cap_usd * 1_000_000)),
        ),
        clock=clock,
        on_page=on_page,
        stopping=stopping,
        rechecks=settings.rechecks,
        gaps=settings.gaps,
        compares=settings.compares,
        retention=settings.retention,
    )


def build_jobs(settings: Settings, store: Store, clock: Clock, only: Sequence[str] = ()) -> list[rounds.Job]:
    """The enabled sources (or those named) with their connectors. Raises `ConfigError` for a name that isn't one."""
    known = {source.name: source for source in settings.sources}
    for name in only:
        if name not in known:
            raise ConfigError(f"no source named {name!r}", next_step=f"one of: {', '.join(known) or 'none configured'}")
    wanted = [known[name] for name in only] or [source for source in settings.sources if source.enabled]
    return [job_of(source, settings, store, clock) for source in wanted]


def job_of(source: SourceConfig, settings: Settings, store: Store, clock: Clock) -> rounds.Job:
    """A source with its connector, and what that says it can do."""
    built = connector(source, settings, store, clock)
    try:
        can = connectors.describe(source.connector).capabilities
    except ConfigError:  # there is no such connector: what was built says so when it is asked
        can = Capabilities()
    return rounds.Job(source=source, connector=built, can=can)


def connector(source: SourceConfig, settings: Settings, store: Store, clock: Clock) -> Connector:
    """The source's connector, or one that fails with the reason it couldn't be built."""
    cap = round(settings.x_monthly_cap_usd * 1_000_000)
    try:
        return connectors.build(
            source,
            ledger=StoreLedger(store),
            clock=clock,
            x_cap_micro_usd=cap,
            folder=private_folder(settings.database),
        )
    except ListenerError as error:
        return Unavailable(platform=source.connector, error=error)


def sender(settings: Settings, store: Store, clock: Clock, *, stopping: Callable[[], bool] = never) -> Sender:
    """What carries agents' answers to their platforms; connectors are built when the first is to be sent."""
    return Sender(
        store=store,
        outlets=ReplyOutlets(settings.sources, lambda source: connector(source, settings, store, clock)),
        policy=settings.triage,
        clock=clock,
        tell=lambda tx, notice, now: telling.tell_notice(tx, notice, settings.alerts, now),
        stopping=stopping,
    )


def backing_up(settings: Settings, store: Store, clock: Clock) -> BackingUp:
    """What copies the database while the run goes on."""
    return BackingUp(
        database=settings.database, policy=settings.backups, alerts=settings.alerts, store=store, clock=clock
    )


def ballast_of(settings: Settings) -> Callable[[], object]:
    """What keeps room beside the file; a server's disk is its keeper's."""
    return partial(ballast.keep, settings.database) if not settings.on_server else lambda: None


def private_folder(database: Path) -> Path:
    """Where sign-ins and received events are kept: beside the database, for its owner alone."""
    return database.with_name(f"{database.name}.private")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """What reads, judges and sends, put together."""

    stages: Stages
    jobs: list[rounds.Job]
    notifiers: Mapping[str, Notifier]


def crew(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    only: Sequence[str] = (),
    on_page: OnPage = quiet,
    stopping: Callable[[], bool] = never,
) -> Crew:
    """All that a run needs, whether it is one process or many."""
    jobs = build_jobs(settings, store, clock, only)
    digests = Digests(settings=settings, store=store, clock=clock)
    stages = replace(
        compose(settings, store, clock, on_page=on_page, stopping=stopping),
        send_due=sender(settings, store, clock, stopping=stopping).send_due,
        queue_digests=digests.queue_due,
        back_up=backing_up(settings, store, clock).take_due,
        keep_ballast=ballast_of(settings),
    )
    return Crew(stages=stages, jobs=jobs, notifiers=digests.carriers())


def poll_once(settings: Settings, store: Store, *, only: Sequence[str] = (), on_page: OnPage = quiet) -> RunReport:
    """One round over the sources."""
    with store.alone(RUN):
        found = crew(settings, store, SystemClock(), only=only, on_page=on_page)
        return rounds.one_round(found.stages, found.jobs, found.notifiers)


def run(settings: Settings, store: Store, clock: SystemClock, *, on_page: OnPage = quiet) -> None:
    """Round after round until `clock.stop()`."""
    with store.alone(RUN):
        found = crew(settings, store, clock, on_page=on_page, stopping=lambda: clock.stopped)
        if not found.jobs:
            raise ConfigError("no source is enabled", next_step="enable one in listener.toml")
        rounds.run_forever(found.stages, found.jobs, found.notifiers)


def past_job(settings: Settings, store: Store, clock: Clock, name: str) -> rounds.Job:
    """The source, if its platform shows its past. Raises `ConfigError`."""
    (job,) = build_jobs(settings, store, clock, [name])
    if isinstance(job.connector, Unavailable):
        raise job.connector.error
    if not isinstance(job.connector, Backfills):
        raise ConfigError(
            f"source {name!r} can't be read back: {job.source.connector} shows no past but what is polled",
            next_step="bring the posts from a file: listener import FILE",
        )
    return job


def backfill(
    settings: Settings,
    store: Store,
    job: rounds.Job,
    stretch: Stretch,
    *,
    on_page: OnPage = quiet,
    stopping: Callable[[], bool] = never,
) -> tuple[SourceReport, bool]:
    """Read a stretch of the past, also beside a run; what came, and whether it came to its end. Raises as `poll`."""
    stages = compose(settings, store, SystemClock(), on_page=on_page, stopping=stopping)
    report = SourceReport(source=job.source.name)
    with store.alone(BACKFILL):
        return report, read_past(stages, job, stretch, report)


def compare(
    settings: Settings,
    store: Store,
    job: rounds.Job,
    back: timedelta,
    consent: Callable[[Comparison], None],
    *,
    on_page: OnPage = quiet,
    stopping: Callable[[], bool] = never,
) -> Comparison | None:
    """Compare what a source lists with what is stored, also beside a run; None if it was stopped. Raises as `poll`."""
    stages = compose(settings, store, SystemClock(), on_page=on_page, stopping=stopping)
    with store.alone(BACKFILL):
        return compare_now(stages, job, back, SourceReport(source=job.source.name), consent)


def import_source(settings: Settings, store: Store, source: SourceConfig, *, on_page: OnPage = quiet) -> RunReport:
    """Read one file through the whole run, as of now: old posts make no alert."""
    clock = SystemClock()
    with store.alone(RUN):
        job = rounds.Job(source=never_silent(source), connector=connector(source, settings, store, clock))
        stages = compose(settings, store, clock, on_page=on_page)
        carriers = Digests(settings=settings, store=store, clock=clock).carriers()
        return rounds.one_round(stages, [job], carriers)


def never_silent(source: SourceConfig) -> SourceConfig:
    """A file ends; that is no silence to tell of."""
    return replace(source, silent_after=timedelta.max)


def replay(
    settings: Settings,
    store: Store,
    source: SourceConfig,
    *,
    speed: float = 0.0,
    on_page: OnPage = quiet,
    stopping: Callable[[], bool] = never,
) -> RunReport:
    """Feed a recorded file through the same run at its own timestamps; alerts go to the console alone.

    The desk's notices go nowhere: nobody worked those cases, so of course their promises broke.

    `speed` 60 plays an hour a minute, 0 as fast as it goes.
    """
    on_console = tuple(replace(t, kinds=t.kinds - {DESK}) for t in settings.alerts.targets if t.is_console)
    quiet = replace(settings, alerts=replace(settings.alerts, targets=on_console))
    clock = VirtualClock(datetime.fromtimestamp(0, UTC))
    with store.alone(RUN):
        inner = connector(source, quiet, store, clock)
        player = Replay(inner=inner, clock=clock, speed=speed, pace=SystemClock())
        job = rounds.Job(source=never_silent(source), connector=player)
        stages = replace(compose(quiet, store, clock, on_page=on_page, stopping=stopping), replaying=True)
        _resume_clock(store, source, clock)
        carriers = Digests(settings=quiet, store=store, clock=clock).carriers()
        return rounds.one_round(stages, [job], carriers)


def _resume_clock(store: Store, source: SourceConfig, clock: VirtualClock) -> None:
    """Go on at the instant of the last committed page, so that a restart sees the same "now" as an unbroken run."""
    with store.read() as reads:
        last = next((row.last_attempt for row in reads.health() if row.source == source.name), None)
    if last is not None:
        clock.advance_to(last)

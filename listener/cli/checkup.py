"""What `listener doctor` looks at: a list of small checks, each of which reads and none of which writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from listener.cli.exits import Exit, code_of
from listener.cli.session import flags
from listener.errors import ConfigError, ListenerError, StoreError

if TYPE_CHECKING:
    from listener.domain.budget import Purpose, Quota, Rate
    from listener.domain.policy import Settings, SourceConfig
    from listener.ports import Connector

SAMPLE = "My parcel is three days late and nobody answers."
LEAST_FREE_BYTES = 100 << 20
"""Below this a busy day may fill the disk."""
COMFORT_BYTES = 1 << 30


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check saw."""

    level: Level
    area: str
    message: str
    fix: str = ""
    code: Exit = Exit.OK
    """How the command ends because of it."""


def good(area: str, message: str) -> Finding:
    return Finding(level=Level.OK, area=area, message=message)


def doubtful(area: str, message: str, fix: str) -> Finding:
    return Finding(level=Level.WARN, area=area, message=message, fix=fix)


def bad(area: str, message: str, fix: str, code: Exit) -> Finding:
    return Finding(level=Level.FAIL, area=area, message=message, fix=fix, code=code)


def failed(area: str, error: ListenerError) -> Finding:
    return bad(area, str(error), error.next_step, code_of(error))


Check = Callable[["Settings"], Iterator[Finding]]


def people(settings: Settings) -> Iterator[Finding]:
    """Who acts, and where a day begins."""
    if agent := flags.agent or settings.agent:
        yield good("agent", f"cases are worked as {agent}")
    else:
        yield doubtful("agent", "no name set", 'set agent = "…" in listener.toml or LISTENER_AGENT, or add --as NAME')
    yield good("timezone", f"days begin and end by {settings.timezone}")


def sqlite(_settings: Settings | None = None) -> Iterator[Finding]:
    """Which SQLite the store runs on, and whether it has the WAL-reset bug."""
    from listener.store.engine import journal_for, sqlite_module, version_of

    version = version_of(sqlite_module())
    name = "SQLite " + ".".join(str(part) for part in version)
    if journal_for(version) == "wal":
        yield good("sqlite", f"{name}, without the WAL-reset bug")
    else:
        message = f"{name} can damage a write-ahead log; the slower rollback journal is used instead"
        yield doubtful("sqlite", message, "install the pysqlite3 wheel, or SQLite 3.51.3 or newer")


def database(settings: Settings) -> Iterator[Finding]:
    """The file: there, ours, whole, of this program's schema, private; or what will happen without it."""
    path = settings.database
    if not path.exists():
        yield good("database", f"{path} will be created by the first run")
        return
    try:
        if damage := _damage(path):
            yield bad("database", f"{path} is damaged: {damage}", "restore the latest backup", Exit.STORE)
        else:
            yield good("database", _stats(path))
    except StoreError as error:
        yield failed("database", error)
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield doubtful("database", f"{path} is open to other accounts (mode {mode:03o})", f"chmod 600 {path}")


def _stats(path: Path) -> str:
    from listener.store import open_store

    store = open_store(path, read_only=True)
    try:
        with store.read() as reads:
            seen = reads.stats()
    finally:
        store.close()
    cases = sum(seen.cases.values())
    held = f"{seen.mentions} mentions, {cases} cases, {seen.size_bytes / 2**20:.1f} MiB"
    return f"{path}: {held}, journal {seen.journal_mode}, schema {seen.schema}"


def _damage(path: Path) -> str:
    from listener.store.integrity import damage

    return damage(path)


def backlog(settings: Settings) -> Iterator[Finding]:
    """Posts that wait for the classifier, as far as there is a database."""
    from listener.clock import SystemClock
    from listener.insight.troubles import instant, unread
    from listener.store import open_store

    if not settings.database.exists():
        return
    try:
        store = open_store(settings.database, read_only=True)
    except StoreError:
        return  # `database` has said why
    try:
        with store.read() as reads:
            waiting = reads.backlog()
    finally:
        store.close()
    if waiting.oldest is None:
        yield good("backlog", "every post has been classified")
        return
    said = f"{waiting.posts:,} posts wait for a verdict, the oldest since {instant(waiting.oldest)}"
    if unread(waiting, settings.alerts.watch, SystemClock().now()) is None:
        yield good("backlog", said)
    else:
        yield doubtful("backlog", said, "see the line of the model; each round takes the most urgent first")


def disk(settings: Settings) -> Iterator[Finding]:
    """Room left where the database lies or will lie, and the right to write there."""
    import os
    import shutil

    folder = next(parent for parent in settings.database.parents if parent.is_dir())
    free = shutil.disk_usage(folder).free
    room = f"{free / 2**30:.1f} GiB free in {folder}"
    if not os.access(folder, os.W_OK):
        yield bad("disk", f"{folder} may not be written to", "change its owner, or set another database", Exit.STORE)
    elif free < LEAST_FREE_BYTES:
        yield bad("disk", room, "free some space", Exit.STORE)
    elif free < COMFORT_BYTES:
        yield doubtful("disk", room, "free some space soon")
    else:
        yield good("disk", room)


def model(settings: Settings) -> Iterator[Finding]:
    """The classifier: its files are whole, it loads, and it answers one text."""
    from listener.judging import LazyClassifier

    if settings.classifier.kind == "hub" and not Path(settings.classifier.model).exists():
        message = f"{settings.classifier.model} was not tried: it may have to be downloaded first"
        yield doubtful("model", message, "try it: echo 'My parcel is late' | listener classify")
        return
    try:
        verdict = LazyClassifier(settings.classifier).classify([SAMPLE])[0]
    except ListenerError as error:
        # The error's own advice is to ask the doctor.
        fix = (
            "install the program again; for a hub model, check its name and pip install 'social-support-listener[hub]'"
        )
        yield bad("model", str(error), fix, code_of(error))
        return
    said = ", ".join(sorted(verdict.labels)) or "no label"
    yield good("model", f"{verdict.model} reads “{SAMPLE}” as {said}")


def sources(settings: Settings) -> Iterator[Finding]:
    """Each enabled source: its connector is known, its library installed, its options and credentials complete."""
    from listener.settings import span_text

    enabled = [source for source in settings.sources if source.enabled]
    if not enabled:
        yield doubtful("sources", "none is enabled", "enable a [[source]] in listener.toml, or import a file")
    for source in enabled:
        every = f"{source.connector}, every {span_text(source.interval)}"
        yield from list(_source_faults(source)) or [good(f"source {source.name}", every)]
    if settings.x_monthly_cap_usd == 0 and any(source.connector == "x" for source in enabled):
        yield doubtful("money", "X may cost nothing, so it is never read", "set x_monthly_cap_usd in listener.toml")


def _source_faults(source: SourceConfig) -> Iterator[Finding]:
    from listener import connectors
    from listener.connectors.options import problems
    from listener.settings import secret_variable

    area = f"source {source.name}"
    try:
        info = connectors.describe(source.connector)
    except ConfigError as error:
        yield failed(area, error)
        return
    for said in problems(replace(info, secrets=None), source):
        yield bad(area, said, f"mend it in listener.toml; {info.name} needs {info.needs}", Exit.USAGE)
    for name, where in (info.secrets or {}).items():
        if not source.secrets.get(name):
            fix = f"{where}; then set {secret_variable(source.name, name)}, or put it into secrets.toml"
            yield bad(area, f"secret {name} is missing", fix, Exit.CREDENTIALS)
    if info.extra and not _installed(info.extra):
        yield bad(area, f"the extra [{info.extra}] is not installed", _pip(info.extra), Exit.USAGE)


_LIBRARIES = {"x": "tweepy", "reddit": "praw", "notify": "apprise", "hub": "transformers"}


def _installed(extra: str) -> bool:
    return extra not in _LIBRARIES or find_spec(_LIBRARIES[extra]) is not None


def _pip(extra: str) -> str:
    return f"pip install 'social-support-listener[{extra}]'"


def extras(settings: Settings) -> Iterator[Finding]:
    """Which optional parts are there."""
    there = [extra for extra in _LIBRARIES if _installed(extra)]
    missing = [extra for extra in _LIBRARIES if extra not in there]
    said = f"installed: {', '.join(there) or 'none'}"
    yield good("extras", f"{said}; not installed: {', '.join(missing)}" if missing else said)
    if settings.classifier.kind == "hub" and "hub" in missing:
        yield bad("extras", "the classifier is a hub model, and hub is not installed", _pip("hub"), Exit.USAGE)


def targets(settings: Settings) -> Iterator[Finding]:
    """Whether an alert would reach anybody."""
    named = settings.alerts.targets
    beyond = [target.name for target in named if not (target.is_console or target.is_webhook)]
    if not named:
        yield doubtful("alerts", "no target: alerts reach nobody", "add a [[target]] to alerts.toml")
    elif beyond and not _installed("notify"):
        yield bad("alerts", f"{', '.join(beyond)} can't be reached without Apprise", _pip("notify"), Exit.USAGE)
    else:
        yield good("alerts", f"sent to {', '.join(target.name for target in named)}")


def online(settings: Settings) -> Iterator[Finding]:
    """Ask each platform who we are there."""
    from listener.app import Unavailable

    for source in (source for source in settings.sources if source.enabled):
        area = f"source {source.name}"
        connector = _connector(source)
        if isinstance(connector, Unavailable):
            continue  # `sources` has said why
        try:
            yield good(area, connector.check())
        except ListenerError as error:
            yield failed(area, error)


def _connector(source: SourceConfig) -> Connector:
    """The source's connector with no money to spend: asking who we are is free."""
    from listener import connectors
    from listener.app import Unavailable
    from listener.clock import SystemClock

    try:
        return connectors.build(source, ledger=_NoMoney(), clock=SystemClock())
    except ListenerError as error:
        return Unavailable(platform=source.connector, error=error)


class _NoMoney:
    """A ledger that grants nothing and so has nothing to write down."""

    def reserve(self, credential: str, micro_usd: int, cap_micro_usd: int, now: datetime) -> bool:
        return False

    def settle(self, credential: str, reserved: int, spent: int, now: datetime) -> None:
        """Nothing was reserved."""

    def take(
        self, credential: str, bucket: str, units: int, purpose: Purpose, quota: Quota | None, now: datetime
    ) -> datetime | None:
        return None

    def heard(self, credential: str, bucket: str, said: Rate, now: datetime) -> None:
        """The next run hears it again."""


CHECKS: Sequence[Check] = (people, sqlite, database, backlog, disk, model, sources, extras, targets)

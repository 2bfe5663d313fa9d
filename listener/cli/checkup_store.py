"""What `listener doctor` sees of the database, of the run that fills it, and of its copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from listener.cli.checkup_findings import Finding, bad, doubtful, failed, good
from listener.cli.exits import Exit
from listener.errors import ListenerError, StoreError

if TYPE_CHECKING:
    from listener.domain.policy import Settings
    from listener.ports import Reads

STALE = timedelta(hours=1)
"""A run looks every half minute; one by a timer may be this far apart."""
UNSCHEDULED = timedelta(days=2)
TAKE = "scheduled = true under [backup] lets the run take them; listener backup takes one now"


def sqlite(settings: Settings | None = None) -> Iterator[Finding]:
    """Which SQLite the store runs on, if it does, and whether it has the WAL-reset bug."""
    if settings is not None and settings.on_server:
        return
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
    if settings.server:
        yield from _server(settings, settings.server.address())
        return
    if not path.exists():
        yield good("database", f"{path} will be created by the first run")
        return
    try:
        if damage := _damage(path):
            yield bad("database", f"{path} is damaged: {damage}", "restore the latest backup", Exit.STORE)
        else:
            yield good("database", f"{path}: {_stats(path)}")
    except StoreError as error:
        yield failed("database", error)
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield doubtful("database", f"{path} is open to other accounts (mode {mode:03o})", f"chmod 600 {path}")


def _server(settings: Settings, address: str) -> Iterator[Finding]:
    """Whether it answers, and what it holds; its disk and its copies are its keeper's."""
    from listener.store.roles import standing
    from listener.store.server import shown

    try:
        yield good("database", f"{shown(address)}: {_stats(address)}")
        yield good("rights", standing(address))
        yield from _workers(settings)
    except ListenerError as error:
        yield failed("database", error)


def _workers(settings: Settings) -> Iterator[Finding]:
    """Whether somebody takes what hangs on the board, where there is one."""
    from listener.cli.metrics import workforce_of

    found = workforce_of(settings)
    if found is None:
        return
    for fault in found.faults:
        yield doubtful("workers", fault, "start one there: listener worker --queues …")
    if not found.faults:
        waiting = ", ".join(f"{one.queue} {one.waiting}" for one in found.queues)
        yield good("workers", f"{found.alive} alive; waiting: {waiting}")


def _stats(place: Path | str) -> str:
    from listener.store import open_store

    store = open_store(place, read_only=True)
    try:
        with store.read() as reads:
            seen = reads.stats()
    finally:
        store.close()
    cases = sum(seen.cases.values())
    held = f"{seen.mentions} mentions, {cases} cases, {seen.size_bytes / 2**20:.1f} MiB"
    return f"{held}, {seen.engine}, journal {seen.journal_mode}, schema {seen.schema}"


def _damage(path: Path) -> str:
    from listener.store.integrity import damage

    return damage(path)


def backlog(settings: Settings) -> Iterator[Finding]:
    """Posts that wait for the classifier, as far as there is a database."""
    from listener.clock import SystemClock
    from listener.insight.troubles import instant, unread

    with reading(settings) as reads:
        if reads is None:
            return
        waiting = reads.backlog()
    if waiting.oldest is None:
        yield good("backlog", "every post has been classified")
        return
    said = f"{waiting.posts:,} posts wait for a verdict, the oldest since {instant(waiting.oldest)}"
    if unread(waiting, settings.alerts.watch, SystemClock().now()) is None:
        yield good("backlog", said)
    else:
        yield doubtful("backlog", said, "see the line of the model; each round takes the most urgent first")


def running(settings: Settings) -> Iterator[Finding]:
    """Whether a run keeps up, what fails in it, and what reached nobody."""
    from listener.alerts.metrics import last_look
    from listener.clock import SystemClock
    from listener.domain.alert import OutboxState
    from listener.triage.card_words import span

    with reading(settings) as reads:
        if reads is None:
            return
        looked, found = last_look(reads), reads.gauges()
    now = SystemClock().now()
    if looked is not None and now - looked > STALE:
        message = f"no run has looked at this database for {span(now - looked)}"
        yield doubtful("run", message, "start it: listener run (docs/running.md keeps it running)")
    names = {source.name for source in settings.sources if source.enabled}
    for row in found.health:
        if row.source in names and row.failures:
            said = f"failed {row.failures} times in a row: {row.error}"
            yield doubtful(f"source {row.source}", said, "listener doctor --online asks it now; listener sources")
    for target, state, count in found.undelivered:
        if state == OutboxState.FAILED:
            fix = "listener alerts outbox says why; listener alerts retry sends them again"
            yield doubtful("alerts", f"{count} messages to {target} were given up", fix)


def copies(settings: Settings) -> Iterator[Finding]:
    """Whether there is a backup to go back to, whole and not too old, and room for the next."""
    from listener.clock import SystemClock
    from listener.store import backup
    from listener.triage.card_words import span

    database, policy = settings.database, settings.backups
    if settings.on_server or not database.exists():
        return
    folder = policy.place(database)
    try:
        backup.backups(folder, database.stem)
    except StoreError as error:
        yield failed("backup", error)
    if policy.scheduled:
        yield from _hindered(folder, database.stat().st_size)
    last, now = backup.latest(folder, database.stem), SystemClock().now()
    if last is None:
        if policy.scheduled and _age(database, now) < policy.every:
            yield good("backup", f"the first is yet to be taken, into {folder}")
        else:
            fix = TAKE if not policy.scheduled else "is listener run running? listener backup takes one now"
            yield doubtful("backup", f"there is none in {folder}", fix)
    elif now - last > (late := 2 * policy.every if policy.scheduled else UNSCHEDULED):
        message = f"the last is {span(now - last)} old, of {last:%Y-%m-%d %H:%M} UTC"
        fix = "is listener run running? listener backup says what hinders it" if policy.scheduled else TAKE
        yield bad("backup", message, fix, Exit.STORE) if policy.scheduled else doubtful("backup", message, fix)
    else:
        yield good("backup", f"the last is of {last:%Y-%m-%d %H:%M} UTC; it counts as old after {span(late)}")


def _hindered(folder: Path, size: int) -> Iterator[Finding]:
    import os
    import shutil

    from listener.cli.checkup_machine import standing

    if folder.exists() and not folder.is_dir():
        yield bad("backup", f"{folder} is no folder", "set another folder under [backup]", Exit.STORE)
        return
    there = standing(folder)
    if not os.access(there, os.W_OK):
        yield bad("backup", f"{there} may not be written to", "change its owner, or set another folder", Exit.STORE)
    elif (free := shutil.disk_usage(there).free) < 2 * size:
        message = f"{free / 2**20:.0f} MiB free in {there}, and the database has {size / 2**20:.0f}"
        yield doubtful("backup", message, "free some space, or keep fewer: keep under [backup]")


def _age(path: Path, now: datetime) -> timedelta:
    """Since it was made, as near as a file system tells."""
    return now - datetime.fromtimestamp(min(path.stat().st_ctime, path.stat().st_mtime), UTC)


def last_written(reads: Reads) -> datetime | None:
    """The latest instant that a run put down."""
    from listener.alerts.metrics import last_look

    found = [last_look(reads), *(row.last_attempt for row in reads.health())]
    return max(filter(None, found), default=None)


@contextmanager
def reading(settings: Settings) -> Iterator[Reads | None]:
    """The database as it is now; None where there is none that can be read, of which `database` says why."""
    from listener.store import open_store

    store = None
    if settings.on_server or settings.database.exists():
        with suppress(ListenerError):
            store = open_store(settings.place, read_only=True)
    if store is None:
        yield None
        return
    try:
        with store.read() as reads:
            yield reads
    finally:
        store.close()

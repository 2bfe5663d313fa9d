"""Runs that open, tell, end and deliver alerts, each a fork of a warm process that may die at any instant."""

import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from listener.alerts import notify, outbox
from listener.alerts.telling import tell
from listener.clock import VirtualClock
from listener.domain.alert import Alert, AlertKind, OutboxRow
from listener.domain.policy import AlertPolicy, Secret, Target
from listener.net import tls
from listener.ports import Store
from listener.store import open_store
from tests.builders import NOON

HOOKS = ("a", "b")
OLD = 3
"""Alerts that stand; an older one ends."""
MARKS_FIRST, NEW_KEYS, NO_TRANSACTION = "marks first", "new keys", "no transaction"
"""The seeded bugs: a mark before the sending, another key for each attempt, an alert without its messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One run: what it is to open, against which server, at what time, and when it is to die."""

    number: int = 0
    base: str
    database: Path
    now: datetime
    opens: tuple[int, ...]
    dies_after: float
    """Seconds; 0 lets it live."""
    bug: str = ""


def policy(base: str, life: int = 0) -> AlertPolicy:
    targets = tuple(
        Target(
            name=name,
            url=Secret(f"webhook+{base}/{name}?life={life}"),
            signing=Secret("k"),
            allow_private=True,
            flood=10**6,
        )
        for name in HOOKS
    )
    return AlertPolicy(targets=targets, cool_down=timedelta(0))


class Graveyard:
    """A warm process that forks a child a life and tells how it ended."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def live(self, life: Life) -> tuple[str, float]:
        """(how it ended: `killed`, `whole` or an error's words; seconds it lived)."""
        self._ours.send(life)
        ended, seconds = self._ours.recv()
        return str(ended), float(seconds)

    def close(self) -> None:
        self._ours.close()
        self._process.join(10)


@contextmanager
def grave() -> Iterator[Path]:
    """A folder in memory where there is one: SIGKILL is no power cut, and what a disk is asked to keep takes time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def graveyard() -> Iterator[Graveyard]:
    warm = Graveyard()
    try:
        yield warm
    finally:
        warm.close()


_compiled: object = None
"""What SQLAlchemy makes of our statements, which takes longer than running them: made once for all lives."""


class _Anybody:
    """Takes everything."""

    def send(self, row: OutboxRow) -> None: ...


def _warm_up() -> None:
    """A life without a far side, so that those that follow begin where it matters."""
    global _compiled  # noqa: PLW0603 - a fork's memory is how it reaches the lives
    tls()  # reading the root certificates takes longer than most lives
    with grave() as folder:
        store, clock, rules = open_store(folder / "warm.sqlite"), VirtualClock(NOON), policy("http://127.0.0.1:9")
        _compiled = store._engine._compiled_cache
        for number in range(OLD + 2):
            _open(store, rules, number, Life(base="", database=folder, now=NOON, opens=(), dies_after=0))
        _end_old(store, rules, NOON)
        while _something_due(store, clock):
            outbox.deliver(store, {name: _Anybody() for name in HOOKS}, clock, rules)
        store.close()


def _serve(commands: Pipe) -> None:
    _warm_up()
    while True:
        try:
            life = commands.recv()
        except EOFError:
            return
        commands.send(_forked(life))


def _forked(life: Life) -> tuple[str, float]:
    said, say = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.write(say, _run(life).encode()[:4000])
        except BaseException as error:  # noqa: BLE001 - whatever it was, the parent tells
            os.write(say, repr(error).encode()[:4000])
        finally:
            os._exit(0)
    os.close(say)
    with os.fdopen(said) as words:
        told = words.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return ("killed" if os.WTERMSIG(status) == signal.SIGALRM else f"signal {status}"), time.monotonic() - began
    return told or "nothing said", time.monotonic() - began


def _run(life: Life) -> str:
    """Open, end and deliver, unless death comes first."""
    store, clock, rules = open_store(life.database), VirtualClock(life.now), policy(life.base, life.number)
    if _compiled is not None:
        store._engine._compiled_cache = _compiled  # type: ignore[assignment]
    carriers = notify.build(rules.targets)
    if life.bug:
        _seed(life.bug, store, clock)
    if life.dies_after:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, life.dies_after)
    for number in life.opens:
        _open(store, rules, number, life)
    _end_old(store, rules, life.now)
    while _something_due(store, clock):
        outbox.deliver(store, carriers, clock, rules)
    signal.setitimer(signal.ITIMER_REAL, 0)
    store.close()
    return "whole"


def _open(store: Store, rules: AlertPolicy, number: int, life: Life) -> None:
    alert = Alert(
        key=f"spike:Acme/{number}:1", kind=AlertKind.SPIKE, subject=f"Acme/{number}", opened_at=life.now,
        title=f"Spike {number}", body="why",
    )  # fmt: skip
    if life.bug == NO_TRANSACTION:
        with store.write() as tx:
            new = tx.open_alert(alert, life.now)
        if new:
            time.sleep(0.01)
            with store.write() as tx:
                tell(tx, alert, rules, life.now)
        return
    with store.write() as tx:
        if tx.open_alert(alert, life.now):
            tell(tx, alert, rules, life.now)


def _end_old(store: Store, rules: AlertPolicy, now: datetime) -> None:
    with store.read() as reads:
        old = reads.open_alerts()[:-OLD]
    for alert in old:
        with store.write() as tx:
            tx.close_alert(alert.key, now)
            tell(tx, replace(alert, closed_at=now, title="Over", body="calm"), rules, now)


def _something_due(store: Store, clock: VirtualClock) -> bool:
    with store.read() as reads:
        return bool(reads.targets_due(clock.now()))


def _seed(bug: str, store: Store, clock: VirtualClock) -> None:
    whole = outbox._send

    def marks_first(row: OutboxRow, carrier: notify.Notifier | None, at: VirtualClock) -> object:
        with store.write() as tx:
            tx.mark_sent(row.id, at.now())
        return whole(row, carrier, at)

    def new_keys(row: OutboxRow, carrier: notify.Notifier | None, at: VirtualClock) -> object:
        return whole(replace(row, key=f"{row.key}|{at.now().isoformat()}"), carrier, at)

    seeded = {MARKS_FIRST: marks_first, NEW_KEYS: new_keys}
    if bug in seeded:
        outbox._send = seeded[bug]  # type: ignore[assignment]

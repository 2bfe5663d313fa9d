"""Answers sent by processes that are killed at every step, to an instance that counts what it was given.

More of it: pytest tests/journeys/test_reply_kills.py --crash-kills 200

The instance is a rig behind Mastodon's real connector, with and without regard for `Idempotency-Key`. Nothing sleeps:
each process is told its time, and the next begins once the lease of the one that died is over.
"""

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from listener import connectors
from listener.app import StoreLedger
from listener.clock import VirtualClock
from listener.connectors.http import tls
from listener.connectors.outlets import ReplyOutlets
from listener.domain.brand import Match
from listener.domain.mention import Mention
from listener.domain.policy import Secret, SourceConfig
from listener.domain.sending import Send, SendState
from listener.domain.stored import ScoredMention
from listener.domain.verdict import Label
from listener.ports import Connector, Store
from listener.ports.sends import Line
from listener.store import open_store
from listener.triage.answering import Answering
from listener.triage.intake import take_in
from listener.triage.sending import Sender
from listener.triage.sending_handover import WayOut
from tests.builders import verdict
from tests.contracts.rigs_fediverse import MastodonMentionsRig
from tests.contracts.server import Asked, Reply
from tests.spawning import spawner
from tests.triage.builders import BRANDS, POLICY, fresh_store
from tests.triage.life_model import RAM

LEASE_OVER = timedelta(minutes=6)
IN_PROCESS = tuple(f"{when} commit {n}" for n in (1, 2) for when in ("before", "after"))
AT_INSTANCE = ("before it is taken", "after it is taken", "while it is looked for")
POINTS = (*IN_PROCESS, *AT_INSTANCE)
NEVER = ""

# Root certificates take longer to read than an answer to send: once, before any process is begun.
tls()

_spawner = spawner("tests.journeys.reply_kills", "listener.connectors.mastodon", "httpx")


class Instance(MastodonMentionsRig):
    """Counts each post it takes, and kills whoever asks at the wrong moment."""

    def __init__(self, *, honours_keys: bool) -> None:
        super().__init__()
        self.honours_keys = honours_keys
        self.victim = 0
        self.kills_at = NEVER

    def post(self, asked: Asked) -> Reply:
        self._strike("before it is taken")
        if not self.honours_keys:
            self.keys.clear()
        made = super().post(asked)
        self._strike("after it is taken")
        return made

    def posted(self, asked: Asked) -> Reply:
        self._strike("while it is looked for")
        return super().posted(asked)

    def _strike(self, moment: str) -> None:
        if self.kills_at == moment and self.victim:
            os.kill(self.victim, signal.SIGKILL)
            self.kills_at = NEVER

    def source(self) -> SourceConfig:
        options = {"instance": self.server.base, "mentions": True, "deadline": 30.0}
        secrets = {"access_token": Secret("a-token-of-the-brand")}
        return SourceConfig(name="acme-social", connector="mastodon", options=options, secrets=secrets, reply=True)

    def copies(self) -> Counter[str]:
        """How often each answer stands there."""
        return Counter(text for _, text in self.answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a sending process is told."""

    database: Path
    source: SourceConfig
    now: datetime
    dies_at: str = NEVER
    looks: bool = True
    """False: it takes every answer in doubt for lost, which is the fault that must be seen."""


class Dying:
    """The store of a process that is killed before or after its nth commit."""

    def __init__(self, store: Store, dies_at: str) -> None:
        self._store = store
        self._dies_at = dies_at
        self._commits = 0

    @contextmanager
    def write(self) -> Iterator[Any]:
        self._commits += 1
        number = self._commits
        with self._store.write() as tx:
            yield tx
            self._die(f"before commit {number}")
        self._die(f"after commit {number}")

    def _die(self, moment: str) -> None:
        if moment == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Blind:
    """Never looks."""

    def __init__(self, line: Line) -> None:
        self._responder = line.responder

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: None) if name == "find_sent" else getattr(self._responder, name)


class BlindOutlets(ReplyOutlets):
    def line(self, source: str) -> Line:
        found = super().line(source)
        return Line(responder=Blind(found), lease=found.lease)


def sending(order: Order) -> None:
    """A whole process: send what is due at its instant."""
    store = open_store(order.database)
    clock = VirtualClock(order.now)

    def build(source: SourceConfig) -> Connector:
        return connectors.build(source, ledger=StoreLedger(store), clock=clock)

    outlets = (ReplyOutlets if order.looks else BlindOutlets)([order.source], build)
    dying: Any = Dying(store, order.dies_at)
    tell = lambda *_: None  # noqa: E731 - nobody listens
    Sender(store=dying, outlets=outlets, policy=POLICY, clock=clock, tell=tell).send_due()


@dataclass(slots=True)
class Journey:
    """A store with cases, an instance, and processes between them."""

    folder: Path
    instance: Instance
    database: Path = field(init=False)
    store: Store = field(init=False)
    now: datetime = field(init=False)
    kills: Counter[str] = field(default_factory=Counter)
    lives: int = 0

    def __post_init__(self) -> None:
        self.database = fresh_store(self.folder)
        self.store = open_store(self.database)
        self.instance.publish(1)
        self.now = self.instance.clock.now()

    def hears(self, posts: int) -> None:
        """Mentions of the instance become cases."""
        if posts > len(self.instance.items):
            self.instance.publish(posts - len(self.instance.items))
        found = self._read()
        with self.store.write() as tx:
            take_in(tx, tx.save_mentions([_scored(one) for one in found], self.now), BRANDS, POLICY, self.now)

    def _read(self) -> list[Mention]:
        clock = VirtualClock(self.now)
        connector = connectors.build(self.instance.source(), ledger=StoreLedger(self.store), clock=clock)
        return [mention for page in connector.poll("", self.now) for mention in page.mentions]

    def answers(self, case_id: int, text: str) -> Send:
        clock, ledger = VirtualClock(self.now), StoreLedger(self.store)
        outlets = ReplyOutlets([self.instance.source()], lambda one: connectors.build(one, ledger=ledger, clock=clock))
        made: Any = Answering(self.store, POLICY, clock, WayOut(outlets=outlets)).reply(case_id, text, "zoe")
        assert made.send is not None, made.why_not_sent
        sent: Send = made.send
        return sent

    def row(self, send_id: int) -> Send:
        with self.store.read() as reads:
            return reads.send(send_id)

    def passes(self) -> None:
        self.now += LEASE_OVER
        self.instance.clock.advance_to(self.now)

    def process(self, dies_at: str = NEVER, *, looks: bool = True) -> BaseProcess:
        order = Order(database=self.database, source=self.instance.source(), now=self.now, dies_at=dies_at, looks=looks)
        started = _spawner.Process(target=sending, args=(order,))
        started.start()
        return started

    def run(self, dies_at: str = NEVER, *, looks: bool = True) -> bool:
        """One process, killed at `dies_at` if it comes so far; whether it was."""
        at_instance = dies_at in AT_INSTANCE
        self.instance.victim, self.instance.kills_at = 0, dies_at if at_instance else NEVER
        process = self.process(NEVER if at_instance else dies_at, looks=looks)
        assert process.pid is not None
        self.instance.victim = process.pid
        process.join(60)
        self.instance.kills_at = NEVER
        killed = process.exitcode == -signal.SIGKILL
        assert killed or process.exitcode == 0, f"left with {process.exitcode}"
        self.kills[dies_at] += killed
        return killed

    def life(self, chance: random.Random) -> None:
        """An answer, and processes killed over it until one gets through."""
        self.lives += 1
        text = f"Sorry, number {self.lives}!"
        send = self.answers(1, text)
        while self.row(send.id).state is not SendState.SENT:
            self.run(chance.choice(POINTS))
            self.passes()
        self.run()
        assert self.row(send.id).state is SendState.SENT
        assert self.copies_of(text) == 1, f"{text} stands there {self.copies_of(text)} times"

    def copies_of(self, text: str) -> int:
        return sum(count for said, count in self.instance.copies().items() if said.endswith(text))


def _scored(mention: Mention) -> ScoredMention:
    match = Match(brand="Acme", term="@acme", start=0, end=5)
    return ScoredMention(mention=mention, matches=(match,), verdict=verdict(Label.COMPLAINT))


@contextmanager
def journey(*, honours_keys: bool) -> Iterator[Journey]:
    """In memory: a killed process loses nothing that it has written, on a disk or not."""
    instance = Instance(honours_keys=honours_keys)
    with TemporaryDirectory(dir=RAM if RAM.is_dir() else None) as folder, instance.server:
        made = Journey(folder=Path(folder), instance=instance)
        try:
            made.hears(1)
            yield made
        finally:
            made.store.close()


def killed(kills: int, seed: int, *, honours_keys: bool) -> Journey:
    """Lives until so many processes were killed, and each answer stands there once."""
    chance = random.Random(seed)
    with journey(honours_keys=honours_keys) as made:
        while made.kills.total() < kills:
            made.life(chance)
        assert made.instance.copies().total() == made.lives
        return made

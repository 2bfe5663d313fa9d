"""A run that streams from a platform on loopback, in a process of its own, killed at random instants.

The platform numbers its posts and shows them twice: page by page, and live, a line each, from the moment on at which
somebody listens. It cuts its streams off at random.
"""

import json
import multiprocessing
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from listener import app, rounds
from listener.clock import SystemClock
from listener.connectors.budget import Budget
from listener.connectors.http import Answer, Limits, Request
from listener.connectors.lasting import Patience, bursts
from listener.connectors.wire import Wire
from listener.domain.mention import Author, Mention, MentionKey, Page
from listener.domain.policy import SourceConfig
from listener.errors import ListenerError, Retry
from listener.pipeline.ledger import StoreLedger
from listener.ports import Store
from listener.rounds import streams
from listener.store import open_store
from tests.contracts.live import Live, LiveServer
from tests.contracts.server import Asked, Reply
from tests.pipeline.parts import Keywords, settings

SOURCE = SourceConfig(
    name="live", connector="lines", stream=True, interval=timedelta(seconds=1), silent_after=timedelta.max
)
PAGE = 200

spawner = multiprocessing.get_context("forkserver")
spawner.set_forkserver_preload(["tests.journeys.stream_kills"])


class World:
    """What was posted, and who listens."""

    def __init__(self, seed: int) -> None:
        self.posts: list[dict[str, object]] = []
        self.connections = 0
        self.calm = False
        self.news = threading.Condition()
        self._chance = random.Random(seed)
        self._deaf = 0
        """Polls still to fail. Half of the streams begin so: what lies between is then known to nobody."""

    def publish(self, count: int) -> None:
        with self.news:
            for _ in range(count):
                n = len(self.posts)
                self.posts.append({"id": n, "at": datetime.now().astimezone().isoformat(), "text": f"@acme late {n}"})
            self.news.notify_all()

    def rest(self) -> None:
        """From here on nothing fails."""
        self.calm, self._deaf = True, 0

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/stream":
            return Live(pieces=self._heard)
        if self._deaf:
            self._deaf -= 1
            return Reply(status=503)
        after = int(asked.query["after"])
        return Reply(body=json.dumps({"posts": self.posts[after : after + PAGE]}).encode())

    def _heard(self, closing: threading.Event) -> Iterator[bytes]:
        self.connections += 1
        self._deaf = 0 if self.calm else self._chance.choice((0, 4))
        closing.wait(0.05)
        at = len(self.posts)
        ends = at + self._chance.randint(50, 900)
        yield b"\n"
        while not closing.is_set():
            fresh = self._after(at)
            at += len(fresh)
            yield b"".join(json.dumps(post).encode() + b"\n" for post in fresh) or b"\n"
            if at > ends:
                return

    def _after(self, at: int) -> list[dict[str, object]]:
        """What is new, as soon as something is."""
        with self.news:
            self.news.wait_for(lambda: len(self.posts) > at, timeout=0.5)
            return self.posts[at:]


class Lines:
    """Its connector: a cursor is how many posts were seen."""

    platform = "lines"
    credential = "lines:1"

    def __init__(self, base: str, store: Store, clock: SystemClock) -> None:
        budget = Budget(StoreLedger(store), clock, self.credential, "the platform")
        self._base = base
        self._wire = Wire(base, who="the platform", limits=Limits(), budget=budget, clock=clock)

    def check(self) -> str:
        return "lines"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        at = int(cursor or 0)
        while True:
            said = self._wire.get("/posts", {"after": str(at)})
            assert isinstance(said, dict)
            posts = [_read(post) for post in said["posts"]]
            at += len(posts)
            yield Page(mentions=tuple(posts), cursor=str(at), done=len(posts) < PAGE)
            if len(posts) < PAGE:
                return

    def stream(self, cursor: str, now: datetime, stopping: Callable[[], bool]) -> Iterator[Page]:
        def refuse(answer: Answer) -> ListenerError:
            return Retry(f"{answer.status}")

        for burst in bursts(Request(url=f"{self._base}/stream"), Patience(), stopping, refuse, moment=0.02):
            posts = [json.loads(line) for line in burst if line]
            after = str(int(posts[-1]["id"]) + 1) if posts else ""
            yield Page(mentions=tuple(map(_read, posts)), cursor=after, done=False)


def _read(post: dict[str, object]) -> Mention:
    name = str(post["id"])
    return Mention(
        key=MentionKey(platform="lines", native_id=name),
        author=Author(platform="lines", native_id=f"a{name}", handle=f"a{name}"),
        text=str(post["text"]),
        created_at=datetime.fromisoformat(str(post["at"])),
    )


class Hasty(SystemClock):
    """Looks round twenty times as often."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`listener run`, less its command line."""

    folder: Path
    base: str

    @property
    def database(self) -> Path:
        return self.folder / "listener.sqlite"

    def start(self, until: int = 0) -> multiprocessing.process.BaseProcess:
        """It ends by itself once the source's cursor stands behind so many posts; 0: never."""
        process = spawner.Process(target=_listen, args=(self, until), daemon=True)
        process.start()
        return process


def _listen(run: Run, until: int) -> None:
    streams.LATE = timedelta(seconds=0.2)
    store, clock = open_store(run.database), Hasty()
    stages = app.compose(
        settings(run.folder), store, clock, classifier=Keywords(), stopping=lambda: _reached(store, until)
    )
    job = rounds.Job(source=SOURCE, connector=Lines(run.base, store, clock))
    with store.alone(app.RUN):
        rounds.run_forever(stages, [job], {})
    store.close()


def _reached(store: Store, until: int) -> bool:
    if not until:
        return False
    with store.read() as reads:
        return int(reads.cursor(SOURCE.name) or 0) >= until and not reads.open_gaps(SOURCE.name)


def platform(world: World) -> LiveServer:
    return LiveServer(world.answer)

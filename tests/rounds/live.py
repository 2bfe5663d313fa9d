"""A platform in memory that is polled and streamed, and told when to fail; and a stream read by hand."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from listener.clock import Clock, VirtualClock
from listener.domain.mention import Mention, MentionKey, Page
from listener.domain.policy import SourceConfig
from listener.errors import Retry
from listener.insight.watch import Watch
from listener.pipeline import Stages
from listener.ports import Store
from listener.rounds import Job
from listener.rounds.reader import Reader
from tests.builders import author, mention
from tests.pipeline import parts

SIZE = 2
"""Posts on a page of a poll."""


@dataclass
class Platform:
    """Posts in the order in which they appeared; a cursor is how many were seen."""

    clock: Clock
    prefix: str = "p"
    posts: list[Mention] = field(default_factory=list)
    polls_fail_after: int | None = None
    """Pages that a poll still gives before it fails; None: it doesn't."""
    poll_error: Exception = field(default_factory=lambda: Retry("503"))
    stream_error: Exception | None = None
    """Raised at the stream's next step, or at once on connecting."""
    while_polling: Callable[[], None] = lambda: None
    polled: int = 0
    connected: int = 0

    def publish(self, count: int = 1) -> None:
        for _ in range(count):
            n = len(self.posts)
            name = f"{self.prefix}{n}"
            self.posts.append(
                mention("@acme hello", name, author=author(f"a{n % 50}"), created_at=self.clock.now(), platform="x")
            )


@dataclass
class Live:
    """Its connector."""

    world: Platform
    platform: str = "x"
    credential: str = "x:live"

    def check(self) -> str:
        return "live"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        self.world.polled += 1
        left, at = self.world.polls_fail_after, int(cursor or 0)
        while True:
            if left is not None and left <= 0:
                raise self.world.poll_error
            left = None if left is None else left - 1
            found = self.world.posts[at : at + SIZE]
            at += len(found)
            self.world.while_polling()
            done = at >= len(self.world.posts)
            yield Page(mentions=tuple(found), cursor=str(at), done=done)
            if done:
                return

    def stream(self, cursor: str, now: datetime, stopping: Callable[[], bool]) -> Iterator[Page]:
        self.world.connected += 1
        if self.world.stream_error is not None:
            raise self.world.stream_error
        at = len(self.world.posts)
        yield Page(mentions=(), cursor="", done=False)
        while not stopping():
            found = self.world.posts[at:]
            at = len(self.world.posts)
            if found or self.world.stream_error is None:
                yield Page(mentions=tuple(found), cursor=str(at) if found else "", done=False)
            if self.world.stream_error is not None:
                raise self.world.stream_error


class Hand:
    """Turns readers' cranks instead of threads: each step reads one page."""

    def __init__(self, room: int) -> None:
        """`room` for so many pages."""
        self._steps: Iterator[None] = iter(())
        self.room = room

    def start(self, reader: Reader) -> None:
        reader.waiting._most_pages = self.room
        self._steps = reader.steps()

    def crank(self, times: int = 1) -> None:
        for _ in range(times):
            next(self._steps, None)


def job(connector: object, name: str = "live", **more: object) -> Job:
    source = SourceConfig(name=name, connector="scripted", stream=True)
    return Job(source=replace(source, **more), connector=connector)  # type: ignore[arg-type]


def stages(store: Store, folder: Path, clock: VirtualClock, **more: object) -> Stages:
    return replace(parts.stages(store, folder, clock=clock), **more)  # type: ignore[arg-type]


def stored(store: Store, posts: Sequence[Mention]) -> set[str]:
    with store.read() as reads:
        return {key.native_id for key in reads.known([post.key for post in posts])}


def cursor(store: Store, name: str = "live") -> int:
    with store.read() as reads:
        return int(reads.cursor(name) or 0)


def keys(*native_ids: str) -> tuple[MentionKey, ...]:
    return tuple(MentionKey(platform="x", native_id=native_id) for native_id in native_ids)


class Blind(Watch):
    """Looks at no spikes: those are other tests'."""

    def spikes(self, tx: object, now: object) -> list[object]:  # type: ignore[override]
        return []

"""A platform in memory that is polled and read back; told what polls never see, and when to fail."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from listener import pipeline
from listener.clock import VirtualClock
from listener.domain.comparing import Standing, load_standing, mark_of
from listener.domain.mention import Gap, Mention, Page
from listener.domain.platform import Capabilities, Estimate
from listener.domain.policy import SpikePolicy
from listener.domain.rereading import ComparePolicy
from listener.domain.run import SourceReport
from listener.ports import Store
from listener.rounds import Job
from listener.rounds.comparing import EVERY, Comparing
from tests.builders import NOON, author, mention
from tests.pipeline.parts import SOURCE
from tests.rounds.live import Blind
from tests.rounds.live import stages as live_stages

SIZE = 100
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Listing:
    """Its connector. A poll's cursor is how many posts it saw; a listing's, how many it gave."""

    clock: VirtualClock
    platform: str = "x"
    credential: str = ""
    posts: list[Mention] = field(default_factory=list)
    unpolled: set[str] = field(default_factory=set)
    """Native ids that no poll shows."""
    errors: list[Exception] = field(default_factory=list)
    """Raised by listings, before a page each."""
    asked: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    estimated: int = 0
    price: Estimate = field(default_factory=Estimate)
    unlisted: tuple[Gap, ...] = ()
    pages: int = 0

    def publish(self, count: int, over: timedelta = HOUR, text: str = "@acme hello") -> None:
        """So many posts, evenly over the time that passes."""
        for _ in range(count):
            n = len(self.posts)
            self.posts.append(
                mention(text, f"p{n}", author=author(f"a{n % 50}"), created_at=self.clock.now(), platform="x")
            )
            self.clock.sleep(over.total_seconds() / count)

    def check(self) -> str:
        return "listing"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        at = int(cursor or 0)
        while True:
            found = self.posts[at : at + SIZE]
            at += len(found)
            seen = tuple(post for post in found if post.key.native_id not in self.unpolled)
            yield Page(mentions=seen, cursor=str(at), done=at >= len(self.posts))
            if at >= len(self.posts):
                return

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        self.estimated += 1
        return self.price

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        self.asked.append((since, until, cursor))
        times = [post.created_at for post in self.posts]
        low, high = bisect_left(times, since), bisect_left(times, until)
        at = low + int(cursor or 0)
        while True:
            if self.errors:
                raise self.errors.pop(0)
            found = self.posts[at : min(at + SIZE, high)]
            at += len(found)
            self.pages += 1
            yield Page(mentions=tuple(found), cursor=str(at - low), done=at >= high, gaps=self.unlisted)
            if at >= high:
                return


class Bench:
    """A run over it, an hour at a time."""

    def __init__(self, store: Store, folder: Path, policy: ComparePolicy | None = None, **can: object) -> None:
        self.store, self.folder, self.clock = store, folder, VirtualClock(NOON)
        self.world = Listing(self.clock)
        ready = live_stages(store, folder, self.clock, watch=Blind(SpikePolicy()))
        self.stages = replace(ready, compares=policy or ComparePolicy())
        self.job = Job(
            source=SOURCE,
            connector=self.world,
            can=Capabilities(backfill=True, **can),  # type: ignore[arg-type]
        )
        self.restart()
        self.comparing.look()
        self.poll()

    def restart(self) -> None:
        self.comparing = Comparing(self.stages, [self.job])

    def poll(self) -> None:
        report = pipeline.run_source(self.stages, SOURCE, self.world)
        assert report.error == ""

    def live(self, hours: int, posts: int = 10) -> None:
        """So many posts an hour, and a poll behind each hour."""
        for _ in range(hours):
            self.world.publish(posts)
            self.poll()

    def look(self, later: timedelta = EVERY) -> list[SourceReport]:
        self.clock.sleep(later.total_seconds())
        return self.comparing.look()

    def compare(self) -> None:
        """Looks until one more comparison has ended."""
        before = len(self.standing().ended)
        for _ in range(500):
            self.look()
            if len(self.standing().ended) > before:
                return
        raise AssertionError("a comparison without an end")

    def standing(self) -> Standing:
        return standing_of(self.store)

    def counts(self) -> dict[str, int]:
        return counts_of(self.store)

    def ids(self) -> set[str]:
        with self.store.read() as reads:
            keys = [post.key for post in self.world.posts]
            return {key.native_id for key in reads.known(keys)}


def standing_of(store: Store, source: str = SOURCE.name) -> Standing:
    with store.read() as reads:
        found = load_standing(reads.mark(mark_of(source)))
    assert found is not None
    return found


def counts_of(store: Store, source: str = SOURCE.name) -> dict[str, int]:
    """Of the latest comparison, what isn't nothing."""
    last = standing_of(store, source).last
    assert last is not None
    names = ("listed", "stored", "in_gaps", "younger", "refused", "missing")
    return {name: getattr(last.counts, name) for name in names if getattr(last.counts, name)}

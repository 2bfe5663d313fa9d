"""`listener coverage` says what was found missing in what sources list, and looks now where a person asks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener import app, connectors
from listener.clock import SystemClock
from listener.domain.comparing import Comparison, Counts, Standing, dump_standing, mark_of, polled_mark
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate
from listener.errors import RateLimited
from listener.store import open_store
from tests.builders import author, mention
from tests.cli.office import Counter, counter
from tests.pipeline.parts import Keywords

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NOW = SystemClock().now().replace(microsecond=0)


@dataclass
class Listed:
    """A post an hour for three days, of which polls brought all but some."""

    price: Estimate = field(default_factory=lambda: Estimate(posts=72, calls=8))
    fails_at: int = 10**9
    unpolled: frozenset[int] = frozenset({5, 40})
    platform: str = "hackernews"
    credential: str = ""

    def check(self) -> str:
        return "listed"

    def posts(self) -> list[Mention]:
        return [self._post(hour) for hour in range(72)]

    def _post(self, hour: int) -> Mention:
        at = NOW - 3 * DAY + hour * HOUR - HOUR / 2
        return mention(
            "northlight coffee is late", f"h{hour}", author=author(f"a{hour}"), created_at=at, platform=self.platform
        )

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        seen = (post for hour, post in enumerate(self.posts()) if hour not in self.unpolled)
        yield Page(mentions=tuple(seen), cursor="live", done=True)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        return self.price

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        found = [post for post in self.posts() if since <= post.created_at < until]
        for at in range(int(cursor or 0), len(found), 10):
            if at >= self.fails_at:
                raise RateLimited("429", until=now + HOUR)
            yield Page(mentions=tuple(found[at : at + 10]), cursor=str(at + 10), done=at + 10 >= len(found))


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Listed:
    listed = Listed()
    monkeypatch.setattr(connectors, "build", lambda *_, **__: listed)
    monkeypatch.setattr(app, "LazyClassifier", lambda *_: Keywords())
    return listed


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: Listed) -> Counter:
    """Read a week ago for the first time, and polled just now."""
    found = counter(tmp_path / "config", monkeypatch)
    assert found.types("poll", "hackernews").code == 0
    store = open_store(found.folder / "listener.db")
    with store.write() as tx:
        standing = json.loads(tx.mark(mark_of("hackernews")))
        begun = (NOW - 7 * DAY).isoformat()
        tx.set_mark(mark_of("hackernews"), json.dumps({**standing, "began": begun, "settled": begun, "running": None}))
    store.close()
    return found


def rows(desk: Counter) -> list[dict[str, object]]:
    typed = desk.types("coverage", "--json")
    assert typed.code == 0, typed.err
    return [row for row in map(json.loads, typed.out.splitlines()) if row["kind"] == "compared"]


def test_A8_a_source_is_compared_now_and_what_was_missed_is_stored(desk: Counter) -> None:
    typed = desk.types("coverage", "--compare", "hackernews")
    assert typed.code == 0, typed.err
    assert "about 72 posts, 8 calls, free" in typed.err
    assert "72 listed, 72 of them about a brand, 70 of those stored" in typed.out
    assert "2 missing without a reason, stored now" in typed.out
    (row,) = rows(desk)
    assert (row["state"], row["posts"], row["missing"]) == ("missed 2", 72, 2)
    assert "hackernews" in str(row["source"])
    assert "2 missing and unexplained, brought in: 1 in 36" in str(row["why"])


def test_A8_the_second_time_nothing_is_missing(desk: Counter) -> None:
    desk.types("coverage", "--compare", "hackernews")
    typed = desk.types("coverage", "--compare", "hackernews", "--days", "2", "--json")
    assert (typed.one["stored"], typed.one["missing"]) == (typed.one["listed"], 0)
    (row,) = rows(desk)
    assert (row["posts"], row["missing"]) == (72, 2), "each post counts once in a week"


def test_A8_a_source_that_lacks_nothing_is_whole(desk: Counter, listed: Listed) -> None:
    listed.unpolled = frozenset()
    desk.types("poll", "hackernews")
    typed = desk.types("coverage", "--compare", "hackernews")
    assert "0 missing without a reason" in typed.out
    (row,) = rows(desk)
    assert (row["state"], row["why"]) == ("whole", "72 posts compared in a week; none missing")


def test_A8_what_costs_money_waits_for_a_word(desk: Counter, listed: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    listed.price = Estimate(posts=72, micro_usd=360_000)
    typed = desk.types("coverage", "--compare", "hackernews")
    assert (typed.code, rows(desk)) == (2, [])
    assert "$0.36 at the most" in typed.err
    assert "add --yes" in typed.err
    assert desk.types("coverage", "--compare", "hackernews", "--yes").code == 0


def test_A8_one_that_was_cut_short_says_how_to_go_on(desk: Counter, listed: Listed) -> None:
    listed.fails_at = 30
    typed = desk.types("coverage", "--compare", "hackernews")
    assert typed.code == 3
    assert "listener coverage --compare hackernews --days 7" in typed.err
    listed.fails_at = 10**9
    typed = desk.types("coverage", "--compare", "hackernews", "--json")
    assert (typed.one["listed"], typed.one["missing"]) == (72, 2)


def test_A8_a_source_that_was_never_polled_cannot_be_compared(desk: Counter) -> None:
    store = open_store(desk.folder / "listener.db")
    with store.write() as tx:
        tx.set_mark(polled_mark("hackernews"), "")
    store.close()
    typed = desk.types("coverage", "--compare", "hackernews")
    assert typed.code == 2
    assert "listener poll hackernews" in typed.err


def test_A8_posts_older_than_the_settings_are_said_to_be_left_out(desk: Counter) -> None:
    store = open_store(desk.folder / "listener.db")
    with store.write() as tx:
        standing = json.loads(tx.mark(mark_of("hackernews")))
        standing["settled"] = (NOW - 2 * DAY).isoformat()
        tx.set_mark(mark_of("hackernews"), json.dumps(standing))
    store.close()
    typed = desk.types("coverage", "--compare", "hackernews")
    assert "1 older than the settings" in typed.out
    assert "1 missing without a reason" in typed.out


def test_A8_what_was_compared_long_ago_is_not_told(desk: Counter) -> None:
    long_ago = NOW - 30 * DAY
    one = Comparison(since=long_ago - DAY, until=long_ago, began=long_ago, ended=long_ago, counts=Counts(missing=1))
    store = open_store(desk.folder / "listener.db")
    with store.write() as tx:
        old = Standing(began=long_ago, settled=long_ago)
        tx.set_mark(mark_of("hackernews"), dump_standing(replace(old, ended=(one,))))
    store.close()
    assert rows(desk) == []

"""The past is read on demand: after a look at the price, on a cursor of its own, and gaps close behind it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener import app, connectors
from listener.clock import SystemClock
from listener.domain.mention import Gap, Page
from listener.domain.platform import Capabilities, Estimate
from listener.errors import Retry
from listener.store import open_store
from tests.builders import author, mention
from tests.cli.office import Counter, counter
from tests.pipeline.parts import Keywords

DAY = timedelta(days=1)
START = SystemClock().now().replace(microsecond=0) - 9 * DAY
SINCE, UNTIL = f"{START:%Y-%m-%dT%H:%M:%SZ}", f"{START + 5 * DAY:%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Past:
    """A post an hour; pages of ten, and a failure on order."""

    price: Estimate = field(default_factory=lambda: Estimate(posts=120, calls=12))
    fails_at: int = 10**9
    asked: list[str] = field(default_factory=list)
    gaps: tuple[Gap, ...] = ()
    platform: str = "hackernews"
    credential: str = "hackernews:1"

    def check(self) -> str:
        return "past"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        yield Page(mentions=(), cursor="live", done=True)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        return self.price

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        self.asked.append(cursor)
        hours = (until - since) // timedelta(hours=1)
        for at in range(int(cursor or 0), hours, 10):
            if at >= self.fails_at:
                raise Retry("503")
            posts = [self._post(since, hour) for hour in range(at, min(at + 10, hours))]
            yield Page(mentions=tuple(posts), cursor=str(at + 10), done=at + 10 >= hours, gaps=self.gaps)

    def _post(self, since: datetime, hour: int) -> object:
        at = since + timedelta(hours=hour)
        name = f"h{at:%d%H}"
        text = "northlight coffee is late"
        return mention(text, name, author=author(name), created_at=at, platform=self.platform)


@pytest.fixture
def past(monkeypatch: pytest.MonkeyPatch) -> Past:
    past = Past()
    monkeypatch.setattr(connectors, "build", lambda *_, **__: past)
    monkeypatch.setattr(app, "LazyClassifier", lambda *_: Keywords())
    monkeypatch.setattr("listener.pipeline.Backoff.__call__", lambda self, error: False)
    return past


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    found = counter(tmp_path / "config", monkeypatch)
    store = open_store(found.folder / "listener.db")
    with store.write() as tx:
        tx.save_cursor("hackernews", "live", START)
        tx.add_gap("hackernews", Gap(since=START + DAY, until=START + 2 * DAY, reason="page cap"), START)
        tx.add_gap("hackernews", Gap(since=START + DAY, until=START + 7 * DAY, reason="page cap"), START)
    store.close()
    return found


def facts(desk: Counter) -> tuple[int, str, list[str], int]:
    """(mentions, the live cursor, open gaps' reasons, rows of sources)."""
    store = open_store(desk.folder / "listener.db")
    try:
        with store.read() as reads:
            reasons = [gap.reason for gap in reads.open_gaps("hackernews")]
            return reads.stats().mentions, reads.cursor("hackernews"), reasons, len(reads.health())
    finally:
        store.close()


def test_a_stretch_is_read_and_the_gap_in_it_closed(desk: Counter, past: Past) -> None:
    typed = desk.types("backfill", "hackernews", "--since", SINCE, "--until", UNTIL, "--json")
    assert typed.code == 0, typed.err
    assert typed.one["done"] is True
    assert typed.one["stored"] == 120
    assert "about 120 posts, 12 calls, free" in typed.err
    assert "10 pages, 100 posts read" in typed.err
    assert facts(desk) == (120, "live", ["page cap"], 0)


def test_old_posts_make_no_alert(desk: Counter, past: Past) -> None:
    desk.types("backfill", "hackernews", "--since", SINCE, "--until", UNTIL)
    assert desk.types("alerts", "list", "--json").out == ""


def test_one_that_failed_goes_on_where_it_stopped(desk: Counter, past: Past) -> None:
    past.fails_at = 50
    words = ("backfill", "hackernews", "--since", SINCE, "--until", UNTIL)
    failed = desk.types(*words)
    assert failed.code == 3
    assert f"go on with: listener {' '.join(words)}" in failed.err
    assert facts(desk)[:3] == (50, "live", ["page cap", "page cap"])
    past.fails_at = 10**9
    assert desk.types(*words).code == 0
    assert past.asked[-1] == "50"
    assert facts(desk)[:3] == (120, "live", ["page cap"])


def test_a_second_time_reads_anew_and_adds_nothing(desk: Counter, past: Past) -> None:
    words = ("backfill", "hackernews", "--since", SINCE, "--until", UNTIL, "--json")
    desk.types(*words)
    assert desk.types(*words).one["stored"] == 0
    assert past.asked[-1] == ""


@pytest.mark.parametrize(
    ("price", "cost", "words"),
    [
        (Estimate(posts=10_001), "free", "about 10,001 posts"),
        (Estimate(posts=9, calls=1, micro_usd=45_000), "free", "$0.04 at the most"),
        (Estimate(note="how many there are can't be known before"), "$0.005 a post", "unknown number"),
    ],
)
def test_what_costs_or_is_very_much_needs_a_word(
    desk: Counter, past: Past, monkeypatch: pytest.MonkeyPatch, price: Estimate, cost: str, words: str
) -> None:
    past.price = price
    info = connectors.describe("hackernews")
    monkeypatch.setattr(
        connectors, "describe", lambda _: replace(info, capabilities=Capabilities(backfill=True, cost=cost))
    )
    refused = desk.types("backfill", "hackernews", "--since", SINCE, "--until", UNTIL)
    assert (refused.code, past.asked) == (2, [])
    assert words in refused.err
    assert "--yes" in refused.err
    assert desk.types("backfill", "hackernews", "--since", SINCE, "--until", UNTIL, "--yes").code == 0


def test_what_a_platform_no_longer_shows_stays_a_gap(desk: Counter, past: Past) -> None:
    past.gaps = (Gap(since=START, until=START + DAY, reason="only seven days"),)
    desk.types("backfill", "hackernews", "--since", SINCE, "--until", UNTIL)
    assert sorted(facts(desk)[2]) == ["can't be had: only seven days", "page cap"]


def test_a_source_that_shows_no_past_says_what_to_do(desk: Counter) -> None:
    typed = desk.types("backfill", "reddit-search", "--since", "3d")
    assert typed.code == 2
    assert "listener import" in typed.err


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [("3d", "1d", 0), ("2w", "", 0), ("2026-13-40", "", 2), ("1d", "2d", 2), ("soon", "", 2), (SINCE, "12h", 0)],
    ids=["lengths", "one length", "no date", "backwards", "no instant", "an instant and a length"],
)
def test_instants_are_days_times_or_lengths(desk: Counter, past: Past, since: str, until: str, code: int) -> None:
    more = ("--until", until) if until else ()
    assert desk.types("backfill", "hackernews", "--since", since, *more).code == code

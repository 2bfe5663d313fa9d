"""Word of mouth against a slow recount: languages, weeks, our own posts, messages, linked accounts, velocity."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isclose
from zoneinfo import ZoneInfo

import pytest

from listener.domain.brand import Brand
from listener.domain.customer import Basis
from listener.domain.mention import MentionKey, Metrics
from listener.domain.themes import Tagging
from listener.domain.verdict import Label
from listener.domain.voice import VoiceRow
from listener.insight.voice import By, measure, weeks_of
from listener.insight.windows import Window, day_window
from listener.ports import Reads, Store
from listener.store import open_store
from tests.builders import author, scored, verdict

ZONE = ZoneInfo("Europe/Berlin")
BRANDS = (Brand(name="Acme", handles=("acme",)), Brand(name="Rival", handles=("rival",), competitor=True))
BEGIN = datetime(2026, 3, 8, 23, tzinfo=UTC)
"""Monday 9 March in Berlin; the clocks go forward on the 29th."""
DAYS = 28
WINDOW = Window(since=datetime(2026, 3, 22, 23, tzinfo=UTC), until=datetime(2026, 4, 5, 22, tzinfo=UTC))
"""Two weeks from Monday 23 March, one hour short."""
NOW = datetime(2026, 4, 4, 9, 40, tzinfo=UTC)
"""On the last Saturday but one hour: what comes after is still to come."""
TWINS = (3, 4)
"""Two accounts of one customer."""


@dataclass(frozen=True)
class Post:
    brand: str
    platform: str
    lang: str
    person: int
    at: datetime
    repost: bool
    message: bool
    engagement: int

    @property
    def who(self) -> int:
        return min(TWINS) if self.person in TWINS else self.person

    @property
    def followers(self) -> int | None:
        return None if self.person % 5 == 0 else self.person * 10


OWN = [(BEGIN + timedelta(hours=37 * n), "x" if n % 3 else "reddit") for n in range(17)]


@pytest.fixture(scope="module")
def posts() -> list[Post]:
    rng = random.Random(5)
    end = NOW - BEGIN
    return [
        Post(
            brand=rng.choice(("Acme", "Acme", "Rival")),
            platform="x" if (person := rng.randrange(40)) % 2 else "reddit",
            lang=rng.choice(("en", "en", "de", "")),
            person=person,
            at=BEGIN + timedelta(seconds=rng.randrange(int(end.total_seconds()))),
            repost=rng.random() < 0.1,
            message=rng.random() < 0.2,
            engagement=rng.randrange(9),
        )
        for _ in range(900)
    ]


@pytest.fixture(scope="module")
def reads(posts: list[Post], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reads]:
    store = open_store(tmp_path_factory.mktemp("voice") / "listener.db")
    _fill(store, posts)
    with store.read() as asked:
        yield asked
    store.close()


def _fill(store: Store, posts: list[Post]) -> None:
    with store.write() as tx:
        saved = tx.save_mentions(
            [
                scored(
                    f"@{post.brand.lower()} hello",
                    str(n),
                    brand=post.brand,
                    platform=post.platform,
                    lang=post.lang,
                    author=author(f"p{post.person}", platform=post.platform, followers=post.followers),
                    created_at=post.at,
                    is_repost=post.repost,
                    metrics=Metrics(likes=post.engagement - post.engagement % 2, replies=post.engagement % 2),
                    said=verdict(
                        Label.PRAISE,
                        tagging=Tagging(tagger="t", tags=(("message:fast", 1.0), ("message:fair", 1.0)))
                        if post.message
                        else Tagging(tagger="t", tags=(("motivator:order", 1.0), ("messages", 1.0))),
                    ),
                )
                for n, post in enumerate(posts)
            ],
            NOW,
        )
        ids = {posts[int(row.scored.mention.key.native_id)].person: row.author_id for row in saved}
        tx.link_authors(ids[TWINS[0]], ids[TWINS[1]], Basis.TOLD, "zoe", NOW)
        tx.note_own_posts(
            [(MentionKey(platform=platform, native_id=f"o{n}"), "Acme", at) for n, (at, platform) in enumerate(OWN)]
        )


def rows(reads: Reads, by: By, brand: str = "") -> dict[str, VoiceRow]:
    found = measure(reads, brands=BRANDS, window=WINDOW, zone=ZONE, by=by, brand=brand, now=NOW)
    assert len({row.key for row in found}) == len(found)
    return {row.key: row for row in found}


def monday(at: datetime) -> str:
    day = at.astimezone(ZONE).date()
    return (day - timedelta(days=day.weekday())).isoformat()


KEYS = {
    By.BRAND: lambda post: post.brand,
    By.PLATFORM: lambda post: post.platform,
    By.LANGUAGE: lambda post: post.lang or "(unknown)",
    By.DAY: lambda post: post.at.astimezone(ZONE).date().isoformat(),
    By.WEEK: lambda post: monday(post.at),
}


@pytest.mark.parametrize("by", list(KEYS))
def test_each_row_is_what_a_slow_count_finds(reads: Reads, posts: list[Post], by: By) -> None:
    within = [post for post in posts if WINDOW.since <= post.at < WINDOW.until]
    found = rows(reads, by)
    keyed = [post for post in within if by is By.BRAND or post.brand == "Acme"]
    assert {KEYS[by](post) for post in keyed} <= set(found)
    for key, row in found.items():
        said = [post for post in keyed if KEYS[by](post) == key]
        own = [post for post in said if not post.repost]
        rivals = [p for p in within if not p.repost and (by is By.BRAND or KEYS[by](p) == key)]
        assert (row.mentions, row.reposts) == (len(own), len(said) - len(own))
        assert row.authors == len({post.who for post in own})
        assert row.reach == sum({p.person: p.followers or 0 for p in own}.values())
        assert row.unknown_reach == len({p.person for p in own if p.followers is None})
        assert row.engagement == sum(post.engagement for post in own)
        assert (row.voice.part, row.voice.whole) == (len(own), len(rivals))
        assert row.author_voice.whole == len({(post.brand, post.who) for post in rivals})
        assert (row.pull.part, row.pull.whole) == (sum(post.message for post in own), len(own))


def test_our_own_posts_are_counted_apart_where_they_can_be(reads: Reads) -> None:
    within = [(at, platform) for at, platform in OWN if WINDOW.since <= at < WINDOW.until]
    assert rows(reads, By.BRAND)["Acme"].own_posts == len(within)
    assert rows(reads, By.BRAND)["Rival"].own_posts == 0
    assert {key: row.own_posts for key, row in rows(reads, By.PLATFORM).items()} == {
        name: [platform for _, platform in within].count(name) for name in ("reddit", "x")
    }
    assert sum(row.own_posts or 0 for row in rows(reads, By.WEEK).values()) == len(within)
    assert {row.own_posts for row in rows(reads, By.LANGUAGE).values()} == {None}


@pytest.mark.parametrize("by", [By.DAY, By.HOUR, By.WEEK])
def test_rows_of_time_partition_the_window_where_the_clocks_change(reads: Reads, by: By) -> None:
    found = rows(reads, by)
    assert len(found) == {By.DAY: 14, By.HOUR: 14 * 24 - 1, By.WEEK: 2}[by]
    assert sum(row.mentions for row in found.values()) == rows(reads, By.BRAND, "Acme")["Acme"].mentions


def test_a_week_begins_on_monday_also_where_the_window_does_not() -> None:
    sunday = WINDOW.since - timedelta(hours=24)
    assert list(weeks_of(Window(since=sunday, until=WINDOW.until), ZONE)) == ["2026-03-16", "2026-03-23", "2026-03-30"]


def counted(posts: list[Post], since: datetime, until: datetime) -> int:
    return sum(p.brand == "Acme" and not p.repost and since <= p.at < until for p in posts)


def test_velocity_is_of_the_full_hours_heard_against_the_same_hours_of_the_weeks_before(
    reads: Reads, posts: list[Post]
) -> None:
    """Two weeks of which 12 days and 11 hours by the wall clock are heard; the clocks went forward meanwhile."""
    velocity = rows(reads, By.BRAND)["Acme"].velocity
    heard_until = datetime(2026, 4, 4, 9, tzinfo=UTC)
    before_until = datetime(2026, 3, 21, 10, tzinfo=UTC)
    assert velocity.mentions == counted(posts, WINDOW.since, heard_until)
    assert velocity.earlier == counted(posts, BEGIN, before_until)
    assert (velocity.hours, velocity.earlier_hours) == (12 * 24 + 10, 12 * 24 + 11)
    assert velocity.change is not None
    assert velocity.low is not None
    assert velocity.high is not None
    wanted = (velocity.mentions / 298) / (velocity.earlier / 299) - 1
    assert isclose(velocity.change, wanted)
    assert velocity.low < velocity.change < velocity.high


def test_a_day_is_compared_with_the_same_day_of_the_week_before(reads: Reads, posts: list[Post]) -> None:
    found = rows(reads, By.DAY)
    for key, row in found.items():
        day = datetime.fromisoformat(key).date()
        whole, before = day_window(day, ZONE), day_window(day - timedelta(days=7), ZONE)
        if whole.until <= NOW:
            assert row.velocity.mentions == counted(posts, whole.since, whole.until) == row.mentions
            assert row.velocity.earlier == counted(posts, before.since, before.until)
    assert found["2026-03-29"].velocity.hours == 23
    assert found["2026-04-05"].velocity.rate is None


def test_what_the_record_does_not_reach_back_to_is_not_called_nought(posts: list[Post], reads: Reads) -> None:
    early = Window(since=BEGIN, until=BEGIN + timedelta(days=7))
    (row,) = measure(reads, brands=BRANDS, window=early, zone=ZONE, by=By.BRAND, brand="Acme", now=NOW)
    assert row.velocity.earlier is None
    assert row.velocity.change is None
    assert row.velocity.rate is not None


def test_posts_others_carried_on_and_posts_by_id(reads: Reads, posts: list[Post]) -> None:
    acme = [post for post in posts if post.brand == "Acme" and not post.repost]
    assert reads.carried("Acme", BEGIN, NOW) == (sum(post.engagement % 2 for post in acme), len(acme))
    assert reads.carried("Nobody", BEGIN, NOW) == (0, 0)
    assert reads.posts([1, 10**9]).keys() == {1}

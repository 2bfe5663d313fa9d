"""Reddit's past: as far back as a listing goes, with a gap below."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from listener.connectors.reddit import RedditConnector
from listener.domain.mention import Page
from tests.contracts.connector_contract import damages, ids
from tests.contracts.rigs_reddit import ACCOUNT, AGENT, RedditRig, listing
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[RedditRig]:
    with (rig := RedditRig()).server:
        yield rig


def connector(rig: RedditRig, **options: object) -> RedditConnector:
    asked = {"query": "acme", "user_agent": AGENT, "api_base": rig.server.base, **rig.limits, **options}
    built = rig.build("reddit", asked, ACCOUNT)
    assert isinstance(built, RedditConnector)
    return built


def read(rig: RedditRig, since: datetime, cursor: str = "", **options: object) -> list[Page]:
    now = rig.clock.now()
    return list(connector(rig, **options).backfill(since, now, cursor, now))


def test_below_what_reddit_lists_lies_a_gap(rig: RedditRig) -> None:
    since = rig.clock.now()
    rig.publish(1200)
    rig.items = rig.items[-1000:]
    pages = read(rig, since)
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert len(ids(pages)) == 1000
    assert (gap.since, gap.until) == (since, rig.items[0].at)


def test_a_short_listing_hides_nothing(rig: RedditRig) -> None:
    since = rig.clock.now() - timedelta(days=3)
    wanted = rig.publish(40)
    pages = read(rig, since)
    assert (ids(pages), [gap for page in pages for gap in page.gaps]) == (wanted, [])


def test_no_page_is_asked_for_below_the_stretch(rig: RedditRig) -> None:
    rig.publish(500)
    since = rig.clock.now()
    wanted = rig.publish(20)
    assert ids(read(rig, since)) == wanted
    assert len([asked for asked in rig.server.asked if "search" in asked.path]) == 2, "the second page is all older"


def test_what_a_page_was_to_follow_may_vanish(rig: RedditRig) -> None:
    rig.publish(1)
    since = rig.clock.now()
    wanted = rig.publish(250)
    first = next(connector(rig).backfill(since, rig.clock.now(), "", rig.clock.now()))
    anchor = json.loads(first.cursor)["after"]
    rig.gone.add(int(anchor.removeprefix("t3_")))
    until = datetime.fromisoformat(json.loads(first.cursor)["until"])
    rest = list(connector(rig).backfill(since, until, first.cursor, rig.clock.now()))
    assert ids([first, *rest]) >= wanted - {anchor}
    assert not [gap for page in rest for gap in page.gaps]


def test_a_listing_that_leads_nowhere_ends_with_a_gap(rig: RedditRig) -> None:
    since = rig.clock.now()
    rig.publish(400)
    rig.loops = True
    pages = read(rig, since)
    assert pages[-1].done
    assert [gap.since for page in pages for gap in page.gaps] == [since]
    assert len(pages) <= 3, "went round and round"


def test_every_listing_is_walked_and_goes_on_with_the_next_after_a_crash(rig: RedditRig) -> None:
    since = rig.clock.now()
    wanted = rig.publish(150)
    now = rig.clock.now()
    pages = read(rig, since, subreddits=["a", "b"], inbox=True)
    assert ids(pages) == wanted
    assert [page.done for page in pages] == [False] * (len(pages) - 1) + [True]
    for page in pages[:-1]:
        rig.server.asked.clear()
        rest = list(connector(rig, subreddits=["a", "b"], inbox=True).backfill(since, now, page.cursor, now))
        assert rest[-1].done
        assert "/r/a+b/comments/" in {asked.path for asked in rig.server.asked}


def test_any_damaged_cursor_is_survived(rig: RedditRig) -> None:
    since = rig.clock.now()
    wanted = rig.publish(120)
    now = rig.clock.now()
    first = next(connector(rig).backfill(since, now, "", now))
    for damaged in damages(first.cursor):
        pages = list(connector(rig).backfill(since, now, damaged, now))
        assert pages[-1].done
        assert ids([first, *pages]) == wanted


def test_an_estimate_takes_one_call_and_says_how_far_reddit_goes(rig: RedditRig) -> None:
    rig.publish(300)
    now = rig.clock.now()
    told = connector(rig).estimate(now - timedelta(days=30), now)
    assert (told.posts, told.calls) == (1000, 10)
    assert "newest 1,000" in told.note
    assert len([asked for asked in rig.server.asked if "token" not in asked.path]) == 1
    assert connector(rig).estimate(now - timedelta(minutes=5), now).posts == 25


def test_several_listings_are_estimated_without_a_call(rig: RedditRig) -> None:
    now = rig.clock.now()
    told = connector(rig, subreddits=["a"]).estimate(now - timedelta(days=1), now)
    assert (told.posts, told.calls) == (None, 20)
    assert rig.server.asked == []


def test_what_is_gone_is_told_and_not_read(rig: RedditRig) -> None:
    since = rig.clock.now()
    rig.publish(2)
    gone = {"name": "t3_x", "author": "[deleted]", "selftext": "[deleted]", "title": "t", "created_utc": 1772452800.0}

    def script(asked: Asked) -> Reply:
        return rest(asked) if "search" not in asked.path else listing([json.dumps({"kind": "t3", "data": gone})])

    rest, rig.server.script = rig.server.script, script
    (page,) = read(rig, since - timedelta(days=1))
    assert [key.native_id for key in page.deleted] == ["t3_x"]
    assert page.mentions == ()

"""Hacker News: time is the pager, HTML becomes text."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.connectors.hackernews import read_hit
from listener.errors import Retry, SkipRecord
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs_web import HackerNewsRig
from tests.contracts.server import Reply


@pytest.fixture
def rig() -> Iterator[HackerNewsRig]:
    with (rig := HackerNewsRig()).server:
        yield rig


def test_more_hits_than_a_query_gives_are_read_by_slices_of_time(rig: HackerNewsRig) -> None:
    """However many there are, no call asks for a second page: Algolia ends at 1,000 hits."""
    wanted = rig.publish(95)
    pages = walk(rig)
    assert wanted == ids(pages)
    assert len(rig.server.asked) > 9
    assert {"page"} & {key for asked in rig.server.asked for key in asked.query} == set()


def test_a_second_with_more_hits_than_a_page_leaves_a_gap_and_not_a_loop(rig: HackerNewsRig) -> None:
    rig.publish(3)
    crowd = rig.items[-1]
    rig.items += [type(crowd)(number=100 + n, at=crowd.at, text="same second") for n in range(15)]
    pages = walk(rig)
    assert {"0", "1"} <= ids(pages)
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert (gap.since, gap.until) == (crowd.at, crowd.at + timedelta(seconds=1))


def test_hits_that_cannot_be_read_do_not_hide_those_below_them(rig: HackerNewsRig) -> None:
    wanted = rig.publish(3)
    for _ in range(12):
        at = int(rig.clock.now().timestamp())
        rig.publish(1, raw=f'{{"objectID": null, "created_at_i": {at}}}')
    assert wanted <= ids(walk(rig))


def test_hits_without_any_time_are_no_answer(rig: HackerNewsRig) -> None:
    rig.server.fault = Reply(body=b'{"hits": [{"objectID": "1"}]}')
    with pytest.raises(Retry, match="no time"):
        walk(rig)


def test_the_last_ten_minutes_are_asked_for_again(rig: HackerNewsRig) -> None:
    rig.publish(1)
    began = int(rig.clock.now().timestamp())
    cursor = walk(rig)[-1].cursor
    rig.clock.sleep(3600)
    walk(rig, cursor)
    assert f"created_at_i>={began - 600}," in rig.server.asked[-1].query["numericFilters"]


def test_the_phrase_is_searched_for_as_a_phrase(rig: HackerNewsRig) -> None:
    walk(rig)
    assert (rig.server.asked[0].query["query"], rig.server.asked[0].query["tags"]) == ('"acme"', "(story,comment)")


def test_a_story_is_its_title_and_what_is_written_under_it() -> None:
    found = read_hit(
        {"objectID": "5", "title": "Acme &amp; us", "story_text": "<p>we<p>tried", "created_at_i": 1542316234}
    )
    assert found.text == "Acme & us\n\nwe\n\ntried"
    assert (found.thread, found.url) == ("5", "https://news.ycombinator.com/item?id=5")


def test_a_story_without_words_is_set_aside() -> None:
    with pytest.raises(SkipRecord, match="no text"):
        read_hit({"objectID": "5", "created_at_i": 1542316234})


def test_check_counts_what_there_is(rig: HackerNewsRig) -> None:
    rig.server.script = lambda _: Reply(body=b'{"nbHits": 1234, "hits": []}')
    assert rig.connector().check() == "1,234 stories and comments so far contain 'acme'"


def test_recorded_pages_are_read_with_their_html_as_text(shared: Path) -> None:
    hits = [
        hit
        for name in ("1.1.json", "1.2.json")
        for hit in json.loads((shared / "recordings" / "hackernews" / name).read_text())["hits"]
    ]
    found = [read_hit(hit) for hit in hits]
    assert len(found) == 4
    first = found[0]
    assert "quick left/right check when my signal comes on.\n\nI don't have to" in first.text
    assert (first.author.handle, first.thread, first.parent) == ("komali2", "18445714", "18453018")
    assert first.created_at == datetime(2018, 11, 15, 21, 10, 34, tzinfo=UTC)
    assert not any(mention.can_reply for mention in found)
    assert "_highlightResult" not in first.raw

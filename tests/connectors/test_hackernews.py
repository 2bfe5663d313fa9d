"""Hacker News: time is the pager, HTML becomes text."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.connectors.hackernews import HackerNewsConnector
from listener.connectors.hackernews_hits import read_hit
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Rechecked
from listener.errors import RateLimited, Retry, SkipRecord
from tests.builders import mention
from tests.connectors.into_store import kept
from tests.contracts.connector_contract import damages, ids, walk
from tests.contracts.rigs_web import HackerNewsRig
from tests.contracts.server import Asked, Reply


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


def connector(rig: HackerNewsRig) -> HackerNewsConnector:
    built = rig.connector()
    assert isinstance(built, HackerNewsConnector)
    return built


# the past


def test_the_past_is_counted_in_one_call(rig: HackerNewsRig) -> None:
    rig.publish(3)
    since = rig.clock.now()
    rig.publish(25)
    told = connector(rig).estimate(since, rig.clock.now())
    assert (told.posts, told.calls, told.note) == (25, 3, "")
    assert [asked.query["hitsPerPage"] for asked in rig.server.asked] == ["1"]
    assert connector(rig).estimate(since, since).posts == 0


def test_a_rough_count_says_so(rig: HackerNewsRig) -> None:
    rig.server.script = lambda _: Reply(body=b'{"nbHits": 5000, "exhaustiveNbHits": false, "hits": []}')
    assert connector(rig).estimate(rig.clock.now() - timedelta(days=1), rig.clock.now()).note == "counted roughly"


def test_the_ends_of_a_stretch_are_its_first_instant_and_not_its_last(rig: HackerNewsRig) -> None:
    rig.publish(5)
    first, last = rig.items[1].at, rig.items[3].at
    pages = list(connector(rig).backfill(first, last, "", rig.clock.now()))
    assert ids(pages) == {"1", "2"}
    fraction = timedelta(milliseconds=1)
    assert ids(list(connector(rig).backfill(first + fraction, last + fraction, "", rig.clock.now()))) == {"2", "3"}


def test_a_stretch_that_is_read_stays_read_and_another_begins_anew(rig: HackerNewsRig) -> None:
    since = rig.clock.now()
    wanted = rig.publish(25)
    now = rig.clock.now()
    last = list(connector(rig).backfill(since, now, "", now))[-1]
    asked = len(rig.server.asked)
    (page,) = connector(rig).backfill(since, now, last.cursor, now)
    assert (page.mentions, page.done, len(rig.server.asked)) == ((), True, asked)
    assert ids(list(connector(rig).backfill(since - timedelta(days=1), now, last.cursor, now))) == wanted


def test_any_damaged_cursor_of_the_past_is_survived(rig: HackerNewsRig) -> None:
    since = rig.clock.now()
    wanted = rig.publish(15)
    now = rig.clock.now()
    first = next(connector(rig).backfill(since, now, "", now))
    for damaged in damages(first.cursor):
        pages = list(connector(rig).backfill(since, now, damaged, now))
        assert pages[-1].done
        assert ids([first, *pages]) == wanted


# looking again


def told(rig: HackerNewsRig, item: object, was: Mention | None = None) -> list[Rechecked]:
    """What comes of looking up item 7, where this is shown of it."""
    rig.server.script = lambda _: Reply(body=json.dumps(item).encode())
    stored = was or mention("It broke", native_id="7", platform="hackernews")
    return connector(rig).recheck([stored], rig.clock.now())


@pytest.mark.parametrize("mark", ["deleted", "dead"])
def test_what_was_deleted_or_killed_is_gone(mark: str, rig: HackerNewsRig) -> None:
    (found,) = told(rig, {"id": 7, mark: True, "type": "comment"})
    assert found.fate is Fate.DELETED


def test_of_what_is_not_shown_nothing_is_said(rig: HackerNewsRig) -> None:
    assert told(rig, None) == []


@pytest.mark.parametrize("item", [{}, {"id": 8, "deleted": True}, [], "7", {"error": "Permission denied"}])
def test_what_else_is_shown_is_no_answer(item: object, rig: HackerNewsRig) -> None:
    with pytest.raises(Retry, match="other than the item"):
        told(rig, item)


def test_an_edit_comes_with_its_words_and_keeps_the_rest(rig: HackerNewsRig) -> None:
    was = mention("It broke", native_id="7", platform="hackernews", thread="5", parent="6")
    (found,) = told(rig, {"id": 7, "text": "It <i>works</i> again", "type": "comment"}, was)
    assert found.mention is not None
    assert (found.mention.text, found.mention.thread, found.mention.parent) == ("It works again", "5", "6")


def test_other_spaces_and_markup_are_no_edit(rig: HackerNewsRig) -> None:
    was = mention("It broke\n\ntwice", native_id="7", platform="hackernews")
    (found,) = told(rig, {"id": 7, "text": "It broke <p>twice", "type": "comment"}, was)
    assert found.mention == was


def test_looking_again_takes_a_minute_at_the_most(rig: HackerNewsRig) -> None:
    def slowly(asked: Asked) -> Reply:
        rig.clock.sleep(25)
        number = asked.path.removeprefix("/v0/item/").removesuffix(".json")
        return Reply(body=json.dumps({"id": int(number), "text": "x"}).encode())

    rig.server.script = slowly
    stored = [mention(native_id=str(number), platform="hackernews") for number in range(50)]
    assert [one.key.native_id for one in connector(rig).recheck(stored, rig.clock.now())] == ["0", "1", "2"]


def test_what_is_no_item_is_not_asked_for(rig: HackerNewsRig) -> None:
    stored = [mention(native_id=name, platform="hackernews") for name in ("../v1", "七", "")]
    assert connector(rig).recheck(stored, rig.clock.now()) == []
    assert rig.server.asked == []


def test_a_wait_of_the_items_is_kept_and_leaves_the_search_alone(rig: HackerNewsRig) -> None:
    apart = HackerNewsRig()
    with apart.server:
        apart.server.fault = Reply(status=429, headers={"retry-after": "60"})
        here = {"query": "acme", "api_base": rig.server.base, "items_base": apart.server.base, **rig.limits}
        for _ in range(2):
            with pytest.raises(RateLimited):
                built = rig.build("hackernews", here)
                assert isinstance(built, HackerNewsConnector)
                built.recheck([mention(native_id="7", platform="hackernews")], rig.clock.now())
        assert len(apart.server.asked) == 1
        walk(rig, connector=rig.build("hackernews", here))


def test_ten_thousand_searches_an_hour_are_all_there_are(rig: HackerNewsRig) -> None:
    """A tenth is kept back, as for every credential."""
    walk(rig)
    (name,) = [name for name in rig.purse.rates if name[1] == "read"]
    assert rig.purse.rates[name].capacity == 10_000
    rig.purse.rates[name] = replace(rig.purse.rates[name], left=1000)
    with pytest.raises(RateLimited):
        walk(rig)


# recorded answers


def recorded(shared: Path, name: str) -> Any:
    return json.loads((shared / "recordings" / "hackernews" / f"{name}.json").read_text())


@pytest.mark.sqlite
def test_recorded_pages_are_kept_once_however_often_they_are_read(
    shared: Path, tmp_path: Path, rig: HackerNewsRig
) -> None:
    """Two hits a page, as they were recorded; the second page begins below the first."""
    now = datetime(2018, 11, 15, 21, 30, tzinfo=UTC)
    pages = [recorded(shared, name) for name in ("1.1", "1.2")]

    def script(asked: Asked) -> Reply:
        low, high = (int(part.partition("i")[2].strip("<>=")) for part in _filters(asked))
        shown = [hit for page in pages for hit in page["hits"] if low <= hit["created_at_i"] < high]
        return Reply(body=json.dumps({**pages[0], "hits": shown[: int(asked.query["hitsPerPage"])]}).encode())

    rig.server.script = script
    rig.clock.advance_to(now)
    with kept(tmp_path, now) as store:
        options = {"query": "the", "page_size": 2, "api_base": rig.server.base, **rig.limits}
        first = store.read(rig.build("hackernews", options), "first")
        assert (first.stored, first.rejected, first.gaps) == (4, 0, 0)
        store.read(rig.build("hackernews", options), "first")
        again = store.read(rig.build("hackernews", options), "read from the beginning")
        assert (again.stored, len(store.ids())) == (0, 4)


def _filters(asked: Asked) -> list[str]:
    return [part.replace("created_at_i", "i") for part in asked.query["numericFilters"].split(",")]


def test_a_recorded_tree_reads_the_same_item_by_item(shared: Path, rig: HackerNewsRig) -> None:
    """The search and the item tell the same words in the same markup: nothing there is an edit."""
    items = list(_tree(recorded(shared, "item")))
    by_id = {str(item["id"]): {**item, "children": []} for item in items}
    stored = [read_hit(_hit(item)) for item in items]
    rig.server.script = lambda asked: Reply(body=json.dumps(by_id[asked.path[9:-5]]).encode())
    found = connector(rig).recheck(stored, rig.clock.now())
    assert len(found) == 6
    assert [(one.fate, one.mention) for one in found] == [(Fate.ALIVE, was) for was in stored]


def _tree(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield item
    for child in item["children"]:
        yield from _tree(child)


def _hit(item: dict[str, Any]) -> dict[str, Any]:
    """A node as the search shows it."""
    words = {"story_text": item["text"]} if item["type"] == "story" else {"comment_text": item["text"]}
    return {**item, **words, "objectID": str(item["id"]), "children": []}

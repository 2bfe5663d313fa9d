"""Cursors under any damage, and the rules by which walks end."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.connectors import reddit_paging, x_paging
from listener.connectors.cursors import load_cursor
from listener.connectors.reddit_paging import Stream, Thing, Walk
from listener.connectors.x_paging import Progress, Window
from tests.builders import NOON

WINDOW = Window(first=timedelta(hours=24), overlap=timedelta(), overlap_every=1, limited=True)
SECONDS = int(NOON.timestamp())

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
keys = st.sampled_from(
    ["v", "since_id", "read_at", "polls", "run", "streams", "began", "next_token", "high_id", "start"]
)
states = st.dictionaries(keys, values | st.dictionaries(keys, values, max_size=6), max_size=6)
cursors = st.one_of(st.text(max_size=60), states.map(lambda state: json.dumps({"v": 1, **state})))


@settings(max_examples=120, deadline=None)
@given(cursor=cursors)
def test_any_cursor_is_read_and_none_leaps_into_the_future(cursor: str) -> None:
    x, reddit = x_paging.load(cursor, NOON), reddit_paging.load(cursor, ["s"], NOON)
    tomorrow = NOON + timedelta(days=1)
    assert x_paging.posted_at(x.since_id) <= tomorrow
    assert x.read_at is None or x.read_at <= tomorrow
    assert reddit.stream("s").high <= tomorrow.timestamp()
    progress, _ = x_paging.begin(x, WINDOW, NOON)
    assert progress.run is not None
    assert progress.run.start is None or progress.run.start <= tomorrow


@settings(max_examples=100, deadline=None)
@given(
    since=st.integers(0, 10**18),
    polls=st.integers(0, 99),
    pages=st.lists(
        st.tuples(st.lists(st.integers(1, 10**18), max_size=3), st.text(min_size=1, max_size=9)), max_size=4
    ),
)
def test_a_run_written_down_is_read_back_the_same(since: int, polls: int, pages: list[tuple[list[int], str]]) -> None:
    progress, _ = x_paging.begin(Progress(since_id=since, read_at=NOON, polls=polls), WINDOW, NOON)
    for found, token in pages:
        progress = progress.after(found, token)
        assert x_paging.load(progress.cursor(), NOON) == progress
    ended = progress.after([], "")
    assert ended.since_id == max([since, *(number for found, _ in pages for number in found)])
    assert x_paging.load(ended.cursor(), NOON) == ended


def test_fields_of_another_type_count_as_absent() -> None:
    state = load_cursor(
        '{"v": 1, "a": -5, "b": true, "c": 3, "d": ["x", 1], "e": {"f": "g"}, "h": [1, "2"]}', version=1
    )
    assert (state.whole("a"), state.whole("b"), state.whole("c"), state.text("c")) == (0, 0, 3, "")
    assert (state.texts("d"), state.part("e").text("f"), state.part("c").text("x")) == (["x"], "g", "")
    assert state.wholes("h") == [1]


def things(*ages: int, first: int = 0) -> list[Thing]:
    """Things of these ages in seconds, named by number."""
    return [Thing(name=f"t3_{first + n}", created=SECONDS - age) for n, age in enumerate(ages)]


def begun(high_age: int = 0, ring: tuple[str, ...] = ()) -> Stream:
    high = SECONDS - high_age if high_age else 0
    return Stream(high=high, ring=ring).begun(NOON, timedelta(hours=1))


def test_a_walk_ends_at_a_page_that_is_wholly_known_and_old() -> None:
    known = things(4000, 4100, first=50)
    stream, gaps = begun(1000, tuple(thing.name for thing in known)).after(known, "more", empty=False)
    assert (stream.walk, gaps) == (None, ())


@pytest.mark.parametrize(
    "page",
    [things(10, 20), things(10, 4000), things(4000, 4100, first=70)],
    ids=["all new", "a new one above", "old but unknown"],
)
def test_a_walk_goes_on_below_a_page_that_holds_anything_else(page: list[Thing]) -> None:
    stream, gaps = begun(1000, ("t3_0", "t3_1")).after(page, "more", empty=False)
    assert stream.walk is not None
    assert gaps == ()


def test_a_first_walk_ends_with_its_first_hours() -> None:
    assert begun().after(things(4000, 4100), "more", empty=False)[0].walk is None


def test_the_newest_thing_counts_only_once_the_walk_has_ended() -> None:
    half, _ = begun(1000).after(things(5), "more", empty=False)
    assert half.high == SECONDS - 1000
    whole, _ = half.after([], "", empty=False)
    assert whole.high == SECONDS - 5


@pytest.mark.parametrize(("count", "gaps"), [(30, 0), (250, 1)])
def test_a_long_listing_that_ends_too_early_leaves_a_gap_and_a_short_one_does_not(count: int, gaps: int) -> None:
    page = things(*range(count))
    stream, found = begun(9000).after(page, "", empty=False)
    assert stream.walk is None
    assert len(found) == gaps
    if gaps:
        assert found[0].until == NOON - timedelta(seconds=count - 1)
        assert found[0].since == NOON - timedelta(seconds=9000) - reddit_paging.OVERLAP


@pytest.mark.parametrize(("following", "empty"), [("t3_1", False), ("t3_9", True)], ids=["repeated", "vanished"])
def test_an_anchor_that_repeats_or_vanishes_ends_the_walk_with_a_gap(following: str, empty: bool) -> None:
    first, _ = begun(9000).after(things(1, 2), "t3_1", empty=False)
    stream, gaps = first.after([] if empty else things(3, 4), following, empty=empty)
    assert stream.walk is None
    assert len(gaps) == 1


def test_a_page_of_unreadable_things_does_not_end_a_walk() -> None:
    assert begun(9000).after([], "more", empty=False)[0].walk is not None


def test_the_ring_holds_the_newest_five_hundred() -> None:
    stream, _ = begun(1000, tuple(f"old{n}" for n in range(500))).after(things(*range(300)), "", empty=False)
    assert len(stream.ring) == 500
    assert stream.ring[0] == "t3_0"
    assert "old199" in stream.ring
    assert "old200" not in stream.ring


def test_a_walk_written_down_is_read_back_the_same() -> None:
    stream, _ = begun(1000, ("a", "b")).after(things(1, 2), "t3_1", empty=False)
    progress = reddit_paging.Progress().with_stream("s", stream)
    assert reddit_paging.load(progress.cursor(), ["s"], NOON) == progress
    assert isinstance(progress.stream("s").walk, Walk)

"""A stretch of X's past: what it would cost, its pages, and what can't be reached."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from listener.connectors.x import XConnector
from listener.domain.mention import Page
from listener.errors import Retry
from tests.builders import NOON
from tests.contracts.connector_contract import ids
from tests.contracts.rigs_x import COUNT, POST, USER, XMentionsRig, XRig, told
from tests.contracts.server import Asked, Reply

WEEK = timedelta(days=7)


@pytest.fixture
def rig() -> Iterator[XRig]:
    with (rig := XRig()).server:
        yield rig


def connected(rig: XRig) -> XConnector:
    connector = rig.connector()
    assert isinstance(connector, XConnector)
    return connector


def pages_of(rig: XRig, since: datetime, until: datetime, cursor: str = "") -> list[Page]:
    return list(connected(rig).backfill(since, until, cursor, rig.clock.now()))


def a_stretch(rig: XRig, count: int = 25) -> tuple[datetime, datetime, set[str]]:
    """Something published within two hours, and others before and after."""
    rig.publish(3)
    rig.clock.sleep(3600)
    since = rig.clock.now()
    wanted = rig.publish(count)
    until = rig.clock.now()
    rig.clock.sleep(3600)
    rig.publish(3)
    return since, until, wanted


def test_it_is_counted_first_at_half_a_cent_and_nothing_is_read(rig: XRig) -> None:
    since, until, wanted = a_stretch(rig)
    told_before = connected(rig).estimate(since, until)
    assert (told_before.posts, told_before.calls) == (25, 3)
    assert told_before.micro_usd == len(wanted) * (POST + USER)
    assert told_before.note == ""
    assert rig.purse.spent == COUNT
    assert rig.server.asked[0].query["query"] == "@acme -from:acme", "what is counted is what will be read"


def test_bounds_between_two_seconds_are_kept_to_the_thousandth(rig: XRig) -> None:
    for _ in range(3):
        rig.publish(1)
        rig.clock.sleep(0.5 - rig.step.total_seconds() % 1)
    first, second, third = (item.at for item in rig.items)
    half = timedelta(milliseconds=500)
    assert ids(pages_of(rig, first + half, third)) == {rig.native_id(1)}
    assert ids(pages_of(rig, first, second)) == {rig.native_id(0)}
    assert ids(pages_of(rig, first, third + half)) == {rig.native_id(n) for n in range(3)}


def test_what_lies_beyond_seven_days_is_said_before_and_recorded_as_a_gap(rig: XRig) -> None:
    wanted = rig.publish(3)
    since, until = rig.clock.now() - timedelta(days=30), rig.clock.now()
    assert "last seven days" in connected(rig).estimate(since, until).note
    pages = pages_of(rig, since, until)
    assert ids(pages) == wanted
    (gap,) = (gap for page in pages for gap in page.gaps)
    assert gap in pages[0].gaps
    assert gap.since == since
    assert abs(gap.until - (until - WEEK)) <= timedelta(minutes=1)


def test_a_stretch_wholly_beyond_reach_costs_nothing_and_is_a_gap(rig: XRig) -> None:
    since, until = NOON - timedelta(days=30), NOON - timedelta(days=20)
    estimate = connected(rig).estimate(since, until)
    assert (estimate.posts, estimate.micro_usd) == (0, 0)
    (page,) = pages_of(rig, since, until)
    assert page.done
    assert [(gap.since, gap.until) for gap in page.gaps] == [(since, until)]
    assert rig.server.asked == []


def test_a_stretch_that_reaches_to_now_is_read_to_now(rig: XRig) -> None:
    since = rig.clock.now()
    wanted = rig.publish(2)
    assert ids(pages_of(rig, since, rig.clock.now())) == wanted
    assert ids(pages_of(rig, since, rig.clock.now() + timedelta(days=1))) == wanted


def test_a_page_is_resumed_by_the_same_bounds_and_token(rig: XRig) -> None:
    since, until, wanted = a_stretch(rig)
    first = pages_of(rig, since, until)[0]
    rig.clock.sleep(86_400)
    rig.server.asked.clear()
    rest = pages_of(rig, since, until, first.cursor)
    assert ids([first, *rest]) == wanted
    assert len(rest) == 2
    assert len({(asked.query["start_time"], asked.query["end_time"]) for asked in rig.server.asked}) == 1
    assert rig.server.asked[0].query["next_token"] == json.loads(first.cursor)["token"]


def test_a_finished_one_asks_nothing_more(rig: XRig) -> None:
    since, until, _ = a_stretch(rig)
    cursor = pages_of(rig, since, until)[-1].cursor
    rig.server.asked.clear()
    (page,) = pages_of(rig, since, until, cursor)
    assert (page.mentions, page.done, rig.server.asked) == ((), True, [])


@pytest.mark.parametrize("damage", ["", "{}", "garbage", '{"v": 1, "token": 5}', '{"v": 2}'])
def test_a_damaged_cursor_begins_anew(damage: str, rig: XRig) -> None:
    since, until, wanted = a_stretch(rig)
    assert ids(pages_of(rig, since, until, damage)) == wanted


def test_the_cursor_of_another_stretch_begins_anew(rig: XRig) -> None:
    since, until, wanted = a_stretch(rig)
    other = pages_of(rig, since, until - timedelta(minutes=1))[0].cursor
    assert ids(pages_of(rig, since, until, other)) == wanted


def test_a_backfill_that_rested_for_days_goes_on_and_says_what_slid_out_of_reach(rig: XRig) -> None:
    since, until, wanted = a_stretch(rig)
    first = pages_of(rig, since, until)[0]
    rig.clock.advance_to(since + WEEK + rig.step * 8)
    rest = pages_of(rig, since, until, first.cursor)
    gaps = [gap for page in rest for gap in page.gaps]
    lost = [item.at for item in rig.items if rig.native_id(item.number) in wanted - ids([first, *rest])]
    assert rest[-1].done
    assert 0 < len(lost) < 15, "this shows nothing unless some slid out of reach"
    assert all(any(gap.since <= at < gap.until for gap in gaps) for at in lost)


def test_a_token_that_x_forgot_loses_nothing(rig: XRig) -> None:
    since, until, wanted = a_stretch(rig)
    first, rest = pages_of(rig, since, until)[0], rig.server.script
    token = json.loads(first.cursor)["token"]

    def forget(asked: Asked) -> Reply:
        known = asked.query.get("next_token") != token
        return rest(asked) if known else told(400, errors=[{"parameters": {"next_token": [token]}}])

    rig.server.script = forget
    assert ids([first, *pages_of(rig, since, until, first.cursor)]) == wanted


def test_tokens_that_are_always_refused_are_no_endless_walk(rig: XRig) -> None:
    since, *_ = a_stretch(rig)
    rest = rig.server.script

    def refuse(asked: Asked) -> Reply:
        return told(400, errors=[{"parameters": {"next_token": ["x"]}}]) if "next_token" in asked.query else rest(asked)

    rig.server.script = refuse
    rig.step = timedelta(0)
    rig.publish(30)
    with pytest.raises(Retry, match="its own page tokens"):
        pages_of(rig, since, rig.clock.now())


def test_a_token_given_twice_ends_it_with_a_gap(rig: XRig) -> None:
    since, until, wanted = a_stretch(rig)
    rig.loops = True
    pages = pages_of(rig, since, until)
    assert pages[-1].done
    (gap,) = pages[-1].gaps
    assert gap.since == since
    assert wanted - ids(pages), "this shows nothing if all was read"


def test_mentions_are_counted_by_handle_and_cut_off_at_eight_hundred() -> None:
    with (rig := XMentionsRig()).server:
        rig.page = 100
        since = rig.clock.now()
        rig.publish(900)
        until = rig.clock.now()
        rig.clock.sleep(60)
        estimate = connected(rig).estimate(since, until)
        assert estimate.posts == 900
        assert "800" in estimate.note
        rig.items = rig.newest_first()[:800][::-1]
        pages = pages_of(rig, since, until)
        (gap,) = pages[-1].gaps
        assert gap.until == min(m.created_at for page in pages for m in page.mentions)


def test_mentions_of_an_account_without_a_known_handle_cannot_be_counted() -> None:
    with (rig := XMentionsRig()).server:
        connector = rig.build("x", {"user_id": "42", "api_base": rig.server.base}, ("bearer_token",))
        assert isinstance(connector, XConnector)
        estimate = connector.estimate(NOON - WEEK, NOON)
        assert (estimate.posts, estimate.micro_usd) == (None, 0)
        assert "can't be known" in estimate.note
        assert rig.server.asked == []


def test_mentions_older_than_seven_days_are_counted_as_far_as_x_counts_and_read_further() -> None:
    with (rig := XMentionsRig()).server:
        wanted = rig.publish(2)
        rig.clock.sleep(10 * 86_400)
        wanted |= rig.publish(2)
        since, until = NOON, rig.clock.now()
        estimate = connected(rig).estimate(since, until)
        assert estimate.posts == 2
        assert "counted over the last seven days" in estimate.note
        assert ids(pages_of(rig, since, until)) == wanted

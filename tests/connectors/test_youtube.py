"""YouTube: recorded answers, replies beside and below, edits, quota, and keys."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.connectors.youtube import YouTubeConnector
from listener.connectors.youtube_api import next_midnight
from listener.connectors.youtube_comments import read_comment, thread_comments
from listener.domain.mention import Mention
from listener.errors import ListenerError, NotPermitted, RateLimited, Reauthorize
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs_youtube import YouTubeRig
from tests.contracts.server import Reply


@pytest.fixture
def rig() -> Iterator[YouTubeRig]:
    with (rig := YouTubeRig()).server:
        yield rig


def recorded(shared: Path, name: str) -> Any:
    return json.loads((shared / "recordings" / "youtube" / name).read_text(encoding="utf-8"))


def replies(rig: YouTubeRig, number: int, *names: str, **more: Any) -> None:
    item = rig.items[number]
    under = [rig.comment(f"Ug{number}.{name}", item, parentId=f"Ug{number}", **more) for name in names]
    rig.answers.setdefault(number, []).extend(under)


def connector(rig: YouTubeRig) -> YouTubeConnector:
    built = rig.connector()
    assert isinstance(built, YouTubeConnector)
    return built


def all_of(rig: YouTubeRig, cursor: str = "") -> dict[str, Mention]:
    return {mention.key.native_id: mention for page in walk(rig, cursor) for mention in page.mentions}


def test_recorded_threads_are_read_whole(shared: Path) -> None:
    for name, size in (("by_video_paged_1", 5), ("by_channel", 2)):
        threads = recorded(shared, f"comment_threads/comment_threads_{name}.json")["items"]
        mentions = [read_comment(one) for thread in threads for one in thread_comments(thread)]
        assert len(mentions) >= size
        for mention in mentions:
            assert mention.text
            assert mention.created_at.tzinfo is UTC
            assert mention.url.startswith("https://www.youtube.com/")
            assert mention.author.native_id.startswith("UC")


def test_a_recorded_reply_belongs_to_its_thread(shared: Path) -> None:
    (first, *_) = recorded(shared, "comments/comments_by_parent_paged_1.json")["items"]
    mention = read_comment(first)
    assert mention.parent == mention.thread == mention.key.native_id.split(".")[0]


def test_more_replies_than_a_thread_shows_are_listed_once(rig: YouTubeRig) -> None:
    rig.publish(2)
    replies(rig, 0, *"abcdefgh")
    first = walk(rig)
    assert {f"Ug0.{name}" for name in "abcdefgh"} <= ids(first)
    rig.server.asked.clear()
    walk(rig, first[-1].cursor)
    assert not any(asked.path.endswith("/comments") for asked in rig.server.asked)


def test_a_listed_reply_knows_the_video_of_its_thread(rig: YouTubeRig) -> None:
    rig.publish(1)
    replies(rig, 0, *"abcdefg")
    assert all_of(rig)["Ug0.g"].url == "https://www.youtube.com/watch?v=vid&lc=Ug0.g"


def test_a_late_reply_below_is_found_when_it_is_looked_for(rig: YouTubeRig) -> None:
    """It doesn't move its thread up; every twelfth poll looks days further down."""
    rig.publish(40)
    cursor = walk(rig)[-1].cursor
    replies(rig, 1, "late")
    seen: set[str] = set()
    for _ in range(12):
        pages = walk(rig, cursor)
        cursor = pages[-1].cursor
        seen |= ids(pages)
    assert "Ug1.late" in seen


def test_an_edit_bears_its_time_as_version(rig: YouTubeRig) -> None:
    rig.publish(1)
    replies(rig, 0, "edited", updatedAt="2026-03-02T13:00:00Z")
    found = all_of(rig)
    assert (found["Ug0"].version, found["Ug0.edited"].version) == ("", "2026-03-02T13:00:00Z")


def test_the_key_stays_out_of_the_address(rig: YouTubeRig) -> None:
    walk(rig)
    assert "key" not in rig.server.asked[0].query


def test_high_moves_only_at_the_end_of_a_run(rig: YouTubeRig) -> None:
    rig.publish(25)
    pages = walk(rig)
    assert [json.loads(page.cursor)["high"] for page in pages[:-1]] == [""] * (len(pages) - 1)
    newest = max(item.at for item in rig.items)
    assert datetime.fromisoformat(json.loads(pages[-1].cursor)["high"]) == newest


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (403, "quotaExceeded", RateLimited),
        (403, "rateLimitExceeded", RateLimited),
        (403, "commentsDisabled", NotPermitted),
        (403, "forbidden", NotPermitted),
        (400, "keyInvalid", Reauthorize),
    ],
)
def test_a_refusal_is_told_by_its_reason(rig: YouTubeRig, status: int, reason: str, error: type[ListenerError]) -> None:
    body = json.dumps({"error": {"code": status, "errors": [{"reason": reason}]}}).encode()
    rig.server.fault = Reply(status=status, body=body)
    with pytest.raises(error):
        walk(rig)


def test_a_recorded_refusal_of_the_key_asks_for_another(shared: Path, rig: YouTubeRig) -> None:
    body = (shared / "recordings/youtube/error_response.json").read_bytes()
    rig.server.fault = Reply(status=400, body=body)
    with pytest.raises(Reauthorize):
        walk(rig)


def test_a_thread_with_endless_replies_leaves_a_gap(rig: YouTubeRig) -> None:
    rig.publish(1)
    replies(rig, 0, *(f"r{n}" for n in range(7)))
    once = rig.replies
    rig.replies = lambda asked: rig.raw(once(asked).body.decode()[:-1] + ', "nextPageToken": "more"}')  # type: ignore[method-assign]
    (gap,) = [gap for page in walk(rig) for gap in page.gaps]
    assert "more than 1,000 replies" in gap.reason
    assert gap.until - gap.since < timedelta(hours=1)


def test_a_page_costs_one_of_the_days_units_which_begin_anew_at_midnight_pacific(rig: YouTubeRig) -> None:
    rig.publish(25)
    walk(rig)
    ((_, bucket),) = rig.purse.rates
    (rate,) = rig.purse.rates.values()
    assert (bucket, rate.capacity, rate.left) == ("units", 10_000, 10_000 - 3)
    assert rate.resets_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        ("2026-03-08T07:59:59+00:00", "2026-03-08T08:00:00+00:00"),
        ("2026-03-08T08:00:00+00:00", "2026-03-09T07:00:00+00:00"),  # the hour that is skipped lies between
        ("2026-11-01T07:00:00+00:00", "2026-11-02T08:00:00+00:00"),  # and here the one that comes twice
        ("2026-07-01T00:00:00+00:00", "2026-07-01T07:00:00+00:00"),
    ],
)
def test_midnight_is_told_in_california(now: str, midnight: str) -> None:
    assert next_midnight(datetime.fromisoformat(now)) == datetime.fromisoformat(midnight)


def test_a_spent_quota_ends_at_midnight_for_all_who_share_the_key(rig: YouTubeRig) -> None:
    rig.publish(1)
    rig.server.fault = rig.refusal(403, "quotaExceeded")
    until = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            walk(rig)
        assert caught.value.until == until
    assert len(rig.server.asked) == 1
    rig.server.fault = None
    rig.clock.sleep((until - rig.clock.now()).total_seconds())
    assert walk(rig)


@pytest.mark.parametrize("answer", [Reply(status=429), "rateLimitExceeded"])
def test_a_minutes_pause_does_not_make_the_days_units_whole(rig: YouTubeRig, answer: Reply | str) -> None:
    rig.publish(1)
    for _ in range(5):
        walk(rig)
    rig.server.fault = answer if isinstance(answer, Reply) else rig.refusal(403, answer)
    with pytest.raises(RateLimited):
        walk(rig)
    rig.server.fault = None
    rig.clock.sleep(120)
    walk(rig)
    (rate,) = rig.purse.rates.values()
    assert rate.left == 10_000 - 7


def test_the_past_is_read_with_late_replies_to_older_threads(rig: YouTubeRig) -> None:
    rig.publish(13)
    rig.clock.sleep(3600)
    since = rig.clock.now()
    wanted = rig.publish(10)
    late = replace(rig.items[0], at=rig.clock.now())
    rig.answers[0] = [rig.comment("Ug0.late", late, parentId="Ug0")]
    until = rig.clock.now() + timedelta(minutes=1)
    found = ids(list(connector(rig).backfill(since, until, "", until)))
    assert found == {*wanted, "Ug0.late"}


def test_what_is_newer_than_the_past_asked_for_has_no_replies_listed(rig: YouTubeRig) -> None:
    since = rig.clock.now()
    rig.publish(1)
    until = rig.clock.now()
    rig.publish(1)
    replies(rig, 1, *"abcdefgh")
    assert ids(list(connector(rig).backfill(since, until, "", rig.clock.now()))) == {"Ug0"}
    assert not any(asked.path.endswith("/comments") for asked in rig.server.asked)


def test_an_estimate_costs_one_unit(rig: YouTubeRig) -> None:
    start = rig.clock.now()
    rig.publish(30)
    found = connector(rig).estimate(start, rig.clock.now())
    assert found.posts is not None
    assert found.calls is not None
    assert (20 <= found.posts <= 45, 2 <= found.calls <= 5, len(rig.server.asked)) == (True, True, 1)
    assert "replies come on top" in found.note


def test_a_short_list_is_counted(rig: YouTubeRig) -> None:
    start = rig.clock.now()
    rig.publish(4)
    assert connector(rig).estimate(start, rig.clock.now()).posts == 4

"""YouTube: recorded answers, replies beside and below, edits, quota, and keys."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

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
    rig.replies = lambda asked: rig.json(once(asked).body.decode()[:-1] + ', "nextPageToken": "more"}')  # type: ignore[method-assign]
    (gap,) = [gap for page in walk(rig) for gap in page.gaps]
    assert "more than 1,000 replies" in gap.reason
    assert gap.until - gap.since < timedelta(hours=1)

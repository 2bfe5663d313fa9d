"""YouTube's recorded answers, played through the real connector: into a store, once and again, and back out."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.instants import parse_instant
from listener.connectors.youtube import YouTubeConnector
from listener.domain.platform import Fate, Sent
from listener.domain.policy import Secret, SourceConfig
from tests.builders import NOON, mention
from tests.connectors.into_store import kept
from tests.contracts.rigs import Purse
from tests.contracts.server import Asked, Reply, Server

SECRETS = ("api_key", "client_id", "client_secret", "refresh_token")
NOTHING: dict[str, Any] = {"items": []}


def bodies(shared: Path, *names: str) -> list[dict[str, Any]]:
    folder = shared / "recordings" / "youtube"
    return [json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in names]


@contextmanager
def played(threads: list[dict[str, Any]], comments: Sequence[dict[str, Any]] = ()) -> Iterator[Server]:
    """Recorded pages by their tokens; replies of the thread they were recorded of, none of any other."""
    replied = {reply["snippet"]["parentId"] for page in comments for reply in page["items"]}

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return _json({"access_token": "ya29.x", "expires_in": 3599})
        if asked.path.endswith("/commentThreads"):
            return _json(_page(threads, asked))
        return _json(_page(comments, asked) if asked.query.get("parentId") in replied else NOTHING)

    with Server(answer) as server:
        yield server


def _page(pages: Sequence[dict[str, Any]], asked: Asked) -> dict[str, Any]:
    token = asked.query.get("pageToken")
    after = [number + 1 for number, page in enumerate(pages) if token and page.get("nextPageToken") == token]
    return pages[after[0] if after else 0]


def _json(body: object) -> Reply:
    return Reply(body=json.dumps(body).encode(), headers={"content-type": "application/json"})


def connector(server: Server, now: datetime) -> YouTubeConnector:
    bases = {"api_base": server.base, "oauth_base": server.base}
    config = SourceConfig(
        name="youtube",
        connector="youtube",
        options={"channel_id": "UCacme", "first_hours": 8760, **bases},
        secrets={name: Secret("abc") for name in SECRETS},
    )
    built = connectors.build(config, ledger=Purse(), clock=VirtualClock(now))
    assert isinstance(built, YouTubeConnector)
    return built


def first_comments(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [thread["snippet"]["topLevelComment"] for page in pages for thread in page["items"]]


def comments_of(pages: list[dict[str, Any]]) -> set[str]:
    inside = [c for page in pages for thread in page["items"] for c in thread.get("replies", {}).get("comments", [])]
    return {comment["id"] for comment in [*first_comments(pages), *inside]}


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (("by_video_paged_1", "by_video_paged_2"), 5),
        (("by_channel",), 2),
        (("all_to_me",), 4),
        (("multi",), 2),
        (("with_search",), 1),
    ],
)
@pytest.mark.sqlite
def test_a_recording_is_kept_once_however_often_it_is_read(
    shared: Path, tmp_path: Path, names: tuple[str, ...], count: int
) -> None:
    """The two recorded pages of a video hold the same five threads: their counts, not their rows, are doubled."""
    pages = bodies(shared, *(f"comment_threads/comment_threads_{name}" for name in names))
    wanted = comments_of(pages)
    newest = max(parse_instant(one["snippet"]["publishedAt"]) for one in first_comments(pages))
    now = newest + timedelta(hours=1)
    with played(pages) as server, kept(tmp_path, now) as store:
        first = store.read(connector(server, now), "first")
        assert (first.stored, first.rejected, first.gaps) == (count, 0, 0)
        assert set(store.ids()) == wanted
        store.read(connector(server, now), "first")
        again = store.read(connector(server, now), "read from the beginning")
        assert (again.read, again.stored, len(store.ids())) == (first.read, 0, count)


@pytest.mark.sqlite
def test_recorded_replies_beside_a_thread_are_kept_once(shared: Path, tmp_path: Path) -> None:
    """The thread they were recorded of counts three replies; its own recording is of before."""
    (threads,) = bodies(shared, "comment_threads/comment_threads_all_to_me")
    pages = bodies(shared, "comments/comments_by_parent_paged_1", "comments/comments_by_parent_paged_2")
    replied = {reply["snippet"]["parentId"] for page in pages for reply in page["items"]}
    for thread in threads["items"]:
        thread["snippet"]["totalReplyCount"] = 3 if thread["id"] in replied else 0
    now = parse_instant("2019-12-02T00:00:00Z")
    with played([threads], pages) as server, kept(tmp_path, now) as store:
        first = store.read(connector(server, now), "first")
        assert (first.stored, first.rejected, len(store.ids())) == (7, 0, 7)
        again = store.read(connector(server, now), "read from the beginning")
        assert (again.read, again.stored, len(store.ids())) == (7, 0, 7)


@pytest.mark.parametrize(("name", "alive"), [("comments_multi", 2), ("comments_single", 1)])
def test_recorded_lookups_tell_what_stands(shared: Path, name: str, alive: int) -> None:
    (shown,) = bodies(shared, f"comments/{name}")
    (both,) = bodies(shared, "comments/comments_multi")
    asked = [mention(native_id=one["id"], platform="youtube") for one in both["items"]]
    with Server(lambda asked: _json(shown)) as server:
        told = connector(server, NOON).recheck(asked, NOON)
    assert [one.fate for one in told].count(Fate.ALIVE) == alive
    assert [one.fate for one in told].count(Fate.DELETED) == 2 - alive
    assert told[0].mention is not None
    assert told[0].mention.text == "Hello"


def test_a_recorded_answer_to_a_reply_is_read(shared: Path) -> None:
    (made,) = bodies(shared, "comments/insert_response")
    to = mention(native_id=made["snippet"]["parentId"], platform="youtube")
    with Server(
        lambda asked: _json({"access_token": "x", "expires_in": 9} if asked.path == "/token" else made)
    ) as server:
        sent = connector(server, NOON).reply(to, "wow", "k", NOON)
    assert isinstance(sent, Sent)
    assert sent.key.native_id == made["id"]


def test_our_recorded_reply_is_found_again_among_others(shared: Path) -> None:
    pages = bodies(shared, "comments/comments_by_parent_paged_1", "comments/comments_by_parent_paged_2")
    ours = pages[1]["items"][0]
    us = {"items": [{"id": ours["snippet"]["authorChannelId"]["value"]}]}
    to = mention(native_id=ours["snippet"]["parentId"], platform="youtube")
    since = parse_instant("2019-12-01T04:45:00Z")
    with played([NOTHING], pages) as server:
        script = server.script
        server.script = lambda asked: _json(us) if asked.path.endswith("/channels") else script(asked)
        found = connector(server, since).find_sent(to, "hey,  this is the replay", since, since)
        other = connector(server, since).find_sent(to, "hey, this is another", since, since)
    assert found is not None
    assert (found.key.native_id, other) == (ours["id"], None)

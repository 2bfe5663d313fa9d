"""Reddit's recorded answers, played through the real praw: into a store, once and again, and back out.

Tapes were recorded of calls that praw makes, some at other paths than ours: there they are played at our paths.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.reddit import RedditConnector
from listener.connectors.reddit_things import is_gone
from listener.domain.platform import Fate, Rechecked, Sent
from listener.domain.policy import Secret, SourceConfig
from listener.errors import Reauthorize
from tests.builders import mention
from tests.connectors.into_store import kept
from tests.connectors.recordings import replayed
from tests.contracts.rigs import Purse
from tests.contracts.rigs_reddit import ACCOUNT, AGENT

IGNORED = ("limit", "sort", "t", "restrict_sr", "raw_json", "syntax")
NOTHING = b'{"kind": "Listing", "data": {"after": null, "children": []}}'
INBOX = ("/message/mentions", "/message/comments", "/message/selfreply")
SEARCH = ("GET", "/r/all/search", (("q", "x"),))
RECORDED = datetime(2025, 6, 19, 17, 0, tzinfo=UTC)
SENT = datetime(2016, 3, 20, 1, 0, tzinfo=UTC)


@contextmanager
def played(shared: Path, *tapes: str) -> Iterator[tuple[str, Any]]:
    """Tapes, an empty page below what was recorded, and nothing in what else an inbox has."""
    with replayed(shared, *(f"reddit/{name}.json" for name in tapes), ignore=IGNORED) as (base, tape):
        recorded = tape.answer

        def answer(method: str, uri: str) -> object:
            below = "after=" in uri or urlsplit(uri).path.rstrip("/") in INBOX
            return recorded(method, uri) or ((200, {}, NOTHING) if below else None)

        tape.answer = answer
        yield base, tape


def connector(base: str, now: datetime, **options: object) -> RedditConnector:
    config = SourceConfig(
        name="reddit",
        connector="reddit",
        options={"user_agent": AGENT, "api_base": base, **options},
        secrets={name: Secret(f"the-{name}") for name in ACCOUNT},
    )
    built = connectors.build(config, ledger=Purse(), clock=VirtualClock(now))
    assert isinstance(built, RedditConnector)
    return built


def body_of(tape: Any, path: str, at: int = 0) -> dict[str, Any]:
    """The recorded JSON of a path, whatever it was asked with."""
    found = [answer for (_, asked, _), answers in tape.answers.items() if asked == path for answer in answers]
    recorded: dict[str, Any] = json.loads(found[at][2])
    return recorded


def serve(tape: Any, key: tuple[str, str, tuple[tuple[str, str], ...]], *bodies: Mapping[str, Any]) -> None:
    tape.answers[key] = [(200, {}, json.dumps(body).encode()) for body in bodies]


@pytest.mark.parametrize(
    ("tape", "options", "count"),
    [
        ("TestInbox.test_mentions", {"inbox": True}, 16),
        ("TestInbox.test_comment_replies", {"inbox": True}, 64),
        ("TestSubreddit.test_search", {"query": "praw oauth search", "syntax": "cloudsearch"}, 6),
    ],
)
@pytest.mark.sqlite
def test_a_recording_is_kept_once_however_often_it_is_read(
    shared: Path, tmp_path: Path, tape: str, options: dict[str, object], count: int
) -> None:
    now = RECORDED if "Inbox" in tape else datetime(2016, 7, 12, 18, 0, tzinfo=UTC)
    with played(shared, tape) as (base, _), kept(tmp_path, now) as store:
        first = store.read(connector(base, now, **options), "first")
        assert (first.read, first.stored, first.rejected, len(store.ids())) == (count, count, 0, count)
        store.read(connector(base, now, **options), "first")
        again = store.read(connector(base, now, **options), "read from the beginning")
        assert (again.read, again.stored, len(store.ids())) == (count, 0, count)


@pytest.mark.parametrize(("tape", "count"), [("TestInbox.test_mentions", 16), ("TestInbox.test_comment_replies", 64)])
def test_whoever_the_recorded_inbox_tells_of_may_be_answered(shared: Path, tape: str, count: int) -> None:
    with played(shared, tape) as (base, _):
        pages = list(connector(base, RECORDED, inbox=True).poll("", RECORDED))
    found = [one for page in pages for one in page.mentions]
    assert len(found) == count
    assert {(one.can_reply, one.reply_note) for one in found} == {(True, "through the configured account")}
    assert all(one.thread.startswith("t3_") and one.parent and "/comments/" in one.url for one in found)


@pytest.mark.sqlite
def test_a_recorded_list_of_unread_is_read_but_for_its_private_messages(shared: Path, tmp_path: Path) -> None:
    with played(shared, "TestInbox.test_unread") as (base, tape), kept(tmp_path, RECORDED) as store:
        serve(tape, ("GET", "/message/comments", ()), body_of(tape, "/message/unread"))
        report = store.read(connector(base, RECORDED, inbox=True), "unread")
        assert (report.read, report.stored, report.rejected) == (2, 2, 62)
        again = store.read(connector(base, RECORDED, inbox=True), "unread again")
        assert (again.read, again.stored, len(store.ids())) == (2, 0, 2)


@pytest.mark.sqlite
def test_two_recorded_polls_of_a_stream_give_each_submission_once(shared: Path, tmp_path: Path) -> None:
    now = datetime(2016, 12, 22, 2, 18, tzinfo=UTC)
    with played(shared, "TestSubredditStreams.test_submissions") as (base, tape), kept(tmp_path, now) as store:
        bodies = [body_of(tape, "/r/all/new", at) for at in (0, 1)]
        names = {child["data"]["name"] for body in bodies for child in body["data"]["children"]}
        serve(tape, SEARCH, *bodies)
        first = store.read(connector(base, now, query="x", first_hours=0), "stream")
        second = store.read(connector(base, now, query="x", first_hours=0), "stream")
        assert (first.stored, second.read, second.gaps) == (100, 4, 0)
        assert store.ids() == sorted(names)
        store.read(connector(base, now, query="x", first_hours=0), "stream")
        assert store.ids() == sorted(names)


@pytest.mark.sqlite
def test_of_297_recorded_things_each_is_read_once_gone_or_none_of_ours(shared: Path, tmp_path: Path) -> None:
    now = datetime(2016, 11, 17, 7, 0, tzinfo=UTC)
    with played(shared, "TestReddit.test_info") as (base, tape), kept(tmp_path, now) as store:
        bodies = [body_of(tape, "/api/info", at) for at in range(3)]
        everything = [child for body in bodies for child in body["data"]["children"]]
        ours = [child for child in everything if child["kind"] in ("t1", "t3")]
        gone = {child["data"]["name"] for child in ours if is_gone(child)}
        _linked(tape, bodies)
        report = store.read(connector(base, now, query="x", first_hours=720), "things")
        assert len(everything) == 297
        assert (len(ours), len(gone), report.rejected) == (197, 17, 100)
        assert report.stored == len(ours) - len(gone)
        assert store.ids() == sorted({child["data"]["name"] for child in ours} - gone)
        again = store.read(connector(base, now, query="x", first_hours=720), "things again")
        assert again.stored == 0

        _looked_up(tape, {child["data"]["name"]: child for child in everything})
        asked = [mention(native_id=child["data"]["name"], platform="reddit") for child in ours]
        told = connector(base, now, query="x").recheck(asked, now)
        assert {one.key.native_id for one in told if one.fate is Fate.DELETED} == gone
        assert len([one for one in told if one.fate is Fate.ALIVE and one.mention]) == len(ours) - len(gone)


def _linked(tape: Any, bodies: list[dict[str, Any]]) -> None:
    """One page after the other."""
    for number, body in enumerate(bodies):
        body["data"]["after"] = f"t3_page{number + 1}" if number < len(bodies) - 1 else None
        key = (("after", f"t3_page{number}"), ("q", "x")) if number else (("q", "x"),)
        serve(tape, ("GET", "/r/all/search", key), body)


def _looked_up(tape: Any, things: Mapping[str, Any]) -> None:
    """Whatever is asked for, of what was recorded."""
    recorded = tape.answer

    def answer(method: str, uri: str) -> object:
        if urlsplit(uri).path != "/api/info/":
            return recorded(method, uri)
        names = parse_qs(urlsplit(uri).query)["id"][0].split(",")
        shown = [things[name] for name in names if name in things]
        return 200, {}, json.dumps({"kind": "Listing", "data": {"children": shown}}).encode()

    tape.answer = answer


@pytest.mark.parametrize(
    ("tape", "native_id", "fate"),
    [
        ("TestComment.test_refresh__deleted_comment", "t1_d7ltvl0", Fate.DELETED),
        ("TestComment.test_delete", "t1_d1616q2", Fate.DELETED),
        # Out of its thread, but still shown by itself, with its words and author.
        ("TestComment.test_refresh__removed_comment", "t1_dma3mi5", Fate.ALIVE),
    ],
)
def test_a_recorded_lookup_says_what_became_of_a_comment(shared: Path, tape: str, native_id: str, fate: Fate) -> None:
    with played(shared, tape) as (base, _):
        (told,) = connector(base, RECORDED, query="x").recheck(
            [mention(native_id=native_id, platform="reddit")], RECORDED
        )
    assert isinstance(told, Rechecked)
    assert told.fate is fate


@pytest.mark.sqlite
def test_a_comment_deleted_in_a_recording_is_a_deletion_in_a_listing(shared: Path, tmp_path: Path) -> None:
    now = datetime(2016, 9, 27, 1, 30, tzinfo=UTC)
    with played(shared, "TestComment.test_refresh__deleted_comment") as (base, tape), kept(tmp_path, now) as store:
        serve(tape, SEARCH, body_of(tape, "/api/info"))
        (page,) = connector(base, now, query="x").poll("", now)
        report = store.read(connector(base, now, query="x"), "gone")
        assert store.ids() == []
    assert [key.native_id for key in page.deleted] == ["t1_d7ltvl0"]
    assert (page.mentions, report.rejected) == ((), 0)


@pytest.mark.parametrize(
    ("tape", "parent", "text", "native_id"),
    [
        ("TestComment.test_reply", "t1_d1616q2", "Comment reply", "t1_d1680wu"),
        ("TestSubmission.test_reply", "t3_4b1tfm", "Test reply", "t1_d162ara"),
    ],
)
def test_a_recorded_reply_is_sent_and_found_again(
    shared: Path, tape: str, parent: str, text: str, native_id: str
) -> None:
    """Our own comments weren't listed: the list is made of the comment that was."""
    to = mention(native_id=parent, platform="reddit", can_reply=True)
    with played(shared, tape) as (base, played_tape):
        made = body_of(played_tape, "/api/comment")["json"]["data"]["things"]
        own = {"kind": "Listing", "data": {"after": None, "children": made}}
        serve(played_tape, ("GET", "/user/the-username/comments", ()), own)
        sending = connector(base, SENT, query="x")
        sent = sending.reply(to, text, "key", SENT)
        since = SENT - timedelta(hours=12)
        assert isinstance(sent, Sent)
        assert sent.key.native_id == native_id
        assert sent.url == f"https://www.reddit.com/comments/4b1tfm/_/{native_id.removeprefix('t1_')}/"
        assert sending.find_sent(to, text, since, SENT) == sent
        assert sending.find_sent(to, "Another reply", since, SENT) is None
        assert sending.find_sent(to, text, SENT, SENT) is None, "older than that"


def test_a_recorded_401_is_a_matter_of_credentials(shared: Path) -> None:
    tapes = ("TestAuthImplicit.test_implicit__with_invalid_token", "TestComment.test_reply")
    with played(shared, *tapes) as (base, _), pytest.raises(Reauthorize, match="401"):
        connector(base, RECORDED, query="x").check()

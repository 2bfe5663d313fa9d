"""Bluesky's mentions: signing in seldom, cursors that break, answers that stand once, and what reads as a post."""

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.bluesky import BlueskyMentions
from listener.connectors.bluesky_posts import Replies, address_of, read_view, words
from listener.connectors.bluesky_writing import facets_of, record_key, unfit
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Refused, Sent
from listener.domain.policy import SourceConfig
from listener.errors import BadCursor, ConfigError, RateLimited, Reauthorize, Retry, SkipRecord, Uncertain
from tests.builders import NOON, mention
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs import Purse
from tests.contracts.rigs_bluesky import OURS, POSTS, BlueskyRig, error, own_id, said
from tests.contracts.rigs_bluesky import record_key as key_of
from tests.contracts.server import Asked, Reply

ABLE = Replies(able=True)


@pytest.fixture
def rig() -> Iterator[BlueskyRig]:
    with (rig := BlueskyRig()).server:
        yield rig


def made(rig: BlueskyRig) -> BlueskyMentions:
    built = rig.connector()
    assert isinstance(built, BlueskyMentions)
    return built


def calls(rig: BlueskyRig, name: str) -> list[Asked]:
    return [asked for asked in rig.server.asked if asked.path.endswith(name)]


def instead(rig: BlueskyRig, call: str, *replies: Reply) -> None:
    """These answers to a call, one after the other; then the usual ones."""
    script, waiting = rig.server.script, list(replies)
    rig.server.script = lambda asked: waiting.pop(0) if waiting and asked.path.endswith(call) else script(asked)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "phrases"),
        ({"mentions": True, "phrases": ["acme"]}, "not both"),
        ({"phrases": ["  "]}, "phrases"),
        ({"mentions": True}, "app_password"),
        ({"phrases": ["acme"], "jetstream": "https://x.example"}, "wss://"),
        ({"phrases": ["acme"], "pds": "ftp://x.example"}, "https://"),
    ],
)
def test_a_source_that_cannot_work_is_refused_with_the_reason(options: dict[str, object], word: str) -> None:
    config = SourceConfig(name="b", connector="bluesky", options=options)
    with pytest.raises(ConfigError, match=word):
        connectors.build(config, ledger=Purse(), clock=VirtualClock(NOON))


def test_a_sign_in_is_kept_for_the_runs_to_come(rig: BlueskyRig) -> None:
    rig.publish(2)
    for _ in range(5):
        walk(rig)
    assert rig.sign_ins == 1
    (kept,) = (Path(rig.house.folder.name) / "sessions").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_token_that_has_run_out_is_renewed_not_signed_in_for(rig: BlueskyRig) -> None:
    wanted = rig.publish(2)
    walk(rig)
    instead(rig, "listNotifications", error("ExpiredToken", "Token has expired"))
    assert wanted <= ids(walk(rig))
    assert (len(calls(rig, "createSession")), len(calls(rig, "refreshSession"))) == (1, 1)
    renewal = calls(rig, "refreshSession")[0]
    assert renewal.headers["authorization"].endswith(".refresh.1")
    assert renewal.body == "", "a body is refused there"
    walk(rig)
    assert calls(rig, "listNotifications")[-1].headers["authorization"].endswith(".2")


def test_where_renewal_is_refused_the_password_signs_in(rig: BlueskyRig) -> None:
    wanted = rig.publish(2)
    walk(rig)
    instead(rig, "refreshSession", error("ExpiredToken", "Token has been revoked"))
    instead(rig, "listNotifications", error("InvalidToken", "Token could not be verified"))
    assert wanted <= ids(walk(rig))
    assert len(calls(rig, "createSession")) == 2


def test_a_refused_password_asks_for_a_new_one_and_is_not_tried_on(rig: BlueskyRig) -> None:
    instead(rig, "createSession", error("AuthenticationRequired", "Invalid identifier or password", 401))
    with pytest.raises(Reauthorize, match="Invalid identifier") as caught:
        walk(rig)
    assert "app password" in caught.value.next_step
    assert len(calls(rig, "createSession")) == 1


def test_sign_ins_are_counted_by_the_day(rig: BlueskyRig) -> None:
    for _ in range(100):
        for kept in (Path(rig.house.folder.name) / "sessions").glob("*"):
            kept.unlink()
        made(rig).check()
    for kept in (Path(rig.house.folder.name) / "sessions").glob("*"):
        kept.unlink()
    with pytest.raises(RateLimited):
        made(rig).check()
    assert rig.sign_ins == 100


def test_calls_go_to_the_server_that_the_account_lives_on(rig: BlueskyRig) -> None:
    with (home := BlueskyRig()).server:
        service = {"id": "did:plc:x#atproto_pds", "serviceEndpoint": home.server.base}
        instead(
            rig,
            "createSession",
            said({"did": OURS, "handle": "a.b", "accessJwt": "x", "refreshJwt": "y", "didDoc": {"service": [service]}}),
        )
        rig.clock = home.clock
        wanted = home.publish(2)
        assert wanted <= ids(walk(rig))
    assert not calls(rig, "listNotifications")


def test_only_what_concerns_the_account_is_asked_for_and_read(rig: BlueskyRig) -> None:
    rig.publish(3)
    fields = rig.fields
    rig.fields = lambda item: {**fields(item), "reason": ("like", "reply", "quote")[item.number]}  # type: ignore[method-assign]
    assert ids(walk(rig)) == {rig.native_id(1), rig.native_id(2)}
    assert "reasons=mention&reasons=reply&reasons=quote" in calls(rig, "listNotifications")[0].address


def test_the_first_run_reaches_back_as_far_as_asked(rig: BlueskyRig) -> None:
    old = rig.publish(1)
    rig.clock.sleep(30 * 3600)
    assert not old & ids(walk(rig))


def test_a_cursor_that_is_never_taken_again_begins_the_walk_anew(rig: BlueskyRig) -> None:
    wanted = rig.publish(25)
    connector = made(rig)
    first = next(iter(connector.poll("", rig.clock.now())))
    broken = json.loads(first.cursor)
    broken["run"]["next"] = "garbage"
    for _ in range(2):
        with pytest.raises(Retry):
            list(connector.poll(json.dumps(broken), rig.clock.now()))
    assert wanted <= ids(walk(rig, json.dumps(broken), connector)), "the third time, the cursor is given up"


def test_an_outage_does_not_give_the_cursor_up(rig: BlueskyRig) -> None:
    rig.publish(25)
    connector = made(rig)
    pages = iter(connector.poll("", rig.clock.now()))
    cursor = next(pages).cursor
    rig.server.fault = Reply(status=503)
    for _ in range(4):
        with pytest.raises(Retry):
            list(connector.poll(cursor, rig.clock.now()))
    rig.server.fault = None
    asked = len(rig.server.asked)
    walk(rig, cursor)
    assert "cursor=" in rig.server.asked[asked].address


def test_a_cursor_that_bluesky_calls_invalid_begins_the_walk_anew_at_once(rig: BlueskyRig) -> None:
    wanted = rig.publish(25)
    cursor = next(iter(made(rig).poll("", rig.clock.now()))).cursor
    instead(rig, "listNotifications", error("InvalidRequest", "Malformed cursor"))
    assert wanted <= ids(walk(rig, cursor))


def test_a_cursor_from_the_future_is_told_of(rig: BlueskyRig) -> None:
    with pytest.raises(BadCursor):
        made(rig).poll('{"v": 1, "high": "2026-03-09T12:00:00Z"}', NOON)


def answerable(rig: BlueskyRig, number: int = 0) -> Mention:
    rig.publish(number + 1)
    return next(m for page in walk(rig) for m in page.mentions if m.key.native_id == rig.native_id(number))


def test_the_same_answer_can_stand_only_once(rig: BlueskyRig) -> None:
    post = answerable(rig)
    first = made(rig).reply(post, "Sorry!", "k", rig.clock.now())
    again = made(rig).reply(post, "Sorry!", "k", rig.clock.now() + timedelta(minutes=3))
    assert isinstance(first, Sent)
    assert first == again
    assert len(rig.answered) == 1
    assert made(rig).reply(post, "And another thing.", "k2", rig.clock.now()) != first
    assert len(rig.answered) == 2


def test_an_answer_that_arrived_though_no_word_came_back_is_found(rig: BlueskyRig) -> None:
    post, since = answerable(rig), rig.clock.now()
    script = rig.server.script

    def lost(asked: Asked) -> Reply:
        reply = script(asked)
        return Reply(body=reply.body, manner="cut") if asked.path.endswith("createRecord") else reply

    rig.server.script = lost
    connector = made(rig)
    sent = connector.reply(post, "Sorry!", "k", since)
    assert isinstance(sent, Sent), "one look at its key tells that it stands"
    assert connector.find_sent(post, "Sorry!", since, rig.clock.now()) == sent
    assert connector.find_sent(post, "Sorry!", since + timedelta(hours=1), rig.clock.now()) is None


def test_where_nothing_can_be_said_of_an_answer_it_stays_uncertain(rig: BlueskyRig) -> None:
    post = answerable(rig)
    instead(rig, "createRecord", Reply(status=502))
    instead(rig, "getRecord", Reply(status=502), Reply(status=502))
    with pytest.raises(Uncertain):
        made(rig).reply(post, "Sorry!", "k", rig.clock.now())
    with pytest.raises(Retry):
        made(rig).find_sent(post, "Sorry!", rig.clock.now(), rig.clock.now())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"viewer": {"replyDisabled": True}}, "only some people"),
        ({"author": {"did": "did:plc:user0", "viewer": {"blockedBy": True}}}, "blocked"),
        ({"author": {"did": "did:plc:user0", "viewer": {"blocking": "at://x"}}}, "blocked"),
    ],
)
def test_an_answer_that_nobody_would_see_is_refused(rig: BlueskyRig, change: dict[str, Any], word: str) -> None:
    post = answerable(rig)
    fields = rig.fields
    rig.fields = lambda item: {**fields(item), **change}  # type: ignore[method-assign]
    outcome = made(rig).reply(post, "Sorry!", "k", rig.clock.now())
    assert isinstance(outcome, Refused)
    assert word in outcome.reason
    assert not rig.answered


def test_an_answer_to_a_deleted_post_is_refused(rig: BlueskyRig) -> None:
    post = answerable(rig)
    rig.delete(0)
    outcome = made(rig).reply(post, "Sorry!", "k", rig.clock.now())
    assert isinstance(outcome, Refused)
    assert "gone" in outcome.reason


def test_an_answer_within_a_thread_names_its_first_post(rig: BlueskyRig) -> None:
    post = answerable(rig)
    root = {"uri": rig.native_id(7), "cid": "bafyroot"}
    original = rig.post
    rig.post = lambda item: {**original(item), "reply": {"root": root, "parent": root}}  # type: ignore[method-assign]
    made(rig).reply(post, "Sorry! See https://acme.test/help", "k", rig.clock.now())
    (record,) = rig.own.values()
    assert record["reply"] == {"root": root, "parent": {"uri": rig.native_id(0), "cid": own_id("@acme is late")}}
    assert record["facets"][0]["features"][0]["uri"] == "https://acme.test/help"


def test_replies_are_paid_for_in_points(rig: BlueskyRig) -> None:
    post = answerable(rig)
    made(rig).reply(post, "Sorry!", "k", rig.clock.now())
    (left,) = [rate.left for (_, bucket), rate in rig.purse.rates.items() if bucket == "points"]
    assert left == 4997


def test_what_an_answer_marks_is_counted_in_bytes() -> None:
    text = "Grüße 😀 @ann.bsky.social, siehe https://acme.test/ü?x=1. Oder @nobody.example und x@y.example"
    dids = {"ann.bsky.social": "did:plc:ann"}
    facets = facets_of(text, lambda handle: dids.get(handle, ""))
    whole = text.encode()
    marked = [whole[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode() for f in facets]  # type: ignore[index]
    assert marked == ["https://acme.test/ü?x=1", "@ann.bsky.social"]


def test_length_is_counted_as_readers_count() -> None:
    family = "\U0001f468‍\U0001f469‍\U0001f467"
    assert unfit("a" * 300) == ""
    assert "301" in unfit("a" * 301)
    assert unfit(family * 150) == ""
    assert "bytes" in unfit(family * 300)
    assert unfit(" \n")


def test_an_answers_key_is_a_valid_one_just_behind_its_post() -> None:
    post = address_of(f"at://did:plc:ann/{POSTS}/{key_of(5)}")
    keys = {record_key(post, f"answer {n}") for n in range(500)}
    assert len(keys) == 500
    assert all(len(key) == 13 and key > post.rkey and key[:4] == post.rkey[:4] for key in keys)
    made_up = address_of(f"at://did:plc:ann/{POSTS}/self-made")
    assert record_key(made_up, "x") == record_key(made_up, "x")
    assert len(record_key(address_of(f"at://did:plc:ann/{POSTS}/jzzzzzzzzzzzz"), "x")) == 13


def test_a_list_that_is_empty_for_all_deletes_nothing_by_itself(rig: BlueskyRig) -> None:
    rig.publish(3)
    mentions = [m for page in walk(rig) for m in page.mentions]
    instead(rig, "getPosts", said({"posts": []}))
    assert {one.fate for one in made(rig).recheck(mentions, rig.clock.now())} == {Fate.ALIVE}
    instead(rig, "getPosts", said({"posts": []}))
    instead(rig, "getPostThread", *[error("InvalidRequest", "oops")] * 3)
    assert {one.fate for one in made(rig).recheck(mentions, rig.clock.now())} == {Fate.UNAVAILABLE}


def test_a_hundred_posts_are_looked_up_in_four_calls_by_nobody(rig: BlueskyRig) -> None:
    rig.publish(100)
    mentions = [m for page in walk(rig) for m in page.mentions]
    found = made(rig).recheck(mentions, rig.clock.now())
    assert len(found) == 100
    assert len(calls(rig, "getPosts")) == 4
    assert not any("authorization" in asked.headers for asked in calls(rig, "getPosts"))


def view(**more: Any) -> dict[str, Any]:
    record = {"$type": POSTS, "text": "hello", "createdAt": "2026-03-02T11:00:00.000Z", **more.pop("record", {})}
    author = {"did": "did:plc:ann", "handle": "ann.bsky.social", "displayName": "Ann\u202e", **more.pop("author", {})}
    whole = {"uri": f"at://did:plc:ann/{POSTS}/3kabc", "cid": "bafyx", "author": author, "record": record}
    return {**whole, "indexedAt": "2026-03-02T11:00:05.000Z", **more}


def test_a_post_is_read_whole() -> None:
    root = {"uri": f"at://did:plc:bob/{POSTS}/3kroot", "cid": "bafyroot"}
    parent = {"uri": f"at://did:plc:cid/{POSTS}/3kparent", "cid": "bafyparent"}
    shown = view(likeCount=3, repostCount=2, quoteCount=1, replyCount=4)
    shown["record"] |= {"reply": {"root": root, "parent": parent}, "langs": ["pt-BR", "en"]}
    read = read_view(shown, ABLE)
    assert (read.thread, read.parent, read.lang) == (root["uri"], parent["uri"], "pt-br")
    assert (read.metrics.likes, read.metrics.replies, read.metrics.reposts) == (3, 4, 3)
    assert read.url == "https://bsky.app/profile/ann.bsky.social/post/3kabc"
    assert read.version == "bafyx"


def test_a_claimed_time_is_never_later_than_it_was_seen() -> None:
    later = read_view(view(record={"createdAt": "2031-01-01T00:00:00Z"}), ABLE)
    assert later.created_at == datetime(2026, 3, 2, 11, 0, 5, tzinfo=UTC)
    nonsense = read_view(view(record={"createdAt": ["yesterday"]}), ABLE)
    assert nonsense.created_at == later.created_at


@pytest.mark.parametrize("handle", ["handle.invalid", "", "javascript:alert(1)", "a b", None, "x/../y"])
def test_an_account_without_a_valid_handle_goes_by_its_permanent_id(handle: object) -> None:
    read = read_view(view(author={"handle": handle}), ABLE)
    assert read.author.handle == "did:plc:ann"
    assert read.url == "https://bsky.app/profile/did:plc:ann/post/3kabc"


@pytest.mark.parametrize(
    "broken",
    [
        {"uri": "at://did:plc:ann/app.bsky.feed.like/3k"},
        {"uri": "https://evil.example/x"},
        {"uri": f"at://did:plc:ann/{POSTS}/../../x"},
        {"record": {"text": None}},
        {"record": {"text": ["a"]}},
    ],
)
def test_what_is_no_post_is_set_aside(broken: dict[str, Any]) -> None:
    with pytest.raises(SkipRecord):
        read_view(view(**broken), ABLE)


def link(start: int, end: int, uri: object) -> dict[str, Any]:
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": uri}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def test_a_shortened_link_is_written_out_by_bytes() -> None:
    text = "Grüße: acme.test/orders/12... und acme.test/x"
    at = len("Grüße: ".encode())
    facets = [link(at, at + len("acme.test/orders/12..."), "https://www.acme.test/orders/12345?x=ü")]
    assert words({"text": text, "facets": facets}) == ("Grüße: https://www.acme.test/orders/12345?x=ü und acme.test/x")


@pytest.mark.parametrize(
    "facet",
    [
        link(0, 7, "https://evil.example/"),
        link(5, 2, "https://acme.test/"),
        link(0, 10**9, "https://acme.test/"),
        link(-3, 4, "https://acme.test/"),
        link(0, 7, "javascript:alert(1)"),
        {"index": None, "features": 5},
        "facet",
    ],
)
def test_a_facet_that_lies_changes_nothing(facet: object) -> None:
    assert words({"text": "acme... is late", "facets": [facet, *[facet] * 3]}) == "acme... is late"


def test_the_sources_say_nothing_secret(rig: BlueskyRig) -> None:
    assert "s3cr3t" not in repr(made(rig))
    assert made(rig).check() == "signed in at 127.0.0.1 as @help.acme.test"
    assert mention(native_id="at://x").key

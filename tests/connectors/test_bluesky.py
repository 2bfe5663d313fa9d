"""Bluesky's mentions: signing in seldom, cursors that break, answers that stand once, and what reads as a post."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors import bluesky_session
from listener.connectors.bluesky import BlueskyMentions
from listener.connectors.bluesky_posts import Replies
from listener.domain.budget import Quota
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Refused, Sent
from listener.domain.policy import SourceConfig
from listener.errors import BadCursor, ConfigError, RateLimited, Reauthorize, Retry, Uncertain
from tests.builders import NOON
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs import Purse
from tests.contracts.rigs_bluesky import OURS, BlueskyRig, error, own_id, said
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


def test_sign_ins_are_counted_by_the_day(rig: BlueskyRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky_session, "SIGN_INS", Quota(units=5, period=timedelta(days=1)))
    for _ in range(5):
        for kept in (Path(rig.house.folder.name) / "sessions").glob("*"):
            kept.unlink()
        made(rig).check()
    for kept in (Path(rig.house.folder.name) / "sessions").glob("*"):
        kept.unlink()
    with pytest.raises(RateLimited):
        made(rig).check()
    assert rig.sign_ins == 5


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


def test_the_sources_say_nothing_secret(rig: BlueskyRig) -> None:
    assert "s3cr3t" not in repr(made(rig))
    assert made(rig).check() == "signed in at 127.0.0.1 as @help.acme.test"

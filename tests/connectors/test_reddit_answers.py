"""Reddit, the other way: a comment sent, refused or in doubt, found again; posts looked up again."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from listener.connectors.reddit import RedditConnector
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Rechecked, Refused, Sent
from listener.errors import NotPermitted, RateLimited, Reauthorize, Retry, Uncertain
from tests.builders import mention
from tests.contracts.connector_contract import ids, walk
from tests.contracts.faults import HTML
from tests.contracts.rigs import SECRET
from tests.contracts.rigs_reddit import JSON, RedditInboxRig, listing, told
from tests.contracts.server import Asked, Reply

POST = mention(native_id="t1_abc", platform="reddit", can_reply=True)
TEXT = "Sorry about that! Which order is it?\n\n[Write to us](https://acme.example/help)"


@pytest.fixture
def rig() -> Iterator[RedditInboxRig]:
    with (rig := RedditInboxRig()).server:
        yield rig


def connector(rig: RedditInboxRig) -> RedditConnector:
    built = rig.connector()
    assert isinstance(built, RedditConnector)
    return built


def answered_with(rig: RedditInboxRig, reply: Reply) -> object:
    """What a reply comes to that Reddit answers so."""
    rig.fault_writes(reply)
    return connector(rig).reply(POST, TEXT, "key", rig.clock.now())


def refused(rig: RedditInboxRig, code: str, words: str = "", **more: Any) -> object:
    return answered_with(rig, told({"errors": [[code, words, "text"]], **more}))


# sending


def test_a_comment_is_sent_under_what_it_answers_and_known_by_its_fullname(rig: RedditInboxRig) -> None:
    sent = connector(rig).reply(POST, TEXT, "key", rig.clock.now())
    assert isinstance(sent, Sent)
    assert (sent.key.platform, sent.key.native_id) == ("reddit", "t1_own0")
    assert sent.url == "https://www.reddit.com/r/acme/comments/thread/about/t1_own0/"
    assert rig.answered == [("t1_abc", TEXT)]


def test_what_was_sent_isn_t_read_as_somebody_s_post_that_may_be_answered(rig: RedditInboxRig) -> None:
    """An account that mentions itself answers itself without end."""
    data = rig.comment("t1_abc", f"u/{SECRET} here", rig.clock.now())
    rig.publish(1, raw=json.dumps({"kind": "t1", "data": {**data, "type": "username_mention"}}))
    (page,) = [page for page in walk(rig) if page.mentions]
    assert not page.mentions[0].can_reply


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("TOO_LONG", "longer than the 10,000 characters"),
        ("THREAD_LOCKED", "locked"),
        ("TOO_OLD", "archived"),
        ("DELETED_COMMENT", "the comment is gone"),
        ("DELETED_LINK", "the post is gone"),
        ("USER_BLOCKED", "blocked"),
        ("SUBREDDIT_BANNED", "banned"),
        ("SOMETHING_NEW", "Reddit: in its own words"),
    ],
)
def test_a_refusal_in_an_answer_that_looks_like_a_success_is_one(code: str, reason: str, rig: RedditInboxRig) -> None:
    outcome = refused(rig, code, "in its own words")
    assert isinstance(outcome, Refused)
    assert reason in outcome.reason


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, {"message": "Forbidden", "error": 403}, "Forbidden"),
        (403, {"explanation": "you are banned", "reason": "BANNED", "message": "Forbidden"}, "you are banned"),
        (400, {"fields": ["text"], "explanation": "too long", "reason": "TOO_LONG", "message": "Bad"}, "too long"),
        (404, {"message": "Not Found", "error": 404}, "Not Found"),
    ],
)
def test_a_reply_that_reddit_forbids_is_refused(
    status: int, body: dict[str, object], reason: str, rig: RedditInboxRig
) -> None:
    outcome = answered_with(rig, Reply(status=status, body=json.dumps(body).encode(), headers=JSON))
    assert isinstance(outcome, Refused)
    assert reason in outcome.reason


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=403, body=HTML),
        Reply(
            status=403,
            body=b'{"message": "Forbidden"}',
            headers={"www-authenticate": 'Bearer realm="reddit", error="insufficient_scope"'},
        ),
    ],
    ids=["the network is kept out", "a scope is missing"],
)
def test_what_keeps_every_reply_out_refuses_none(reply: Reply, rig: RedditInboxRig) -> None:
    with pytest.raises(NotPermitted):
        answered_with(rig, reply)


@pytest.mark.parametrize(
    ("words", "more", "seconds"),
    [
        ("Take a break for 9 minutes before trying again.", {"ratelimit": 540.0}, 540),
        ("Take a break for 9 minutes before trying again.", {}, 600),
        ("Take a break for 5 seconds before trying again.", {}, 6),
        ("Take a break for 1 hour before trying again.", {}, 7200),
        ("Take a break.", {"ratelimit": "soon"}, 600),
        ("Take a break.", {"ratelimit": 1e300}, 600),
        ("Take a break.", {"ratelimit": 1e6}, 6 * 3600),
    ],
)
def test_a_rest_that_reddit_asks_for_lasts_as_long_as_it_says(
    words: str, more: dict[str, object], seconds: int, rig: RedditInboxRig
) -> None:
    now = rig.clock.now()
    with pytest.raises(RateLimited) as caught:
        refused(rig, "RATELIMIT", words, **more)
    assert caught.value.until == now + timedelta(seconds=seconds)


def test_a_rest_from_commenting_is_kept_by_all_and_hinders_no_reading(rig: RedditInboxRig) -> None:
    wanted = rig.publish(2)
    with pytest.raises(RateLimited):
        refused(rig, "RATELIMIT", "", ratelimit=540)
    rig.fault_writes(None)
    asked = len(rig.server.asked)
    with pytest.raises(RateLimited, match="nothing left to reply with"):
        connector(rig).reply(POST, TEXT, "key", rig.clock.now())
    assert len(rig.server.asked) == asked
    assert wanted == ids(walk(rig))
    rig.clock.sleep(541)
    assert isinstance(connector(rig).reply(POST, TEXT, "key", rig.clock.now()), Sent)


@pytest.mark.parametrize("answer", [{}, {"errors": [], "data": {"things": []}}, {"errors": [["SOMETHING_IS_BROKEN"]]}])
def test_an_answer_that_shows_no_comment_leaves_it_open(answer: dict[str, Any], rig: RedditInboxRig) -> None:
    """Reddit shows nothing of a comment it took in a quarantined subreddit."""
    with pytest.raises(Uncertain):
        answered_with(rig, told(answer))


@pytest.mark.parametrize("reply", [Reply(status=503), Reply(status=502), Reply(manner="cut", body=b'{"json": {}}')])
def test_the_library_never_sends_a_second_time_by_itself(reply: Reply, rig: RedditInboxRig) -> None:
    with pytest.raises(Uncertain):
        answered_with(rig, reply)
    assert [asked.path for asked in rig.server.asked].count("/api/comment/") == 1


def test_a_signed_out_account_must_sign_in(rig: RedditInboxRig) -> None:
    with pytest.raises(Reauthorize):
        refused(rig, "USER_REQUIRED", "Please log in to do that.")


def test_nothing_was_sent_where_signing_in_already_failed(rig: RedditInboxRig) -> None:
    """Only what was asked for may have been taken."""
    rig.server.spared = ""
    rig.server.fault = Reply(status=503)
    with pytest.raises(Retry):
        connector(rig).reply(POST, TEXT, "key", rig.clock.now())
    assert [asked.path for asked in rig.server.asked] == ["/api/v1/access_token"]


def test_nothing_was_sent_where_no_connection_came_about(rig: RedditInboxRig) -> None:
    sending = connector(rig)
    sending.check()
    core: Any = sending._api._reddit._core
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core.requestor, "oauth_url", "http://127.0.0.1:9")
        with pytest.raises(Retry, match="can't be reached"):
            sending.reply(POST, TEXT, "key", rig.clock.now())


def test_replies_still_go_out_when_reading_must_wait(rig: RedditInboxRig) -> None:
    rest = rig.server.script
    little = {"x-ratelimit-used": "550", "x-ratelimit-remaining": "50", "x-ratelimit-reset": "300"}
    rig.server.script = lambda asked: Reply(body=rest(asked).body, headers={**JSON, **little})
    with pytest.raises(RateLimited):
        walk(rig)
    assert isinstance(connector(rig).reply(POST, TEXT, "key", rig.clock.now()), Sent)


def test_without_an_account_it_says_what_is_missing_and_asks_nothing(rig: RedditInboxRig) -> None:
    options = {"query": "acme", "user_agent": "lab", "api_base": rig.server.base, **rig.limits}
    reader = rig.build("reddit", options, ("client_id", "client_secret"))
    assert isinstance(reader, RedditConnector)
    assert "username and password" in reader.unable()
    with pytest.raises(Reauthorize):
        reader.reply(POST, TEXT, "key", rig.clock.now())
    assert rig.server.asked == []


@pytest.mark.parametrize(("native_id", "text"), [("t1_abc", " \n"), ("t4_abc", TEXT), ("urn:1", TEXT)])
def test_what_can_t_be_a_reply_isn_t_sent(native_id: str, text: str, rig: RedditInboxRig) -> None:
    outcome = connector(rig).reply(mention(native_id=native_id, platform="reddit"), text, "key", rig.clock.now())
    assert isinstance(outcome, Refused)
    assert rig.server.asked == []


# finding what was sent


def test_an_answer_is_found_by_its_parent_and_its_words(rig: RedditInboxRig) -> None:
    ours, since = connector(rig), rig.clock.now()
    sent = ours.reply(POST, f"  {TEXT}\n", "key", since)
    assert ours.find_sent(POST, TEXT, since, since) == sent
    assert ours.find_sent(mention(native_id="t1_xyz", platform="reddit"), TEXT, since, since) is None
    assert ours.find_sent(POST, "other words", since, since) is None
    assert ours.find_sent(POST, TEXT, since + timedelta(hours=1), since) is None


def test_as_many_of_our_comments_are_read_as_were_made_since(rig: RedditInboxRig) -> None:
    since = rig.clock.now()
    for number in range(250):
        rig.clock.sleep(1)
        rig.own.append(rig.comment("t1_abc", f"answer {number}", rig.clock.now()))
    paged(rig)
    ours = connector(rig)
    found = ours.find_sent(POST, "answer 3", since, rig.clock.now())
    assert found is not None
    assert found.key.native_id == "t1_own3"
    rig.server.asked.clear()
    later = since + timedelta(minutes=5, seconds=200)  # of which five are for clocks that differ
    assert ours.find_sent(POST, "answer 3", later, rig.clock.now()) is None
    assert len([asked for asked in rig.server.asked if "user" in asked.path]) == 1


def test_more_than_reddit_lists_is_no_answer(rig: RedditInboxRig) -> None:
    since = rig.clock.now()
    for number in range(1100):
        rig.own.append(rig.comment("t1_abc", f"answer {number}", since))
    paged(rig)
    with pytest.raises(Retry, match="too many"):
        connector(rig).find_sent(POST, "another", since, since)


def paged(rig: RedditInboxRig) -> None:
    """The account's own comments come a hundred at a time."""
    rest = rig.server.script

    def script(asked: Asked) -> Reply:
        if "user" not in asked.path:
            return rest(asked)
        newest = list(reversed(rig.own))
        names = [data["name"] for data in newest]
        start = names.index(asked.query["after"]) + 1 if "after" in asked.query else 0
        after = names[start + 99] if len(names) > start + 100 else None
        return listing([json.dumps({"kind": "t1", "data": data}) for data in newest[start : start + 100]], after)

    rig.server.script = script


# looking again


def looked_up(rig: RedditInboxRig, mentions: list[Mention]) -> dict[str, Rechecked]:
    return {one.key.native_id: one for one in connector(rig).recheck(mentions, rig.clock.now())}


def test_posts_are_looked_up_a_hundred_a_call(rig: RedditInboxRig) -> None:
    rig.publish(150)
    mentions = [one for page in walk(rig) for one in page.mentions]
    rig.server.asked.clear()
    assert len(looked_up(rig, mentions)) == 150
    assert [asked.path for asked in rig.server.asked].count("/api/info/") == 2


def test_what_reddit_leaves_out_is_not_taken_for_deleted(rig: RedditInboxRig) -> None:
    rig.publish(3)
    mentions = [one for page in walk(rig) for one in page.mentions]
    del rig.items[1]
    assert sorted(looked_up(rig, mentions)) == ["t1_000000", "t1_000002"]
    rig.items.clear()
    assert looked_up(rig, mentions) == {}


def test_what_else_reddit_shows_says_nothing_of_what_was_asked(rig: RedditInboxRig) -> None:
    rig.publish(2)
    mentions = [one for page in walk(rig) for one in page.mentions]
    stranger = {"kind": "t1", "data": {"name": "t1_zzz", "author": None, "body": "[deleted]"}}
    rest = rig.server.script
    rig.server.script = lambda asked: (
        listing([json.dumps(stranger), "null", "[]"]) if "info" in asked.path else rest(asked)
    )
    assert looked_up(rig, mentions) == {}


def test_an_edit_keeps_what_was_known_of_who_was_addressed(rig: RedditInboxRig) -> None:
    """`info` doesn't say that a comment answers ours; the inbox said so when it was read."""
    rig.publish(1)
    (first,) = (one for page in walk(rig) for one in page.mentions)
    shown = json.loads(rig.record(rig.items[0]))
    del shown["data"]["type"]
    for marks, able in (({"edited": 1772452800.0}, True), ({"locked": True}, False)):
        record = json.dumps({**shown, "data": {**shown["data"], **marks}})
        rig.items[0] = type(rig.items[0])(number=0, at=first.created_at, text="", raw=record)
        now = looked_up(rig, [first])["t1_000000"].mention
        assert now is not None
        assert now.can_reply is able


def test_what_is_under_review_can_t_be_seen_and_isn_t_gone(rig: RedditInboxRig) -> None:
    rig.publish(1)
    mentions = [one for page in walk(rig) for one in page.mentions]
    shown = json.loads(rig.record(rig.items[0]))
    record = json.dumps({**shown, "data": {**shown["data"], "removed_by_category": "automod_filtered"}})
    rig.items[0] = type(rig.items[0])(number=0, at=rig.items[0].at, text="", raw=record)
    assert looked_up(rig, mentions)["t1_000000"].fate is Fate.UNAVAILABLE

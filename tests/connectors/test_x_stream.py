"""X's filtered stream: rules put in order, frames of every kind, a cursor that polls can go on from."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from listener.connectors.x import XConnector
from listener.domain.mention import Page
from listener.errors import ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry
from tests.contracts.connector_contract import ids, walk
from tests.contracts.live import Live
from tests.contracts.rigs import SECRET
from tests.contracts.rigs_x import POST, PROBLEMS, USER, XByIdRig, XMentionsRig, XRig, snowflake, told
from tests.contracts.server import Asked, Reply

RULE = "(@acme -from:acme) -is:retweet"


@pytest.fixture
def rig() -> Iterator[XRig]:
    with (rig := XByIdRig()).server:
        yield rig


def listen(rig: XRig, cursor: str = "") -> Iterator[Page]:
    """A stream behind its first page, which is empty."""
    connector = rig.connector()
    assert isinstance(connector, XConnector)
    stream = connector.stream(cursor, rig.clock.now(), lambda: False)
    first = next(stream)
    assert (first.mentions, first.rejects, first.cursor, first.done) == ((), (), "", False)
    return stream


def hear(rig: XRig, *lines: bytes) -> list[Page]:
    """What a stream makes of these lines, to where it ends by itself or its `end` is read."""
    stream, pages = listen(rig), []
    for line in lines:
        rig.say(line + b"\r\n")
    rig.publish(1, text="@acme end")
    while not any(m.text == "@acme end" for page in pages for m in page.mentions):
        pages.append(next(stream))
    return pages


def mentions_in(pages: list[Page]) -> list[str]:
    return [m.text for page in pages for m in page.mentions if m.text != "@acme end"]


def frame(rig: XRig, **more: Any) -> dict[str, Any]:
    native_id = str(snowflake(rig.clock.now(), 700))
    post = {"id": native_id, "text": "@acme hello", "author_id": "7", "edit_history_tweet_ids": [native_id]}
    return {"data": {**post, **more}, "matching_rules": [{"id": rig.rules[0]["id"]}]} if rig.rules else {"data": post}


def writes(rig: XRig) -> list[Any]:
    return [json.loads(asked.body) for asked in rig.server.asked if asked.method == "POST"]


# rules


def test_a_rule_is_made_once_and_stands_after_a_restart(rig: XRig) -> None:
    listen(rig)
    assert writes(rig) == [{"add": [{"value": RULE, "tag": "listener:x-by-id"}]}]
    listen(rig)
    assert len(writes(rig)) == 1


def test_ours_that_changed_are_replaced_and_others_stay(rig: XRig) -> None:
    other = {"id": "1", "value": "coffee", "tag": "the marketing team's"}
    untagged = {"id": "2", "value": "tea"}
    rig.rules = [
        other,
        untagged,
        {"id": "3", "value": "@acme", "tag": "listener:x-by-id"},
        {"id": "4", "value": RULE, "tag": "listener:a source of another name"},
    ]
    listen(rig)
    assert rig.rules[:2] == [other, untagged]
    assert [(rule["value"], rule["tag"]) for rule in rig.rules[2:]] == [(RULE, "listener:x-by-id")]
    assert writes(rig)[0] == {"delete": {"ids": ["3", "4"]}}


def test_somebody_elses_rule_of_the_same_words_serves_us_and_stays(rig: XRig) -> None:
    rig.rules = [{"id": "1", "value": RULE, "tag": "theirs"}]
    stream = listen(rig)
    assert rig.publish(1) == ids([next(stream)])
    assert rig.rules == [{"id": "1", "value": RULE, "tag": "theirs"}]


def test_what_only_others_rules_let_through_is_paid_for_and_not_ours(rig: XRig) -> None:
    stream = listen(rig)
    body = {**frame(rig), "matching_rules": [{"id": "777", "tag": "theirs"}]}
    rig.say(json.dumps(body).encode() + b"\r\n", cost=POST)
    page = next(stream)
    assert (page.mentions, page.rejects, page.cursor) == ((), (), "")
    assert rig.purse.spent == POST


def test_a_rule_that_x_refuses_is_a_configuration_error_in_its_words(rig: XRig) -> None:
    rest = rig.server.script
    no = {"title": "UnprocessableEntity", "details": ["x"], "detail": "no viable alternative at input '('"}

    def refuse(asked: Asked) -> Reply:
        return told(errors=[no], meta={}) if asked.method == "POST" else rest(asked)

    rig.server.script = refuse
    with pytest.raises(ConfigError, match="no viable alternative"):
        listen(rig)


def test_a_rule_that_is_too_long_is_refused_before_anything_is_asked(rig: XRig) -> None:
    rig.options = {"query": "acme OR " * 150 + "acme"}
    with pytest.raises(ConfigError, match="1,024"):
        listen(rig)
    assert rig.server.asked == []


def test_mentions_are_streamed_by_handle_and_without_one_not_at_all() -> None:
    with (rig := XMentionsRig()).server:
        listen(rig)
        assert rig.rules[0]["value"] == "(@acme) -from:acme -is:retweet"
        connector = rig.build("x", {"user_id": "42", "api_base": rig.server.base}, ("bearer_token",))
        assert isinstance(connector, XConnector)
        with pytest.raises(ConfigError, match=r"options\.handles"):
            connector.stream("", rig.clock.now(), lambda: False)


def test_a_query_that_speaks_of_reposts_itself_is_taken_as_it_is(rig: XRig) -> None:
    rig.options = {"query": "@acme   -is:retweet"}
    listen(rig)
    assert rig.rules[0]["value"] == "@acme -is:retweet"


# frames


def test_posts_are_heard_with_their_authors_and_paid_for(rig: XRig) -> None:
    stream = listen(rig)
    wanted = rig.publish(1)
    page = next(stream)
    assert ids([page]) == wanted
    assert page.mentions[0].author.handle == "user0"
    assert rig.purse.spent == POST + USER


def test_a_burst_is_one_page(rig: XRig) -> None:
    connector = rig.build("x", {**rig.options, "api_base": rig.server.base, "gather_seconds": 10.0}, ("bearer_token",))
    assert isinstance(connector, XConnector)
    stream = connector.stream("", rig.clock.now(), lambda: False)
    next(stream)
    wanted = rig.publish(100)
    assert ids([next(stream)]) == wanted


def test_an_edit_keeps_the_key_of_its_first_version(rig: XRig) -> None:
    stream = listen(rig)
    rig.publish(1)
    first = next(stream).mentions[0]
    rig.edit(0, "@acme is early after all")
    edited = next(stream).mentions[0]
    assert edited.key == first.key
    assert edited.version > first.version
    assert edited.text == "@acme is early after all"
    assert edited.created_at == first.created_at


def test_the_names_of_2026_are_heard_too(rig: XRig) -> None:
    stream = listen(rig)
    native_id = str(snowflake(rig.clock.now(), 9))
    post = {
        "id": native_id,
        "text": "begins …",
        "note_post": {"text": "begins and ends @acme"},
        "edit_history_post_ids": ["1500000000000000000", native_id],
        "referenced_posts": [{"type": "replied_to", "id": "5"}],
    }
    rig.say(json.dumps({"data": post}).encode() + b"\r\n")
    (found,) = next(stream).mentions
    assert (found.key.native_id, found.text, found.parent) == ("1500000000000000000", "begins and ends @acme", "5")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{ half a frame", "no JSON object"),
        (b"\xff\xfe", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"data": []}', "post is a list"),
        (b'{"data": {"id": "x", "text": "y"}}', "not a post's number"),
        (b'{"data": {"id": "99"}}', "text is missing"),
        (b'{"meta": {}}', "without a post"),
        (b'{"errors": [{"title": "Not Found Error", "detail": "Could not find tweet"}]}', "Could not find tweet"),
        (b'{"errors": "many"}', "without a post"),
    ],
)
def test_a_frame_that_is_no_post_is_set_aside_and_the_stream_goes_on(line: bytes, reason: str, rig: XRig) -> None:
    pages = hear(rig, line)
    (reject,) = (reject for page in pages for reject in page.rejects)
    assert reason in reject.reason
    assert mentions_in(pages) == []


def test_a_post_with_partial_errors_beside_it_is_a_post(rig: XRig) -> None:
    listen(rig)
    body = {**frame(rig), "errors": [{"title": "Not Found Error", "resource_type": "user"}]}
    assert mentions_in(hear(rig, json.dumps(body).encode())) == ["@acme hello"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"errors": [{"title": "operational-disconnect", "type": f"{PROBLEMS}/operational-disconnect"}]}, Retry),
        ({"title": "ConnectionException", "connection_issue": "TooManyConnections"}, Retry),
        ({"errors": [{"title": "ConnectionException", "detail": "This stream is at its limit"}]}, Retry),
        ({"disconnect": {"code": 4, "reason": "stall"}}, Retry),
        ({"errors": [{"type": f"{PROBLEMS}/rate-limit-exceeded", "title": "x"}]}, RateLimited),
        ({"title": "Too Many Requests", "status": 429}, RateLimited),
        ({"errors": [{"type": f"{PROBLEMS}/usage-capped"}]}, RateLimited),
    ],
)
def test_what_x_says_when_it_ends_a_stream_is_named_by_recovery(
    body: dict[str, Any], error: type[ListenerError], rig: XRig
) -> None:
    stream = listen(rig)
    rig.publish(1)
    pages = [next(stream)]
    rig.say(json.dumps(body).encode() + b"\r\n")
    with pytest.raises(error) as caught:
        pages.extend(islice(stream, 3))
    assert isinstance(caught.value, RateLimited) == (error is RateLimited)
    assert len(mentions_in(pages)) == 1
    assert rig.purse.reserved == 0
    if error is RateLimited:
        asked = len([one for one in rig.server.asked if one.path.endswith("/stream")])
        with pytest.raises(RateLimited):
            listen(rig)
        assert len([one for one in rig.server.asked if one.path.endswith("/stream")]) == asked, "the wait is kept"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=401), Reauthorize),
        (Reply(status=403, body=b'{"detail": "no access"}'), NotPermitted),
        (Reply(status=409, body=b'{"title": "RuleConfigurationIssue"}'), Retry),
        (Reply(status=429, body=b'{"title": "ConnectionException"}'), RateLimited),
        (Reply(status=503), Retry),
        (Reply(status=302, headers={"location": "http://127.0.0.1:9/"}), Retry),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
def test_a_stream_that_is_refused_is_named_by_recovery(reply: Reply, error: type[ListenerError], rig: XRig) -> None:
    rest = rig.server.script
    rig.server.script = lambda asked: reply if asked.path.endswith("/stream") else rest(asked)
    with pytest.raises(error):
        listen(rig)
    assert (rig.purse.spent, rig.purse.reserved) == (0, 0)
    assert SECRET not in repr(rig.connector())


def test_a_stream_that_breaks_off_is_tried_again_and_gives_back_what_was_paid_ahead(rig: XRig) -> None:
    rest = rig.server.script
    rig.server.script = lambda asked: Live() if asked.path.endswith("/stream") else rest(asked)
    stream = listen(rig)
    with pytest.raises(Retry, match="ended the stream"):
        next(stream)
    assert rig.purse.reserved == 0


def test_fifty_connections_in_a_window_are_not_passed(rig: XRig) -> None:
    with pytest.raises(RateLimited):
        for _ in range(51):
            listen(rig).close()  # type: ignore[attr-defined]
    opened = [asked for asked in rig.server.asked if asked.path.endswith("/stream")]
    assert len(opened) == 45, "a tenth is kept back"


# cursors


def polled(rig: XRig, count: int = 2) -> str:
    rig.publish(count)
    return walk(rig)[-1].cursor


def test_a_poll_goes_on_from_where_the_stream_broke_off(rig: XRig) -> None:
    stream = listen(rig, polled(rig))
    heard = rig.publish(3)
    pages = [next(stream)]
    while not heard <= ids(pages):
        pages.append(next(stream))
    stream.close()  # type: ignore[attr-defined]
    rig.listening.clear()
    unheard = rig.publish(2)
    later = walk(rig, pages[-1].cursor)
    assert unheard <= ids(later)
    assert not {rig.native_id(0), rig.native_id(1)} & ids(later), "read again what was stored long ago"


def test_a_post_that_comes_a_little_out_of_order_is_not_passed_over(rig: XRig) -> None:
    stream = listen(rig, polled(rig))
    rig.publish(1)
    cursor = next(stream).cursor
    newest = rig.items[-1].at
    back = rig.clock.now() + rig.step - newest
    rig.listening.clear()
    late = rig.publish(1, back=back + rig.step / 2)
    assert late <= ids(walk(rig, cursor))


@pytest.mark.parametrize("state", ["nothing read yet", "a run half done"])
def test_where_the_past_is_still_to_be_read_the_stored_cursor_is_left_alone(state: str, rig: XRig) -> None:
    """To say that all before was heard would lose the rest of it."""
    cursor = ""
    if state == "a run half done":
        rig.publish(25)
        cursor = next(rig.connector().poll("", rig.clock.now())).cursor
    stream = listen(rig, cursor)
    rig.publish(1)
    assert next(stream).cursor == ""


def test_an_empty_line_is_an_empty_page_that_moves_nothing(rig: XRig) -> None:
    stream = listen(rig, polled(rig))
    rig.say(b"\r\n")
    page = next(stream)
    assert (page.mentions, page.cursor) == ((), "")


def test_stopping_ends_without_an_error(rig: XRig) -> None:
    stop: list[bool] = []
    connector = rig.connector()
    assert isinstance(connector, XConnector)
    stopping: Callable[[], bool] = lambda: bool(stop)  # noqa: E731
    stream = connector.stream("", rig.clock.now(), stopping)
    next(stream)
    stop.append(True)
    assert list(stream) == []
    assert rig.purse.reserved == 0

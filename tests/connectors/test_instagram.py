"""Instagram: comments with the replies they hold, tags in an order of their own, mentions told by webhook."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.connectors.instagram_posts import HIDDEN, MENTION, MENTIONED, ONLY_TAGGED
from listener.connectors.spool import Spool, event
from listener.domain.mention import Mention, Page
from listener.domain.platform import Fate, Refused, Sent
from listener.errors import ConfigError, NotPermitted, RateLimited
from tests.builders import NOON, mention
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs_meta import ACCOUNT, HANDLE, InstagramRig, InstagramTaggedRig, gone, refused, stamp, told
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[InstagramRig]:
    with (rig := InstagramRig()).server:
        rig.folder = tmp_path
        yield rig


@pytest.fixture
def tagged() -> Iterator[InstagramTaggedRig]:
    with (rig := InstagramTaggedRig()).server:
        yield rig


def mentions(pages: list[Page]) -> dict[str, Mention]:
    return {mention.key.native_id: mention for page in pages for mention in page.mentions}


def reply(number: int, at: Any, **more: Any) -> dict[str, Any]:
    said = {"id": f"1795{number}", "text": "@acme me too", "username": "ben", "from": {"id": "7", "username": "ben"}}
    return {**said, "timestamp": stamp(at), **more}


# Polling


def test_a_comment_bears_its_posts_address_and_a_reply_what_it_answers(rig: InstagramRig) -> None:
    rig.publish(1)
    rig.own[rig.native_id(0)] = [reply(1, NOON)]
    found = mentions(walk(rig))
    first, second = found[rig.native_id(0)], found["17951"]
    assert (first.url, first.thread, first.parent) == (
        "https://www.instagram.com/p/C0/",
        rig.post_id(0),
        rig.post_id(0),
    )
    assert (second.parent, second.thread, second.author.native_id) == (rig.native_id(0), rig.post_id(0), "7")
    assert (first.author.native_id, first.author.handle) == ("6661", "ann")


@pytest.mark.parametrize(
    "own", [{"username": HANDLE, "from": {}}, {"user": {"id": ACCOUNT}}, {"from": {"id": ACCOUNT}}]
)
def test_what_the_account_says_itself_is_no_mention(rig: InstagramRig, own: dict[str, Any]) -> None:
    rig.publish(1)
    rig.own[rig.native_id(0)] = [reply(1, NOON, **own)]
    assert ids(walk(rig)) == {rig.native_id(0)}


def test_a_late_reply_below_an_old_comment_is_found_by_the_number_of_comments(rig: InstagramRig) -> None:
    rig.publish(25)
    cursor = walk(rig)[-1].cursor
    rig.clock.sleep(86_400)
    cursor = walk(rig, cursor)[-1].cursor
    rig.own[rig.native_id(1)] = [reply(1, rig.clock.now())]
    pages = walk(rig, cursor)
    assert "17951" in ids(pages)
    rig.server.asked.clear()
    walk(rig, pages[-1].cursor)
    below = [asked.path for asked in rig.server.asked if asked.path.endswith("/comments")]
    assert len(below) <= 1, "once is enough"


def test_more_replies_than_a_comment_shows_are_listed(rig: InstagramRig) -> None:
    rig.publish(1)
    replies = [reply(number, NOON) for number in range(23)]
    rig.own[rig.native_id(0)] = replies
    fields = rig.fields

    def few(item: Any) -> dict[str, Any]:
        address = f"https://graph.facebook.com/v25.0/{rig.native_id(0)}/replies?after=10"
        return {**fields(item), "replies": {"data": replies[:10], "paging": {"next": address}}}

    rig.fields = few  # type: ignore[method-assign]
    found = mentions(walk(rig))
    assert len(found) == 24
    assert found["179522"].parent == rig.native_id(0)


def test_hidden_comments_are_read_and_not_answered(rig: InstagramRig) -> None:
    fields = rig.fields
    rig.fields = lambda item: {**fields(item), "hidden": True}  # type: ignore[method-assign]
    rig.publish(1)
    (found,) = mentions(walk(rig)).values()
    assert (found.can_reply, found.reply_note) == (False, HIDDEN)


def test_a_photo_of_long_ago_that_is_tagged_today_is_found(tagged: InstagramTaggedRig) -> None:
    tagged.publish(12)
    cursor = walk(tagged)[-1].cursor
    wanted = tagged.publish(1, back=timedelta(days=900))
    assert wanted <= ids(walk(tagged, cursor))


def test_tags_end_at_a_page_that_is_known(tagged: InstagramTaggedRig) -> None:
    tagged.publish(40)
    cursor = walk(tagged)[-1].cursor
    tagged.server.asked.clear()
    walk(tagged, cursor)
    assert [asked.path.rpartition("/")[2] for asked in tagged.server.asked] == ["tags", ACCOUNT]


def test_tags_of_a_walk_that_was_cut_are_met_again(tagged: InstagramTaggedRig) -> None:
    tagged.publish(3)
    cursor = walk(tagged)[-1].cursor
    wanted = tagged.publish(13)
    first = next(iter(tagged.connector().poll(cursor, tagged.clock.now())))
    assert wanted <= ids([first, *walk(tagged, first.cursor)])


def test_the_first_walk_through_tags_ends_at_its_hours(tagged: InstagramTaggedRig) -> None:
    tagged.publish(30, back=timedelta(days=10))
    wanted = tagged.publish(7)
    assert ids(walk(tagged)) == wanted
    asked = [asked for asked in tagged.server.asked if asked.path.endswith("/tags")]
    assert len(asked) == 3


def test_what_only_tags_the_account_is_not_answered(tagged: InstagramTaggedRig) -> None:
    tagged.publish(1)
    (found,) = mentions(walk(tagged)).values()
    outcome = tagged.connector().reply(found, "Thanks!", "k", tagged.clock.now())  # type: ignore[attr-defined]
    assert outcome == Refused(reason=ONLY_TAGGED)
    assert not any(asked.method == "POST" for asked in tagged.server.asked)


def test_options_that_are_wrong_are_refused(rig: InstagramRig) -> None:
    for options in ({"account_id": HANDLE}, {"account_id": ACCOUNT, "read": ["ratings"]}):
        rig.options = options
        with pytest.raises(ConfigError):
            rig.connector()


# What the webhook tells


def tell(rig: InstagramRig, field: str, value: Any) -> None:
    assert rig.folder is not None
    now = rig.clock.now()
    entry: dict[str, object] = {"time": int(now.timestamp())}
    Spool(rig.folder, rig.name).append([event(entry, {"field": field, "value": value}, "instagram", now)], now)


def test_a_comment_that_is_told_of_is_read_from_the_event(rig: InstagramRig) -> None:
    value = {"id": "17951", "text": "@acme hi", "from": {"id": "7", "username": "ben"}, "media": {"id": "18001"}}
    tell(rig, "comments", value)
    tell(rig, "live_comments", {**value, "id": "17952", "parent_id": "17951"})
    tell(rig, "comments", {**value, "id": "17953", "from": {"id": "9", "self_ig_scoped_id": "9"}})
    found = mentions(walk(rig))
    assert set(found) == {"17951", "17952"}
    assert (found["17951"].created_at, found["17951"].thread) == (NOON, "18001")
    assert found["17952"].parent == "17951"


def names_us(rig: InstagramRig, field: str, record: dict[str, Any] | None) -> None:
    """What is answered when a mention is asked for."""
    read = rig.read

    def with_it(asked: Asked, native_id: str, edge: str = "") -> Reply:
        if not asked.query.get("fields", "").startswith(field):
            return read(asked, native_id, edge)
        return gone(ACCOUNT) if record is None else told({field.partition(".")[0]: record, "id": ACCOUNT})

    rig.read = with_it  # type: ignore[method-assign]


def test_a_mention_in_a_comment_is_asked_for_and_answered_where_it_stands(rig: InstagramRig) -> None:
    record = {
        "id": "17967",
        "text": "@acme good",
        "timestamp": stamp(NOON),
        "username": "cat",
        "media": {"id": "18999"},
    }
    names_us(rig, "mentioned_comment.comment_id(17967)", record)
    tell(rig, "mentions", {"media_id": "18999", "comment_id": "17967"})
    found = mentions(walk(rig))["17967"]
    assert (found.text, found.author.handle, found.ref) == ("@acme good", "cat", f"{MENTIONED}18999")
    forms: list[tuple[str, dict[str, str]]] = []

    def take(path: str, form: dict[str, str]) -> Reply:
        forms.append((path, {key: value for key, value in form.items() if key != "appsecret_proof"}))
        return told({"id": "1"})

    rig.write = take  # type: ignore[method-assign]
    sent = rig.connector().reply(found, "Thanks!", "k", NOON)  # type: ignore[attr-defined]
    assert isinstance(sent, Sent)
    form = {"media_id": "18999", "comment_id": "17967", "message": "Thanks!"}
    assert forms == [(f"{ACCOUNT}/mentions", form)]


def test_a_mention_in_a_caption_is_asked_for(rig: InstagramRig) -> None:
    record = {
        "id": "17889",
        "caption": "@acme hey",
        "timestamp": stamp(NOON),
        "permalink": "https://www.instagram.com/p/x/",
    }
    names_us(rig, "mentioned_media.media_id(17889)", record)
    tell(rig, "mentions", {"media_id": "17889"})
    found = mentions(walk(rig))["17889"]
    assert (found.ref, found.can_reply, found.url) == (MENTION, True, "https://www.instagram.com/p/x/")


def test_a_mention_that_is_gone_by_then_is_set_aside_with_why(rig: InstagramRig) -> None:
    names_us(rig, "mentioned_comment", None)
    tell(rig, "mentions", {"media_id": "1", "comment_id": "2"})
    (reject,) = [reject for page in walk(rig) for reject in page.rejects]
    assert "gone" in reject.reason


def test_a_mention_waits_for_a_window_to_end_and_is_not_lost(rig: InstagramRig) -> None:
    record = {"id": "2", "text": "@acme", "timestamp": stamp(NOON), "username": "cat"}
    names_us(rig, "mentioned_comment.comment_id(2)", record)
    tell(rig, "mentions", {"media_id": "1", "comment_id": "2"})
    rig.server.fault = refused(4, "limit reached")
    with pytest.raises(RateLimited):
        walk(rig)
    rig.server.fault = None
    rig.clock.sleep(3600)
    assert ids(walk(rig)) == {"2"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mentions", {"media_id": "1){id},x(", "comment_id": "2"}),
        ("mentions", {"media_id": "1", "comment_id": "../me"}),
        ("mentions", {}),
        ("comments", []),
        ("stories", {"id": "1"}),
    ],
)
def test_an_event_that_is_not_known_is_set_aside_and_asks_nothing(rig: InstagramRig, field: str, value: Any) -> None:
    rig.options = {**rig.options, "read": []}
    tell(rig, field, value)
    (reject,) = [reject for page in walk(rig) for reject in page.rejects]
    assert reject.reason
    assert rig.server.asked == []


def test_private_messages_and_numbers_are_passed_over(rig: InstagramRig) -> None:
    for field in ("messages", "story_insights"):
        tell(rig, field, {"message": {"text": "psst"}})
    assert not any(page.rejects or page.mentions for page in walk(rig))


# Looking again, and answers


def test_tags_that_are_listed_no_more_are_gone_only_where_others_are_listed(tagged: InstagramTaggedRig) -> None:
    tagged.publish(4)
    found = list(mentions(walk(tagged)).values())
    tagged.delete(1)
    told = {one.key.native_id: one.fate for one in tagged.connector().recheck(found, NOON)}  # type: ignore[attr-defined]
    assert [one for one, fate in told.items() if fate is Fate.DELETED] == [tagged.native_id(1)]
    tagged.gone |= {0, 2, 3}
    assert tagged.connector().recheck(found, NOON) == []  # type: ignore[attr-defined]


def test_a_mention_that_is_not_shown_counts_as_gone_only_beside_one_that_is(rig: InstagramRig) -> None:
    there = mention(platform="instagram", native_id="2", ref=f"{MENTIONED}1")
    lost = mention(platform="instagram", native_id="3", ref=f"{MENTIONED}1")
    names_us(rig, "mentioned_comment.comment_id(3)", None)
    assert rig.connector().recheck([lost], NOON) == []  # type: ignore[attr-defined]
    record = {"id": "2", "text": "@acme", "timestamp": stamp(NOON), "username": "cat"}
    names_us(rig, "mentioned_comment.comment_id(2)", record)
    fates = [one.fate for one in rig.connector().recheck([there, lost], NOON)]  # type: ignore[attr-defined]
    assert fates == [Fate.ALIVE, Fate.DELETED]


def test_a_reply_is_answered_in_its_thread(rig: InstagramRig) -> None:
    rig.publish(1)
    within = mention(
        platform="instagram", native_id="9", thread="18", parent=rig.native_id(0), ref="comment", can_reply=True
    )
    rig.connector().reply(within, "Sorry!", "k", NOON)  # type: ignore[attr-defined]
    assert rig.answered == [(rig.native_id(0), "Sorry!")]


def test_an_answer_under_somebody_elses_post_is_found_or_in_doubt(rig: InstagramRig) -> None:
    to = mention(platform="instagram", native_id="17889", ref=MENTION, can_reply=True)
    ours = {"id": "5", "text": "Thanks!", "username": HANDLE, "timestamp": stamp(NOON)}
    names_us(rig, "mentioned_media.media_id(17889)", {"id": "17889", "comments": {"data": [ours]}})
    found = rig.connector().find_sent(to, "Thanks!", NOON, NOON)  # type: ignore[attr-defined]
    assert found is not None
    assert found.key.native_id == "5"
    with pytest.raises(NotPermitted):
        rig.connector().find_sent(to, "Something else", NOON, NOON)  # type: ignore[attr-defined]


def test_check_tells_who_the_account_is(rig: InstagramRig) -> None:
    assert rig.connector().check() == "@acme may be read, and answers go out as it"


def test_the_cursor_stays_small(rig: InstagramRig) -> None:
    rig.publish(5)
    state = json.loads(walk(rig)[-1].cursor)
    assert set(state) == {"v", "spool", "comments"}
    assert set(state["comments"]) == {"high", "counts"}

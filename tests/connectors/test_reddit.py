"""Reddit through the real praw: what a thing becomes, how listings are walked, where credentials go."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import praw
import pytest

from listener.connectors.reddit_things import Reading, read_thing
from listener.domain.mention import Mention, MentionKey, Page
from listener.errors import ConfigError, NotPermitted, RateLimited, Reauthorize
from tests.builders import NOON
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs import SECRET
from tests.contracts.rigs_reddit import ACCOUNT, AGENT, RedditRig
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[RedditRig]:
    with (rig := RedditRig()).server:
        yield rig


def show(rig: RedditRig, kind: str = "t3", **data: Any) -> Page:
    """The page on which one thing is published."""
    rig.items.clear()
    rig.publish(1)
    item = rig.items[0]
    raw = json.dumps({"kind": kind, "data": {**rig.fields(item)["data"], **data}})
    rig.items[0] = type(item)(number=0, at=item.at, text="", raw=raw)
    (page,) = walk(rig)
    return page


def only(rig: RedditRig, kind: str = "t3", **data: Any) -> Mention:
    (found,) = show(rig, kind, **data).mentions
    return found


# what a thing becomes


def test_a_submission_is_its_title_and_text(rig: RedditRig) -> None:
    found = only(rig, title="Broken", selftext="It *is*", score=-4, num_comments=7, author_fullname="t2_a")
    assert (found.text, found.key.native_id, found.thread) == ("Broken\n\nIt *is*", "t3_000000", "t3_000000")
    assert (found.metrics.likes, found.metrics.replies, found.author.native_id) == (0, 7, "t2_a")
    assert found.url == "https://www.reddit.com/r/acme/comments/000000/about/"


def test_a_comment_knows_its_thread_and_parent(rig: RedditRig) -> None:
    found = only(rig, "t1", title=None, name="t1_x", body="me too", link_id="t3_a", parent_id="t1_b")
    assert (found.thread, found.parent) == ("t3_a", "t1_b")


def test_a_link_without_words_is_its_title(rig: RedditRig) -> None:
    assert only(rig, title="Look", selftext="").text == "Look"


def test_what_was_deleted_or_removed_is_reported_as_deleted(rig: RedditRig) -> None:
    for marks in ({"author": "[deleted]", "selftext": "[deleted]"}, {"author": None, "selftext": "[removed]"}):
        page = show(rig, **marks)
        assert page.deleted == (MentionKey(platform="reddit", native_id="t3_000000"),)
        assert (page.mentions, page.rejects) == ((), ())


def test_a_deleted_account_leaves_its_words(rig: RedditRig) -> None:
    found = only(rig, author="[deleted]", selftext="still here")
    assert (found.author.handle, found.author.native_id) == ("", "nameless-t3_000000")


def test_a_crosspost_is_a_repost_and_an_edit_a_version(rig: RedditRig) -> None:
    assert only(rig, crosspost_parent="t3_z").is_repost
    assert only(rig, edited=1772452800.0).version == "1772452800"
    assert only(rig, edited=False).version == ""


def test_raw_is_kept_only_where_it_is_wanted(rig: RedditRig) -> None:
    """Reddit wants what users delete deleted here too."""
    assert only(rig).raw == ""


def test_a_permalink_cannot_lead_elsewhere(rig: RedditRig) -> None:
    assert only(rig, permalink="//evil.example/r/").url == ""
    assert only(rig, permalink="@evil.example/").url == ""


def test_what_is_removed_says_so_in_more_than_one_way(rig: RedditRig) -> None:
    """A removed submission keeps its author and title; a deleted link has no text at all."""
    for marks in (
        {"selftext": "[removed]"},
        {"selftext": "", "author": "[deleted]", "removed_by_category": "deleted"},
        {"selftext": "still shown to us", "removed_by_category": "moderator"},
    ):
        assert len(show(rig, **marks).deleted) == 1, marks
    assert show(rig, "t1", title=None, body="[ Removed by Reddit ]").deleted
    assert only(rig, "t1", title=None, body="[deleted]").text == "[deleted]", "somebody's words"


def test_what_moderators_have_yet_to_see_is_neither_read_nor_gone(rig: RedditRig) -> None:
    page = show(rig, selftext="[removed]", removed_by_category="automod_filtered")
    assert (page.mentions, page.deleted, page.rejects) == ((), (), ())


def test_an_account_that_is_gone_is_a_change_of_what_it_wrote(rig: RedditRig) -> None:
    """Who it was must be forgotten here, so the store must see it as an edit."""
    assert only(rig, author="[deleted]", author_fullname="t2_a").version == "nameless"
    found = only(rig, author=None, edited=1772452800.0)
    assert (found.version, found.author.native_id) == ("1772452800-nameless", "nameless-t3_000000")


def test_without_an_account_nothing_can_be_replied_to(rig: RedditRig) -> None:
    found = only(rig)
    assert (found.can_reply, found.reply_note) == (False, "no Reddit account is configured")


NOT_ASKED = (False, "its author neither mentioned nor answered the configured account")
OPEN = (True, "through the configured account")


def seen_by(account: str, **data: Any) -> tuple[bool, str]:
    """Whether `account` may answer a comment, and why or why not."""
    fields = {"name": "t1_a", "author": "ann", "body": "acme is late", "created_utc": 1772452800.0, **data}
    reading = Reading(now=NOON, account=account, keep_raw=False)
    found = read_thing({"kind": "t1", "data": fields}, reading)
    return found.can_reply, found.reply_note


@pytest.mark.parametrize(
    ("data", "answerable"),
    [
        ({}, NOT_ASKED),
        ({"body": "hey u/Acme-Help, where is it"}, OPEN),
        ({"body": "/u/acme-help?"}, OPEN),
        ({"body": "u/acme-helpless"}, NOT_ASKED),
        ({"body": "see reddit.com/u/acme-help"}, NOT_ASKED),
        ({"body": "> u/acme-help said\n\nnobody asked"}, NOT_ASKED),
        ({"type": "username_mention"}, OPEN),
        ({"type": "comment_reply"}, OPEN),
        ({"type": "post_reply"}, OPEN),
        ({"type": "unknown"}, NOT_ASKED),
        ({"link_author": "Acme-Help", "link_id": "t3_a", "parent_id": "t3_a"}, OPEN),
        ({"link_author": "Acme-Help", "link_id": "t3_a", "parent_id": "t1_b"}, NOT_ASKED),
        ({"type": "comment_reply", "locked": True}, (False, "the thread is locked or archived")),
        ({"type": "comment_reply", "archived": True}, (False, "the thread is locked or archived")),
        ({"body": "u/acme-help", "author": "Acme-Help"}, (False, "the configured account wrote it itself")),
    ],
)
def test_only_who_wrote_to_the_account_is_answered(data: dict[str, Any], answerable: tuple[bool, str]) -> None:
    assert seen_by("acme-help", **data) == answerable


# how listings are walked


def test_a_pinned_old_thing_does_not_end_a_walk(rig: RedditRig) -> None:
    rig.publish(1, back=timedelta(days=3))
    pinned = rig.items[0]
    cursor = walk(rig)[-1].cursor
    wanted = rig.publish(120)
    rig.newest_first = lambda: [pinned, *sorted(rig.items[1:], key=lambda item: item.number, reverse=True)]  # type: ignore[method-assign]
    assert wanted <= ids(walk(rig, cursor))


def test_a_burst_beyond_what_reddit_lists_leaves_a_gap(rig: RedditRig) -> None:
    rig.publish(1)
    before = walk(rig)[-1]
    rig.publish(1500)
    newest = rig.newest_first()[:1000]
    rig.newest_first = lambda: newest  # type: ignore[method-assign]
    pages = walk(rig, before.cursor)
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert len(ids(pages)) == 1000
    assert gap.until == min(mention.created_at for page in pages for mention in page.mentions)
    assert gap.since <= before.mentions[0].created_at


def test_each_listing_has_its_own_cursor_and_the_last_ends_the_poll(rig: RedditRig) -> None:
    rig.publish(2)
    options = {
        "query": "acme",
        "subreddits": ["a", "b"],
        "user_agent": AGENT,
        "api_base": rig.server.base,
        **rig.limits,
    }
    connector = rig.build("reddit", options, ("client_id", "client_secret"))
    pages = walk(rig, connector=connector)
    assert [page.done for page in pages] == [False, True]
    assert {"/r/all/search/", "/r/a+b/comments/"} <= {asked.path for asked in rig.server.asked}
    assert len(json.loads(pages[-1].cursor)["streams"]) == 2


def test_another_query_starts_afresh(rig: RedditRig) -> None:
    wanted = rig.publish(3)
    cursor = walk(rig)[-1].cursor
    options = {"query": "other", "user_agent": AGENT, "api_base": rig.server.base, **rig.limits}
    other = rig.build("reddit", options, ("client_id", "client_secret"))
    assert wanted <= ids(walk(rig, cursor, other))


def test_an_inbox_is_mentions_and_both_kinds_of_answers_and_is_read_first(rig: RedditRig) -> None:
    options = {"inbox": True, "query": "acme", "user_agent": AGENT, "api_base": rig.server.base, **rig.limits}
    walk(rig, connector=rig.build("reddit", options, ACCOUNT))
    inbox = ["/message/mentions", "/message/comments/", "/message/selfreply/"]
    assert [asked.path for asked in rig.server.asked][1:] == [*inbox, "/r/all/search/"]


def test_a_search_reaches_back_as_far_as_it_must(rig: RedditRig) -> None:
    rig.publish(1)
    cursor = walk(rig)[-1].cursor
    assert rig.server.asked[-1].query["t"] == "week"
    rig.clock.sleep(20 * 86400)
    walk(rig, cursor)
    assert rig.server.asked[-1].query["t"] == "month", "what was posted since would not be shown"


# credentials, refusals, pace


def test_a_praw_ini_in_the_working_directory_redirects_nothing(
    rig: RedditRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "http://127.0.0.1:9/evil"
    account = "username=mallory\npassword=x\nclient_id=m\nrefresh_token=r\n"
    ini = f"[DEFAULT]\noauth_url={evil}\nreddit_url={evil}\n{account}[evil]\nx=y\n"
    (tmp_path / "praw.ini").write_text(ini)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("praw_site", "evil")
    monkeypatch.setenv("PRAW_ALLOW_ENDPOINT_OVERRIDE", "1")
    monkeypatch.setattr(praw.config.Config, "CONFIG", None)
    assert rig.publish(2) <= ids(walk(rig))
    assert rig.server.asked[0].path == "/api/v1/access_token"
    assert "grant_type=client_credentials" in rig.server.asked[0].body, "another's account was used"


def test_a_401_without_the_usual_header_is_still_a_401(rig: RedditRig) -> None:
    """prawcore raises a bare KeyError there."""
    rig.server.fault = Reply(status=401)
    with pytest.raises(Reauthorize):
        walk(rig)


def test_a_token_revoked_before_its_time_is_asked_for_anew(rig: RedditRig) -> None:
    wanted, rest, refusals = rig.publish(2), rig.server.script, [Reply(status=401)]

    def refuse_once(asked: Asked) -> Reply:
        return refusals.pop() if refusals and "search" in asked.path else rest(asked)

    rig.server.script = refuse_once
    assert wanted <= ids(walk(rig))
    assert [asked.path for asked in rig.server.asked].count("/api/v1/access_token") == 2


def test_refused_credentials_say_so(rig: RedditRig) -> None:
    rig.server.script = lambda _: Reply(
        body=b'{"error": "invalid_grant"}', headers={"content-type": "application/json"}
    )
    with pytest.raises(Reauthorize, match="invalid_grant"):
        walk(rig)
    rig.server.script = lambda _: Reply(status=401)
    with pytest.raises(Reauthorize):
        walk(rig)


def test_a_subreddit_that_does_not_exist_is_a_configuration_error(rig: RedditRig) -> None:
    rig.server.fault = Reply(status=302, headers={"Location": "/subreddits/search"})
    with pytest.raises(ConfigError, match="knows nothing"):
        walk(rig)


def test_a_private_subreddit_is_not_permitted(rig: RedditRig) -> None:
    rig.server.fault = Reply(status=403, body=b'{"reason": "private", "error": 403}')
    with pytest.raises(NotPermitted, match="private"):
        walk(rig)


def paced(rig: RedditRig, **headers: str) -> None:
    rest = rig.server.script

    def answer(asked: Asked) -> Reply:
        reply = rest(asked)
        named = {f"x-ratelimit-{name}": value for name, value in headers.items()}
        return Reply(body=reply.body, headers={**reply.headers, **named})

    rig.server.script = answer


def test_a_tenth_of_a_window_is_kept_for_replies_and_nothing_is_slept_on(rig: RedditRig) -> None:
    rig.publish(250)
    paced(rig, remaining="10.0", used="590", reset="60")
    before = rig.clock.now()
    with pytest.raises(RateLimited) as caught:
        walk(rig)
    assert rig.clock.now() == before
    assert caught.value.until == before + timedelta(seconds=60)


def test_a_small_window_of_reddits_is_no_large_one_used_up(rig: RedditRig) -> None:
    """What is left is a share of what is used and left, not of the thousand that the documents name."""
    wanted = rig.publish(250)
    paced(rig, remaining="58", used="2", reset="60")
    assert wanted == ids(walk(rig))


def test_sources_of_one_app_share_its_calls(rig: RedditRig) -> None:
    rig.publish(2)
    paced(rig, remaining="0", used="600", reset="300")
    with pytest.raises(RateLimited):
        walk(rig)
    asked = len(rig.server.asked)
    options = {"subreddits": ["a", "b"], "user_agent": AGENT, "api_base": rig.server.base, **rig.limits}
    with pytest.raises(RateLimited, match="nothing left to read"):
        walk(rig, connector=rig.build("reddit", options, ("client_id", "client_secret")))
    assert len(rig.server.asked) == asked


def test_a_used_up_window_is_given_back_to_the_run(rig: RedditRig) -> None:
    rig.publish(250)
    paced(rig, remaining="0", used="600", reset="300")
    with pytest.raises(RateLimited) as caught:
        walk(rig)
    assert timedelta(seconds=290) < caught.value.until - rig.clock.now() <= timedelta(seconds=300)


@pytest.mark.parametrize("reset", ["soon", "99999999999999"])
def test_rate_headers_that_make_no_sense_hold_nothing_up_for_long(reset: str, rig: RedditRig) -> None:
    rig.publish(250)
    paced(rig, remaining="0", used="1", reset=reset)
    before = rig.clock.now()
    with suppress(RateLimited):
        walk(rig)
    assert rig.clock.now() - before < timedelta(seconds=11), "slept on it"


def test_check_reads_without_an_account_and_names_one_it_has(rig: RedditRig) -> None:
    rig.publish(1)
    assert rig.connector().check() == "read-only, without an account"
    options = {"inbox": True, "user_agent": AGENT, "api_base": rig.server.base, **rig.limits}
    rest = rig.server.script
    rig.server.script = lambda asked: Reply(body=b'{"name": "acme"}') if asked.path.endswith("/me") else rest(asked)
    assert rig.build("reddit", options, ACCOUNT).check() == "u/acme"
    assert SECRET not in "".join(asked.path for asked in rig.server.asked)

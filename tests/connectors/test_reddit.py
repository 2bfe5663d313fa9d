"""Reddit through the real praw: what a thing becomes, how listings are walked, where credentials go."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import praw
import pytest

from listener.clock import VirtualClock
from listener.domain.mention import Mention, MentionKey, Page
from listener.errors import ConfigError, NotPermitted, RateLimited, Reauthorize
from tests.builders import NOON
from tests.connectors.recordings import replayed
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs import SECRET
from tests.contracts.rigs_reddit import RedditRig
from tests.contracts.server import Asked, Reply

ACCOUNT = ("client_id", "client_secret", "username", "password")
AGENT = "lab:listener:0.1 (by /u/lab)"
UNRECORDED = ("limit", "sort", "t", "restrict_sr", "raw_json", "syntax")


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
        assert page.mentions == page.rejects == ()


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


def test_without_an_account_nothing_can_be_replied_to(rig: RedditRig) -> None:
    found = only(rig)
    assert (found.can_reply, found.reply_note) == (False, "no Reddit account is configured")


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


def test_calls_are_spread_on_our_clock(rig: RedditRig) -> None:
    rig.publish(250)
    paced(rig, remaining="10", used="590", reset="60")
    before = rig.clock.now()
    walk(rig)
    assert timedelta() < rig.clock.now() - before <= timedelta(seconds=30)


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


# recorded answers


def test_a_recorded_search_comes_through_praw_whole(shared: Path) -> None:
    now = datetime(2016, 7, 1, tzinfo=UTC)
    with (
        (rig := RedditRig()).server,
        replayed(shared, "reddit/TestSubreddit.test_search.json", ignore=UNRECORDED) as (base, _),
    ):
        rig.clock = VirtualClock(now)
        options = {"query": "praw oauth search", "syntax": "cloudsearch", "user_agent": AGENT, "api_base": base}
        pages = walk(rig, connector=rig.build("reddit", options, ("client_id", "client_secret")))
    assert len(ids(pages)) == 6
    assert pages[0].rejects == ()


def test_recorded_mentions_come_through_praw_with_their_threads(shared: Path) -> None:
    now = datetime(2025, 7, 1, tzinfo=UTC)
    with (
        (rig := RedditRig()).server,
        replayed(shared, "reddit/TestInbox.test_mentions.json", ignore=UNRECORDED) as (base, log),
    ):
        rig.clock = VirtualClock(now)
        options = {"inbox": True, "user_agent": AGENT, "api_base": base}
        pages = walk(rig, connector=rig.build("reddit", options, ACCOUNT))
    found = [mention for page in pages for mention in page.mentions]
    assert len(found) == 16
    assert {mention.can_reply for mention in found} == {True}
    assert found[0].thread == "t3_bb24k7"
    assert found[0].url.startswith("https://www.reddit.com/r/RemovedByBotter/comments/bb24k7/")
    assert [uri.partition("?")[0] for _, uri in log.log] == ["/api/v1/access_token", "/message/mentions"]


def test_a_comment_deleted_in_a_recording_is_a_deletion(shared: Path) -> None:
    with replayed(shared, "reddit/TestComment.test_refresh__deleted_comment.json", ignore=UNRECORDED) as (_, tape):
        _, _, body = tape.answer("GET", "https://oauth.reddit.com/api/info/?id=t1_d7ltvl0")
    with (rig := RedditRig()).server:
        rig.clock = VirtualClock(NOON)
        rest = rig.server.script
        rig.server.script = lambda asked: Reply(body=body) if "search" in asked.path else rest(asked)
        (page,) = walk(rig)
    assert [key.native_id for key in page.deleted] == ["t1_d7ltvl0"]

"""Feeds: fetched politely, parsed whatever their faults, never a way into the local network."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.mention import Page
from listener.errors import ConfigError, ListenerError, NotPermitted, RateLimited, Retry
from listener.ports import Connector
from tests.connectors.into_store import kept
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs_web import FeedRig
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[FeedRig]:
    with (rig := FeedRig()).server:
        yield rig


def shown(rig: FeedRig, body: str | bytes, **headers: str) -> Page:
    """The page made of a feed with this body."""
    wire = body.encode() if isinstance(body, str) else body
    rig.server.script = lambda _: Reply(body=wire, headers=headers)
    (page,) = walk(rig)
    return page


def rss(*items: str) -> str:
    return (
        f'<rss version="2.0"><channel><title>News</title>{"".join(f"<item>{i}</item>" for i in items)}</channel></rss>'
    )


# what an entry becomes


def test_an_entry_is_its_title_and_body_without_markup(rig: FeedRig) -> None:
    body = "&lt;p&gt;It &lt;b&gt;broke&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;p&gt;Twice &amp;amp; more"
    (found,) = shown(
        rig, rss(f"<title>Acme</title><description>{body}</description><link>http://a.example/1</link>")
    ).mentions
    assert found.text == "Acme\n\nIt broke\n\nTwice & more"
    assert (found.key.native_id, found.url) == ("http://a.example/1", "http://a.example/1")


def test_a_title_that_the_body_repeats_is_left_out(rig: FeedRig) -> None:
    (found,) = shown(rig, rss("<title>It broke</title><description>It broke again</description>")).mentions
    assert found.text == "It broke again"


def test_entries_without_id_and_link_are_told_apart_by_their_words(rig: FeedRig) -> None:
    page = shown(
        rig, rss("<title>a</title>", "<title>b</title>", "<description>c</description>", "<description>d</description>")
    )
    assert len(ids([page])) == 4


def test_an_entry_without_a_date_or_from_the_future_counts_from_now(rig: FeedRig) -> None:
    page = shown(rig, rss("<title>a</title>", "<title>b</title><pubDate>Tue, 01 Jan 2099 00:00:00 GMT</pubDate>"))
    assert {mention.created_at for mention in page.mentions} == {rig.clock.now()}


def test_an_address_that_is_not_http_is_not_kept(rig: FeedRig) -> None:
    (found,) = shown(rig, rss("<title>a</title><guid>g</guid><link>javascript:alert(1)</link>")).mentions
    assert found.url == ""


def test_a_relative_link_is_made_whole_and_an_id_left_alone(rig: FeedRig) -> None:
    (found,) = shown(rig, rss("<title>a</title><guid>g</guid><link>/posts/1</link>")).mentions
    assert (found.url, found.key.native_id) == (f"{rig.server.base}/posts/1", "g")


def test_reddits_rss_gives_its_fullnames_and_authors(rig: FeedRig) -> None:
    """The keyless way to Reddit: with platform = reddit its posts are those of the API."""
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>acme</title><entry><author><name>/u/ann</name>'
        '<uri>https://www.reddit.com/user/ann</uri></author><content type="html">&lt;div&gt;&lt;p&gt;It broke'
        '&lt;/p&gt;&lt;/div&gt;</content><id>t3_1abc</id><link href="https://www.reddit.com/r/a/comments/1abc/x/" />'
        "<updated>2026-03-02T11:00:00+00:00</updated><title>Help</title></entry></feed>"
    )
    rig.server.script = lambda _: Reply(body=atom.encode())
    connector = rig.build("feed", {"url": rig.server.base, "platform": "reddit", "allow_private": True, **rig.limits})
    (page,) = walk(rig, connector=connector)
    (found,) = page.mentions
    assert (found.key.platform, found.key.native_id, found.author.handle) == ("reddit", "t3_1abc", "ann")
    assert found.text == "Help\n\nIt broke"


# how it is fetched


def test_an_unchanged_feed_is_not_sent_again(rig: FeedRig) -> None:
    rig.publish(3)
    rest = rig.server.script

    def conditional(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"v1"' and asked.headers.get("if-modified-since") == "yesterday":
            return Reply(status=304)
        return Reply(body=rest(asked).body, headers={"ETag": '"v1"', "Last-Modified": "yesterday"})

    rig.server.script = conditional
    first = walk(rig)[-1]
    (second,) = walk(rig, first.cursor)
    assert second.mentions == ()
    (third,) = walk(rig, second.cursor)
    assert third.mentions == (), "the validators were forgotten"


def test_only_what_is_new_or_changed_is_yielded_oldest_first(rig: FeedRig) -> None:
    rig.publish(4)
    cursor = walk(rig)[-1].cursor
    old = rig.items[1]
    rig.items[1] = type(old)(number=old.number, at=old.at, text="corrected")
    rig.publish(2)
    (page,) = walk(rig, cursor)
    assert [mention.key.native_id for mention in page.mentions] == ["urn:post:1", "urn:post:4", "urn:post:5"]


@pytest.mark.sqlite
def test_a_changed_entry_is_an_edit_of_the_one_that_is_stored(rig: FeedRig, tmp_path: Path) -> None:
    rig.publish(3)
    with kept(tmp_path, rig.clock.now()) as store:
        store.read(rig.connector(), "feed")
        rig.edit(1, "corrected")
        report = store.read(rig.connector(), "feed")
        assert (report.read, report.stored) == (1, 1)
        assert len(store.ids()) == 3


def test_a_feed_that_has_scrolled_past_leaves_a_gap(rig: FeedRig) -> None:
    rig.publish(5)
    read_at = rig.clock.now()
    cursor = walk(rig)[-1].cursor
    rig.publish(30)
    del rig.items[:20]
    (page,) = walk(rig, cursor)
    (gap,) = page.gaps
    assert abs(gap.since - read_at) < timedelta(seconds=1)
    assert gap.until == page.mentions[0].created_at


def test_a_feed_that_still_shows_something_known_leaves_none(rig: FeedRig) -> None:
    rig.publish(5)
    cursor = walk(rig)[-1].cursor
    rig.publish(3)
    del rig.items[:4]
    assert walk(rig, cursor)[0].gaps == ()


def moving(rig: FeedRig, status: int) -> None:
    rest = rig.server.script

    def script(asked: Asked) -> Reply:
        return Reply(status=status, headers={"Location": "/new"}) if asked.path == "/feed" else rest(asked)

    rig.server.script = script


@pytest.mark.parametrize(("status", "asked"), [(301, ["/new"]), (308, ["/new"]), (302, ["/feed", "/new"])])
def test_a_permanent_move_is_remembered_and_a_temporary_one_is_not(status: int, asked: list[str], rig: FeedRig) -> None:
    wanted = rig.publish(2)
    moving(rig, status)
    (page,) = walk(rig)
    assert wanted == ids([page])
    rig.server.asked.clear()
    walk(rig, page.cursor)
    assert [one.path for one in rig.server.asked] == asked


def test_a_move_that_went_wrong_falls_back_to_the_configured_address(rig: FeedRig) -> None:
    wanted = rig.publish(2)
    cursor = json.dumps({"v": 1, "url": f"{rig.server.base}/feed", "moved_to": f"{rig.server.base}/gone"})
    rest = rig.server.script
    rig.server.script = lambda asked: Reply(status=404) if asked.path == "/gone" else rest(asked)
    assert wanted <= ids(walk(rig, cursor))


def test_a_feed_that_is_gone_for_good_says_so(rig: FeedRig) -> None:
    rig.server.fault = Reply(status=410)
    with pytest.raises(NotPermitted, match="gone for good") as caught:
        walk(rig)
    assert "new address" in caught.value.next_step


def test_a_move_is_told_once_and_its_address_only_to_who_asks(rig: FeedRig, caplog: pytest.LogCaptureFixture) -> None:
    rig.publish(1)
    moving(rig, 301)
    cursor = walk(rig)[-1].cursor
    walk(rig, cursor)
    (told,) = [record for record in caplog.records if "moved" in record.message]
    assert "doctor" in told.__dict__["next_step"]
    assert "/new" not in caplog.text
    assert (
        rig.connector().check() == f"News: 1 entries; it has moved for good: set options.url to {rig.server.base}/new"
    )


# whose calls are counted together


def at(rig: FeedRig, url: str) -> Connector:
    return rig.build("feed", {"url": url, "allow_private": True, **rig.limits})


def test_feeds_of_one_host_share_its_wait_and_those_of_others_don_t(rig: FeedRig) -> None:
    rig.publish(1)
    rig.server.fault = Reply(status=429, headers={"retry-after": "90"})
    with pytest.raises(RateLimited) as caught:
        walk(rig, connector=at(rig, f"{rig.server.base}/r/a/.rss"))
    rig.server.fault = None
    asked = len(rig.server.asked)
    for path in ("/r/b/.rss", "/r/c/.rss", "/r/a/.rss"):
        with pytest.raises(RateLimited, match=r"127\.0\.0\.1") as other:
            walk(rig, connector=at(rig, rig.server.base + path))
        assert other.value.until == caught.value.until
    assert len(rig.server.asked) == asked
    assert ids(walk(rig, connector=at(rig, rig.server.base.replace("127.0.0.1", "localhost") + "/r/d/.rss")))
    rig.clock.sleep(91)
    assert ids(walk(rig, connector=at(rig, f"{rig.server.base}/r/b/.rss")))


def test_a_wait_asked_for_behind_a_redirect_is_that_hosts(rig: FeedRig) -> None:
    elsewhere = rig.server.base.replace("127.0.0.1", "localhost")
    rest = rig.server.script

    def script(asked: Asked) -> Reply:
        if asked.path == "/feed":
            return Reply(status=302, headers={"Location": f"{elsewhere}/busy"})
        return Reply(status=429) if asked.path == "/busy" else rest(asked)

    rig.server.script = script
    with pytest.raises(RateLimited):
        walk(rig)
    rig.server.asked.clear()
    with pytest.raises(RateLimited, match="localhost"):
        walk(rig)
    assert [asked.path for asked in rig.server.asked] == ["/feed"]
    walk(rig, connector=at(rig, f"{rig.server.base}/calm"))


def test_what_reddit_says_is_left_is_kept_to(rig: FeedRig) -> None:
    rest = rig.server.script
    spent = {"x-ratelimit-used": "10", "x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "45"}
    rig.server.script = lambda asked: Reply(body=rest(asked).body, headers=spent)
    cursor = walk(rig)[-1].cursor
    with pytest.raises(RateLimited):
        walk(rig, cursor)
    rig.clock.sleep(46)
    walk(rig, cursor)


@pytest.mark.parametrize("target", ["/feed", "file:///etc/passwd", "gopher://127.0.0.1/"])
def test_a_redirect_in_a_circle_or_to_another_scheme_is_not_followed(target: str, rig: FeedRig) -> None:
    rig.server.fault = Reply(status=302, headers={"Location": target})
    with pytest.raises(Retry, match="redirects"):
        walk(rig)
    assert len(rig.server.asked) <= 6


def guarded(rig: FeedRig, url: str = "") -> Connector:
    return rig.build("feed", {"url": url or rig.server.base, **rig.limits})


def test_the_local_network_is_out_of_bounds_unless_it_is_allowed(rig: FeedRig) -> None:
    with pytest.raises(ConfigError, match="local network"):
        walk(rig, connector=guarded(rig))
    with pytest.raises(ConfigError, match="local network"):
        walk(rig, connector=guarded(rig, "http://localhost:1/"))
    assert rig.server.asked == []


def test_a_redirect_into_the_local_network_is_refused(rig: FeedRig, monkeypatch: pytest.MonkeyPatch) -> None:
    from listener import net

    rig.server.fault = Reply(status=302, headers={"Location": "http://127.0.0.2:1/admin"})
    public = {"127.0.0.1"}  # as if the feed's own host were out on the internet
    monkeypatch.setattr(net, "is_public", lambda address: address in public)
    with pytest.raises(ConfigError, match="local network"):
        walk(rig, connector=guarded(rig))


def test_check_names_the_feed(rig: FeedRig) -> None:
    rig.publish(3)
    assert rig.connector().check() == "News: 3 entries"


def test_the_feeds_address_stays_out_of_its_repr(rig: FeedRig) -> None:
    """Private feeds carry their secret in the address."""
    assert rig.server.base not in repr(rig.connector())


# ill-formed feeds


@pytest.mark.parametrize(
    "body",
    [
        rss("<title>a</title>").replace("<item>", "<item>" * 1000),
        '<!DOCTYPE r [<!ENTITY a "'
        + "a" * 1000
        + '"><!ENTITY b "'
        + "&a;" * 1000
        + '">]><rss><channel><title>&b;</title></channel></rss>',
        "\x00\x01\x02",
        "<rss><channel><item><title>" + "<b>" * 5_000,
    ],
    ids=["nested", "entities", "binary", "unclosed"],
)
def test_hostile_feeds_are_read_or_refused(body: str, rig: FeedRig) -> None:
    try:
        page = shown(rig, body)
    except ListenerError:
        return
    assert all(len(mention.text) <= 65_536 for mention in page.mentions)

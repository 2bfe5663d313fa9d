"""Mastodon: recorded answers, forward paging without holes, and what isn't public."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.mastodon_statuses import Viewer, read_status
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError, RateLimited, Retry
from listener.ports.connectors import Backfills
from tests.connectors.recordings import replayed
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs import Purse
from tests.contracts.rigs_fediverse import MastodonMentionsRig, MastodonRig, MastodonSearchRig
from tests.contracts.server import Asked, Reply

RECORDED = datetime(2026, 8, 1, 15, 0, tzinfo=UTC)


@pytest.fixture
def rig() -> Iterator[MastodonRig]:
    with (rig := MastodonRig()).server:
        yield rig


def source(base: str, **options: object) -> connectors.Connector:
    config = SourceConfig(
        name="mastodon",
        connector="mastodon",
        options={"instance": base, **options},
        secrets={"access_token": Secret("abc")},
    )
    return connectors.build(config, ledger=Purse(), clock=VirtualClock(RECORDED))


def test_a_recorded_hashtag_is_read_whole(shared: Path) -> None:
    with replayed(shared, "mastodon/test_hashtag_tl.yaml", ignore=("limit", "max_id")) as (base, _):
        first = next(iter(source(base, hashtags=["hoot"]).poll("", RECORDED)))
    (mention,) = first.mentions
    assert mention.text == "#hoot (hashtag toot)"
    assert mention.key.native_id.startswith("http")
    assert mention.created_at.date() == RECORDED.date()
    assert mention.author.handle.endswith("@127.0.0.1")
    assert first.rejects == ()


def test_a_recorded_mention_is_read_from_its_notification(shared: Path) -> None:
    with replayed(shared, "mastodon/test_notifications_mentions_only.yaml", ignore=("limit",)) as (base, _):
        first = next(iter(source(base, mentions=True).poll("", RECORDED)))
    (mention,) = first.mentions
    assert mention.text
    assert mention.can_reply


def test_a_burst_is_paged_forward_from_the_last_post_without_a_hole(rig: MastodonRig) -> None:
    rig.publish(3)
    cursor = walk(rig)[-1].cursor
    rig.server.asked.clear()
    wanted = rig.publish(95)
    assert wanted <= ids(walk(rig, cursor))
    pages = [asked.query for asked in rig.server.asked if "timelines" in asked.path]
    assert all("min_id" in query and "max_id" not in query for query in pages)


def test_the_first_run_ends_at_the_hours_asked_for(rig: MastodonRig) -> None:
    old = rig.publish(25)
    rig.clock.sleep(timedelta(hours=30).total_seconds())
    new = rig.publish(12)
    read = ids(walk(rig))
    assert new <= read
    assert len(old - read) >= 5  # a page that begins before that hour is read to its end


def test_a_cursor_from_the_future_is_not_believed(rig: MastodonRig) -> None:
    rig.publish(2)
    ahead = int((rig.clock.now() + timedelta(days=30)).timestamp() * 1000) << 16
    wanted = rig.publish(3)
    assert wanted <= ids(walk(rig, json.dumps({"v": 1, "last": str(ahead)})))


def test_a_message_that_is_not_public_is_told_of_and_not_kept() -> None:
    with (rig := MastodonMentionsRig()).server:
        record = rig.fields
        rig.fields = lambda item: {**record(item), "visibility": "direct" if item.number == 1 else "unlisted"}  # type: ignore[method-assign]
        rig.publish(3, text="my card number is secret")
        pages = walk(rig)
    assert len(ids(pages)) == 2
    (reject,) = [reject for page in pages for reject in page.rejects]
    assert "not public (direct)" in reject.reason
    assert "secret" not in reject.raw + reject.reason


def test_a_window_in_iso_8601_is_kept(rig: MastodonRig) -> None:
    until = rig.clock.now() + timedelta(minutes=4)
    headers = {"x-ratelimit-reset": until.isoformat().replace("+00:00", "Z")}
    rig.server.fault = Reply(status=429, headers={**headers, "date": "nonsense"})
    with pytest.raises(RateLimited) as caught:
        walk(rig)
    assert abs((caught.value.until - until).total_seconds()) < 2


def test_an_edit_bears_its_time_as_version_and_a_warning_stands_before_the_text() -> None:
    record = {
        "uri": "https://a.example/1",
        "spoiler_text": "rant",
        "content": "<p>late <a href='x'>parcel</a></p>",
        "created_at": "2026-08-01T10:00:00Z",
        "edited_at": "2026-08-01T10:05:00Z",
        "account": {"acct": "ann@b.example", "url": "https://b.example/@ann", "followers_count": 7},
    }
    mention = read_status(record, Viewer(host="a.example"))
    assert (mention.text, mention.version) == ("rant\n\nlate parcel", "2026-08-01T10:05:00Z")
    assert (mention.author.handle, mention.author.followers) == ("ann@b.example", 7)
    assert "browser" in mention.reply_note


@pytest.mark.parametrize(
    "options", [{}, {"hashtags": ["acme"], "mentions": True}, {"hashtags": ["acme"], "query": "acme"}]
)
def test_one_thing_is_read_a_source(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="hashtags"):
        source("https://a.example", **options)


def test_a_fifth_hashtag_is_refused_rather_than_passed_over() -> None:
    """Mastodon takes four of them, and says nothing of the others."""
    assert source("https://a.example", hashtags=list("abcd"))
    with pytest.raises(ConfigError, match="at most 4"):
        source("https://a.example", hashtags=list("abcde"))


def test_check_says_who_the_token_belongs_to(shared: Path) -> None:
    with replayed(shared, "mastodon/test_fetch_next_previous.yaml") as (base, _):
        said = source(base, hashtags=["acme"]).check()
    assert "signed in at 127.0.0.1 as @mastodonpy_test" in said
    assert "doesn't say what the token may do" in said


@pytest.mark.parametrize(("scopes", "said"), [(["read", "write"], "may post"), (["read"], "lacks the scope")])
def test_check_says_whether_the_token_may_post(rig: MastodonRig, scopes: list[str], said: str) -> None:
    rig.scopes = scopes
    assert said in rig.connector().check()


def test_only_who_mentions_the_account_can_be_answered(rig: MastodonRig) -> None:
    record, other = rig.fields, [{"id": "901", "acct": "someone"}]
    rig.fields = lambda item: {**record(item), **({"mentions": other} if item.number == 1 else {})}  # type: ignore[method-assign]
    rig.publish(2)
    mentions = {mention.key.native_id: mention for page in walk(rig) for mention in page.mentions}
    assert [mentions[rig.native_id(number)].can_reply for number in (0, 1)] == [True, False]
    assert "browser" in mentions[rig.native_id(1)].reply_note


def test_who_we_are_is_asked_once_and_only_where_it_matters(rig: MastodonRig) -> None:
    def asked() -> int:
        return sum(asked.path.endswith("verify_credentials") for asked in rig.server.asked)

    rig.mentions = []
    rig.publish(3)
    walk(rig)
    assert asked() == 0
    rig.mentions = [{"id": "900", "acct": "acme"}]
    connector = rig.connector()
    walk(rig, connector=connector)
    walk(rig, connector=connector)
    assert asked() == 1


def test_a_token_that_may_not_say_who_we_are_still_reads(rig: MastodonRig) -> None:
    script = rig.server.script
    rig.server.script = lambda asked: Reply(status=403) if "verify" in asked.path else script(asked)
    wanted = rig.publish(3)
    pages = walk(rig)
    assert wanted <= ids(pages)
    assert not any(mention.can_reply for page in pages for mention in page.mentions)


def test_a_post_knows_its_instance_and_its_id_there(rig: MastodonRig) -> None:
    rig.publish(1)
    (mention,) = [mention for page in walk(rig) for mention in page.mentions]
    assert mention.ref == f"127.0.0.1:{rig.status_id(rig.items[0])}"


def test_all_who_share_a_token_share_its_calls(rig: MastodonRig) -> None:
    rig.publish(1)
    walk(rig)
    ((credential, bucket),) = rig.purse.rates
    assert (credential.partition(":")[0], bucket) == ("mastodon", "api")
    assert (rig.purse.rates[credential, bucket].capacity, rig.purse.rates[credential, bucket].left) == (300, 298)


@pytest.fixture
def searched() -> Iterator[MastodonSearchRig]:
    with (rig := MastodonSearchRig()).server:
        yield rig


def test_a_search_whose_index_fails_within_a_walk_is_not_taken_for_its_end(searched: MastodonSearchRig) -> None:
    """An index that is down answers with nothing, and so does the page behind the last."""
    wanted = searched.publish(35)
    timeline, asked = searched.timeline, []

    def failing(request: Asked) -> Reply:
        asked.append(request)
        return timeline(request) if len(asked) < 3 else searched.raw('{"statuses": []}')

    searched.timeline = failing  # type: ignore[method-assign]
    pages = []
    with pytest.raises(Retry, match="in the middle"):
        pages += searched.connector().poll("", searched.clock.now())
    searched.timeline = timeline  # type: ignore[method-assign]
    cursor = next(iter(searched.connector().poll("", searched.clock.now()))).cursor
    assert wanted <= ids([*pages, *walk(searched), *walk(searched, cursor)])


def test_a_search_that_suddenly_finds_nothing_keeps_its_place(searched: MastodonSearchRig) -> None:
    searched.publish(12)
    cursor = walk(searched)[-1].cursor
    searched.gone = set(range(12))
    (page,) = walk(searched, cursor)
    assert page.cursor == cursor


def test_the_past_of_a_hashtag_is_leapt_to(rig: MastodonRig) -> None:
    """Ids tell their time: what is newer than the stretch asked for costs one page, not hundreds."""
    since = rig.clock.now()
    rig.publish(12)
    until = rig.clock.now()
    rig.clock.sleep(3600)
    rig.publish(200)
    rig.server.asked.clear()
    connector = rig.connector()
    assert isinstance(connector, Backfills)
    found = ids(list(connector.backfill(since, until, "", rig.clock.now())))
    assert found == {rig.native_id(number) for number in range(12)}
    assert sum("timelines" in asked.path for asked in rig.server.asked) <= 4


def test_an_estimate_is_told_from_the_newest_page(rig: MastodonRig) -> None:
    start = rig.clock.now()
    rig.publish(100)
    connector = rig.connector()
    assert isinstance(connector, Backfills)
    estimate = connector.estimate(start, rig.clock.now())
    assert estimate.posts is not None
    assert 50 <= estimate.posts <= 150
    assert "far off" in estimate.note
    assert sum("timelines" in asked.path for asked in rig.server.asked) == 1

"""Mastodon: recorded answers, forward paging without holes, and what isn't public."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.mastodon import read_status
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError, RateLimited
from tests.connectors.recordings import replayed
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs import Purse
from tests.contracts.rigs_fediverse import MastodonMentionsRig, MastodonRig
from tests.contracts.server import Reply

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
    assert all("min_id" in asked.query and "max_id" not in asked.query for asked in rig.server.asked)


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
    mention = read_status(record, host="a.example", signed_in=False)
    assert (mention.text, mention.version) == ("rant\n\nlate parcel", "2026-08-01T10:05:00Z")
    assert (mention.author.handle, mention.author.followers) == ("ann@b.example", 7)
    assert "browser" in mention.reply_note


@pytest.mark.parametrize("options", [{}, {"hashtags": ["acme"], "mentions": True}])
def test_one_thing_is_read_a_source(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="hashtags"):
        source("https://a.example", **options)


def test_check_says_who_the_token_belongs_to(shared: Path) -> None:
    with replayed(shared, "mastodon/test_fetch_next_previous.yaml") as (base, _):
        assert "signed in at 127.0.0.1 as @" in source(base, hashtags=["acme"]).check()

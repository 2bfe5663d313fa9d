"""Mastodon's recorded answers, played through the real connector: into a store, once and again, and back out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.mastodon import MastodonConnector
from listener.connectors.mastodon_statuses import Viewer, read_status
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Sent
from listener.domain.policy import Secret, SourceConfig
from tests.builders import mention
from tests.connectors.into_store import kept
from tests.connectors.recordings import replayed
from tests.contracts.rigs import Purse

RECORDED = datetime(2026, 8, 1, 15, 0, tzinfo=UTC)
HERE = Viewer(host="127.0.0.1", signed_in=True)
EDITED, MISSING = "117020586180926938", "0"


@contextmanager
def played(shared: Path, *tapes: str, ignore: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Tapes, and an empty list for pages below and above what was recorded."""
    ignored = ("limit", "offset", *ignore)
    with replayed(shared, *(f"mastodon/{name}.yaml" for name in tapes), ignore=ignored) as (base, tape):
        recorded = tape.answer

        def answer(method: str, uri: str) -> object:
            below_or_above = (200, {}, b"[]") if "max_id=" in uri or "min_id=" in uri else None
            return recorded(method, uri) or below_or_above

        tape.answer = answer
        yield base, tape


def connector(base: str, **options: object) -> MastodonConnector:
    config = SourceConfig(
        name="mastodon",
        connector="mastodon",
        options={"instance": base, **options},
        secrets={"access_token": Secret("abc")},
    )
    built = connectors.build(config, ledger=Purse(), clock=VirtualClock(RECORDED))
    assert isinstance(built, MastodonConnector)
    return built


def local(native_id: str, **more: Any) -> Mention:
    """A mention of a post of the recorded instance."""
    uri = f"http://localhost:3000/users/admin/statuses/{native_id}"
    return mention(native_id=uri, platform="mastodon", ref=f"127.0.0.1:{native_id}", **more)


@pytest.mark.parametrize(
    ("tape", "ignore", "options", "count"),
    [
        ("test_hashtag_tl", (), {"hashtags": ["hoot"]}, 1),
        ("test_notifications_mentions_only", (), {"mentions": True}, 1),
        ("test_notifications", ("types[]",), {"mentions": True}, 1),
        ("test_notifications_exclude_types", ("types[]", "exclude_types[]"), {"mentions": True}, 0),
        ("test_search", ("resolve", "exclude_unreviewed"), {"query": "mastodonpy_test"}, 0),
    ],
)
@pytest.mark.sqlite
def test_a_recording_is_kept_once_however_often_it_is_read(
    shared: Path, tmp_path: Path, tape: str, ignore: tuple[str, ...], options: dict[str, object], count: int
) -> None:
    with played(shared, tape, ignore=ignore) as (base, _), kept(tmp_path, RECORDED) as store:
        first = store.read(connector(base, **options), "first")
        assert (first.read, first.stored, first.rejected, len(store.ids())) == (count, count, 0, count)
        store.read(connector(base, **options), "first")
        again = store.read(connector(base, **options), "read from the beginning")
        assert (again.read, again.stored, len(store.ids())) == (count, 0, count)


def test_a_recorded_edit_is_told_with_how_it_reads_now(shared: Path) -> None:
    with played(shared, "test_status_edit") as (base, tape):
        tape.answers[("GET", "/api/v1/statuses", (("id[]", EDITED),))].append((404, {}, b'{"error": "Not Found"}'))
        first = read_status(json.loads(tape.answers[("POST", "/api/v1/statuses", ())][0][2]), HERE)
        (found,) = connector(base, hashtags=["acme"]).recheck([first], RECORDED)
    assert found.fate is Fate.ALIVE
    assert first.text.endswith("VS Code")
    assert found.mention is not None
    assert found.mention.text.endswith("Kate")
    assert found.mention.version.startswith("2026-08-01T13:54")


def test_a_recorded_not_found_counts_where_the_instance_says_who_we_are(shared: Path) -> None:
    with played(shared, "test_status_missing", "test_fetch_next_previous") as (base, tape):
        tape.answers[("GET", "/api/v1/statuses", (("id[]", MISSING),))].append((200, {}, b"[]"))
        (found,) = connector(base, hashtags=["acme"]).recheck([local(MISSING)], RECORDED)
    assert found.fate is Fate.DELETED


def test_a_recorded_reply_is_sent_and_found_again(shared: Path) -> None:
    """The parent's own lookup and our listing weren't recorded: they are made of the posts that were."""
    with played(shared, "test_status_reply", ignore=("exclude_reblogs",)) as (base, tape):
        (parent, reply) = (body for _, _, body in tape.answers[("POST", "/api/v1/statuses", ())])
        tape.answers[("POST", "/api/v1/statuses", ())].pop(0)
        native_id, said = json.loads(parent)["id"], json.loads(reply)
        tape.answers[("GET", f"/api/v1/statuses/{native_id}", ())].append((200, {}, parent))
        ours = f"/api/v1/accounts/{said['account']['id']}/statuses"
        tape.answers[("GET", ours, ())].append((200, {}, b"[" + reply + b"]"))
        to = read_status(json.loads(parent), HERE, told=True)
        sending = connector(base, mentions=True)
        tape.answers[("GET", "/api/v2/instance", ())].append((404, {}, b"{}"))
        sent = sending.reply(to, "same!", "key-1", RECORDED)
        since = RECORDED - timedelta(hours=2)
        assert isinstance(sent, Sent)
        assert sent.key.native_id == said["uri"]
        assert sending.find_sent(to, "same!", since, RECORDED) == sent
        assert sending.find_sent(to, "not the same!", since, RECORDED) is None


def test_our_recorded_posts_are_looked_through_page_by_page(shared: Path) -> None:
    with played(shared, "test_fetch_next_previous", ignore=("exclude_reblogs",)) as (base, tape):
        since = RECORDED - timedelta(hours=2)
        assert connector(base, hashtags=["acme"]).find_sent(local("1"), "Toot number 2!", since, RECORDED) is None
        asked = [uri for _, uri in tape.log if "/statuses?" in uri]
    assert len(asked) == 3
    assert "max_id" in asked[1]

"""Recorded answers of a real Bluesky server and of Jetstream, read by the real connector into a real store."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from listener import app, connectors, pipeline
from listener.clock import VirtualClock
from listener.connectors.bluesky import BlueskyMentions, BlueskyPhrases
from listener.domain.brand import Brand
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Fate, Refused, Sent
from listener.domain.policy import Secret, SourceConfig
from listener.domain.run import SourceReport
from listener.errors import ConfigError, ListenerError, RateLimited, Reauthorize, Retry
from listener.ports import Connector, Store
from listener.store import open_store
from tests.builders import mention
from tests.contracts.rigs import Purse
from tests.contracts.rigs_bluesky import Handler, House, said
from tests.contracts.server import Asked, Reply
from tests.pipeline.parts import Keywords, settings

RECORDED = datetime(2026, 11, 22, 5, 1, tzinfo=UTC)
"""A minute after the newest post of the real server."""
HEARD = datetime(2026, 7, 4, 14, 39, 14, tzinfo=UTC)
ALICE = "at://did:plc:jhgpw5sj2sbtxfj2jwz2pnoh/app.bsky.feed.post/3n2uth3txds2v"
ANSWER = "at://did:plc:kz5asypxpdepmxrnjploel5q/app.bsky.feed.post/3n2uth5rpvs2v"
SESSION = {"did": "did:plc:kz5asypxpdepmxrnjploel5q", "handle": "wombatcam.test", "accessJwt": "a", "refreshJwt": "r"}


def recorded(shared: Path, name: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    answer = json.loads((shared / "recordings/bluesky/real-server" / f"{name}.json").read_text("utf-8"))["response"]
    return answer["status"], answer["headers"], answer["body"]


@contextmanager
def serving(shared: Path, played: dict[str, str | Callable[[Asked], str]], *, sign_in: bool = True) -> Iterator[House]:
    """A server that answers each call, by its last name, with a recording."""

    def answer(asked: Asked) -> Reply:
        call = asked.path.rpartition(".")[2]
        if call in ("createSession", "refreshSession") and sign_in:
            return said(SESSION)
        name = played.get(call)
        if name is None:
            return Reply(status=501)
        status, headers, body = recorded(shared, name if isinstance(name, str) else name(asked))
        return Reply(status=status, headers=headers, body=json.dumps(body).encode())

    with House(answer) as house:
        yield house


def source(house: House, clock: VirtualClock, **options: object) -> Connector:
    addresses = {"pds": house.base, "appview": house.base}
    config = SourceConfig(
        name="bluesky",
        connector="bluesky",
        options={**addresses, **options},
        secrets={"handle": Secret("wombatcam.test"), "app_password": Secret("abcd-efgh")},
    )
    return connectors.build(config, ledger=Purse(), clock=clock, folder=Path(house.folder.name))


def mentions_of(house: House, at: datetime = RECORDED) -> BlueskyMentions:
    built = source(house, VirtualClock(at), mentions=True, page_size=10)
    assert isinstance(built, BlueskyMentions)
    return built


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "listener.sqlite")
    yield opened
    opened.close()


def run_into(store: Store, folder: Path, connector: Connector, now: datetime) -> SourceReport:
    everything = Brand(name="All", queries=("platform:bluesky",))
    stages = app.compose(
        replace(settings(folder), brands=(everything,)), store, VirtualClock(now), classifier=Keywords()
    )
    return pipeline.run_source(stages, SourceConfig(name="bluesky", connector="bluesky"), connector)


def known(store: Store, uris: list[str]) -> set[str]:
    with store.read() as reads:
        return {key.native_id for key in reads.known([MentionKey(platform="bluesky", native_id=uri) for uri in uris])}


def test_recorded_notifications_are_stored_once(shared: Path, store: Store, tmp_path: Path) -> None:
    _, _, body = recorded(shared, "listNotifications")
    uris = [one["uri"] for one in body["notifications"]]

    def listed(asked: Asked) -> str:
        return "searchPosts_empty" if asked.query.get("cursor") else "listNotifications"

    with serving(shared, {"listNotifications": listed}) as house:
        house.script = _without_a_rest(house.script)
        first = run_into(store, tmp_path, mentions_of(house), RECORDED)
        second = run_into(store, tmp_path, mentions_of(house), RECORDED)
    assert (first.error, first.read, first.stored, first.rejected) == ("", 3, 3, 0)
    assert (second.error, second.stored, second.gaps) == ("", 0, 0)
    assert known(store, uris) == set(uris)


def _without_a_rest(script: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """The recorded cursor points to an empty page, which wasn't recorded."""

    def answer(asked: Asked) -> Reply:
        rest = asked.path.endswith("listNotifications") and asked.query.get("cursor")
        return said({"notifications": []}) if rest else script(asked)

    return answer


def test_a_recorded_mention_reads_as_its_author_wrote_it(shared: Path) -> None:
    with serving(shared, {"listNotifications": "listNotifications_mention_only"}) as house:
        (page,) = mentions_of(house).poll("", RECORDED)
    (one,) = page.mentions
    assert one.key.native_id == ALICE
    assert one.text == "Hey @wombatcam.test my order never arrived and support ignores me 😡"
    assert (one.author.handle, one.lang, one.parent, one.thread) == ("alice.test", "en", "", ALICE)
    assert one.url == "https://bsky.app/profile/alice.test/post/3n2uth3txds2v"
    assert one.version.startswith("bafyrei")
    assert one.can_reply


def test_a_recorded_deletion_is_told_of_and_the_other_post_stands(shared: Path) -> None:
    both: list[Mention] = [mention(native_id=uri, platform="bluesky") for uri in (ALICE, ANSWER)]
    with serving(shared, {"getPosts": "getPosts"}) as house:
        before = mentions_of(house).recheck(both, RECORDED)
    assert [one.fate for one in before] == [Fate.ALIVE, Fate.ALIVE]
    with serving(shared, {"getPosts": "getPosts_after_delete", "getPostThread": "getPostThread_after_delete"}) as house:
        after = {one.key.native_id: one for one in mentions_of(house).recheck(both, RECORDED)}
    assert after[ALICE].fate is Fate.DELETED
    assert after[ANSWER].fate is Fate.ALIVE
    assert after[ANSWER].mention is not None
    assert after[ANSWER].mention.parent == ALICE


def test_a_recorded_answer_is_sent_under_its_post(shared: Path) -> None:
    with serving(shared, {"getPosts": "getPosts", "createRecord": "createRecord_reply"}) as house:
        sent = mentions_of(house).reply(mention(native_id=ALICE), "Sorry about that!", "k", RECORDED)
        (written,) = [json.loads(one.body) for one in house.asked if one.path.endswith("createRecord")]
    assert isinstance(sent, Sent)
    assert sent.key.native_id.endswith(written["rkey"])
    assert written["record"]["reply"]["parent"]["uri"] == ALICE
    assert written["record"]["reply"]["root"]["cid"].startswith("bafyrei")


def test_recorded_pages_of_a_search_are_read_to_their_end(shared: Path) -> None:
    pages = ("searchPosts_p1", "searchPosts_p2")
    uris = {post["uri"] for name in pages for post in recorded(shared, name)[2]["posts"]}
    below = {recorded(shared, name)[2].get("cursor"): name for name in pages}
    first, second = (recorded(shared, name)[2]["cursor"] for name in pages)
    assert len(below) == 2
    played = {"": pages[0], first: pages[1], second: "searchPosts_empty"}
    with serving(shared, {"searchPosts": lambda asked: played[asked.query.get("cursor", "")]}) as house:
        connector = source(house, VirtualClock(RECORDED), phrases=["wombatcam"], page_size=4)
        assert isinstance(connector, BlueskyPhrases)
        found = list(connector.backfill(RECORDED - timedelta(hours=1), RECORDED, "", RECORDED))
    assert [page.done for page in found] == [False, False, True]
    read = {one.key.native_id for page in found for one in page.mentions}
    named = {uri for uri in uris if uri in read}
    assert read == named
    assert len(read) == len(uris)


@pytest.mark.parametrize(
    ("name", "call", "error"),
    [
        ("err_no_auth", "listNotifications", Reauthorize),
        ("err_bad_token", "listNotifications", Reauthorize),
        ("err_bad_cursor", "listNotifications", Retry),
        ("err_bad_param", "listNotifications", ConfigError),
        ("err_login", "createSession", Reauthorize),
        ("err_429_createSession", "createSession", RateLimited),
    ],
)
def test_a_recorded_refusal_is_named_by_recovery(
    shared: Path, name: str, call: str, error: type[ListenerError]
) -> None:
    at = datetime.fromtimestamp(1795323926 - 40, UTC)
    with serving(shared, {call: name}, sign_in=call != "createSession") as house, pytest.raises(error) as caught:
        list(mentions_of(house, at).poll("", at))
    if isinstance(caught.value, RateLimited):
        assert caught.value.until == at + timedelta(seconds=40)


def test_a_recorded_word_that_an_answer_is_too_long_refuses_it(shared: Path) -> None:
    with serving(shared, {"getPosts": "getPosts", "createRecord": "err_text_too_long"}) as house:
        outcome = mentions_of(house).reply(mention(native_id=ALICE), "short by our count", "k", RECORDED)
    assert isinstance(outcome, Refused)
    assert "grapheme too big" in outcome.reason


def heard(shared: Path) -> list[str]:
    return (shared / "recordings/bluesky/jetstream_expected_v1.jsonl").read_text("utf-8").splitlines()


def playing(frames: list[str]) -> Handler:
    def told(socket: Any) -> None:
        for frame in frames:
            socket.send(frame)
        with suppress(ConnectionClosed):
            socket.recv(timeout=20)  # until the listener has gone

    return told


def phrases_source(house: House, phrases: list[str]) -> Connector:
    more = {"jetstream": house.socket_base, "timeout": 0.3, "deadline": 20.0, "page_size": 5}
    return source(house, VirtualClock(HEARD), phrases=phrases, **more)


def test_recorded_events_of_the_network_are_stored_once(shared: Path, store: Store, tmp_path: Path) -> None:
    frames = heard(shared)
    commits = [(event["did"], event["commit"]) for event in map(json.loads, frames) if event["kind"] == "commit"]
    posts = [(did, c) for did, c in commits if c["collection"] == "app.bsky.feed.post" and c["operation"] == "create"]
    spoken = [(f"at://{did}/app.bsky.feed.post/{c['rkey']}", c["record"]["text"]) for did, c in posts]
    assert len(posts) == 17
    spoken = [(uri, text) for uri, text in spoken if text.split()]
    # Somebody listens for a word of each post, shortened links aside: all must be found, and nothing besides.
    words = sorted({text.split()[0].partition("/")[0] for _, text in spoken})
    with House(lambda asked: Reply(status=501), playing(frames)) as house:
        first = run_into(store, tmp_path, phrases_source(house, words), HEARD)
        second = run_into(store, tmp_path, phrases_source(house, words), HEARD)
        none = list(phrases_source(house, ["wombatcam"]).poll("", HEARD))
    assert (first.error, first.rejected, first.gaps) == ("", 0, 0)
    assert first.read == first.stored == len(spoken)
    assert first.pages >= len(spoken) // 5
    assert (second.error, second.stored) == ("", 0)
    assert known(store, [uri for uri, _ in spoken]) == {uri for uri, _ in spoken}
    assert not any(page.mentions for page in none)
    assert [len(page.overheard) for page in none] == [1]

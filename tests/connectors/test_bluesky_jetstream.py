"""Listening for phrases: what a peer over a websocket may do to us, what is gone from its log, what is deleted."""

import json
import socket as sockets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from listener import connectors
from listener.clock import VirtualClock, monotonic
from listener.connectors import bluesky_hearing as hearing
from listener.connectors.bluesky import BlueskyPhrases
from listener.connectors.bluesky_jetstream import MAX_FRAME
from listener.connectors.http import Limits
from listener.domain.mention import Page
from listener.domain.policy import SourceConfig
from listener.errors import BadCursor, ConfigError, ListenerError, NotPermitted, Retry
from tests.builders import NOON
from tests.contracts.connector_contract import ids
from tests.contracts.rigs import Purse
from tests.contracts.rigs_bluesky import POSTS, Handler, House, elsewhere
from tests.contracts.server import Reply

HASTY: dict[str, object] = {"timeout": 0.2, "deadline": 2.0}
AT = hearing.micros(NOON)


def event(number: int, text: str = "acme is late", at: int = AT, **commit: object) -> str:
    record = {"$type": POSTS, "text": text, "createdAt": "2026-03-02T11:59:00Z"}
    of_post = {"operation": "create", "collection": POSTS, "rkey": f"3k{number}", "cid": "bafy", "record": record}
    whole = {"did": f"did:plc:u{number}", "time_us": at, "kind": "commit", "commit": {**of_post, **commit}}
    return json.dumps(whole)


def source(address: str, clock: VirtualClock | None = None, **more: object) -> BlueskyPhrases:
    options: dict[str, object] = {"phrases": ["acme"], "jetstream": address, "appview": "http://127.0.0.1:9", **HASTY}
    config = SourceConfig(name="b", connector="bluesky", options={**options, **more})
    built = connectors.build(config, ledger=Purse(), clock=clock or VirtualClock(NOON))
    assert isinstance(built, BlueskyPhrases)
    return built


def polled(told: Handler, cursor: str = "", **more: object) -> tuple[list[Page], ListenerError | None]:
    """What a poll gives of a peer, and how it ends if not well."""
    pages: list[Page] = []
    with House(lambda asked: Reply(status=501), told) as house:
        try:
            pages.extend(source(house.socket_base, **more).poll(cursor, NOON))
        except ListenerError as error:
            return pages, error
    return pages, None


def saying(*frames: str | bytes, then: Callable[[ServerConnection], None] | None = None) -> Handler:
    def told(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            for frame in frames:
                socket.send(frame)
            (then or (lambda one: one.recv(timeout=20)))(socket)

    return told


def test_a_peer_that_lives_and_has_nothing_to_tell_ends_the_poll() -> None:
    pages, error = polled(saying(event(1, at=AT - 10_000_000)))
    assert error is None
    assert ids(pages) == {f"at://did:plc:u1/{POSTS}/3k1"}
    assert pages[-1].done


def test_binary_frames_are_read_like_text() -> None:
    pages, error = polled(saying(event(1).encode()))
    assert error is None
    assert len(ids(pages)) == 1


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "did not answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "Bluesky answered 200"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "Bluesky answered 503"),
        (b"SSH-2.0-x\r\n", "speaks no websocket|did not answer"),
    ],
)
def test_a_peer_that_is_no_websocket_ends_the_poll(raw: bytes, word: str) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as listening:
        address = f"ws://127.0.0.1:{listening.getsockname()[1]}"
        heard: list[sockets.socket] = []

        def accept() -> None:
            peer, _ = listening.accept()
            heard.append(peer)
            peer.recv(4096)
            if raw:
                peer.sendall(raw)

        thread = Thread(target=accept, daemon=True)
        thread.start()
        began = monotonic()
        with pytest.raises(Retry, match=word):
            list(source(address).poll("", NOON))
        assert monotonic() - began < 10
        thread.join()
        heard[0].close()


@pytest.mark.parametrize(("status", "error"), [(400, BadCursor), (403, NotPermitted), (404, ConfigError)])
def test_a_refused_listener_is_told_why(status: int, error: type[ListenerError]) -> None:
    with House(lambda asked: Reply(status=status)) as house, pytest.raises(error):
        list(source(house.base.replace("http", "ws")).poll("", NOON))


def raw_bytes(data: bytes, pause: float = 0) -> Callable[[ServerConnection], None]:
    """Below the websocket: bytes as they are, one by one if `pause` isn't nothing."""

    def then(socket: ServerConnection) -> None:
        with suppress(OSError, ConnectionClosed):
            for at in range(0, len(data), 1 if pause else len(data)):
                socket.socket.sendall(data[at : at + (1 if pause else len(data))])
                Event().wait(pause)
            socket.recv(timeout=20)

    return then


def test_a_frame_that_comes_byte_by_byte_counts_as_silence() -> None:
    frame = b"\x81\x7e\x01\x00" + b"{" * 8
    pages, error = polled(saying(event(1, at=AT - 10**7), then=raw_bytes(frame, pause=0.1)))
    assert isinstance(error, Retry)
    assert "silent" in str(error)
    assert len(ids(pages)) == 1, "what came before was lost"


def test_a_frame_larger_than_was_asked_for_ends_the_poll() -> None:
    pages, error = polled(saying(event(1, at=AT - 10**7), "x" * (MAX_FRAME + 1)))
    assert isinstance(error, Retry)
    assert len(ids(pages)) == 1


def test_a_close_amid_a_frame_keeps_what_came_before_and_resumes_from_there() -> None:
    def cut(socket: ServerConnection) -> None:
        socket.socket.sendall(b"\x81\x7e\x01\x00half")
        socket.socket.shutdown(sockets.SHUT_RDWR)
        socket.socket.close()

    pages, error = polled(saying(event(1, at=AT - 10**7), then=cut))
    assert isinstance(error, Retry)
    assert len(ids(pages)) == 1
    assert json.loads(pages[-1].cursor)["time_us"] == AT - 10**7


def test_one_unreadable_event_is_set_aside_and_many_end_the_poll() -> None:
    pages, error = polled(saying("nonsense", "17", event(1)))
    assert error is None
    assert [len(page.rejects) for page in pages] == [2]
    packed = b"\x28\xb5\x2f\xfd" + bytes(range(64))
    pages, error = polled(saying(*[packed] * 100))
    assert isinstance(error, Retry)
    assert "can't be read" in str(error)


def test_an_event_from_the_future_moves_no_cursor() -> None:
    pages, error = polled(saying(event(1, at=AT + 3_600_000_000), event(2, at=AT)))
    assert error is None
    assert json.loads(pages[-1].cursor)["time_us"] == AT
    assert len(pages[0].rejects) == 1


def test_a_peer_that_tells_the_same_without_end_is_left() -> None:
    def endless(socket: ServerConnection) -> None:
        for _ in range(100_000):
            socket.send(event(1, "nothing of interest", at=AT - 10**8))

    pages, error = polled(saying(then=endless), deadline=30.0, timeout=10.0)
    assert isinstance(error, Retry)
    assert len(pages) == 2
    assert not any(page.done for page in pages)


def test_a_peer_slower_than_time_is_left_with_what_it_told() -> None:
    def slow(socket: ServerConnection) -> None:
        for step in range(1000):
            socket.send(event(step, at=AT - 10**12 + step))
            Event().wait(0.05)

    began = monotonic()
    pages, error = polled(saying(then=slow), deadline=0.4)
    assert monotonic() - began < 10
    assert isinstance(error, Retry)
    assert "caught up" in str(error)
    assert ids(pages)


def test_silence_on_the_network_itself_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    log = hearing.Source(
        jetstream="wss://jetstream2.us-east.bsky.network",
        phrases=hearing.Phrases(["x"]),
        size=1,
        limits=Limits(),
        kept=timedelta(hours=72),
    )
    assert log.busy
    monkeypatch.setattr(hearing.Source, "busy", True)
    pages, error = polled(saying(event(1, at=AT - 10**7)))
    assert isinstance(error, Retry)
    assert len(ids(pages)) == 1


def test_what_the_log_holds_no_more_is_a_gap() -> None:
    old = hearing.cursor_of(AT - 80 * 3_600_000_000)
    pages, error = polled(saying(event(1, at=AT - 72 * 3_600_000_000), event(2, at=AT)), cursor=old)
    assert error is None
    (gap,) = [gap for page in pages for gap in page.gaps]
    assert gap.until - gap.since == timedelta(hours=8)
    near = hearing.cursor_of(AT - 20 * 3_600_000_000)
    pages, _ = polled(saying(event(1, at=AT - 3_600_000_000), event(2, at=AT)), cursor=near)
    assert not any(page.gaps for page in pages), "a quiet night was taken for a loss"


def test_a_cursor_that_cannot_be_read_is_told_of() -> None:
    for cursor in ("nonsense", '{"v": 2}', '{"v": 1, "time_us": -4}', hearing.cursor_of(AT + 10**12)):
        with pytest.raises(BadCursor):
            source("ws://127.0.0.1:9").poll(cursor, NOON)


def test_a_restart_reads_the_last_seconds_again() -> None:
    asked: list[str] = []

    def told(socket: ServerConnection) -> None:
        assert socket.request is not None
        asked.append(socket.request.path)
        saying(json.dumps(elsewhere(AT)))(socket)

    polled(told, cursor=hearing.cursor_of(AT - 60_000_000))
    assert f"cursor={AT - 65_000_000}" in asked[0]
    assert f"wantedCollections={POSTS}" in asked[0]


def test_a_post_deleted_before_it_was_read_is_never_yielded() -> None:
    gone = event(1, at=AT - 1, operation="delete", record=None)
    pages, _ = polled(saying(event(1, at=AT - 2), gone, event(2, at=AT)))
    assert ids(pages) == {f"at://did:plc:u2/{POSTS}/3k2"}


def test_a_broken_stream_gives_what_it_heard_and_then_its_error() -> None:
    with House(lambda asked: Reply(status=501), saying(event(1), then=lambda socket: socket.close())) as house:
        heard = source(house.socket_base, timeout=5.0).stream("", NOON, lambda: False)
        assert next(heard).cursor == ""
        assert len(ids([next(heard)])) == 1
        with pytest.raises(Retry, match="broke off"):
            list(heard)


def test_without_an_account_nothing_is_sent_or_searched() -> None:
    connector = source("ws://127.0.0.1:9")
    assert "handle" in connector.unable()
    with pytest.raises(NotPermitted, match="app_password"):
        connector.backfill(NOON, NOON, "", NOON)
    with pytest.raises(NotPermitted):
        connector.estimate(NOON, NOON)

"""Streams over HTTP: every line, together where they come together, and never a hang."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from threading import Event

import pytest

from listener.connectors import lasting
from listener.connectors.http import Answer, Request
from listener.connectors.lasting import MAX_LINE, Patience, bursts, lines
from listener.errors import ConfigError, ListenerError, RateLimited, Retry
from tests.builders import NOON
from tests.contracts.live import Live, LiveServer, Post
from tests.contracts.server import Reply

PATIENT = Patience(connect=10, silence=10)
HASTY = Patience(connect=0.2, silence=0.05)


def never() -> bool:
    return False


def refused(answer: Answer) -> ListenerError:
    return RateLimited(f"{answer.status} {answer.body[:20]!r}", until=NOON)


@pytest.fixture
def server() -> Iterator[LiveServer]:
    with LiveServer(lambda asked: Live()) as server:
        yield server


def sends(server: LiveServer, *pieces: bytes, then: Callable[[Event], object] = Event.is_set) -> Request:
    """Have these pieces sent, then do what is asked, then end the answer."""

    def play(closing: Event) -> Iterator[bytes]:
        yield from pieces
        then(closing)

    server.script = lambda _: Live(pieces=play)
    return Request(url=f"{server.base}/stream")


def heard(request: Request, patience: Patience = PATIENT) -> list[str]:
    """The lines of a stream that breaks off at its end."""
    found: list[str] = []
    with pytest.raises(Retry):
        found.extend(lines(request, patience, never, refused))
    return found


def test_an_empty_line_comes_first_then_every_line_without_its_end(server: LiveServer) -> None:
    assert heard(sends(server, b"one\r\ntwo\n\n", b"thr", b"ee\n")) == ["", "one", "two", "", "three"]


def test_a_character_cut_in_two_by_the_network_is_whole_and_a_broken_one_harms_nothing(server: LiveServer) -> None:
    assert heard(sends(server, "é".encode()[:1], "é".encode()[1:] + b"\n\xff\n")) == ["", "é", "\ufffd"]


def test_the_end_of_a_stream_is_an_error_and_half_a_line_is_none(server: LiveServer) -> None:
    with pytest.raises(Retry, match="ended the stream"):
        list(lines(sends(server, b"half"), PATIENT, never, refused))


def test_lines_that_come_together_are_given_together(server: LiveServer) -> None:
    request = sends(server, *(b"%d\n" % n for n in range(7)), then=lambda closing: closing.wait(10))
    found = list(islice(bursts(request, PATIENT, never, refused, moment=10, most=7), 2))
    assert found == [[""], [str(n) for n in range(7)]]


def test_what_was_heard_before_the_end_is_given_before_the_error(server: LiveServer) -> None:
    found: list[list[str]] = []
    with pytest.raises(Retry, match="ended the stream"):
        found.extend(bursts(sends(server, b"last words\n"), PATIENT, never, refused, moment=10))
    assert found == [[""], ["last words"]]


def test_a_wait_that_ends_with_its_moment_loses_no_bytes(server: LiveServer) -> None:
    post = Post()
    server.script = lambda _: Live(pieces=post.pieces)
    stream = bursts(Request(url=server.base), PATIENT, never, refused, moment=0.001)
    assert next(stream) == [""]
    for number in range(20):
        post.queue.put(b"%d\n" % number)
        assert next(stream) == [str(number)]
    stream.close()


def test_silence_is_an_error(server: LiveServer) -> None:
    assert heard(sends(server, b"one\n", then=lambda closing: closing.wait(10)), HASTY) == ["", "one"]


def test_a_line_that_never_ends_in_time_is_an_error(server: LiveServer) -> None:
    """A byte now and then is no silence, and still no line."""

    def drip(closing: Event) -> Iterator[bytes]:
        while not closing.wait(0.01):
            yield b"x"

    server.script = lambda _: Live(pieces=drip)
    with pytest.raises(Retry, match="silent"):
        list(lines(Request(url=server.base), HASTY, never, refused))


def test_a_line_without_end_is_an_error_and_the_lines_before_it_are_given(server: LiveServer) -> None:
    found: list[str] = []
    with pytest.raises(Retry, match="longer than"):
        found.extend(lines(sends(server, b"good\n" + b"x" * (MAX_LINE + 70_000)), PATIENT, never, refused))
    assert found == ["", "good"]


def test_a_line_in_tiny_pieces_is_put_together_in_one_go() -> None:
    """Looking through all that is held with every byte would take hours for a line of the longest kind."""
    kept = lasting._Lines()
    for _ in range(MAX_LINE):
        kept.take(b"x")
    kept.take(b"\n")
    assert [len(line) for line in kept.ready] == [MAX_LINE]


@pytest.mark.parametrize(
    "reply",
    [Reply(manner="hang"), Reply(body=b"x" * 500, manner="slow_head"), Reply(manner="endless_head")],
    ids=lambda reply: reply.manner,
)
def test_a_head_that_never_comes_is_an_error(reply: Reply, server: LiveServer) -> None:
    server.fault = reply
    with pytest.raises(Retry):
        list(lines(Request(url=server.base), HASTY, never, refused))


def test_an_answer_other_than_200_is_named_by_the_caller(server: LiveServer) -> None:
    server.fault = Reply(status=429, body=b"slowly")
    with pytest.raises(RateLimited, match="429 b'slowly'"):
        list(lines(Request(url=server.base), PATIENT, never, refused))


def test_a_refusal_without_end_is_an_error(server: LiveServer) -> None:
    server.script = lambda _: Live(status=503, pieces=lambda closing: iter(lambda: b"x" * 65_536, b""))
    with pytest.raises(RateLimited, match="503"):
        list(lines(Request(url=server.base), PATIENT, never, refused))


def test_a_packed_stream_is_an_error(server: LiveServer) -> None:
    server.script = lambda _: Live(headers={"Content-Encoding": "gzip"}, pieces=lambda _: iter([b"\x1f\x8b"]))
    with pytest.raises(Retry, match="packed as gzip"):
        list(lines(Request(url=server.base), PATIENT, never, refused))


def test_nobody_there_is_an_error(server: LiveServer) -> None:
    with pytest.raises(Retry, match="broke off"):
        list(lines(Request(url="http://127.0.0.1:9/"), PATIENT, never, refused))


def test_what_is_no_address_is_a_configuration_error() -> None:
    for url in ("ftp://x/", "http://127.0.0.1/\x01"):
        with pytest.raises(ConfigError):
            list(lines(Request(url=url), PATIENT, never, refused))


@pytest.mark.parametrize("when", ["connecting", "listening", "hearing"])
def test_it_ends_without_an_error_soon_after_it_is_to_stop(when: str, server: LiveServer) -> None:
    stop = Event()

    def endless(closing: Event) -> Iterator[bytes]:
        while not closing.is_set():
            stop.set()
            yield b"word\n" if when == "hearing" else b""

    if when == "connecting":
        stop.set()
        server.fault = Reply(manner="hang")
    server.script = lambda _: Live(pieces=endless)
    assert set(lines(Request(url=server.base), Patience(connect=60, silence=60), stop.is_set, refused)) <= {"", "word"}


def test_who_stops_reading_leaves_no_task_behind(server: LiveServer, recwarn: pytest.WarningsRecorder) -> None:
    stream = lines(sends(server, b"one\n", then=lambda closing: closing.wait(10)), PATIENT, never, refused)
    assert list(islice(stream, 2)) == ["", "one"]
    stream.close()  # type: ignore[attr-defined]
    assert not recwarn.list
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_headers_and_body_of_the_request_travel(server: LiveServer) -> None:
    request = sends(server, b"x\n")
    heard(Request(method="POST", url=request.url, headers={"Authorization": "Bearer b"}, content=b"{}"))
    (asked,) = server.asked
    assert (asked.headers["authorization"], asked.body, asked.headers["accept-encoding"]) == (
        "Bearer b",
        "{}",
        "identity",
    )

"""The way out: bounded in time and size, refusals named, waits believed within reason."""

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import timedelta

import pytest

from listener.connectors.http import Answer, Limits, Request, fetch, follow, is_public, never_sent
from listener.connectors.refusals import refusal, window
from listener.errors import ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry
from tests.builders import NOON
from tests.contracts.server import Asked, Reply, Server

LIMITS = Limits(timeout=10.0, deadline=20.0, max_bytes=100_000)
HASTY = Limits(timeout=0.2, deadline=0.3)


def echo(asked: Asked) -> Reply:
    return Reply(body=repr((asked.method, asked.headers.get("authorization"))).encode())


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(echo) as server:
        yield server


def get(server: Server, **headers: str) -> Answer:
    return fetch(Request(url=server.base + "/", headers=headers), LIMITS)


def packed(server: Server, body: bytes, coding: str = "gzip") -> None:
    server.fault = Reply(body=body, headers={"Content-Encoding": coding})


def test_a_packed_answer_is_unpacked(server: Server) -> None:
    packed(server, gzip.compress(b"hello"))
    assert get(server).body == b"hello"


def test_a_bomb_is_stopped_at_the_cap(server: Server) -> None:
    """A hundred megabytes in a hundred kilobytes."""
    squeeze = zlib.compressobj(9, wbits=31)
    packed(server, b"".join([*(squeeze.compress(bytes(1_000_000)) for _ in range(100)), squeeze.flush()]))
    tracemalloc.start()
    try:
        with pytest.raises(Retry, match="larger than 100,000 bytes"):
            get(server)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000, "inflated before it was measured"


@pytest.mark.parametrize(
    ("body", "coding"),
    [(gzip.compress(b"x" * 999)[:-9], "gzip"), (b"not gzip at all", "gzip"), (b"?", "br"), (b"?", "gzip, gzip")],
    ids=["cut", "a lie", "unasked", "twice"],
)
def test_an_answer_that_cannot_be_unpacked_is_no_answer(body: bytes, coding: str, server: Server) -> None:
    packed(server, body, coding)
    with pytest.raises(Retry):
        get(server)


@pytest.mark.parametrize("manner", ["hang", "drip", "slow_head", "cut"])
def test_no_manner_of_answering_outlasts_the_deadline(manner: str, server: Server) -> None:
    server.fault = Reply(body=b"x" * 1000, manner=manner)
    with pytest.raises(Retry) as caught:
        fetch(Request(url=server.base), HASTY)
    assert not never_sent(caught.value)


def test_headers_without_end_are_cut_off(server: Server) -> None:
    server.fault = Reply(headers={f"X-{n}": "y" * 1000 for n in range(300)})
    with pytest.raises(Retry):
        get(server)


def test_a_refused_connection_was_never_sent() -> None:
    with Server(echo) as server:
        pass
    with pytest.raises(Retry) as caught:
        get(server)
    assert never_sent(caught.value)


def test_a_host_without_address_is_a_retry() -> None:
    with pytest.raises(Retry):
        fetch(Request(url="http://no-such-host.invalid/"), LIMITS)


@pytest.mark.parametrize("url", ["http://[::1/", "http://a b/", "nonsense"])
def test_an_address_that_is_none_is_an_expected_error(url: str) -> None:
    with pytest.raises(ListenerError):
        fetch(Request(url=url), LIMITS)


def test_redirects_take_the_callers_headers_only_to_the_same_host(server: Server) -> None:
    with Server(echo) as other:
        hops = iter(
            [Reply(status=302, headers={"Location": "/again"}), Reply(status=302, headers={"Location": other.base})]
        )
        server.script = lambda _: next(hops)
        answer = follow(Request(url=server.base + "/", headers={"Authorization": "mine"}), LIMITS)
    assert [asked.headers.get("authorization") for asked in server.asked] == ["mine", "mine"]
    assert answer.body == b"('GET', None)"
    assert answer.moved_to == ""


def test_a_request_shows_no_header_in_its_repr() -> None:
    assert "s3cret" not in repr(Request(url="http://a/", headers={"Authorization": "s3cret"}))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_public_addresses_are_told_from_local_ones(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 60),
        ({"retry-after": "soon"}, 60),
        ({}, 60),
        ({"retry-after": "99999"}, 900),
        ({"retry-after": "9" * 400}, 60),
        ({"retry-after": "Mon, 02 Mar 2026 12:01:40 GMT"}, 100),
        ({"retry-after": "Mon, 02 Mar 2026 13:01:40 GMT", "date": "Mon, 02 Mar 2026 13:00:00 GMT"}, 100),
        ({"x-rate-limit-reset": str(int(NOON.timestamp()) + 120)}, 120),
        ({"x-rate-limit-reset": str(int(NOON.timestamp()) - 120)}, 60),
        ({"x-rate-limit-reset": "4070908800"}, 900),
        ({"x-ratelimit-reset": "45"}, 45),
        ({"x-rate-limit-reset": "1772456500", "date": "Mon, 02 Mar 2026 13:00:00 GMT"}, 100),
    ],
)
def test_a_wait_is_believed_within_reason_and_against_the_servers_clock(
    headers: dict[str, str], seconds: float
) -> None:
    assert window(headers, NOON) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, Retry),
        (400, ConfigError),
        (401, Reauthorize),
        (402, RateLimited),
        (403, NotPermitted),
        (404, ConfigError),
        (408, Retry),
        (418, ConfigError),
        (425, Retry),
        (429, RateLimited),
        (500, Retry),
        (503, Retry),
        (520, Retry),
    ],
)
def test_every_status_is_named_by_its_recovery(status: int, kind: type[ListenerError]) -> None:
    answer = Answer(status=status, headers={}, body=b'{"message": "because"}', url="")
    error = refusal(answer, NOON, who="X")
    assert type(error) is kind
    if kind in (ConfigError, NotPermitted):
        assert "because" in str(error)


def test_a_months_quota_used_up_is_not_asked_about_every_minute() -> None:
    body = b'{"type": "https://api.twitter.com/2/problems/usage-capped"}'
    error = refusal(Answer(status=429, headers={}, body=body, url=""), NOON, who="X")
    assert isinstance(error, RateLimited)
    assert error.until == NOON + timedelta(hours=6)

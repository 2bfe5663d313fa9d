"""E5: no spelling of an address, no name that changes its mind and no redirect leads into the local network."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from listener import net
from listener.errors import ConfigError, ListenerError, Retry
from listener.net import Limits, Request, fetch, is_public
from tests.contracts.server import Reply, Server

GUARDED = Limits(timeout=5.0, deadline=5.0, allow_private=False)

LOCAL = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "localhost", "0.0.0.0", "0",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "100.64.0.1", "[fd00:ec2::254]", "user@127.0.0.1", "example.com@127.0.0.1",
]  # fmt: skip


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server(lambda _: Reply(body=b"secret")) as server:
        yield server


@pytest.mark.parametrize("host", LOCAL)
def test_E5_no_spelling_of_a_local_address_is_asked(server: Server, host: str) -> None:
    port = server.base.rpartition(":")[2]
    with pytest.raises(ListenerError):
        fetch(Request(url=f"http://{host}:{port}/"), GUARDED)
    assert server.asked == []


def literal(host: str) -> bool:
    return host[0].isdigit() or ":" in host


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names resolve to these, one list a question, the last for all that follow; hosts as they were asked for."""
    asked: list[str] = []

    def stub(host: Any, port: Any, *args: Any, **more: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else str(host)
        asked.append(name)
        if literal(name):
            found = [name]
        else:
            found = answers[min(len([n for n in asked if not literal(n)]), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in found[0] else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", stub)
    return asked


def test_E5_a_name_that_resolves_anew_for_every_question_is_asked_about_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First it is what was judged, then something else: the connection goes to what was judged."""
    port = server.base.rpartition(":")[2]
    # As if 127.0.0.1, where our server stands, were out on the internet, and 127.0.0.2 were the local network.
    monkeypatch.setattr(net, "is_public", lambda address: address == "127.0.0.1")
    asked = resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    answer = fetch(Request(url=f"http://rebinding.example:{port}/"), GUARDED)
    assert answer.status == 200
    assert [name for name in asked if not literal(name)] == ["rebinding.example"]
    assert server.asked[0].headers["host"] == f"rebinding.example:{port}"


def test_E5_one_local_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(ConfigError, match=r"10\.0\.0\.1"):
        fetch(Request(url="http://mixed.example/"), GUARDED)


def test_of_several_addresses_the_next_is_tried(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    port = server.base.rpartition(":")[2]
    monkeypatch.setattr(net, "is_public", lambda _: True)
    resolving(monkeypatch, ["::1", "127.0.0.1"])
    assert fetch(Request(url=f"http://two.example:{port}/"), GUARDED).body == b"secret"


def test_E5_a_redirect_is_an_answer_and_not_followed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "is_public", lambda address: address == "127.0.0.1")
    server.fault = Reply(status=302, headers={"Location": "http://127.0.0.2:1/admin"})
    assert fetch(Request(url=server.base), GUARDED).status == 302


def led_on(server: Server) -> bytes:
    """What a redirect into the local network brings, asked for by a guarded call."""
    with Server(lambda _: Reply(body=b"admin")) as inner:
        server.fault = Reply(status=302, headers={"Location": inner.base})
        return fetch(Request(url=server.base), GUARDED).body


def test_E5_what_a_redirect_points_to_is_never_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "is_public", lambda address: address == "127.0.0.1")
    assert led_on(server) == b""


def test_a_guarded_connection_that_fails_was_never_sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "is_public", lambda _: True)
    with pytest.raises(Retry) as caught:
        fetch(Request(url="http://127.0.0.1:1/"), GUARDED)
    assert net.never_sent(caught.value)


@pytest.mark.parametrize("manner", ["hang", "drip", "slow_head", "cut"])
def test_a_guarded_call_is_bounded_like_any_other(server: Server, monkeypatch: pytest.MonkeyPatch, manner: str) -> None:
    monkeypatch.setattr(net, "is_public", lambda _: True)
    server.fault = Reply(body=b"x" * 1000, manner=manner)
    with pytest.raises(Retry):
        fetch(Request(url=server.base), Limits(timeout=0.2, deadline=0.3, allow_private=False))


def test_with_a_proxy_the_name_is_judged_before_it_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.base)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(ConfigError, match="local network"):
        fetch(Request(url="http://10.0.0.1/"), GUARDED)
    assert server.asked == []


def test_an_ipv4_address_within_an_ipv6_one_is_judged_as_such() -> None:
    for address in ("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::10.0.0.1", "::1", "::"):
        assert not is_public(address), address
    for address in ("::ffff:93.184.216.34", "64:ff9b::5db8:d822", "2606:2800:220:1::1"):
        assert is_public(address), address


def test_no_unix_socket_is_an_address() -> None:
    with pytest.raises(Exception, match="socket"):
        asyncio.run(net._ToJudged().connect_unix_socket("/run/x"))


def test_E5_control_a_check_of_the_name_alone_is_caught(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It refuses what is spelled as a local address, and connects wherever any other name leads."""

    async def by_name(host: str, port: int) -> list[str]:
        if literal(host):
            raise ConfigError("an address of the local network")
        return [host]

    monkeypatch.setattr(net, "_public_addresses", by_name)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_E5_no_spelling_of_a_local_address_is_asked(server, "localhost")
    assert server.asked


def test_E5_control_a_check_before_the_redirect_alone_is_caught(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It judges where it is sent first, and then goes wherever it is told to."""

    async def once(url: str, limits: Limits) -> httpx.AsyncClient:
        await net._public_addresses(net.host_of(url), 80)
        monkeypatch.setattr(net, "is_public", lambda _address: False)  # of the next address nobody asks
        return httpx.AsyncClient(timeout=limits.timeout, follow_redirects=True)

    monkeypatch.setattr(net, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(net, "_client", once)
    assert led_on(server) == b"admin"

"""One way out to the network: a hard deadline by the wall clock and a cap on the body.

A read timeout alone doesn't bound a server that drips a byte a second, and a byte cap on what travels doesn't bound a
compressed bomb: both are bounded here. Where the local network is out of bounds, each name is resolved once, every
address it has is judged, and the connection goes to an address that was judged: a name that resolves otherwise a moment
later is of no use. A proxy that the environment names connects by itself; then the name is judged before it is asked.
"""

import asyncio
import ipaddress
import logging
import socket
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from listener.errors import ConfigError, Retry
from listener.redaction import remember, remember_header

if TYPE_CHECKING:
    import ssl

# At INFO httpx logs whole addresses, and a private feed's address is a secret; httpcore logs headers at DEBUG.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError)
_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpcore.ConnectError, httpcore.ConnectTimeout)

USER_AGENT = "social-support-listener/0.1"
MEBIBYTE = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one call may take."""

    timeout: float = 10.0
    """Seconds of silence: to connect, and between two pieces of the answer."""
    deadline: float = 30.0
    """Seconds in all."""
    max_bytes: int = 8 * MEBIBYTE
    """Of the body, after decompression."""
    allow_private: bool = True
    """Whether addresses of the local network may be reached."""
    head_only: bool = False
    """Status and headers are all that is wanted: whatever follows isn't read, and can't make an answer none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str = "GET"
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Out of the repr: an authorization header is a secret."""
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)
    url: str
    moved_to: str = ""
    """Where a permanent redirect pointed; empty if there was none."""


def fetch(request: Request, limits: Limits) -> Answer:
    """One exchange, redirects not followed. Raises `Retry` on network trouble, the deadline, or too large a body."""
    host = host_of(request.url)
    remember_header(next((value for name, value in request.headers.items() if name.lower() == "authorization"), ""))
    for proxy in getproxies().values():
        if "@" in proxy:
            remember(proxy)
    try:
        return asyncio.run(_within(request, limits))
    except TimeoutError as error:
        raise Retry(f"{host} did not answer within {limits.deadline:g} s") from error
    except (httpx.TimeoutException, httpcore.TimeoutException) as error:
        raise Retry(f"{host} was silent for {limits.timeout:g} s") from error
    except httpx.InvalidURL as error:
        raise ConfigError(f"not an address: {error}") from error
    except (httpx.ConnectError, httpcore.ConnectError) as error:
        raise Retry(f"{host} can't be reached: {error or type(error).__name__}") from error
    except (httpx.HTTPError, *_BROKEN, zlib.error, ValueError, OSError) as error:
        raise Retry(f"{host} broke off: {error or type(error).__name__}") from error


def host_of(url: str) -> str:
    """The host that an address names. Raises `ConfigError` where it is no http(s) address."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigError(f"not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("not an http(s) address")
    return parts.hostname


def never_sent(error: Retry) -> bool:
    """Whether no connection came about: nothing was asked of the platform, so nothing can have been billed."""
    return isinstance(error.__cause__, (*_NO_CONNECTION, socket.gaierror))


async def _within(request: Request, limits: Limits) -> Answer:
    async with asyncio.timeout(limits.deadline):
        headers = {"User-Agent": USER_AGENT, **request.headers, "Accept-Encoding": "gzip"}
        async with (
            await _client(request.url, limits) as client,
            client.stream(request.method, request.url, headers=headers, content=request.content or None) as response,
        ):
            body = b"" if limits.head_only else await _body(response, limits.max_bytes)
            return Answer(status=response.status_code, headers=_lower(response.headers), body=body, url=request.url)


async def _client(url: str, limits: Limits) -> httpx.AsyncClient:
    if limits.allow_private:
        return httpx.AsyncClient(timeout=limits.timeout, follow_redirects=False, verify=tls())
    if _proxied(url):
        await _public_addresses(urlsplit(url).hostname or "", urlsplit(url).port or 443)
        return httpx.AsyncClient(timeout=limits.timeout, follow_redirects=False, verify=tls())
    return httpx.AsyncClient(timeout=limits.timeout, follow_redirects=False, transport=_Guarded())


def _proxied(url: str) -> bool:
    """Whether the environment names a proxy for this address, as httpx would use it."""
    parts, proxies = urlsplit(url), getproxies()
    return bool(proxies.get(parts.scheme) or proxies.get("all")) and not proxy_bypass(parts.hostname or "")


@cache
def tls() -> "ssl.SSLContext":
    """How we trust servers. Built once: reading the root certificates takes tens of milliseconds."""
    return httpx.create_ssl_context()


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


async def _body(response: httpx.Response, cap: int) -> bytes:
    """The body, inflated piece by piece so that a bomb is stopped at the cap and not after it."""
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip"):
        raise Retry(f"the answer is packed as {packed[:20]}, which was not asked for")
    inflate = zlib.decompressobj(wbits=31) if packed.endswith("gzip") else None
    parts: list[bytes] = []
    size = 0
    async for piece in response.aiter_raw():
        part = inflate.decompress(piece, cap + 1 - size) if inflate else piece
        size += len(part)
        if size > cap:
            raise Retry(f"the answer is larger than {cap:,} bytes")
        parts.append(part)
    if inflate and parts and not inflate.eof:
        raise Retry("the answer was cut off")
    return b"".join(parts)


async def _public_addresses(host: str, port: int) -> list[str]:
    """All of a host's addresses. Refuses one any of whose addresses isn't public: no way into the local network."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Retry(f"{host} has no address: {error}") from error
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    for address in addresses:
        if not is_public(address):
            raise ConfigError(
                f"{host} is an address of the local network ({address})",
                next_step="set allow_private = true for it if you trust it",
            )
    return addresses


class _ToJudged(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were judged, and to no others."""

    def __init__(self) -> None:
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await _public_addresses(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("no socket of this machine is an address")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Guarded(httpx.AsyncBaseTransport):
    """httpx's way to the network, through `_ToJudged`. Names in certificates are checked as ever."""

    def __init__(self) -> None:
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls(), network_backend=_ToJudged())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = await self._pool.handle_async_request(asked)
        assert isinstance(answer.stream, AsyncIterable)
        stream = _Stream(answer.stream, answer.aclose)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    """An answer's body as httpx takes it."""

    def __init__(self, parts: AsyncIterable[bytes], close: Callable[[], Awaitable[None]]) -> None:
        self._parts, self._close = parts, close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            yield part

    async def aclose(self) -> None:
        await self._close()


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, and so does any that it carries within."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    within = _carried(ip) if isinstance(ip, ipaddress.IPv6Address) else None
    return ip.is_global and not ip.is_multicast if within is None else is_public(str(within))


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway makes of it: mapped, compatible, 6to4, Teredo or translated (RFC 6052)."""
    if ip.ipv4_mapped or ip.sixtofour:
        return ip.ipv4_mapped or ip.sixtofour
    if ip.teredo:
        return ip.teredo[1]
    if ip in _TRANSLATED or (ip in _COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")

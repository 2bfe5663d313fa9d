"""One way out to the network: a hard deadline by the wall clock and a cap on the body.

A read timeout alone doesn't bound a server that drips a byte a second, and a byte cap on what travels doesn't bound a
compressed bomb: both are bounded here, for httpx and, through `transport`, for libraries built on requests.
"""

import asyncio
import ipaddress
import logging
import socket
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

from listener.errors import ConfigError, Retry

if TYPE_CHECKING:
    import ssl

# At INFO httpx logs whole addresses, and a private feed's address is a secret; httpcore logs headers at DEBUG.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

USER_AGENT = "social-support-listener/0.1"
MEBIBYTE = 1_048_576
MAX_REDIRECTS = 5


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
    try:
        return asyncio.run(_within(request, limits))
    except TimeoutError as error:
        raise Retry(f"{host} did not answer within {limits.deadline:g} s") from error
    except httpx.TimeoutException as error:
        raise Retry(f"{host} was silent for {limits.timeout:g} s") from error
    except httpx.InvalidURL as error:
        raise ConfigError(f"not an address: {error}") from error
    except httpx.ConnectError as error:
        raise Retry(f"{host} can't be reached: {error or type(error).__name__}") from error
    except (httpx.HTTPError, zlib.error, ValueError, OSError) as error:
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
    return isinstance(error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout, socket.gaierror))


def follow(request: Request, limits: Limits, exchange: Callable[[Request, Limits], Answer] = fetch) -> Answer:
    """One exchange with at most five redirects, each target checked like the first; the caller's headers stay with
    the host they were meant for. `exchange` makes each of them."""
    first, moved_to = urlsplit(request.url).netloc, ""
    permanent = True
    for _ in range(MAX_REDIRECTS + 1):
        answer = exchange(request, limits)
        target = answer.headers.get("location", "")
        if answer.status not in (301, 302, 303, 307, 308) or not target:
            return Answer(
                status=answer.status, headers=answer.headers, body=answer.body, url=answer.url, moved_to=moved_to
            )
        url = urljoin(request.url, target)
        if urlsplit(url).scheme not in ("http", "https"):
            raise Retry(f"{first} redirects to {urlsplit(url).scheme}:, which is not followed")
        permanent = permanent and answer.status in (301, 308)
        moved_to = url if permanent else moved_to
        request = Request(url=url, headers=request.headers if urlsplit(url).netloc == first else {})
    raise Retry(f"{first} redirects more than {MAX_REDIRECTS} times")


async def _within(request: Request, limits: Limits) -> Answer:
    async with asyncio.timeout(limits.deadline):
        if not limits.allow_private:
            await _refuse_private(request.url)
        client = httpx.AsyncClient(timeout=limits.timeout, follow_redirects=False, verify=tls())
        headers = {"User-Agent": USER_AGENT, **request.headers, "Accept-Encoding": "gzip"}
        async with (
            client,
            client.stream(request.method, request.url, headers=headers, content=request.content or None) as response,
        ):
            body = await _body(response, limits.max_bytes)
            return Answer(status=response.status_code, headers=_lower(response.headers), body=body, url=request.url)


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


async def _refuse_private(url: str) -> None:
    """Refuse a host any of whose addresses is not public: a feed must not be a way into the local network."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 443
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise Retry(f"{host} has no address: {error.strerror}") from error
    for *_, address in found:
        if not is_public(str(address[0])):
            raise ConfigError(
                f"{host} is an address of the local network ({address[0]})",
                next_step="set options.allow_private = true if you trust it",
            )


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return ip.is_global and not ip.is_multicast

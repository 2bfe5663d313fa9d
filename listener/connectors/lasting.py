"""Answers that never end: lines of a stream over HTTP, each within a time and a size, so that no peer can hold us.

Platforms keep such streams alive with an empty line every so often; where that stays out, the far side is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import httpx

from listener.connectors.http import USER_AGENT, Answer, Request, host_of, tls
from listener.errors import ListenerError, Retry

MAX_LINE = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a stream may keep us waiting."""

    connect: float = 20.0
    """Seconds until the answer's head is there."""
    silence: float = 60.0
    """Seconds between two pieces; a line may take three times as long."""


def lines(
    request: Request, patience: Patience, stopping: Callable[[], bool], refuse: Callable[[Answer], ListenerError]
) -> Iterator[str]:
    """Each line of a stream, empty ones too; an empty one first, as soon as the far side has taken us.

    Ends soon after `stopping()`, and otherwise always by an error: `Retry` when the stream breaks off or falls
    silent, and what `refuse` makes of an answer other than 200.
    """
    host = host_of(request.url)
    with asyncio.Runner() as runner:
        stream = _Stream(request, patience, stopping, refuse)
        try:
            while (line := runner.run(stream.next_line())) is not None:
                yield line
        except TimeoutError as error:
            raise Retry(f"{host} fell silent") from error
        except (httpx.HTTPError, ValueError, OSError) as error:
            raise Retry(f"{host} broke off: {error or type(error).__name__}") from error
        finally:
            runner.run(stream.close())


class _Stream:
    """One open answer."""

    def __init__(
        self,
        request: Request,
        patience: Patience,
        stopping: Callable[[], bool],
        refuse: Callable[[Answer], ListenerError],
    ) -> None:
        self._request = request
        self._patience = patience
        self._stopping = stopping
        self._refuse = refuse
        self._client: httpx.AsyncClient | None = None
        self._pieces: AsyncIterator[bytes] | None = None
        self._response: httpx.Response | None = None
        self._held = b""
        self._ready: list[str] = []

    async def next_line(self) -> str | None:
        """None once we are to stop."""
        if self._pieces is None:
            await self._open()
            return ""
        if not self._ready:
            async with asyncio.timeout(3 * self._patience.silence):
                await self._fill()
        return self._ready.pop(0) if self._ready else None

    async def _open(self) -> None:
        self._client = httpx.AsyncClient(timeout=None, follow_redirects=False, verify=tls())  # noqa: S113 - bounded here
        headers = {"User-Agent": USER_AGENT, **self._request.headers, "Accept-Encoding": "identity"}
        asked = self._client.build_request(self._request.method, self._request.url, headers=headers)
        async with asyncio.timeout(self._patience.connect):
            self._response = await self._client.send(asked, stream=True)
            if self._response.status_code != 200:
                raise self._refuse(await self._refusal(self._response))
        self._pieces = self._response.aiter_raw()

    async def _refusal(self, response: httpx.Response) -> Answer:
        body = b""
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_LINE:
                break
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=body[:MAX_LINE], url=self._request.url)

    async def _fill(self) -> None:
        """At least one line ready, or none if we are to stop."""
        assert self._pieces is not None
        while not self._ready:
            piece = await self._piece()
            if piece is None:
                return
            self._held += piece
            *whole, self._held = self._held.split(b"\n")
            self._ready += [line.decode("utf-8", "replace").rstrip("\r") for line in whole]
            if len(self._held) > MAX_LINE:
                raise Retry(f"{host_of(self._request.url)} sent a line longer than {MAX_LINE:,} bytes")

    async def _piece(self) -> bytes | None:
        """The next bytes; looks up every second whether we are to stop."""
        assert self._pieces is not None
        waiting = asyncio.ensure_future(anext(self._pieces))
        try:
            async with asyncio.timeout(self._patience.silence):
                while not waiting.done():
                    if self._stopping():
                        return None
                    await asyncio.wait({waiting}, timeout=min(1.0, self._patience.silence))
                return waiting.result()
        except StopAsyncIteration as error:
            raise Retry(f"{host_of(self._request.url)} ended the stream") from error
        finally:
            waiting.cancel()

    async def close(self) -> None:
        if self._response is not None:
            await self._response.aclose()
        if self._client is not None:
            await self._client.aclose()

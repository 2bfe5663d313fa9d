"""Answers that never end: lines of a stream over HTTP, each within a time and a size, so that no peer can hold us.

Platforms keep such streams alive with an empty line every so often; where that stays out, the far side is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass

import httpx

from listener.connectors.http import USER_AGENT, Answer, Request, host_of, tls
from listener.errors import ConfigError, ListenerError, Retry

MAX_LINE = 1_048_576
_LOOK_UP = 0.25
"""Seconds after which a wait looks whether we are to stop."""
_TO_CLOSE = 5.0


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
    for burst in bursts(request, patience, stopping, refuse):
        yield from burst


def bursts(
    request: Request,
    patience: Patience,
    stopping: Callable[[], bool],
    refuse: Callable[[Answer], ListenerError],
    *,
    moment: float = 0.0,
    most: int = 100,
) -> Generator[list[str], None, None]:
    """The same lines, those together that come within `moment` seconds of the first, about `most` of them.

    What was heard before a stream broke off is given before the error is raised.
    """
    host = host_of(request.url)
    with asyncio.Runner() as runner:
        stream = _Stream(request, patience, stopping, refuse)
        try:
            while burst := runner.run(stream.burst(moment, most)):
                yield burst
        except TimeoutError as error:
            raise Retry(f"{host} fell silent") from error
        except httpx.InvalidURL as error:
            raise ConfigError(f"not an address: {error}") from error
        except (httpx.HTTPError, ValueError, OSError) as error:
            raise Retry(f"{host} broke off: {error or type(error).__name__}") from error
        finally:
            runner.run(stream.close())


class _Lines:
    """Pieces put together to lines. Each byte is looked at once, however small the pieces are."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0
        self.ready: list[str] = []

    @property
    def too_long(self) -> bool:
        """Whether a line has become longer than any is; then nothing more is taken."""
        return self._size > MAX_LINE

    def take(self, piece: bytes) -> None:
        first, *more = piece.split(b"\n")
        self._hold(first)
        for part in more:
            if self.too_long:
                return
            self.ready.append(b"".join(self._held).decode("utf-8", "replace").rstrip("\r"))
            self._held, self._size = [], 0
            self._hold(part)

    def _hold(self, part: bytes) -> None:
        self._held.append(part)
        self._size += len(part)


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
        self._lines = _Lines()
        self._client: httpx.AsyncClient | None = None
        self._pieces: AsyncIterator[bytes] | None = None
        self._response: httpx.Response | None = None
        self._waiting: asyncio.Future[bytes] | None = None
        """The next piece: waited for on and on, through the bursts, since a wait that is given up loses bytes."""

    async def burst(self, moment: float, most: int) -> list[str]:
        """At least one line; empty once we are to stop."""
        if self._pieces is None:
            return [""] if await self._opened() else []
        if not await self._first_line():
            return []
        if moment > 0:
            with suppress(TimeoutError):
                await self._more_lines(moment, most)
        found, self._lines.ready = self._lines.ready, []
        return found

    async def _opened(self) -> bool:
        opening = asyncio.ensure_future(self._open())
        try:
            return await self._came(opening, self._patience.connect) and opening.result() is None
        finally:
            await _ended(opening)

    async def _open(self) -> None:
        self._client = httpx.AsyncClient(timeout=None, follow_redirects=False, verify=tls())  # noqa: S113 - bounded here
        headers = {"User-Agent": USER_AGENT, **self._request.headers, "Accept-Encoding": "identity"}
        asked = self._client.build_request(
            self._request.method, self._request.url, headers=headers, content=self._request.content or None
        )
        self._response = await self._client.send(asked, stream=True)
        if self._response.status_code != 200:
            raise self._refuse(await self._refusal(self._response))
        if packed := self._response.headers.get("content-encoding", "identity").strip().lower().replace("identity", ""):
            raise Retry(f"the stream is packed as {packed[:20]}, which was not asked for")
        self._pieces = self._response.aiter_raw()

    async def _refusal(self, response: httpx.Response) -> Answer:
        body = b""
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_LINE:
                break
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=body[:MAX_LINE], url=self._request.url)

    async def _first_line(self) -> bool:
        """Whether there is one; False once we are to stop."""
        if self._stopping():
            return False
        async with asyncio.timeout(3 * self._patience.silence):
            while not self._lines.ready:
                if self._lines.too_long:
                    raise Retry(f"{host_of(self._request.url)} sent a line longer than {MAX_LINE:,} bytes")
                if not await self._came(self._piece(), self._patience.silence):
                    return False
                self._take()
        return True

    async def _more_lines(self, moment: float, most: int) -> None:
        async with asyncio.timeout(moment):
            while len(self._lines.ready) < most and not self._lines.too_long:
                await asyncio.wait({self._piece()})
                if self._piece().exception() is not None:
                    return  # raised when the next line is waited for
                self._take()

    def _piece(self) -> asyncio.Future[bytes]:
        assert self._pieces is not None
        if self._waiting is None:
            self._waiting = asyncio.ensure_future(anext(self._pieces))
        return self._waiting

    def _take(self) -> None:
        assert self._waiting is not None
        piece, self._waiting = self._waiting, None
        try:
            self._lines.take(piece.result())
        except StopAsyncIteration as error:
            raise Retry(f"{host_of(self._request.url)} ended the stream") from error

    async def _came(self, awaited: asyncio.Future[bytes] | asyncio.Future[None], seconds: float) -> bool:
        """Whether it came; False once we are to stop. Raises `TimeoutError`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not awaited.done():
            left = until - loop.time()
            if self._stopping():
                return False
            if left <= 0:
                raise TimeoutError
            await asyncio.wait({awaited}, timeout=min(_LOOK_UP, left))
        return True

    async def close(self) -> None:
        """Whatever state it is in: a connection that doesn't let itself be closed is left behind."""
        with suppress(httpx.HTTPError, OSError, RuntimeError):
            async with asyncio.timeout(_TO_CLOSE):
                if self._waiting is not None:
                    await _ended(self._waiting)
                if self._response is not None:
                    await self._response.aclose()
                if self._client is not None:
                    await self._client.aclose()


async def _ended(waiting: asyncio.Future[bytes] | asyncio.Future[None]) -> None:
    """Given up if it still waits; how it ended is taken note of, so that nobody complains of an error unseen."""
    waiting.cancel()
    await asyncio.wait({waiting})
    if not waiting.cancelled():
        waiting.exception()

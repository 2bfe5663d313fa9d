"""Jetstream: every record of the network as it appears, over a websocket, from any instant of the last days on.

An event is a frame of JSON. Nothing here waits longer than its limits: to be let in, for a whole frame (one that comes
byte by byte is silence), and for the far side to show that it lives. Frames are asked for unpacked and small.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException

from listener.connectors.bluesky_posts import POSTS
from listener.connectors.http import USER_AGENT, Answer, Limits, tls
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import loads, table
from listener.errors import BadCursor, ConfigError, ListenerError, Retry, SkipRecord

for _name in ("websockets", "websockets.client"):
    logging.getLogger(_name).setLevel(logging.WARNING)

MAX_FRAME = 1_048_576
"""A post's record is some kilobytes; larger events are not asked for."""
BURST = 0.25
"""Seconds for which frames are gathered once one is there."""
_CLOSING = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened in one account."""

    time_us: int
    """Microseconds since 1970, by the server's clock."""
    did: str
    operation: str
    """create, update or delete of a post; empty for anything else."""
    rkey: str
    cid: object
    record: object
    whole: object


def read_event(frame: bytes) -> Event:
    """One frame. Raises `SkipRecord` or `ValueError` with the reason; what isn't about a post is an event too."""
    try:
        event = loads(frame.decode("utf-8"))
    except ValueError as error:
        raise SkipRecord("event is not JSON") from error
    if not isinstance(event, dict):
        raise SkipRecord(f"event is a {type(event).__name__}")
    did, kind, time_us = event.get("did"), event.get("kind"), event.get("time_us")
    if not isinstance(did, str) or not isinstance(kind, str) or type(time_us) is not int:
        raise SkipRecord("event lacks its kind, account or time")
    parse_instant(time_us / 1e6)
    commit = table(event.get("commit")) if kind == "commit" else {}
    operation, rkey = commit.get("operation"), commit.get("rkey")
    ours = commit.get("collection") == POSTS and operation in ("create", "update", "delete")
    return Event(
        time_us=time_us,
        did=did,
        operation=str(operation) if ours else "",
        rkey=rkey if isinstance(rkey, str) else "",
        cid=commit.get("cid"),
        record=commit.get("record"),
        whole=event,
    )


class Jetstream:
    """One connection while entered; entering raises `Retry`, or what a refusal means."""

    def __init__(self, address: str, cursor: int, limits: Limits, refuse: Callable[[Answer], ListenerError]) -> None:
        asked = {"wantedCollections": POSTS, "maxMessageSizeBytes": MAX_FRAME, "cursor": cursor}
        self._url = f"{address.rstrip('/')}/subscribe?{urlencode(asked)}"
        self._limits = limits
        self._refuse = refuse
        self._host = urlsplit(address).hostname or address
        self._runner = asyncio.Runner()
        self._socket: ClientConnection | None = None
        self._held: list[bytes] = []

    def __enter__(self) -> Self:
        try:
            self._run(self._open())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            if self._socket is not None:
                self._runner.run(self._close(self._socket))
        finally:
            self._runner.close()

    def take(self, most: int, wait: float) -> list[bytes]:
        """Up to `most` frames: those that come within a moment of the first, which has `wait` seconds; none if none
        came. Raises `Retry` when the far side is gone."""
        return self._run(self._take(most, wait))

    def lives(self) -> bool:
        """Whether the far side answers, though it has nothing to tell."""
        return self._run(self._lives())

    def _run(self, doing: Coroutine[object, object, T]) -> T:
        """Raises what becomes of a connection in our own words."""
        try:
            return self._runner.run(doing)
        except TimeoutError as error:
            raise Retry(f"{self._host} did not answer within {self._limits.timeout:g} s") from error
        except InvalidStatus as error:
            raise self._refused(error) from error
        except InvalidURI as error:
            raise ConfigError(
                f"not a websocket's address: {self._host}", next_step="check options.jetstream"
            ) from error
        except InvalidHandshake as error:
            raise Retry(f"{self._host} speaks no websocket: {type(error).__name__}") from error
        except (WebSocketException, OSError, ValueError, EOFError) as error:
            raise Retry(f"{self._host} broke off: {str(error) or type(error).__name__:.200}") from error

    def _refused(self, error: InvalidStatus) -> ListenerError:
        response = error.response
        if response.status_code == 400:
            return BadCursor(f"{self._host} refuses the cursor")
        headers = {name.lower(): value for name, value in response.headers.raw_items()}
        answer = Answer(
            status=response.status_code, headers=headers, body=bytes(response.body or b""), url=f"wss://{self._host}"
        )
        return self._refuse(answer)

    async def _open(self) -> None:
        self._socket = await connect(
            self._url,
            ssl=tls() if self._url.startswith("wss:") else None,
            compression=None,
            user_agent_header=USER_AGENT,
            open_timeout=self._limits.timeout,
            close_timeout=_CLOSING,
            # The loop stands still while a page is stored: whether the far side lives is asked when it is silent.
            ping_interval=None,
            max_size=MAX_FRAME,
            max_queue=64,
        )

    async def _take(self, most: int, wait: float) -> list[bytes]:
        taken, self._held = self._held[:most], self._held[most:]
        assert self._socket is not None
        try:
            async with asyncio.timeout(BURST if taken else wait) as timer:
                while len(taken) < most:
                    taken.append(await self._socket.recv(decode=False))
                    if len(taken) == 1:
                        timer.reschedule(asyncio.get_running_loop().time() + BURST)
        except TimeoutError:
            pass
        except WebSocketException:
            if not taken:  # what came before the end is read; the end is met again at the next take
                raise
        return taken

    async def _lives(self) -> bool:
        assert self._socket is not None
        pong = asyncio.ensure_future(await self._socket.ping())
        frame = asyncio.ensure_future(self._socket.recv(decode=False))
        try:
            done, _ = await asyncio.wait(
                {pong, frame}, timeout=self._limits.timeout, return_when=asyncio.FIRST_COMPLETED
            )
            if frame in done:
                self._held.append(frame.result())
            return bool(done) and (frame in done or pong.exception() is None)
        finally:
            pong.cancel()
            frame.cancel()
            await asyncio.gather(pong, frame, return_exceptions=True)

    async def _close(self, socket: ClientConnection) -> None:
        with suppress(WebSocketException, OSError, TimeoutError):
            async with asyncio.timeout(2 * _CLOSING):
                await socket.close()

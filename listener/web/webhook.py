"""Takes what Meta tells by webhook: checks who says it, keeps it, and only then says that it came.

Meta tells again, for a day and a half, whatever isn't answered with 200; nothing else ever gives a missed mention back.
So an event is on the disk before the answer goes out, and one that can't be kept is answered with 500. What comes twice
is harmless to whoever reads it.

`GET /webhook` answers Meta's question whether we are who it is to tell; `POST /webhook` takes events, signed with the
app's secret. Each goes to the source that reads the page or account it is about; others' events are thrown away.
"""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from listener.clock import Clock
from listener.connectors.jsons import loads, rows, table
from listener.connectors.spool import event
from listener.web.inboxes import Inbox

log = logging.getLogger(__name__)

PATH = "/webhook"
MOST_BYTES = 1_048_576
SECONDS = 10.0
"""That a body may take to come."""
LONGEST_CHALLENGE = 200


class Receiver:
    """The receiver of some sources."""

    def __init__(self, inboxes: Sequence[Inbox], clock: Clock, *, seconds: float = SECONDS) -> None:
        self._inboxes = inboxes
        self._clock = clock
        self._seconds = seconds

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(PATH, self.verify, methods=["GET"]),
                Route(PATH, self.take, methods=["POST"]),
            ]
        )

    async def verify(self, request: Request) -> Response:
        """Meta asks, when it is told our address, whether we know the word that it was told as well."""
        asked = request.query_params
        token, challenge = asked.get("hub.verify_token", ""), asked.get("hub.challenge", "")
        known = [_same(token.encode(), one.verify_token.reveal().encode()) for one in self._inboxes]
        fit = challenge.isascii() and challenge.isprintable() and len(challenge) <= LONGEST_CHALLENGE
        if asked.get("hub.mode") != "subscribe" or not any(known) or not fit:
            log.warning("a verification was refused")
            return _answer(403)
        log.info("verified")
        return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff", "Connection": "close"})

    async def take(self, request: Request) -> Response:
        """Keep what is told, or say why not."""
        try:
            async with asyncio.timeout(self._seconds):
                body = await _body(request)
        except TimeoutError:
            return _answer(408)
        except ClientDisconnect:
            return _answer(400)
        if body is None:
            return _answer(413)
        signed = self._signed(body, request.headers.get("x-hub-signature-256", ""))
        if not signed:
            log.warning("events without a true signature were refused")
            return _answer(403)
        try:
            told = table(loads(body.decode()))
        except (ValueError, RecursionError):
            told = {}
        if not isinstance(told.get("entry"), list):
            log.warning("signed, but not in the form of events")
            return _answer(400)
        return await self._keep(told, signed)

    def _signed(self, body: bytes, signature: str) -> list[Inbox]:
        """Those whose app signed it; all are tried, so that time tells nothing."""
        given = signature.encode("latin-1", "replace")
        true = {one.app_secret.reveal(): _signature(one.app_secret.reveal(), body) for one in self._inboxes}
        fits = {secret: _same(given, wanted) for secret, wanted in true.items()}
        return [one for one in self._inboxes if fits[one.app_secret.reveal()]]

    async def _keep(self, told: Mapping[str, object], signed: Sequence[Inbox]) -> Response:
        parcels, lost = self._sorted(told, signed)
        try:
            for parcel in parcels:
                await run_in_threadpool(parcel.inbox.spool.append, parcel.events, self._clock.now())
        except OSError as error:
            log.error("events can't be kept", extra={"error": str(error)})
            return _answer(500)
        kept = sum(len(parcel.events) for parcel in parcels)
        log.info("events kept", extra={"kept": kept, "of_others": lost})
        return _answer(200)

    def _sorted(self, told: Mapping[str, object], signed: Sequence[Inbox]) -> tuple[list["Parcel"], int]:
        """What each source is told, and how many entries are about pages and accounts that nobody reads here.

        Private messages are in none of it, and are thrown away where an app is told of them.
        """
        events: dict[str, list[object]] = {}
        lost = 0
        for entry in map(table, rows(told.get("entry"))):
            readers = [one for one in signed if (one.kind, one.account) == (told.get("object"), str(entry.get("id")))]
            lost += not readers
            for inbox in readers:
                changes = [dict(table(change)) for change in rows(entry.get("changes"))]
                kept = [event(dict(entry), change, inbox.platform, self._clock.now()) for change in changes]
                events.setdefault(inbox.source, []).extend(kept)
        return [Parcel(inbox=one, events=events[one.source]) for one in signed if events.get(one.source)], lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one source is told at once."""

    inbox: Inbox
    events: list[object]


async def _body(request: Request) -> bytes | None:
    """The whole body; None where it is too large, of which no more than the cap is held."""
    announced = request.headers.get("content-length", "0")
    if not (announced.isascii() and announced.isdigit()) or int(announced[:12]) > MOST_BYTES:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _signature(secret: str, body: bytes) -> bytes:
    return b"sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def _same(given: bytes, wanted: bytes) -> bool:
    """In a time that tells nothing of how much is the same."""
    return hmac.compare_digest(given, wanted)


def _answer(status: int) -> Response:
    """One request a connection: of one that is refused, the rest isn't read."""
    return PlainTextResponse("", status_code=status, headers={"Connection": "close"})

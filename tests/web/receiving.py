"""A receiver on loopback, as it is served, and what Meta would send it."""

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import uvicorn

from listener.clock import VirtualClock
from listener.connectors.spool import Place, Spool
from listener.domain.policy import Secret
from listener.web.inboxes import Inbox
from listener.web.serving import configuration
from listener.web.webhook import Receiver
from tests.builders import NOON

APP, TOKEN = "s3cr3t-app", "s3cr3t-word"
PAGE, ACCOUNT = "100", "17841"


def inbox(private: Path, source: str = "fb", **more: Any) -> Inbox:
    defaults: dict[str, Any] = {
        "source": source,
        "platform": "facebook",
        "kind": "page",
        "account": PAGE,
        "app_secret": Secret(APP),
        "verify_token": Secret(TOKEN),
        "spool": Spool(private, source),
    }
    return Inbox(**{**defaults, **more})


def events(spool: Spool) -> list[Any]:
    """All that is kept, in order."""
    return [line.record for line in spool.read(Place(), 1_000_000)]


def comment(number: int = 1, **more: Any) -> dict[str, Any]:
    """A change of a page's feed."""
    value = {
        "item": "comment",
        "verb": "add",
        "comment_id": f"7_{number}",
        "post_id": f"{PAGE}_7",
        "parent_id": f"{PAGE}_7",
        "message": f"@acme is late {number}",
        "from": {"id": "5", "name": "Ann"},
        "created_time": int(NOON.timestamp()),
        **more,
    }
    return {"field": "feed", "value": value}


def told(*changes: dict[str, Any], kind: str = "page", account: str = PAGE) -> bytes:
    entry = {"id": account, "time": int(NOON.timestamp()), "changes": list(changes)}
    return json.dumps({"object": kind, "entry": [entry]}).encode()


def signed(body: bytes, secret: str = APP) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A receiver that is running."""

    port: int

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        """The status that `body` is answered with, signed truly unless told otherwise."""
        return self._ask("POST", "/webhook", body, signed(body) if headers is None else headers)[0]

    def get(self, query: str) -> tuple[int, str]:
        return self._ask("GET", f"/webhook?{query}", b"", {})

    def raw(self, sent: bytes) -> bytes:
        """Everything that comes back until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: _received(connection), b""))

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""


@contextmanager
def served(*inboxes: Inbox, seconds: float = 10.0) -> Iterator[Served]:
    """A receiver for these, behind the server that people run."""
    config = configuration(Receiver(inboxes, VirtualClock(NOON), seconds=seconds), host="127.0.0.1", port=0)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)  # who calls before it serves waits there
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield Served(port=listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()

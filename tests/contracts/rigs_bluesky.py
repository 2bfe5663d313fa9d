"""Bluesky as rigs: an account's server over HTTP, and Jetstream over a websocket, as busy as the real one."""

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server as SocketServer
from websockets.sync.server import ServerConnection, serve

from listener import connectors
from listener.connectors.bluesky_hearing import micros
from listener.domain.policy import Secret, SourceConfig
from listener.ports import Connector
from tests.builders import NOON
from tests.contracts.rigs import SECRET, Item, Rig
from tests.contracts.server import Asked, Reply, Script, Server

OURS = "did:plc:acmehelp"
ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
POSTS = "app.bsky.feed.post"
Handler = Callable[[ServerConnection], None]


def record_key(number: int) -> str:
    """A valid key, as Bluesky's own app makes them."""
    whole = (micros(NOON) + number) << 10
    return "".join(ALPHABET[whole >> shift & 31] for shift in range(60, -5, -5))


def own_id(text: str) -> str:
    """A `cid`: another for other words."""
    return "bafyrei" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def said(fields: object, status: int = 200) -> Reply:
    return Reply(status=status, body=json.dumps(fields).encode(), headers={"content-type": "application/json"})


def error(name: str, message: str, status: int = 400) -> Reply:
    return said({"error": name, "message": message}, status)


class House(Server):
    """A server with a folder for sign-ins and, if asked for, a websocket; both go when it closes."""

    def __init__(self, script: Script, handler: Handler | None = None) -> None:
        super().__init__(script)
        self.folder = TemporaryDirectory()
        self.closing = threading.Event()
        self._handler_of_sockets = handler
        self._sockets: SocketServer | None = None
        self.socket_base = ""

    def __enter__(self) -> Self:
        if self._handler_of_sockets is not None:
            self._sockets = serve(self._handler_of_sockets, "127.0.0.1", 0, compression=None, close_timeout=0.1)
            self.socket_base = f"ws://127.0.0.1:{self._sockets.socket.getsockname()[1]}"
            self._serving = threading.Thread(target=self._sockets.serve_forever, daemon=True)
            self._serving.start()
        return super().__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.closing.set()
        if self._sockets is not None:
            self._sockets.shutdown()
            self._serving.join()
        super().__exit__(kind, error, tb)
        self.folder.cleanup()


class BlueskyRig(Rig):
    """Notifications, newest first, on the account's own server."""

    name = "bluesky"
    tokens = True
    options: ClassVar[dict[str, object]] = {"mentions": True}
    handler: Handler | None = None

    def __init__(self) -> None:
        super().__init__()
        self.server.close()
        self.house = House(self.answer, self.handler)
        self.house.spared = "/xrpc/com.atproto.server."
        self.house.writes = lambda asked: asked.path.endswith("createRecord")
        self.server = self.house
        self.own: dict[str, dict[str, Any]] = {}
        """Records of our own repository, by key."""
        self.sign_ins = 0

    def connector(self) -> Connector:
        options = {"pds": self.server.base, "appview": self.server.base, "page_size": self.page, **self.limits}
        config = SourceConfig(
            name=self.name,
            connector="bluesky",
            options={**options, **self.options, **self.more()},
            secrets={name: Secret(SECRET) for name in ("handle", "app_password")},
        )
        return connectors.build(config, ledger=self.purse, clock=self.clock, folder=Path(self.house.folder.name))

    def more(self) -> dict[str, object]:
        return {}

    def native_id(self, number: int) -> str:
        return f"at://did:plc:user{number}/{POSTS}/{record_key(number)}"

    def answer(self, asked: Asked) -> Reply:
        call = asked.path.removeprefix("/xrpc/").rpartition(".")[2]
        answers: dict[str, Callable[[Asked], Reply]] = {
            "createSession": self.session,
            "refreshSession": self.session,
            "getSession": lambda _: said({"did": OURS, "handle": "help.acme.test"}),
            "listNotifications": self.notifications,
            "searchPosts": self.search,
            "getPosts": self.posts,
            "getPostThread": self.thread,
            "getProfiles": self.profiles,
            "createRecord": self.create,
            "getRecord": self.get_record,
            "resolveHandle": lambda asked: said({"did": f"did:plc:{asked.query['handle'].partition('.')[0]}"}),
        }
        return answers[call](asked) if call in answers else error("MethodNotImplemented", call, 501)

    def session(self, asked: Asked) -> Reply:
        self.sign_ins += 1
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.server.base}
        tokens = {"accessJwt": f"{SECRET}.{self.sign_ins}", "refreshJwt": f"{SECRET}.refresh.{self.sign_ins}"}
        return said({"did": OURS, "handle": "help.acme.test", "didDoc": {"service": [service]}, **tokens})

    def notifications(self, asked: Asked) -> Reply:
        return self.listed(asked, self.newest_first(), "notifications")

    def search(self, asked: Asked) -> Reply:
        since, until = asked.query["since"], asked.query["until"]
        found = [item for item in self.newest_first() if since <= item.at.strftime("%Y-%m-%dT%H:%M:%SZ") < until]
        return self.listed(asked, found, "posts")

    def listed(self, asked: Asked, shown: list[Item], key: str) -> Reply:
        """The cursor names the last post shown: what appears meanwhile moves nothing."""
        marks = [f"{item.at.isoformat()}::{item.number}" for item in shown]
        after = asked.query.get("cursor", "")
        start = marks.index(after) + 1 if after in marks else 0
        if after and after not in marks:
            return error("InternalServerError", "Internal Server Error", 502)
        page = shown[start : start + int(asked.query["limit"])]
        below = {"cursor": marks[start + len(page) - 1]} if page else {}
        if self.loops and after and page:
            below = {"cursor": after}
        body = ",".join(self.record(item) for item in page)
        rest = "".join(f', "cursor": {json.dumps(value)}' for value in below.values())
        return Reply(body=f'{{"{key}": [{body}]{rest}}}'.encode(), headers={"content-type": "application/json"})

    def posts(self, asked: Asked) -> Reply:
        uris = [value for name, value in parse_qsl(urlsplit(asked.address).query) if name == "uris"]
        assert len(uris) <= 25, "25 posts a call"
        return said({"posts": [self.fields(item) for item in self.standing() if self.native_id(item.number) in uris]})

    def thread(self, asked: Asked) -> Reply:
        for item in self.standing():
            if self.native_id(item.number) == asked.query["uri"]:
                return said({"thread": {"$type": "app.bsky.feed.defs#threadViewPost", "post": self.fields(item)}})
        return error("NotFound", f"Post not found: {asked.query['uri']}")

    def profiles(self, asked: Asked) -> Reply:
        dids = [value for name, value in parse_qsl(urlsplit(asked.address).query) if name == "actors"]
        assert len(dids) <= 25, "25 accounts a call"
        return said({"profiles": [{"did": did, "handle": f"{did[8:]}.acme.test"} for did in dids]})

    def create(self, asked: Asked) -> Reply:
        data = json.loads(asked.body)
        assert data["repo"] == OURS
        if data["rkey"] in self.own:
            return error("InternalServerError", "Internal Server Error", 500)
        self.own[data["rkey"]] = data["record"]
        self.answered.append((data["record"]["reply"]["parent"]["uri"], data["record"]["text"]))
        return said({"uri": f"at://{OURS}/{POSTS}/{data['rkey']}", "cid": own_id(data["record"]["text"])})

    def get_record(self, asked: Asked) -> Reply:
        rkey = asked.query["rkey"]
        if rkey not in self.own:
            return error("RecordNotFound", "Could not locate record")
        return said({"uri": f"at://{OURS}/{POSTS}/{rkey}", "cid": "bafyreicid", "value": self.own[rkey]})

    def fields(self, item: Item) -> dict[str, Any]:
        return {
            "uri": self.native_id(item.number),
            "cid": own_id(item.text),
            "author": {"did": f"did:plc:user{item.number}", "handle": f"user{item.number}.acme.test"},
            "reason": "mention",
            "record": self.post(item),
            "indexedAt": item.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }

    def post(self, item: Item) -> dict[str, Any]:
        created = item.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return {"$type": POSTS, "text": item.text, "createdAt": created, "langs": ["en"]}


class BlueskyPhrasesRig(BlueskyRig):
    """Jetstream: a log of events, then whatever happens next; between ours, the rest of the network."""

    name = "bluesky-phrases"
    networked = False
    """Its polls aren't HTTP: `test_bluesky_jetstream.py` puts faults of its own in their way."""
    tokens = False
    streams = True

    def __init__(self) -> None:
        self.handler = self.told
        self.log: list[tuple[int, str]] = []
        self._logged: dict[tuple[int, object], str | None] = {}
        super().__init__()

    def more(self) -> dict[str, object]:
        return {"mentions": False, "phrases": ["acme", "lone"], "jetstream": self.house.socket_base, "replay_hours": 3}

    def shown(self) -> None:
        """Tell of what has changed; begin anew where the posts of before are no more."""
        current = {(item.number, item.at): item for item in self.items}
        if not self._logged.keys() <= current.keys():
            self.log, self._logged = [], {}
        for key, item in current.items():
            gone = item.number in self.gone
            before = self._logged.get(key, "")
            if key in self._logged and (before is None or (before == item.text and not gone)):
                continue
            self._logged[key] = None if gone else item.text
            operation = "delete" if gone else "update" if before else "create"
            at = micros(self.clock.now()) + len(self.log)
            self.log.append((at, item.raw or json.dumps(self.event(item, operation, at))))

    def event(self, item: Item, operation: str, at: int) -> dict[str, Any]:
        commit: dict[str, Any] = {"rev": "3x", "operation": operation, "collection": POSTS}
        commit["rkey"] = record_key(item.number)
        if operation != "delete":
            commit |= {"record": self.post(item), "cid": own_id(item.text)}
        return {"did": f"did:plc:user{item.number}", "time_us": at, "kind": "commit", "commit": commit}

    def told(self, socket: ServerConnection) -> None:
        """One listener: from its cursor on, and then for as long as it stays."""
        assert socket.request is not None
        query = parse_qs(urlsplit(socket.request.path).query)
        cursor = int(query["cursor"][0])
        log = self.log
        sent = 0
        try:
            while not self.house.closing.is_set():
                for at, event in log[sent:]:
                    sent += 1
                    if at >= cursor:
                        socket.send(event)
                socket.send(json.dumps(elsewhere(micros(self.clock.now()))))
                self.house.closing.wait(0.01)
        except ConnectionClosed:
            return


def elsewhere(at: int) -> dict[str, Any]:
    """What somebody else on the network did meanwhile."""
    identity = {"did": "did:plc:somebody", "seq": at, "time": "2026-03-02T12:00:00Z"}
    return {"did": "did:plc:somebody", "time_us": at, "kind": "identity", "identity": identity}

"""Mastodon as a rig: timelines by `min_id` and `max_id`, a search by `offset`, posts, replies and streams."""

import json
import queue
from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from listener.ports import Connector
from tests.contracts.rigs import Item, Rig
from tests.contracts.server import Asked, Reply, Server

OURS = {"id": "900", "username": "acme", "acct": "acme", "url": "https://127.0.0.1/@acme"}
LONGEST = 500
MOST_LISTED = 20
STREAMED = "streamed"


class StreamingServer(Server):
    """Also holds streams open; each gets what is told from then on, and now and then a sign of life."""

    def __init__(self, script: Callable[[Asked], Reply]) -> None:
        super().__init__(script)
        self.listeners: list[tuple[Asked, queue.SimpleQueue[bytes]]] = []

    def answer(self, asked: Asked) -> Reply:
        reply = super().answer(asked)
        if reply.manner == STREAMED:
            self.listeners.append((asked, queue.SimpleQueue()))
        return reply

    def tell(self, event: str, data: str, to: Callable[[Asked], bool]) -> None:
        for asked, pending in self.listeners:
            if to(asked):
                pending.put(f"event: {event}\ndata: {data}\n\n".encode())

    def _write(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.manner != STREAMED:
            super()._write(handler, reply)
            return
        handler.close_connection = True
        pending = self.listeners[int(reply.body)][1]
        handler.wfile.write(b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n:)\n")
        while not self._closing.is_set():
            try:
                handler.wfile.write(pending.get(timeout=0.05))
            except queue.Empty:
                handler.wfile.write(b":thump\n")


class MastodonRig(Rig):
    """Hashtags: ids tell the time, and a post that arrives late is sorted in by when it was written."""

    name = "mastodon"
    largest_page = 40
    streams = True
    options: ClassVar[dict[str, object]] = {"hashtags": ["acme", "acmehelp"]}
    secret_names = ("access_token",)
    harmless = frozenset({"list"})

    def __init__(self) -> None:
        super().__init__()
        self.server.close()  # the plain one, which never served
        self.social = StreamingServer(self.answer)
        self.server = self.social
        self.own: list[dict[str, Any]] = []
        """Posts of our account, the oldest first."""
        self.keys: dict[str, dict[str, Any]] = {}
        self.told: dict[int, Item | None] = {}
        """What streams were told of, by number; None once it is deleted."""
        self.mentions: list[dict[str, str]] = [OURS]
        """Whom each post mentions."""
        self.visibility = "public"
        self.scopes = ["read", "write:statuses"]

    def connector(self) -> Connector:
        more = {"instance": self.server.base, "page_size": self.page, **self.limits}
        return self.build("mastodon", {**self.options, **more}, self.secret_names)

    def native_id(self, number: int) -> str:
        return f"https://example.social/users/user{number}/statuses/{number}"

    def status_id(self, item: Item) -> int:
        return (int(item.at.timestamp() * 1000) << 16) | item.number

    def own_id(self, item: Item) -> int:
        """What the timeline pages by."""
        return self.status_id(item)

    # Answers

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/api/v1/streaming/"):
            return Reply(manner=STREAMED, body=str(len(self.social.listeners)).encode())
        if asked.path == "/api/v1/statuses":
            return self.post(asked) if asked.method == "POST" else self.listing(asked)
        if asked.path.startswith("/api/v1/statuses/"):
            return self.single(asked.path.rpartition("/")[2])
        if asked.path == f"/api/v1/accounts/{OURS['id']}/statuses":
            return self.posted(asked)
        about = {
            "/api/v1/accounts/verify_credentials": OURS,
            "/api/v1/apps/verify_credentials": {"name": "listener", "scopes": self.scopes},
            "/api/v2/instance": {"title": "Example", "configuration": {"statuses": {"max_characters": LONGEST}}},
        }
        return self.json(about[asked.path]) if asked.path in about else self.timeline(asked)

    def timeline(self, asked: Asked) -> Reply:
        low, high = int(asked.query.get("min_id", "0")), int(asked.query.get("max_id", "0"))
        shown = sorted(self.standing(), key=self.own_id, reverse=True)
        shown = [i for i in shown if self.own_id(i) > low and (not high or self.own_id(i) < high)]
        limit = int(asked.query["limit"])
        return self.raw(self.joined(shown[-limit:] if low else shown[:limit]))

    def joined(self, items: list[Item]) -> str:
        return "[" + ",".join(self.listed(item) for item in items) + "]"

    def listed(self, item: Item) -> str:
        return self.record(item)

    def listing(self, asked: Asked) -> Reply:
        wanted = {value for name, value in parse_qsl(urlsplit(asked.address).query) if name == "id[]"}
        if len(wanted) > MOST_LISTED:
            return self.refusal(422, "Validation failed")
        return self.raw(
            "[" + ",".join(self.record(i) for i in self.standing() if str(self.status_id(i)) in wanted) + "]"
        )

    def single(self, native_id: str) -> Reply:
        found = [item for item in self.standing() if str(self.status_id(item)) == native_id]
        return self.raw(self.record(found[0])) if found else self.refusal(404, "Record not found")

    def post(self, asked: Asked) -> Reply:
        said = json.loads(asked.body)
        key = asked.headers["idempotency-key"]
        if key in self.keys:
            return self.json(self.keys[key])
        if len(said["status"]) > LONGEST:
            return self.refusal(422, f"Validation failed: Text character limit of {LONGEST} exceeded")
        parents = [item for item in self.standing() if str(self.status_id(item)) == said["in_reply_to_id"]]
        if not parents:
            return self.refusal(404, "The post you are trying to reply to does not appear to exist.")
        made = self.made(said, parents[0])
        self.own.append(made)
        self.keys[key] = made
        self.answered.append((self.native_id(parents[0].number), said["status"]))
        return self.json(made)

    def made(self, said: dict[str, Any], parent: Item) -> dict[str, Any]:
        number = len(self.own)
        handle = f"@user{parent.number}"
        link = f'<span class="h-card"><a href="https://example.social/{handle}">@<span>{handle[1:]}</span></a></span>'
        return {
            "id": str((int(self.clock.now().timestamp() * 1000) << 16) | number),
            "uri": f"https://127.0.0.1/users/acme/statuses/own-{number}",
            "url": f"https://127.0.0.1/@acme/own-{number}",
            "created_at": stamp(self.clock.now()),
            "content": "<p>" + escape(said["status"]).replace(handle, link).replace("  ", " ") + "</p>",
            "visibility": said["visibility"],
            "in_reply_to_id": said["in_reply_to_id"],
            "account": OURS,
        }

    def posted(self, asked: Asked) -> Reply:
        below = int(asked.query.get("max_id", "0"))
        shown = [one for one in reversed(self.own) if not below or int(one["id"]) < below]
        return self.json(shown[: int(asked.query["limit"])])

    def json(self, body: object) -> Reply:
        return self.raw(json.dumps(body))

    def raw(self, body: str) -> Reply:
        reset = (self.clock.now() + timedelta(minutes=4)).isoformat().replace("+00:00", "Z")
        counted = {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "298", "x-ratelimit-reset": reset}
        return Reply(body=body.encode(), headers={"content-type": "application/json", **counted})

    def refusal(self, status: int, words: str) -> Reply:
        return Reply(status=status, body=json.dumps({"error": words}).encode())

    # Streams

    def shown(self) -> None:
        for item in self.items:
            gone, before = item.number in self.gone, self.told.get(item.number)
            if gone and before is not None:
                self.tell("delete", str(self.status_id(item)))
            elif not gone and before is None:
                self.tell("update", self.listed(item))
            elif not gone and before != item:
                self.tell("status.update", self.listed(item))
            self.told[item.number] = None if gone else item

    def tell(self, event: str, data: str) -> None:
        """Whatever is published here bears the first of the hashtags."""
        self.social.tell(event, data, lambda asked: asked.query.get("tag") == "acme")

    # Posts

    def fields(self, item: Item) -> dict[str, Any]:
        return {
            "id": str(self.status_id(item)),
            "uri": self.native_id(item.number),
            "url": f"https://example.social/@user{item.number}/{item.number}",
            "created_at": stamp(item.at),
            "content": f"<p>{item.text}</p>",
            "visibility": self.visibility,
            "mentions": self.mentions,
            "account": {
                "id": f"{item.number}",
                "acct": f"user{item.number}",
                "uri": f"https://example.social/users/user{item.number}",
            },
        }


class MastodonMentionsRig(MastodonRig):
    """Notifications: running numbers in the order in which they came."""

    name = "mastodon-mentions"
    overlaps = False
    options: ClassVar[dict[str, object]] = {"mentions": True}

    def own_id(self, item: Item) -> int:
        return self.items.index(item) + 1

    def listed(self, item: Item) -> str:
        at = stamp(item.at)
        number = self.own_id(item)
        return f'{{"id": "{number}", "type": "mention", "created_at": "{at}", "status": {self.record(item)}}}'

    def tell(self, event: str, data: str) -> None:
        """New ones only: that stream knows neither edits nor deletions."""
        if event == "update":
            self.social.tell("notification", data, lambda asked: asked.path.endswith("/user/notification"))


class MastodonSearchRig(MastodonRig):
    """A search: the newest first, paged by `offset`."""

    name = "mastodon-search"
    streams = False
    harmless: ClassVar[frozenset[str]] = frozenset()
    options: ClassVar[dict[str, object]] = {"query": "acme"}

    def timeline(self, asked: Asked) -> Reply:
        assert asked.path == "/api/v2/search"
        shown = sorted(self.standing(), key=self.own_id, reverse=True)
        start = int(asked.query.get("offset", "0"))
        found = shown[start : start + int(asked.query["limit"])]
        return self.raw(f'{{"accounts": [], "statuses": {self.joined(found)}, "hashtags": []}}')


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

"""Reddit as rigs: posts found by search, and comments in the inbox of an account that answers them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from listener.ports import Connector
from tests.contracts.rigs import SECRET, Item, Rig
from tests.contracts.server import Asked, Reply

JSON = {"content-type": "application/json"}
AGENT = "lab:listener:0.1 (by /u/lab)"
APP = ("client_id", "client_secret")
ACCOUNT = (*APP, "username", "password")


class RedditRig(Rig):
    """Without an account: posts, found by search."""

    name = "reddit"
    tokens = True
    page = 100
    kind = "t3"
    inbox = False
    listed_at = "/r/all/search/"

    def __init__(self) -> None:
        super().__init__()
        self.server.spared = "/api/v1/access_token"
        self.own: list[dict[str, Any]] = []
        """Comments of the account, newest last."""

    def connector(self) -> Connector:
        options = {"user_agent": AGENT, "api_base": self.server.base, **self.limits}
        if self.inbox:
            return self.build("reddit", {"inbox": True, **options}, ACCOUNT)
        return self.build("reddit", {"query": "acme", **options}, APP)

    def native_id(self, number: int) -> str:
        return f"{self.kind}_{number:06d}"

    def answer(self, asked: Asked) -> Reply:
        match asked.path.rstrip("/"):
            case "/api/v1/access_token":
                grant = {"access_token": SECRET, "token_type": "bearer", "expires_in": 3600, "scope": "*"}
                return Reply(body=json.dumps(grant).encode(), headers=JSON)
            case "/api/v1/me":
                return Reply(body=json.dumps({"name": SECRET}).encode(), headers=JSON)
            case "/api/info":
                return self.info(asked.query["id"].split(","))
            case "/api/comment":
                return self.taken(dict(parse_qsl(asked.body)))
            case path if path == f"/user/{SECRET}/comments":
                return listing([json.dumps({"kind": "t1", "data": data}) for data in reversed(self.own)])
            case path if path in (self.listed_at.rstrip("/"), "/r/a+b/comments"):
                return self.listed(asked)
            case _:
                return listing([])

    def listed(self, asked: Asked) -> Reply:
        """Newest first, linked by `after`; what the anchor was is gone, the page is empty."""
        shown = self.newest_first()
        names = [self.native_id(item.number) for item in shown]
        anchor = asked.query.get("after")
        if anchor and anchor not in names:
            return listing([])
        start = names.index(anchor) + 1 if anchor else 0
        page = shown[start : start + int(asked.query["limit"])]
        more = len(shown) > start + len(page)
        after = (anchor if self.loops and anchor else names[start + len(page) - 1]) if more else None
        return listing([self.record(item) for item in page], after)

    def info(self, names: list[str]) -> Reply:
        known = {self.native_id(item.number): item for item in self.items}
        return listing([self.record(known[name]) for name in names if name in known])

    def taken(self, form: Mapping[str, str]) -> Reply:
        """Reddit keeps Markdown without the spaces around it."""
        if len(form["text"]) > 10_000:
            return told({"errors": [["TOO_LONG", "this is too long (max: 10000)", "text"]]})
        data = self.comment(form["thing_id"], form["text"].strip(), self.clock.now())
        self.own.append(data)
        self.answered.append((form["thing_id"], form["text"]))
        return told({"errors": [], "data": {"things": [{"kind": "t1", "data": data}]}})

    def comment(self, parent: str, text: str, at: datetime) -> dict[str, Any]:
        name = f"t1_own{len(self.own)}"
        return {
            "name": name,
            "author": SECRET,
            "body": text,
            "parent_id": parent,
            "link_id": "t3_thread",
            "created_utc": float(int(at.timestamp())),
            "permalink": f"/r/acme/comments/thread/about/{name}/",
        }

    def fields(self, item: Item) -> dict[str, Any]:
        gone = item.number in self.gone
        return {
            "kind": "t3",
            "data": {
                "name": self.native_id(item.number),
                "author": "[deleted]" if gone else f"user{item.number}",
                "title": "about acme",
                "selftext": "[deleted]" if gone else item.text,
                "edited": self.edited(item),
                "created_utc": item.at.timestamp(),
                "permalink": f"/r/acme/comments/{item.number:06d}/about/",
            },
        }

    def edited(self, item: Item) -> float | bool:
        """When it was edited, which Reddit says with the words."""
        return self.clock.now().timestamp() if "after all" in item.text else False


class RedditInboxRig(RedditRig):
    """With an account: comments that mention it."""

    name = "reddit-inbox"
    kind = "t1"
    inbox = True
    listed_at = "/message/mentions"

    def fields(self, item: Item) -> dict[str, Any]:
        gone = item.number in self.gone
        return {
            "kind": "t1",
            "data": {
                "name": self.native_id(item.number),
                "type": "username_mention",
                "author": None if gone else f"user{item.number}",
                "body": "[deleted]" if gone else item.text,
                "edited": self.edited(item),
                "parent_id": "t3_thread",
                "created_utc": item.at.timestamp(),
                "context": f"/r/acme/comments/thread/about/{item.number:06d}/?context=3",
            },
        }


def listing(children: list[str], after: str | None = None) -> Reply:
    body = f'{{"kind": "Listing", "data": {{"after": {json.dumps(after)}, "children": [{",".join(children)}]}}}}'
    return Reply(body=body.encode(), headers=JSON)


def told(answer: dict[str, Any]) -> Reply:
    """What Reddit says of something written."""
    return Reply(body=json.dumps({"json": answer}).encode(), headers=JSON)

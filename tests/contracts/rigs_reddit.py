"""Reddit as a rig."""

import json
from typing import Any

from listener.ports import Connector
from tests.contracts.rigs import SECRET, Item, Rig
from tests.contracts.server import Asked, Reply


class RedditRig(Rig):
    name = "reddit"
    tokens = True
    page = 100

    def __init__(self) -> None:
        super().__init__()
        self.server.spared = "/api/v1/access_token"

    def connector(self) -> Connector:
        agent = "lab:listener:0.1 (by /u/lab)"
        options = {"query": "acme", "user_agent": agent, "api_base": self.server.base, **self.limits}
        return self.build("reddit", options, ("client_id", "client_secret"))

    def native_id(self, number: int) -> str:
        return f"t3_{number:06d}"

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/api/v1/access_token":
            grant = {"access_token": SECRET, "token_type": "bearer", "expires_in": 3600, "scope": "*"}
            return Reply(body=json.dumps(grant).encode(), headers={"content-type": "application/json"})
        shown = self.newest_first()
        names = [self.native_id(item.number) for item in shown]
        start = names.index(asked.query["after"]) + 1 if asked.query.get("after") in names else 0
        limit = int(asked.query["limit"])
        page = shown[start : start + limit]
        more = len(shown) > start + limit
        after = names[start + len(page) - 1] if more else None
        if self.loops and asked.query.get("after") and more:
            after = asked.query["after"]
        children = ",".join(self.record(item) for item in page)
        body = f'{{"kind": "Listing", "data": {{"after": {json.dumps(after)}, "children": [{children}]}}}}'
        return Reply(body=body.encode(), headers={"content-type": "application/json"})

    def fields(self, item: Item) -> dict[str, Any]:
        return {
            "kind": "t3",
            "data": {
                "name": self.native_id(item.number),
                "author": f"user{item.number}",
                "title": "about acme",
                "selftext": item.text,
                "created_utc": item.at.timestamp(),
                "permalink": f"/r/acme/comments/{item.number:06d}/about/",
            },
        }

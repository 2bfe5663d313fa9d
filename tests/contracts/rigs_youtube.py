"""YouTube as a rig: threads newest first, replies inside them and, beyond five, beside them."""

import json
from datetime import timedelta
from typing import Any

from listener.ports import Connector
from tests.contracts.rigs import Item, Rig
from tests.contracts.server import Asked, Reply

SHOWN = 5
"""Replies that a thread shows of itself."""


class YouTubeRig(Rig):
    name = "youtube"
    tokens = True
    step = timedelta(minutes=2)
    """So that two pages span more than the ten minutes that are read again."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[int, list[dict[str, Any]]] = {}
        """Number of an item → its replies."""

    def connector(self) -> Connector:
        options = {"channel_id": "UCacme", "page_size": self.page, "api_base": self.server.base, **self.limits}
        return self.build("youtube", options, ("api_key",))

    def native_id(self, number: int) -> str:
        return f"Ug{number}"

    def answer(self, asked: Asked) -> Reply:
        if asked.path.endswith("/comments"):
            return self.replies(asked)
        shown, start = self.newest_first(), int(asked.query.get("pageToken", "p0")[1:])
        size = int(asked.query["maxResults"])
        page = shown[start : start + size]
        following = f', "nextPageToken": "p{start if self.loops and start else start + size}"'
        body = f'{{"items": [{",".join(self.record(item) for item in page)}]'
        return self.json(body + (following if start + size < len(shown) else "") + "}")

    def replies(self, asked: Asked) -> Reply:
        all_of_them = self.answers.get(int(asked.query["parentId"][2:]), [])
        return self.json(json.dumps({"items": all_of_them}))

    @staticmethod
    def json(body: str) -> Reply:
        return Reply(body=body.encode(), headers={"content-type": "application/json"})

    def fields(self, item: Item) -> dict[str, Any]:
        replies = self.answers.get(item.number, [])
        first = self.comment(self.native_id(item.number), item)
        snippet = {"videoId": "vid", "topLevelComment": first, "totalReplyCount": len(replies)}
        return {"id": first["id"], "snippet": snippet, "replies": {"comments": replies[:SHOWN]}}

    def comment(self, native_id: str, item: Item, **more: Any) -> dict[str, Any]:
        at = item.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {"textOriginal": item.text, "authorDisplayName": "@ann", "publishedAt": at, "updatedAt": at, **more}
        return {"id": native_id, "snippet": {**said, "authorChannelId": {"value": "UCann"}}}

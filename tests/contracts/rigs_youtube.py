"""YouTube as a rig: threads newest first, replies inside them and, beyond five, beside them; lookups and answers."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from listener.ports import Connector
from tests.contracts.rigs import Item, Rig
from tests.contracts.server import Asked, Reply

SHOWN = 5
"""Replies that a thread shows of itself."""
LONGEST = 10_000
MOST_LISTED = 50
OURS = "UCours"
ACCESS = "ya29.fresh"


class YouTubeRig(Rig):
    name = "youtube"
    tokens = True
    step = timedelta(minutes=2)
    """So that two pages span more than the ten minutes that are read again."""
    secret_names: tuple[str, ...] = ("api_key", "refresh_token", "client_id", "client_secret")

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[int, list[dict[str, Any]]] = {}
        """Number of an item → its replies."""
        self.access = ACCESS
        """The token that is good now."""
        self.can_reply = True

    def connector(self) -> Connector:
        bases = {"api_base": self.server.base, "oauth_base": self.server.base}
        options = {"channel_id": "UCacme", "page_size": self.page, **bases, **self.limits}
        return self.build("youtube", options, self.secret_names)

    def native_id(self, number: int) -> str:
        return f"Ug{number}"

    # Answers

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            return self.json({"access_token": self.access, "expires_in": 3599, "token_type": "Bearer"})
        if asked.method == "POST":
            return self.insert(asked)
        if asked.path.endswith("/channels"):
            return self.json({"items": [{"id": OURS}]}) if self.signed(asked) else self.refusal(401, "authError")
        if asked.path.endswith("/comments"):
            return self.by_id(asked) if "id" in asked.query else self.replies(asked)
        return self.threads(asked)

    def threads(self, asked: Asked) -> Reply:
        shown, start = self.newest_first(), int(asked.query.get("pageToken", "p0")[1:])
        size = int(asked.query["maxResults"])
        page = shown[start : start + size]
        following = f', "nextPageToken": "p{start if self.loops and start else start + size}"'
        body = f'{{"items": [{",".join(self.record(item) for item in page)}]'
        return self.raw(body + (following if start + size < len(shown) else "") + "}")

    def replies(self, asked: Asked) -> Reply:
        return self.json({"items": self.answers.get(int(asked.query["parentId"][2:]), [])})

    def by_id(self, asked: Asked) -> Reply:
        wanted = asked.query["id"].split(",")
        if len(wanted) > MOST_LISTED:
            return self.refusal(400, "invalidFilters")
        return self.json({"items": [one for one in self.everything() if one["id"] in wanted]})

    def everything(self) -> Iterable[dict[str, Any]]:
        """All comments, as they look by themselves: without their video."""
        for item in self.standing():
            yield self.comment(self.native_id(item.number), item)
            yield from self.answers.get(item.number, [])

    def insert(self, asked: Asked) -> Reply:
        if not self.signed(asked):
            return self.refusal(401, "authError")
        said = json.loads(asked.body)["snippet"]
        parents = [item for item in self.standing() if self.native_id(item.number) == said["parentId"]]
        if not parents:
            return self.refusal(404, "parentCommentNotFound")
        if len(said["textOriginal"]) > LONGEST:
            return self.refusal(400, "commentTextTooLong")
        made = self.made(parents[0], said["textOriginal"])
        self.answers.setdefault(parents[0].number, []).append(made)
        self.answered.append((said["parentId"], said["textOriginal"]))
        return self.json(made)

    def made(self, parent: Item, text: str) -> dict[str, Any]:
        said = Item(number=-1, at=self.clock.now(), text=text)
        native_id = f"{self.native_id(parent.number)}.own{len(self.answered)}"
        made = self.comment(native_id, said, parentId=self.native_id(parent.number))
        made["snippet"]["authorChannelId"]["value"] = OURS
        # A handle becomes a link with spaces of its own.
        made["snippet"]["textDisplay"] = made["snippet"].pop("textOriginal").replace("@ann ", "\u200b@ann\u00a0 ")
        return made

    def signed(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.access}"

    def json(self, body: object) -> Reply:
        return self.raw(json.dumps(body))

    @staticmethod
    def raw(body: str) -> Reply:
        return Reply(body=body.encode(), headers={"content-type": "application/json"})

    def refusal(self, status: int, reason: str) -> Reply:
        error = {"code": status, "message": reason, "errors": [{"reason": reason}]}
        return Reply(status=status, body=json.dumps({"error": error}).encode())

    # Comments

    def fields(self, item: Item) -> dict[str, Any]:
        replies = self.answers.get(item.number, [])
        first = self.comment(self.native_id(item.number), item, videoId="vid")
        counted = {"totalReplyCount": len(replies), "canReply": self.can_reply}
        snippet = {"videoId": "vid", "topLevelComment": first, **counted}
        return {"id": first["id"], "snippet": snippet, "replies": {"comments": replies[:SHOWN]}}

    def comment(self, native_id: str, item: Item, **more: Any) -> dict[str, Any]:
        at = item.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {"textOriginal": item.text, "authorDisplayName": "@ann", "publishedAt": at, "updatedAt": at, **more}
        return {"id": native_id, "snippet": {**said, "authorChannelId": {"value": "UCann"}}}


class YouTubeKeyRig(YouTubeRig):
    """With a key alone: it reads, and answers nobody."""

    name = "youtube-key"
    secret_names = ("api_key",)

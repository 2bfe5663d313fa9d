"""Hacker News, feeds and files as rigs."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from listener.ports import Connector
from tests.contracts.rigs import Item, Rig
from tests.contracts.server import Asked, Reply


class HackerNewsRig(Rig):
    name = "hackernews"
    step = timedelta(minutes=2)
    """So that two pages span more than the ten minutes that are read again."""

    def connector(self) -> Connector:
        here = {"api_base": self.server.base, "items_base": self.server.base}
        return self.build("hackernews", {"query": "acme", "page_size": self.page, **here, **self.limits})

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/v0/item/"):
            return self.item(int(asked.path.removeprefix("/v0/item/").removesuffix(".json")))
        low, high = asked.query["numericFilters"].split(",")
        first, end = int(low.removeprefix("created_at_i>=")), int(high.removeprefix("created_at_i<"))
        shown = [item for item in self.newest_first() if first <= int(item.at.timestamp()) < end]
        hits = ",".join(self.record(item) for item in shown[: int(asked.query["hitsPerPage"])])
        return Reply(body=f'{{"nbHits": {len(shown)}, "hits": [{hits}]}}'.encode())

    def item(self, number: int) -> Reply:
        """As Firebase shows it: what is deleted is told, what never was is null."""
        if number >= len(self.items):
            return Reply(body=b"null")
        item = self.items[number]
        shown: dict[str, Any] = {"id": number, "type": "comment", "time": int(item.at.timestamp())}
        said = {"deleted": True} if number in self.gone else {"by": f"user{number}", "text": item.text}
        return Reply(body=json.dumps({**shown, **said}).encode())

    def fields(self, item: Item) -> dict[str, Any]:
        return {
            "objectID": str(item.number),
            "author": f"user{item.number}",
            "comment_text": item.text,
            "created_at_i": int(item.at.timestamp()),
        }


class FeedRig(Rig):
    name = "feed"
    paged = False

    def connector(self) -> Connector:
        return self.build("feed", {"url": self.server.base + "/feed", "allow_private": True, **self.limits})

    def native_id(self, number: int) -> str:
        return f"urn:post:{number}"

    def answer(self, asked: Asked) -> Reply:
        entries = "".join(item.raw or self.entry(item) for item in self.newest_first())
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{entries}</channel></rss>'
        return Reply(body=body.encode("utf-8", "replace"), headers={"content-type": "application/rss+xml"})

    def entry(self, item: Item) -> str:
        date = item.at.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return (
            f"<item><guid isPermaLink='false'>{self.native_id(item.number)}</guid><title>About Acme</title>"
            f"<pubDate>{date}</pubDate><description><![CDATA[{item.text}]]></description></item>"
        )


class FileRig(Rig):
    name = "file"
    networked = False

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "posts.jsonl"

    def connector(self) -> Connector:
        return self.build("file", {"path": str(self.path), "page_size": self.page})

    def shown(self) -> None:
        self.path.write_text("".join(self.record(item) + "\n" for item in self.items), encoding="utf-8")

    def fields(self, item: Item) -> dict[str, Any]:
        return {
            "id": str(item.number),
            "author": f"user{item.number}",
            "text": item.text,
            "created_at": item.at.isoformat(),
        }

"""Platforms small enough to know by heart, each behind its real connector: what is published must be read.

Listings, paging, bounds and tokens follow each platform's documentation; X's pages are built from its schema, because
no recording of a long search exists.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from listener import connectors
from listener.clock import VirtualClock
from listener.domain.policy import Secret, SourceConfig
from listener.ports import Connector
from tests.builders import NOON
from tests.contracts.server import Asked, Reply, Server

SECRET = "s3cr3t-Zq8vN1x0-token"
PATIENT = {"timeout": 10.0, "deadline": 20.0}
HASTY = {"timeout": 0.2, "deadline": 0.3}
"""For servers that never answer; those that do are given time, since a loaded machine may be slow."""


class Purse:
    """A ledger that remembers; `limit` micro-dollars are all there is."""

    def __init__(self, limit: int = 10**12) -> None:
        self.limit, self.spent, self.reserved = limit, 0, 0
        self.credentials: set[str] = set()

    def reserve(self, credential: str, micro_usd: int, cap_micro_usd: int, now: datetime) -> bool:
        self.credentials.add(credential)
        if self.spent + self.reserved + micro_usd > min(self.limit, cap_micro_usd):
            return False
        self.reserved += micro_usd
        return True

    def settle(self, credential: str, reserved: int, spent: int, now: datetime) -> None:
        self.reserved -= reserved
        self.spent += spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A published post; `raw`, where given, is what the platform shows instead of a proper one."""

    number: int
    at: datetime
    text: str
    raw: str = ""


class Rig:
    """A platform, what is published on it, and connectors to it."""

    name = ""
    networked = True
    paged = True
    tokens = False
    """Whether pages are linked by tokens that could come twice."""
    overlaps = True
    """Whether every poll reads a little again."""
    harmless: ClassVar[frozenset[str]] = frozenset()
    """Names of faults whose answer is a proper one here."""
    page = 10
    step = timedelta(seconds=10)
    """Between two posts."""
    patience = 10.0
    """Seconds after which a poll counts as hanging."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOON)
        self.items: list[Item] = []
        self.purse = Purse()
        self.loops = False
        self.limits: dict[str, object] = {**PATIENT}
        self.server = Server(self.answer)

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def native_id(self, number: int) -> str:
        return str(number)

    def connector(self) -> Connector:
        """A new one, as after a restart."""
        raise NotImplementedError

    def build(self, connector: str, options: dict[str, object], secrets: Iterable[str] = ()) -> Connector:
        config = SourceConfig(
            name=self.name, connector=connector, options=options, secrets={name: Secret(SECRET) for name in secrets}
        )
        return connectors.build(config, ledger=self.purse, clock=self.clock, x_cap_micro_usd=10**12)

    def publish(
        self, count: int, text: str = "@acme is late", raw: str = "", back: timedelta = timedelta()
    ) -> set[str]:
        """Post `count` items, one a step, or (`back`) one that was posted earlier and shows only now."""
        fresh = []
        for _ in range(count):
            self.clock.sleep(self.step.total_seconds())
            fresh.append(Item(number=len(self.items) + len(fresh), at=self.clock.now() - back, text=text, raw=raw))
        self.items += fresh
        self.shown()
        self.clock.sleep(60)
        return {self.native_id(item.number) for item in fresh}

    def shown(self) -> None:
        """Called when items were published."""

    def newest_first(self) -> list[Item]:
        return sorted(self.items, key=lambda item: (item.at, item.number), reverse=True)

    def record(self, item: Item) -> str:
        """An item as the platform's JSON."""
        return item.raw or json.dumps(self.fields(item))

    def fields(self, item: Item) -> dict[str, Any]:
        raise NotImplementedError


class XRig(Rig):
    name = "x"
    tokens = True
    secret_names = ("bearer_token",)
    options: ClassVar[dict[str, object]] = {"query": "@acme -from:acme", "overlap_every": 1}

    def connector(self) -> Connector:
        more = {"page_size": self.page, "handles": ["acme"], "api_base": self.server.base}
        return self.build("x", {**self.options, **more, **self.limits}, self.secret_names)

    def native_id(self, number: int) -> str:
        return str(self._snowflake(self.items[number]))

    def _snowflake(self, item: Item) -> int:
        return ((int(item.at.timestamp() * 1000) - 1_288_834_974_657) << 22) | (item.number & 0xFFF)

    def answer(self, asked: Asked) -> Reply:
        query = asked.query
        shown = [i for i in self.newest_first() if self._snowflake(i) > int(query.get("since_id", "0"))]
        if start := query.get("start_time"):
            shown = [i for i in shown if i.at >= datetime.fromisoformat(start)]
        token = query.get("next_token") or query.get("pagination_token") or ""
        below = [i for i in shown if not token or self._snowflake(i) < int(token[1:])]
        page = below[: int(query["max_results"])]
        more = len(below) > len(page)
        meta: dict[str, object] = {"result_count": len(page)}
        if more:
            meta["next_token"] = token if token and self.loops else f"t{self._snowflake(page[-1])}"
        data = ",".join(self.record(item) for item in page)
        users = json.dumps([{"id": f"{77 + i.number}", "username": f"user{i.number}", "name": "U"} for i in page])
        body = f'{{"meta": {json.dumps(meta)}, "includes": {{"users": {users}}}' + (
            f', "data": [{data}]}}' if data else "}"
        )
        return Reply(body=body.encode(), headers={"content-type": "application/json"})

    def fields(self, item: Item) -> dict[str, Any]:
        native_id = str(self._snowflake(item))
        return {
            "id": native_id,
            "edit_history_tweet_ids": [native_id],
            "text": item.text,
            "author_id": f"{77 + item.number}",
            "created_at": item.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "entities": {"mentions": [{"username": "Acme", "id": "42"}]},
        }


class XMentionsRig(XRig):
    name = "x-mentions"
    options: ClassVar[dict[str, object]] = {"user_id": "42", "overlap_every": 1}


class XByIdRig(XRig):
    """Bounded by since_id alone."""

    name = "x-by-id"
    overlaps = False
    options: ClassVar[dict[str, object]] = {"query": "@acme -from:acme", "overlap_minutes": 0.0}


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


class HackerNewsRig(Rig):
    name = "hackernews"
    step = timedelta(minutes=2)
    """So that two pages span more than the ten minutes that are read again."""

    def connector(self) -> Connector:
        options = {"query": "acme", "page_size": self.page, "api_base": self.server.base, **self.limits}
        return self.build("hackernews", options)

    def answer(self, asked: Asked) -> Reply:
        low, high = asked.query["numericFilters"].split(",")
        first, end = int(low.removeprefix("created_at_i>=")), int(high.removeprefix("created_at_i<"))
        shown = [item for item in self.newest_first() if first <= int(item.at.timestamp()) < end]
        hits = ",".join(self.record(item) for item in shown[: int(asked.query["hitsPerPage"])])
        return Reply(body=f'{{"nbHits": {len(shown)}, "hits": [{hits}]}}'.encode())

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

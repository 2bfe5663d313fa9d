"""X as a rig: answers built from its schema, because no recording of a long search, a stream or an edit exists.

What it bills is counted by its own price list, to compare with the connector's ledger.
"""

import html
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from listener.ports import Connector
from tests.contracts.live import Live, LiveServer, Post
from tests.contracts.rigs import Item, Rig
from tests.contracts.server import Asked, Reply

ME = "42"
POST, USER, COUNT, REPLY, LINKED = 5_000, 10_000, 5_000, 10_000, 200_000
"""Millionths of a dollar (https://docs.x.com, "Pricing", February 2026)."""
JSON = {"content-type": "application/json"}
PROBLEMS = "https://api.twitter.com/2/problems"
KEYS = ("bearer_token", "api_key", "api_secret", "access_token", "access_secret")
_LINK = re.compile(r"https?://\S+")


def told(status: int = 200, **body: Any) -> Reply:
    return Reply(status=status, body=json.dumps(body).encode(), headers=JSON)


def snowflake(at: datetime, number: int) -> int:
    return ((int(at.timestamp() * 1000) - 1_288_834_974_657) << 22) | (number & 0xFFF)


class XRig(Rig):
    name = "x"
    tokens = True
    streams = True
    secret_names: tuple[str, ...] = KEYS
    options: ClassVar[dict[str, object]] = {"query": "@acme -from:acme", "overlap_every": 1}

    def __init__(self) -> None:
        super().__init__()
        self.server.close()
        self.server = LiveServer(self.answer)
        self.edits: dict[int, list[tuple[datetime, str]]] = {}
        """By number, each edit's time and words."""
        self.rules: list[dict[str, str]] = []
        self.mine: list[dict[str, Any]] = []
        """Our own posts, as X shows them."""
        self.listening: list[Post] = []
        self.billed = 0
        self._told: set[str] = set()

    def connector(self) -> Connector:
        more = {"page_size": self.page, "handles": ["acme"], "api_base": self.server.base, "gather_seconds": 0.02}
        return self.build("x", {**self.options, **more, **self.limits}, self.secret_names)

    # What is published

    def native_id(self, number: int) -> str:
        return str(snowflake(self.items[number].at, self.items[number].number))

    def edit(self, number: int, text: str) -> None:
        """An edit is a post of its own, with the ids of those before it."""
        self.edits.setdefault(number, []).append((self.clock.now(), text))
        self.shown()

    def versions(self, item: Item) -> list[tuple[str, datetime, str]]:
        later = [(at, text) for at, text in self.edits.get(item.number, [])]
        return [(str(snowflake(at, item.number)), at, text) for at, text in [(item.at, item.text), *later]]

    def fields(self, item: Item, version: int = -1) -> dict[str, Any]:
        ids = [native_id for native_id, _, _ in self.versions(item)]
        native_id, at, text = self.versions(item)[version]
        return {
            "id": native_id,
            "edit_history_tweet_ids": ids,
            "text": html.escape(text, quote=False),
            "author_id": f"{77 + item.number}",
            "created_at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "entities": {"mentions": [{"username": "Acme", "id": ME}]},
        }

    def shown(self) -> None:
        """Whoever listens hears each version once."""
        for item in self.standing():
            newest = self.versions(item)[-1][0]
            if newest not in self._told and self.listening:
                self.frame(self.record(item), item.number)
            self._told.add(newest)

    def frame(self, record: str, number: int) -> None:
        """A post to all who listen."""
        users = json.dumps([self._user(number)])
        rules = json.dumps([{"id": rule["id"], "tag": rule.get("tag", "")} for rule in self.rules])
        line = f'{{"data": {record}, "includes": {{"users": {users}}}, "matching_rules": {rules}}}\r\n'
        self.say(line.encode("utf-8", "surrogatepass"), cost=POST + USER)

    def say(self, line: bytes, cost: int = 0) -> None:
        for post in self.listening:
            self.billed += cost
            post.queue.put(line)

    def _user(self, number: int) -> dict[str, str]:
        return {"id": f"{77 + number}", "username": f"user{number}", "name": "U"}

    # What is asked

    def answer(self, asked: Asked) -> Reply:
        ways: dict[tuple[str, str], Callable[[Asked], Reply]] = {
            ("GET", "/2/tweets/search/recent"): self._listing,
            ("GET", "/2/tweets/counts/recent"): self._count,
            ("GET", "/2/tweets/search/stream"): self._stream,
            ("GET", "/2/tweets/search/stream/rules"): lambda _: told(data=self.rules, meta={}),
            ("POST", "/2/tweets/search/stream/rules"): self._write_rules,
            ("GET", "/2/tweets"): self._lookup,
            ("POST", "/2/tweets"): self._create,
            ("GET", "/2/users/me"): self._account,
            ("GET", f"/2/users/{ME}"): self._account,
            ("GET", f"/2/users/{ME}/mentions"): self._listing,
            ("GET", f"/2/users/{ME}/tweets"): self._timeline,
        }
        way = ways.get((asked.method, asked.path))
        return way(asked) if way else told(404, title="Not Found", detail=f"no such call: {asked.path}")

    def found(self, asked: Asked) -> list[Item]:
        """What a search or a list of mentions is about, newest first."""
        query = asked.query
        shown = sorted(self.standing(), key=self.newest_id, reverse=True)
        shown = [item for item in shown if self.newest_id(item) > int(query.get("since_id", "0"))]
        if start := query.get("start_time"):
            shown = [item for item in shown if self.versions(item)[-1][1] >= datetime.fromisoformat(start)]
        end = query.get("end_time")
        until = datetime.fromisoformat(end) if end else self.clock.now() + timedelta(days=1)
        return [item for item in shown if self.versions(item)[-1][1] < until]

    def newest_id(self, item: Item) -> int:
        return int(self.versions(item)[-1][0])

    def _bounds_refused(self, asked: Asked) -> Reply | None:
        """As X does: a search reaches seven days back, and ends ten seconds before now."""
        now, start, end = self.clock.now(), asked.query.get("start_time"), asked.query.get("end_time")
        if start and "search" in asked.path and datetime.fromisoformat(start) < now - timedelta(days=7):
            return told(400, errors=[{"parameters": {"start_time": [start]}, "message": "Invalid 'start_time'"}])
        if end and datetime.fromisoformat(end) > now - timedelta(seconds=10):
            return told(400, errors=[{"parameters": {"end_time": [end]}, "message": "Invalid 'end_time'"}])
        return None

    def _listing(self, asked: Asked) -> Reply:
        if refused := self._bounds_refused(asked):
            return refused
        token = asked.query.get("next_token") or asked.query.get("pagination_token") or ""
        below = [item for item in self.found(asked) if not token or self.newest_id(item) < int(token[1:])]
        page = below[: int(asked.query["max_results"])]
        meta: dict[str, object] = {"result_count": len(page)}
        if len(below) > len(page):
            meta["next_token"] = token if token and self.loops else f"t{self.newest_id(page[-1])}"
        data = ",".join(self.record(item) for item in page)
        expanded = [self._user(item.number) for item in page] if "expansions" in asked.query else []
        self.billed += len(page) * POST + len(expanded) * USER
        body = f'{{"meta": {json.dumps(meta)}, "includes": {{"users": {json.dumps(expanded)}}}' + (
            f', "data": [{data}]}}' if data else "}"
        )
        return Reply(body=body.encode(), headers=JSON)

    def _count(self, asked: Asked) -> Reply:
        self.billed += COUNT
        return self._bounds_refused(asked) or told(data=[], meta={"total_tweet_count": len(self.found(asked))})

    def _account(self, asked: Asked) -> Reply:
        self.billed += USER
        return told(data={"id": ME, "username": "acme", "name": "Acme"})

    def _lookup(self, asked: Asked) -> Reply:
        """Any version by its own id, with the ids of all."""
        found, errors = [], []
        for wanted in asked.query["ids"].split(","):
            shown = [
                self.fields(item, number)
                for item in self.standing()
                for number, (native_id, _, _) in enumerate(self.versions(item))
                if native_id == wanted
            ]
            found += shown
            if not shown:
                errors.append(missing(wanted))
        self.billed += len(found) * POST
        return told(**{"data": found} if found else {}, **{"errors": errors} if errors else {})

    # What is streamed

    def _write_rules(self, asked: Asked) -> Reply:
        body = json.loads(asked.body)
        gone = body.get("delete", {}).get("ids", [])
        self.rules = [rule for rule in self.rules if rule["id"] not in gone]
        made, errors = [], []
        for rule in body.get("add", []):
            twin = [one for one in self.rules if one["value"] == rule["value"]]
            if twin:
                kind = f"{PROBLEMS}/duplicate-rules"
                errors.append({"title": "DuplicateRule", "type": kind, "value": rule["value"], "id": twin[0]["id"]})
            else:
                made.append({**rule, "id": str(900 + len(self.server.asked))})
        self.rules += made
        return told(201 if made else 200, **{"data": made} if made else {}, meta={}, errors=errors)

    def _stream(self, asked: Asked) -> Reply:
        if not self.rules:
            return told(409, title="RuleConfigurationIssue", detail="no rules")
        post = Post()
        self.listening.append(post)
        return Live(pieces=post.pieces)

    # What is written

    def _create(self, asked: Asked) -> Reply:
        said = json.loads(asked.body)
        text, parent = said["text"], said.get("reply", {}).get("in_reply_to_tweet_id", "")
        answered = [i for i in self.standing() if parent in [native_id for native_id, _, _ in self.versions(i)]]
        if not answered:
            return denied("You attempted to reply to a Tweet that is deleted or not visible to you.")
        if any(post["said"] == (parent, text) for post in self.mine):
            return denied("You are not allowed to create a Tweet with duplicate content.")
        native_id = str(snowflake(self.clock.now(), 4000 + len(self.mine)))
        links = _LINK.findall(text)
        self.billed += LINKED if links else REPLY
        self.answered.append((self.native_id(answered[0].number), text))
        shown = f"@user{answered[0].number} {html.escape(text, quote=False)}"
        urls = [{"url": f"https://t.co/s{n}", "expanded_url": link} for n, link in enumerate(links)]
        for link in urls:
            shown = shown.replace(html.escape(link["expanded_url"], quote=False), link["url"])
        self.mine.append(
            {
                "said": (parent, text),
                "id": native_id,
                "text": shown,
                "at": self.clock.now(),
                "entities": {"urls": urls},
                "referenced_tweets": [{"type": "replied_to", "id": parent}],
            }
        )
        return told(201, data={"id": native_id, "text": shown})

    def _timeline(self, asked: Asked) -> Reply:
        start = datetime.fromisoformat(asked.query["start_time"])
        shown = [post for post in reversed(self.mine) if post["at"] >= start]
        first = int(asked.query.get("pagination_token", "0"))
        page = shown[first : first + int(asked.query["max_results"])]
        self.billed += len(page) * POST
        more = {"next_token": str(first + len(page))} if shown[first + len(page) :] else {}
        data = [{name: value for name, value in post.items() if name not in ("said", "at")} for post in page]
        return told(**{"data": data} if data else {}, meta={"result_count": len(page), **more})


def missing(native_id: str, kind: str = "resource-not-found") -> dict[str, str]:
    """What a look-up tells of a post that isn't to be seen."""
    return {
        "value": native_id,
        "resource_id": native_id,
        "parameter": "ids",
        "resource_type": "tweet",
        "title": "Not Found Error",
        "detail": f"Could not find tweet with ids: [{native_id}].",
        "type": f"{PROBLEMS}/{kind}",
    }


def denied(detail: str) -> Reply:
    return told(403, title="Forbidden", detail=detail, type="about:blank")


class XMentionsRig(XRig):
    name = "x-mentions"
    options: ClassVar[dict[str, object]] = {"user_id": ME, "overlap_every": 1}


class XByIdRig(XRig):
    """Bounded by since_id alone."""

    name = "x-by-id"
    overlaps = False
    options: ClassVar[dict[str, object]] = {"query": "@acme -from:acme", "overlap_minutes": 0.0}

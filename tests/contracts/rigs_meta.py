"""Facebook and Instagram as rigs: posts newest first with comments inside them and below, batches that one bad id
spoils, errors told by code, tokens in a header, cursors that lead on."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from listener import connectors
from listener.domain.policy import Secret, SourceConfig
from listener.ports import Connector
from tests.contracts.rigs import SECRET, Item, Rig
from tests.contracts.server import Asked, Reply

PAGE, NAME = "100200300", "Acme"
ACCOUNT, HANDLE = "17841400000000001", "acme"
UNDER_ONE = 30
"""Comments that a post of ours gathers before the next."""


def refused(code: int, message: str = "refused", subcode: int = 0, status: int = 400, **headers: str) -> Reply:
    error: dict[str, object] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1"}
    if subcode:
        error["error_subcode"] = subcode
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body=json.dumps({"error": error}).encode(), headers=named)


def gone(native_id: str) -> Reply:
    words = f"Unsupported get request. Object with ID '{native_id}' does not exist, cannot be loaded due to missing "
    return refused(100, f"{words}permissions, or does not support this operation", 33)


def told(body: object) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    return Reply(body=text.encode(), headers={"content-type": "application/json"})


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


class MetaRig(Rig):
    """What both have in common."""

    tokens = True
    step = timedelta(minutes=1)
    kind = ""
    options: dict[str, object]
    secrets = ("access_token", "app_secret", "verify_token")

    def __init__(self) -> None:
        super().__init__()
        self.own: dict[str, list[dict[str, Any]]] = {}
        """Id of a comment or post → our answers under it."""
        self.folder: Path | None = None

    def connector(self) -> Connector:
        options = {**self.options, "api_base": self.server.base, "page_size": 5, "shown": self.page, **self.limits}
        if self.page > 50:
            options["shown"] = 50
        secrets = {name: Secret(SECRET) for name in self.secrets}
        config = SourceConfig(name=self.name, connector=self.kind, options=options, secrets=secrets)
        return connectors.build(config, ledger=self.purse, clock=self.clock, folder=self.folder)

    # Answers

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {SECRET}" or "access_token" in asked.query:
            return refused(190, "Invalid OAuth access token", status=401)
        parts = asked.path.strip("/").split("/")[1:]
        if asked.method == "POST":
            return self.write("/".join(parts), {key: values[0] for key, values in parse_qs(asked.body).items()})
        if "ids" in asked.query:
            return self.several(asked.query["ids"].split(","))
        return self.read(asked, *parts)

    def read(self, asked: Asked, native_id: str, edge: str = "") -> Reply:
        raise NotImplementedError

    def write(self, path: str, form: dict[str, str]) -> Reply:
        raise NotImplementedError

    def several(self, native_ids: list[str]) -> Reply:
        """All of them, or none."""
        found = {one: self.object(one) for one in native_ids}
        missing = [one for one in native_ids if found[one] is None]
        return gone(missing[0]) if missing else told(found)

    def object(self, native_id: str) -> dict[str, Any] | None:
        own = [one for answers in self.own.values() for one in answers]
        named = [item for item in self.standing() if self.native_id(item.number) == native_id]
        found = [json.loads(self.record(item)) for item in named]
        return next((one for one in [*found, *own] if one["id"] == native_id), None)

    def paged(self, records: Sequence[Any], size: int, after: str, path: str, write: Callable[[Any], str] = str) -> str:
        """Part of a list, each written as JSON, with the address of the next."""
        start = int(after or 0)
        page = f'{{"data": [{",".join(map(write, records[start : start + size]))}]'
        if start + size >= len(records):
            return page + "}"
        token = str(start if self.loops and start else start + size)
        query = urlencode({"access_token": SECRET, "limit": size, "after": token})
        following = f"https://graph.facebook.com/v25.0{path}?{query}"
        return page + f', "paging": {{"cursors": {{"after": "{token}"}}, "next": "{following}"}}}}'

    # Posts of ours, with comments under them

    def posts(self, asked: Asked) -> Reply:
        """Newest first, in the times asked for."""
        since, until = int(asked.query.get("since", 0)), int(asked.query.get("until", 9e9))
        numbers = range((len(self.items) - 1) // UNDER_ONE, -1, -1) if self.items else []
        inside = [number for number in numbers if since <= self.posted(number).timestamp() <= until]
        found = re.search(r"comments\S*?limit\((\d+)\)", asked.query.get("fields", ""))
        shown = int(found[1]) if found else 0
        path, size = asked.path.removeprefix("/v25.0"), int(asked.query["limit"])
        write = lambda number: self.post(number, shown)  # noqa: E731
        return told(self.paged(inside, size, asked.query.get("after", ""), path, write))

    def post(self, number: int, shown: int) -> str:
        body = json.dumps({"id": self.post_id(number), **self.about(number)})
        comments = self.paged(self.under(number), shown, "", f"/{self.post_id(number)}/comments", self.record)
        return f'{body[:-1]}, "comments": {comments}}}' if shown else body

    def under(self, number: int) -> list[Item]:
        inside = [item for item in self.of(number) if item.number not in self.gone]
        return sorted(inside, key=lambda item: (item.at, item.number), reverse=True)

    def of(self, number: int) -> list[Item]:
        """Items stand in the order of their numbers, unless a test takes some away."""
        part = self.items[number * UNDER_ONE : (number + 1) * UNDER_ONE]
        return part if not part or part[0].number == number * UNDER_ONE else self.items

    def post_id(self, number: int) -> str:
        raise NotImplementedError

    def about(self, number: int) -> dict[str, Any]:
        raise NotImplementedError

    def posted(self, number: int) -> datetime:
        return min(item.at for item in self.of(number)) - timedelta(seconds=30)

    def of_post(self, native_id: str) -> int | None:
        numbers = range((len(self.items) + UNDER_ONE - 1) // UNDER_ONE)
        return next((number for number in numbers if self.post_id(number) == native_id), None)

    def take(self, to: str, text: str, made: dict[str, Any]) -> Reply:
        if self.object(to) is None:
            return gone(to)
        self.own.setdefault(to, []).append(made)
        self.answered.append((to, text))
        return told({"id": made["id"]})


class FacebookRig(MetaRig):
    name = kind = "facebook"
    options = {"page_id": PAGE, "read": ["comments"]}  # noqa: RUF012 - never changed

    def native_id(self, number: int) -> str:
        return f"77{number // UNDER_ONE}_88{number}"

    def post_id(self, number: int) -> str:
        return f"{PAGE}_77{number}"

    def about(self, number: int) -> dict[str, Any]:
        stirred = max([self.posted(number), *(item.at for item in self.under(number))])
        return {
            "from": {"id": PAGE, "name": NAME},
            "message": "News!",
            "created_time": stamp(self.posted(number)),
            "updated_time": stamp(stirred),
            "permalink_url": f"https://www.facebook.com/{PAGE}/posts/77{number}",
        }

    def read(self, asked: Asked, native_id: str, edge: str = "") -> Reply:
        if edge == "feed":
            return self.posts(asked)
        if edge == "comments":
            number = self.of_post(native_id)
            own = [json.dumps(one) for one in reversed(self.own.get(native_id, []))]
            path, after = f"/{native_id}/comments", asked.query.get("after", "")
            if number is None:
                return told(self.paged(own, self.page, after, path))
            return told(self.paged(self.under(number), self.page, after, path, self.record))
        if native_id == PAGE:
            return told({"id": PAGE, "name": NAME})
        found = self.object(native_id)
        return told(found) if found else gone(native_id)

    def write(self, path: str, form: dict[str, str]) -> Reply:
        to, text = path.partition("/")[0], form["message"]
        made = {
            "id": f"99_{len(self.answered)}",
            # Spaces at the ends are cut, and those within run together.
            "message": " ".join(text.split()),
            "from": {"id": PAGE, "name": NAME},
            "created_time": stamp(self.clock.now()),
        }
        return self.take(to, text, made)

    def fields(self, item: Item) -> dict[str, Any]:
        native_id = self.native_id(item.number)
        return {
            "id": native_id,
            "message": item.text,
            "from": {"id": "5551", "name": "Ann"},
            "created_time": stamp(item.at),
            "permalink_url": f"https://www.facebook.com/{PAGE}/posts/77/?comment_id={native_id.partition('_')[2]}",
            "can_comment": True,
            "like_count": 1,
            "comment_count": 0,
        }


class FacebookTaggedRig(FacebookRig):
    """Posts by others that tag the page."""

    name = "facebook-tagged"
    options = {"page_id": PAGE, "read": ["tagged"]}  # noqa: RUF012 - never changed

    def native_id(self, number: int) -> str:
        return f"5551_88{number}"

    def read(self, asked: Asked, native_id: str, edge: str = "") -> Reply:
        if edge == "tagged":
            size, after = int(asked.query["limit"]), asked.query.get("after", "")
            return told(self.paged(self.newest_first(), size, after, asked.path, self.record))
        return super().read(asked, native_id, edge)


class InstagramRig(MetaRig):
    name = kind = "instagram"
    options = {"account_id": ACCOUNT, "read": ["comments"]}  # noqa: RUF012 - never changed

    def native_id(self, number: int) -> str:
        return f"1790{number:06d}"

    def post_id(self, number: int) -> str:
        return f"1800{number:06d}"

    def about(self, number: int) -> dict[str, Any]:
        under = self.under(number)
        replies = sum(len(self.own.get(self.native_id(item.number), [])) for item in under)
        return {
            "timestamp": stamp(self.posted(number)),
            "permalink": f"https://www.instagram.com/p/C{number}/",
            "comments_count": len(under) + replies,
        }

    def read(self, asked: Asked, native_id: str, edge: str = "") -> Reply:
        if edge == "media":
            return self.posts(asked)
        after = asked.query.get("after", "")
        if edge == "comments":
            number = self.of_post(native_id)
            found = self.under(number) if number is not None else []
            return told(self.paged(found, self.page, after, f"/{native_id}/comments", self.record))
        if edge == "replies":
            own = [json.dumps(one) for one in self.own.get(native_id, [])]
            return told(self.paged(own, self.page, after, f"/{native_id}/replies"))
        if native_id == ACCOUNT:
            return told({"id": ACCOUNT, "username": HANDLE})
        found = self.object(native_id)
        return told(found) if found else gone(native_id)

    def write(self, path: str, form: dict[str, str]) -> Reply:
        to, text = path.partition("/")[0], form["message"]
        made = {
            "id": f"1799{len(self.answered)}",
            "text": " ".join(text.split()),
            "username": HANDLE,
            "timestamp": stamp(self.clock.now()),
        }
        return self.take(to, text, made)

    def fields(self, item: Item) -> dict[str, Any]:
        native_id = self.native_id(item.number)
        own = self.own.get(native_id, [])
        return {
            "id": native_id,
            "text": item.text,
            "from": {"id": "6661", "username": "ann"},
            "username": "ann",
            "timestamp": stamp(item.at),
            "like_count": 0,
            **({"replies": {"data": own}} if own else {}),
        }


class InstagramTaggedRig(InstagramRig):
    """Posts by others that tag the account, last tagged first, whenever they were posted."""

    name = "instagram-tagged"
    options = {"account_id": ACCOUNT, "read": ["tagged"]}  # noqa: RUF012 - never changed

    def read(self, asked: Asked, native_id: str, edge: str = "") -> Reply:
        if edge == "tags":
            size, after = int(asked.query["limit"]), asked.query.get("after", "")
            return told(self.paged(self.standing()[::-1], size, after, asked.path, self.record))
        return super().read(asked, native_id, edge)

    def fields(self, item: Item) -> dict[str, Any]:
        return {
            "id": self.native_id(item.number),
            "caption": item.text,
            "username": "ann",
            "timestamp": stamp(item.at),
            "permalink": f"https://www.instagram.com/p/T{item.number}/",
        }

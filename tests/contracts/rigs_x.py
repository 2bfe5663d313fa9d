"""X as a rig: pages built from its schema, because no recording of a long search exists."""

import json
from datetime import datetime
from typing import Any, ClassVar

from listener.ports import Connector
from tests.contracts.rigs import Item, Rig
from tests.contracts.server import Asked, Reply


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

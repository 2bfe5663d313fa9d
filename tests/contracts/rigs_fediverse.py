"""Mastodon as a rig: what its timelines give by `min_id` and `max_id`."""

from typing import Any, ClassVar

from listener.ports import Connector
from tests.contracts.rigs import Item, Rig
from tests.contracts.server import Asked, Reply


class MastodonRig(Rig):
    """Hashtags: ids tell the time, and a post that arrives late is sorted in by when it was written."""

    name = "mastodon"
    options: ClassVar[dict[str, object]] = {"hashtags": ["acme", "acmehelp"]}
    secret_names = ("access_token",)
    harmless = frozenset({"list"})

    def connector(self) -> Connector:
        more = {"instance": self.server.base, "page_size": self.page, **self.limits}
        return self.build("mastodon", {**self.options, **more}, self.secret_names)

    def native_id(self, number: int) -> str:
        return f"https://example.social/users/user{number}/statuses/{number}"

    def own_id(self, item: Item) -> int:
        return (int(item.at.timestamp() * 1000) << 16) | item.number

    def answer(self, asked: Asked) -> Reply:
        low, high = int(asked.query.get("min_id", "0")), int(asked.query.get("max_id", "0"))
        shown = sorted(self.items, key=self.own_id, reverse=True)
        shown = [i for i in shown if self.own_id(i) > low and (not high or self.own_id(i) < high)]
        limit = int(asked.query["limit"])
        page = shown[-limit:] if low else shown[:limit]
        body = "[" + ",".join(self.listed(item) for item in page) + "]"
        return Reply(body=body.encode(), headers={"content-type": "application/json"})

    def listed(self, item: Item) -> str:
        return self.record(item)

    def fields(self, item: Item) -> dict[str, Any]:
        return {
            "id": str(self.own_id(item)),
            "uri": self.native_id(item.number),
            "url": f"https://example.social/@user{item.number}/{item.number}",
            "created_at": item.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "content": f"<p>{item.text}</p>",
            "visibility": "public",
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
        return f'{{"id": "{self.own_id(item)}", "type": "mention", "status": {self.record(item)}}}'

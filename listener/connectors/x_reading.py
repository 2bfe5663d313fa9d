"""One page of what a source of X reads: of a search, or of an account's mentions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from listener.connectors.boundary import sift
from listener.connectors.http import Answer
from listener.connectors.jsons import rows, table
from listener.connectors.options import Options
from listener.connectors.x_calls import Ask, Calls
from listener.connectors.x_money import OWN_MENTION_PRICE, POST_PRICE, USER_PRICE, of_posts
from listener.connectors.x_posts import read_post, users_of
from listener.domain.mention import Mention, Reject
from listener.errors import ListenerError

POST_FIELDS = [
    "author_id",
    "conversation_id",
    "created_at",
    "edit_history_tweet_ids",
    "entities",
    "in_reply_to_user_id",
    "lang",
    "note_tweet",
    "public_metrics",
    "referenced_tweets",
]
USER_FIELDS = ["name", "public_metrics", "username"]

_TOKEN_NAMES = (b"next_token", b"pagination_token", b"start_time")


class BoundRefused(ListenerError):
    """X refuses what bounds this page: another bound begins a run that it will take. Never leaves the connector."""

    def __init__(self, *, since_id: bool) -> None:
        super().__init__("X refuses a page's bound")
        self.since_id = since_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A page as X gave it."""

    mentions: list[Mention]
    rejects: list[Reject]
    ids: list[int]
    token: str


class Reading:
    """Pages of one source, newest first."""

    def __init__(self, calls: Calls, client: Any, options: Options, ours: frozenset[str]) -> None:
        self._calls = calls
        self._client = client
        self._options = options
        self.ours = ours
        self.query = options.text("query")
        self.users = options.flag("users")
        self.size = options.whole("page_size")
        self.post_price = OWN_MENTION_PRICE if options.flag("own_account") and not self.query else POST_PRICE

    @property
    def most_a_post(self) -> int:
        """What a post can cost, with its author."""
        return self.post_price + (USER_PRICE if self.users else 0)

    def fields(self) -> dict[str, list[str]]:
        """What is asked of each post."""
        more = {"expansions": ["author_id"], "user_fields": USER_FIELDS} if self.users else {}
        return {"tweet_fields": POST_FIELDS, **more}

    def page(self, bounds: Mapping[str, object], token: str, now: datetime) -> Read:
        """Raises `BoundRefused` where another bound helps, and else as `poll` does."""
        answer = self._ask(bounds, token)
        users = users_of(table(answer.get("includes")))
        found = rows(answer.get("data"))
        mentions, rejects = sift(found, lambda post: read_post(post, users, self.ours, now), f"page {token}")
        following = table(answer.get("meta")).get("next_token")
        return Read(
            mentions=mentions,
            rejects=rejects,
            ids=[int(mention.version) for mention in mentions],
            token=following if isinstance(following, str) else "",
        )

    def _ask(self, bounds: Mapping[str, object], token: str) -> Mapping[str, object]:
        ask = Ask(
            bucket="search" if self.query else "mentions",
            at_most=self.size * self.most_a_post,
            price=of_posts(self.post_price),
            refuse=lambda answer: _bound_refused(answer, bounds, token),
        )
        params: dict[str, object] = {**bounds, "max_results": self.size, **self.fields()}
        if self.query:
            params |= {"query": self.query, "next_token": token or None}
            return self._calls.make(ask, self._client.search_recent_tweets, **params)
        params |= {"id": self._options.text("user_id"), "pagination_token": token or None}
        return self._calls.make(ask, self._client.get_users_mentions, **params)


def _bound_refused(answer: Answer, bounds: Mapping[str, object], token: str) -> BoundRefused | None:
    if answer.status != 400:
        return None
    if "since_id" in bounds and b"since_id" in answer.body:
        return BoundRefused(since_id=True)
    if token and any(name in answer.body for name in _TOKEN_NAMES):
        return BoundRefused(since_id=False)
    return None

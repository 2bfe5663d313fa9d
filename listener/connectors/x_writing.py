"""Answers on X: posted under who mentioned or quoted the brand, and found again where it isn't known whether they were.

They are sent in an account's name, by its own key pair; the bearer token of reading can't write.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from listener.connectors.boundary import optional_id
from listener.connectors.http import Answer, never_sent
from listener.connectors.instants import stamp
from listener.connectors.jsons import loads, rows, table
from listener.connectors.x_calls import Ask, Calls
from listener.connectors.x_money import LINKED_REPLY_PRICE, POST_PRICE, REPLY_PRICE, USER_PRICE, of_posts
from listener.connectors.x_posts import CLOSED, PLATFORM, related_of
from listener.connectors.x_text import alike, length, may_link, shows_link
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Refused, Sent
from listener.domain.text import clean_name
from listener.errors import ListenerError, RateLimited, Retry, Uncertain

KEYS = ("api_key", "api_secret", "access_token", "access_secret")
_PAGE = 20
_MOST_PAGES = 25
_CLOCKS_DIFFER = timedelta(minutes=2)
_POST_FIELDS = ["created_at", "edit_history_tweet_ids", "entities", "note_tweet", "referenced_tweets"]

_OF_THIS_REPLY = re.compile(
    r"duplicate|already (?:said|posted)"
    r"|repl(?:y|ies) to this|not allowed to (?:reply|respond)|not permitted to perform this action"
    r"|mentioned or otherwise engaged|reply.settings|conversation"
    r"|deleted|not visible|not (?:be )?found|does not exist|no longer"
    r"|blocked|too long|character|exceed"
    r"|reply\.in_reply_to|\btext\b",
    re.IGNORECASE,
)
"""What X says where it refuses this one reply; anything else it says is about the app or the account."""


class _ReplyRefused(ListenerError):
    """X refuses this one reply, with its own words. Never leaves this module."""


class Writing:
    """One account's answers."""

    def __init__(self, calls: Calls, client: Any, *, longest: int) -> None:
        self._calls = calls
        self._client = client
        self._longest = longest
        self._me = ""

    def reply(self, to: Mention, text: str) -> Sent | Refused:
        """Raises `Uncertain` where X may have taken it although no proper answer came, and else as `poll` does."""
        if not to.can_reply:
            return Refused(reason=to.reply_note or CLOSED)
        if (size := length(text)) > self._longest:
            return Refused(reason=f"it is {size:,} characters long as X counts, and X takes {self._longest:,}")
        if not text.strip():
            return Refused(reason="it is empty")
        try:
            answer = self._post(to, text)
        except _ReplyRefused as error:
            return Refused(reason=f"X refuses it: {error}")
        except Retry as error:
            if isinstance(error, RateLimited) or never_sent(error):
                raise
            raise Uncertain(f"{error}: the reply may have been taken all the same") from error
        native_id = optional_id(table(answer.get("data")).get("id"))
        if not native_id:
            raise Uncertain("X answered a reply without its id: it may have been taken all the same")
        return _sent(native_id)

    def _post(self, to: Mention, text: str) -> Mapping[str, object]:
        price = LINKED_REPLY_PRICE if may_link(text) else REPLY_PRICE
        ask = Ask(
            bucket="write",
            purpose=Purpose.REPLY,
            at_most=price,
            price=lambda answer: _price(answer, at_most=price),
            wants=("data",),
            writes=True,
            refuse=_refused,
        )
        parent = to.version if to.version.isdigit() else to.key.native_id
        return self._calls.make(ask, self._client.create_tweet, text=text, in_reply_to_tweet_id=parent)

    def find_sent(self, to: Mention, text: str, since: datetime) -> Sent | None:
        """Among our own posts since then: one that answers this mention in these words."""
        parents = {to.key.native_id, to.version} - {""}
        for post in self._own_posts(since - _CLOCKS_DIFFER):
            if related_of(post).get("replied_to") in parents and alike(text, post):
                return _sent(optional_id(post.get("id")))
        return None

    def _own_posts(self, since: datetime) -> Iterator[Mapping[str, object]]:
        """Raises `Retry` where they don't come to an end: then nothing can be said of what isn't among them."""
        token: str | None = None
        ask = Ask(bucket="timeline", purpose=Purpose.REPLY, at_most=_PAGE * POST_PRICE, price=of_posts(POST_PRICE))
        me = self._own_id()
        for _ in range(_MOST_PAGES):
            answer = self._calls.make(
                ask,
                self._client.get_users_tweets,
                id=me,
                start_time=stamp(since),
                max_results=_PAGE,
                pagination_token=token,
                tweet_fields=_POST_FIELDS,
                user_auth=True,
            )
            yield from map(table, rows(answer.get("data")))
            following = table(answer.get("meta")).get("next_token")
            if not following:
                return
            if not isinstance(following, str) or following == token:
                break
            token = following
        raise Retry("X's list of our own posts has no end")

    def _own_id(self) -> str:
        """An account's token begins with its id; where one doesn't, X tells for the price of a user."""
        if not self._me:
            before, dash, _ = str(self._client.access_token).partition("-")
            self._me = before if dash and before.isascii() and before.isdigit() else self._asked_id()
        return self._me

    def _asked_id(self) -> str:
        ask = Ask(
            bucket="users", purpose=Purpose.REPLY, at_most=USER_PRICE, price=lambda _: USER_PRICE, wants=("data",)
        )
        found = optional_id(table(self._calls.make(ask, self._client.get_me, user_auth=True).get("data")).get("id"))
        if not found:
            raise Retry("X doesn't say whose account this is")
        return found


def _price(answer: Mapping[str, object], *, at_most: int) -> int:
    """A link costs twenty times as much, and X decides what is one; where its answer doesn't show, the most."""
    shown = table(answer.get("data")).get("text")
    if not isinstance(shown, str):
        return at_most
    return LINKED_REPLY_PRICE if shows_link(shown) else REPLY_PRICE


def _sent(native_id: str) -> Sent:
    return Sent(key=MentionKey(platform=PLATFORM, native_id=native_id), url=f"https://x.com/i/status/{native_id}")


def _refused(answer: Answer) -> _ReplyRefused | None:
    """Whether X refuses this one reply rather than the app or the account."""
    if answer.status not in (400, 403, 404):
        return None
    said = _said(answer)
    return _ReplyRefused(said) if _OF_THIS_REPLY.search(said) else None


def _said(answer: Answer) -> str:
    """All that X says of a refusal, in one line."""
    try:
        body = table(loads(answer.body.decode("utf-8", "replace")))
    except ValueError:
        return ""
    found = [body, *map(table, rows(body.get("errors")))]
    named = [str(one[name]) for one in found for name in ("detail", "message") if isinstance(one.get(name), str)]
    named += [name for one in found for name in table(one.get("parameters"))]
    return clean_name(" ".join(dict.fromkeys(named))[:300])

"""X's filtered stream: our rules put in order there, then every post that they let through, as it is posted.

Rules stay at X until they are deleted, and bring posts that cost money. So whichever bears our tag and isn't wanted
any more goes, and nobody else's is touched. X lets an app have one stream.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tweepy import StreamRule

from listener.clock import Clock
from listener.connectors import x_paging
from listener.connectors.boundary import optional_id, rejected, sift
from listener.connectors.http import Answer, Request
from listener.connectors.jsons import loads, rows, table
from listener.connectors.lasting import Patience, bursts
from listener.connectors.refusals import CAPPED_PAUSE, UNKNOWN_WINDOW
from listener.connectors.x_calls import Ask, Calls
from listener.connectors.x_money import POST_PRICE, USER_PRICE, Money, users_in
from listener.connectors.x_posts import read_post, users_of
from listener.connectors.x_reading import Reading
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, Page, Reject
from listener.errors import BudgetSpent, ConfigError, ListenerError, RateLimited, Retry

TAG = "listener:"
"""Begins the tag of every rule of ours."""
LONGEST_RULE = 1024
SILENCE = 30.0
"""Seconds: X sends an empty line every 20."""
AHEAD = 20
"""Posts paid for before they come: nobody can be asked to wait with them."""
PATH = "/2/tweets/search/stream"
_OPEN = Ask(bucket="stream")
_RULES = Ask(bucket="rules", wants=("data", "meta"))
_WRITE = Ask(bucket="rules-write", wants=("data", "meta", "errors"))


class Rules:
    """Our one rule at X."""

    def __init__(self, calls: Calls, client: Any, *, name: str, value: str) -> None:
        self._calls = calls
        self._client = client
        self._tag = f"{TAG}{name}"
        self._value = value

    def stand(self) -> str:
        """The id of the rule that lets through what is wanted. Raises `ConfigError` where X refuses such a rule."""
        if len(self._value) > LONGEST_RULE:
            raise ConfigError(
                f"X takes rules of at most {LONGEST_RULE:,} characters, this is one of {len(self._value):,}",
                next_step="shorten options.query or options.handles",
            )
        there = [table(rule) for rule in rows(self._calls.make(_RULES, self._client.get_rules).get("data"))]
        ours = [rule for rule in there if str(rule.get("tag", "")).startswith(TAG) and optional_id(rule.get("id"))]
        standing = [rule for rule in ours if (rule.get("tag"), rule.get("value")) == (self._tag, self._value)][:1]
        stale = [optional_id(rule.get("id")) for rule in ours if rule not in standing]
        if stale:
            self._calls.make(_WRITE, self._client.delete_rules, ids=stale)
        return optional_id(standing[0].get("id")) if standing else self._added()

    def _added(self) -> str:
        rule = StreamRule(value=self._value, tag=self._tag)
        answer = self._calls.make(_WRITE, self._client.add_rules, add=rule)
        for made in map(table, rows(answer.get("data"))):
            return optional_id(made.get("id"))
        for error in map(table, rows(answer.get("errors"))):
            # Somebody else's rule lets the same posts through: it stays theirs, and serves us too.
            if str(error.get("type", "")).endswith("duplicate-rules") and optional_id(error.get("id")):
                return optional_id(error.get("id"))
            raise ConfigError(f"X refuses the rule {self._value[:200]!r}: {_said(error)}")
        raise Retry("X answered nothing to a new rule")


@dataclass(slots=True)
class _Heard:
    """What one burst brought."""

    mentions: list[Mention] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    cost: int = 0
    ending: ListenerError | None = None


class _Ahead:
    """Money for the next few posts, set aside before they come."""

    def __init__(self, money: Money, amount: int) -> None:
        self._money = money
        self._amount = amount
        self._held = 0

    def fill(self) -> None:
        """Raises `BudgetSpent`."""
        if not self._held:
            self._money.reserve(self._amount, Purpose.READ)
            self._held = self._amount

    def filled(self) -> BudgetSpent | None:
        """Why there is no more."""
        try:
            self.fill()
        except BudgetSpent as error:
            return error
        return None

    def spend(self, cost: int) -> None:
        self._money.settle(self._held, cost)
        self._held = 0

    def close(self) -> None:
        if self._held:
            self.spend(0)


class Stream:
    """What a source hears as it is posted."""

    def __init__(self, *, calls: Calls, money: Money, reading: Reading, clock: Clock, base: str, token: str) -> None:
        self._calls = calls
        self._reading = reading
        self._clock = clock
        self._base = base
        self._token = token
        self._ahead = AHEAD * (POST_PRICE + (USER_PRICE if reading.users else 0))
        self._money = money

    def pages(
        self, rules: Rules, cursor: str, stopping: Callable[[], bool], *, connect: float, moment: float
    ) -> Iterator[Page]:
        """A page for each burst. Some posts are paid for ahead, and the cap ends the stream with their money unspent:
        what is still on its way then passes no cap either."""
        progress = x_paging.load(cursor, self._clock.now())
        rule = rules.stand()
        self._calls.count(_OPEN)
        patience = Patience(connect=connect, silence=SILENCE)
        with (
            closing(_Ahead(self._money, self._ahead)) as ahead,
            closing(bursts(self._request(), patience, stopping, self._refused, moment=moment)) as stream,
        ):
            ahead.fill()
            for burst in stream:
                heard = self._hear(burst, rule)
                if heard.cost:
                    ahead.spend(heard.cost)
                ending = heard.ending or ahead.filled()
                if ending is not None:
                    stream.close()  # at once: what comes while a page is stored would be billed, and heard by nobody
                yield self._page(heard, progress)
                if ending is not None:
                    raise ending

    def _request(self) -> Request:
        asked = {name.replace("_", "."): ",".join(values) for name, values in self._reading.fields().items()}
        return Request(url=f"{self._base}{PATH}?{urlencode(asked)}", headers={"Authorization": f"Bearer {self._token}"})

    def _refused(self, answer: Answer) -> ListenerError:
        """409: somebody deleted our rule between the look at it and the stream."""
        if answer.status == 409:
            return Retry("X has no rule to stream by")
        return self._calls.refused(_OPEN, answer)

    def _hear(self, burst: list[str], rule: str) -> _Heard:
        heard, now = _Heard(), self._clock.now()
        for line in burst:
            if line.strip() and heard.ending is None:
                self._take(line, rule, heard, now)
        if heard.ending is not None:
            self._calls.waited(_OPEN, heard.ending)
        return heard

    def _take(self, line: str, rule: str, heard: _Heard, now: datetime) -> None:
        """One frame. What is no post of ours may still have been billed."""
        try:
            frame = loads(line)
        except ValueError:
            frame = None
        if not isinstance(frame, dict):
            heard.rejects.append(rejected(line, ValueError("a frame of the stream that is no JSON object"), "stream"))
            heard.cost += POST_PRICE
        elif frame.get("data") is not None:
            heard.cost += POST_PRICE + users_in(frame) * USER_PRICE
            if _matched(frame, rule):
                self._read(frame, heard, now)
        elif (ending := ended(frame, now)) is not None:
            heard.ending = ending
        else:
            heard.rejects.append(rejected(frame, ValueError(f"a frame without a post: {_said(frame)}"), "stream"))

    def _read(self, frame: Mapping[str, object], heard: _Heard, now: datetime) -> None:
        users = users_of(table(frame.get("includes")))
        found, bad = sift([frame["data"]], lambda post: read_post(post, users, self._reading.ours, now), "stream")
        heard.mentions += found
        heard.rejects += bad

    def _page(self, heard: _Heard, progress: x_paging.Progress) -> Page:
        """Where nothing came, nothing is to be kept."""
        ids = [int(mention.version) for mention in heard.mentions]
        came = heard.mentions or heard.rejects
        cursor = x_paging.heard_live(progress, ids, self._clock.now()) if came else ""
        return Page(mentions=tuple(heard.mentions), rejects=tuple(heard.rejects), cursor=cursor, done=False)


def _matched(frame: Mapping[str, object], rule: str) -> bool:
    """Whether our rule let it through: an app has one stream for the rules of all who use it."""
    rules = [optional_id(table(one).get("id")) for one in rows(frame.get("matching_rules"))]
    return not rules or rule in rules


def ended(frame: Mapping[str, object], now: datetime) -> ListenerError | None:
    """Whether X says that it ends the stream, and what that means; None for any other frame without a post."""
    for said in [frame, table(frame.get("disconnect")), *map(table, rows(frame.get("errors")))]:
        kind, title = str(said.get("type", "")), str(said.get("title", ""))
        if kind.endswith("usage-capped"):
            return RateLimited("X: the month's quota is used up", until=now + CAPPED_PAUSE)
        if kind.endswith("rate-limit-exceeded") or said.get("status") == 429 or title == "Too Many Requests":
            return RateLimited("X ends the stream: too many requests", until=now + UNKNOWN_WINDOW)
        if kind.endswith(("operational-disconnect", "streaming-connection")) or title in _ENDINGS:
            return Retry(f"X ends the stream: {_said(said)}")
    return Retry(f"X ends the stream: {_said(table(frame['disconnect']))}") if "disconnect" in frame else None


_ENDINGS = ("ConnectionException", "operational-disconnect")


def _said(error: Mapping[str, object]) -> str:
    """X's own words."""
    inner = [table(one) for one in rows(error.get("errors"))] or [error]
    found = (inner[0].get(name) for name in ("detail", "message", "reason", "title"))
    return next((said[:200] for said in found if isinstance(said, str) and said), "no reason given")

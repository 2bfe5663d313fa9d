"""X: posts found by a search, or the mentions of an account. How its pages are walked stands in `x_paging`.

Every read costs money, so each call is paid for from a monthly cap before it is made: what it may cost at most is
reserved, and what came is settled. An answer that got lost on its way counts in full, since X may have billed it.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import tweepy

from listener.connectors import x_paging
from listener.connectors.boundary import sift
from listener.connectors.catalogue.x import INFO
from listener.connectors.http import Answer, Limits, never_sent
from listener.connectors.jsons import count, rows, table
from listener.connectors.options import Options, checked
from listener.connectors.refusals import refusal
from listener.connectors.transport import Transport
from listener.connectors.x_paging import MENTIONS_REACH, Progress, Run, Window
from listener.connectors.x_posts import read_post, users_of
from listener.domain.mention import Gap, Mention, Page, Reject
from listener.domain.policy import SourceConfig
from listener.errors import BudgetSpent, ConfigError, ListenerError, Retry

if TYPE_CHECKING:
    from listener.connectors import Tools

HOST = "https://api.twitter.com"
"""What tweepy calls; there is no setting for it."""
POST_PRICE = 5_000
"""Millionths of a dollar for a post read; also for a count."""
USER_PRICE = 10_000

_POST_FIELDS = [
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
_USER_FIELDS = ["name", "public_metrics", "username"]


_Restart = Callable[[Progress, Window, datetime], tuple[Progress, tuple[Gap, ...]]]


class _BoundRefused(Exception):
    """X refuses what bounds this page; `restart` begins a run that it will take, and nothing is lost by it."""

    def __init__(self, restart: _Restart) -> None:
        super().__init__()
        self.restart = restart


def build(config: SourceConfig, tools: "Tools") -> "XConnector":
    """A connector on one search or one account's mentions; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    if bool(options.text("query")) == bool(options.text("user_id")):
        raise ConfigError(f"source {config.name!r}: give either options.query or options.user_id")
    return XConnector(options, config.secrets["bearer_token"].reveal(), tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A page as X gave it."""

    mentions: list[Mention]
    rejects: list[Reject]
    ids: list[int]
    token: str


class XConnector:
    """Reads X through tweepy; its transport bounds every call, its ledger every month."""

    platform = "x"

    def __init__(self, options: Options, token: str, tools: "Tools") -> None:
        logging.getLogger("tweepy").setLevel(max(logging.INFO, logging.getLogger("tweepy").level))
        self._options = options
        self._tools = tools
        self._credential = "x:" + hashlib.sha256(token.encode()).hexdigest()[:12]
        base = options.text("api_base")
        self._transport = Transport(
            Limits(timeout=options.number("timeout"), deadline=options.number("deadline")),
            rewrite=(HOST, base) if base else None,
        )
        self._client = tweepy.Client(token, return_type=dict)
        self._transport.mount_on(self._client.session)
        self._ours = frozenset(h.lstrip("@").lower() for h in (*options.texts("handles"), options.text("user_id")) if h)
        self._window = Window(
            first=timedelta(hours=options.number("first_hours")),
            overlap=timedelta(minutes=options.number("overlap_minutes")),
            overlap_every=options.whole("overlap_every"),
            limited=bool(options.text("query")),
        )

    def __repr__(self) -> str:
        return f"XConnector({self._options.text('query') or self._options.text('user_id')!r})"

    def check(self) -> str:
        """One paid call ($0.005 to $0.010): what the search would find, or whose mentions are read."""
        query, user_id = self._options.text("query"), self._options.text("user_id")
        if query:
            answer = self._paid(POST_PRICE, lambda _: POST_PRICE, self._client.get_recent_tweets_count, query=query)
            total = count(table(answer.get("meta")).get("total_tweet_count"))
            return f"about {total:,} posts in the last 7 days, ${total * POST_PRICE / 1e6:,.2f} to read"
        answer = self._paid(USER_PRICE, lambda _: USER_PRICE, self._client.get_user, id=user_id)
        return f"mentions of @{table(answer.get('data')).get('username', '?')}"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, newest first; each page's cursor goes on with the page after it, and no post is passed over."""
        progress = x_paging.load(cursor, now)
        gaps: tuple[Gap, ...] = ()
        while True:
            if progress.run is None:
                progress, gaps = x_paging.begin(progress, self._window, now)
            try:
                read = self._read(progress, now)
            except _BoundRefused as refused:
                progress, gaps = refused.restart(progress, self._window, now)
                continue
            looped = progress.repeats(read.token)
            gaps += self._cut_short(progress, read, looped=looped)
            progress = progress.after(read.ids, "" if looped else read.token)
            done = progress.run is None
            yield Page(
                mentions=tuple(read.mentions),
                rejects=tuple(read.rejects),
                gaps=gaps,
                cursor=progress.cursor(),
                done=done and not looped,
            )
            if looped:
                raise Retry("X gave the same page token twice: the rest of that run is recorded as a gap")
            if done:
                return
            gaps = ()

    def _cut_short(self, progress: Progress, read: _Read, *, looped: bool) -> tuple[Gap, ...]:
        """What this page's run will never reach."""
        run = progress.run
        assert run is not None
        if looped:
            return x_paging.cut_short(progress, run, read.ids, "X repeated a page token")
        ends = not read.token and not self._window.limited and run.seen + len(read.ids) >= MENTIONS_REACH
        return x_paging.cut_short(progress, run, read.ids, "X lists only the newest 800 mentions") if ends else ()

    def _read(self, progress: Progress, now: datetime) -> _Read:
        """One page of the run in hand."""
        run = progress.run
        assert run is not None
        answer = self._page(run)
        users = users_of(table(answer.get("includes")))
        found = rows(answer.get("data"))
        mentions, rejects = sift(found, lambda post: read_post(post, users, self._ours, now), f"page {run.next_token}")
        token = table(answer.get("meta")).get("next_token")
        return _Read(
            mentions=mentions,
            rejects=rejects,
            ids=[int(mention.version) for mention in mentions],
            token=token if isinstance(token, str) else "",
        )

    def _page(self, run: Run) -> Mapping[str, object]:
        options = self._options
        size = options.whole("page_size")
        params: dict[str, object] = {**run.bounds(), "max_results": size, "tweet_fields": _POST_FIELDS}
        if options.flag("users"):
            params |= {"expansions": ["author_id"], "user_fields": _USER_FIELDS}
        at_most = size * (POST_PRICE + (USER_PRICE if options.flag("users") else 0))
        try:
            if options.text("query"):
                params |= {"query": options.text("query"), "next_token": run.next_token or None}
                return self._paid(at_most, _price, self._client.search_recent_tweets, **params)
            params |= {"id": options.text("user_id"), "pagination_token": run.next_token or None}
            return self._paid(at_most, _price, self._client.get_users_mentions, **params)
        except ConfigError:
            body = self._transport.last.body if self._transport.last else b""
            if run.since_id and b"since_id" in body:
                raise _BoundRefused(x_paging.by_time) from None
            if run.next_token and any(name in body for name in (b"next_token", b"pagination_token", b"start_time")):
                raise _BoundRefused(x_paging.begin) from None
            raise

    def _paid(
        self, at_most: int, price: Callable[[Mapping[str, object]], int], call: Callable[..., Any], **params: object
    ) -> Mapping[str, object]:
        """Make a call within this month's cap. `at_most` and what `price` tells are millionths of a dollar."""
        now, cap = self._tools.clock.now(), self._tools.x_cap_micro_usd
        if cap <= 0:
            raise ConfigError("reading X costs money", next_step="set x_monthly_cap_usd in listener.toml")
        if not self._tools.ledger.reserve(self._credential, at_most, cap, now):
            raise BudgetSpent(
                f"X's monthly cap of ${cap / 1e6:,.2f} leaves no room for a call of up to ${at_most / 1e6:,.2f}",
                until=_next_month(now),
                next_step="raise x_monthly_cap_usd in listener.toml, or wait for the new month",
            )
        spent = at_most
        try:
            answer = self._call(call, params)
            spent = price(answer)
        except ListenerError as error:
            spent = 0 if self._unbilled(error) else at_most
            raise
        finally:
            self._tools.ledger.settle(self._credential, at_most, spent, self._tools.clock.now())
        return answer

    def _unbilled(self, error: ListenerError) -> bool:
        """Whether a failed call surely cost nothing: X refused it, or it never left."""
        last = self._transport.last
        return last.status >= 300 if last else isinstance(error, Retry) and never_sent(error)

    def _call(self, call: Callable[..., Any], params: Mapping[str, object]) -> Mapping[str, object]:
        """Make a call; whatever tweepy makes of a refusal, it is named by the status that came."""
        self._transport.last = None
        try:
            answer = call(**params)
        except ListenerError:
            raise
        except Exception as error:  # tweepy's exceptions fail in their own constructors, with any type
            if self._transport.last is None:
                raise
            raise self._named(self._transport.last) from error
        if not isinstance(answer, dict) or not ("data" in answer or "meta" in answer):
            raise Retry("X answered without data")
        return answer

    def _named(self, answer: Answer) -> ListenerError:
        if 200 <= answer.status < 300:
            return Retry("X answered something other than JSON")
        return refusal(answer, self._tools.clock.now(), who="X")


def _price(answer: Mapping[str, object]) -> int:
    posts, users = rows(answer.get("data")), rows(table(answer.get("includes")).get("users"))
    return len(posts) * POST_PRICE + len(users) * USER_PRICE


def _next_month(now: datetime) -> datetime:
    return (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)

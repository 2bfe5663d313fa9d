"""Reddit: posts found by search, the comments of subreddits, mentions in the inbox; walked as `reddit_paging` says.

praw brings authorisation and Reddit's pacing; listings are read as JSON, so that one odd element can't spoil a page.
Every endpoint and credential is given explicitly: praw would otherwise take them from a praw.ini in the working
directory. Reddit's terms ask that what a user deletes be deleted here too, so its JSON is not kept unless wanted.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

import praw
import requests
from prawcore.exceptions import OAuthException, PrawcoreException, RequestException
from prawcore.rate_limit import RateLimiter
from prawcore.sessions import FiniteRetryStrategy

from listener.clock import Clock, monotonic
from listener.connectors import reddit_paging
from listener.connectors.boundary import sift
from listener.connectors.catalogue.reddit import INFO
from listener.connectors.http import Limits
from listener.connectors.jsons import rows, table
from listener.connectors.options import Options, checked
from listener.connectors.reddit_paging import Thing
from listener.connectors.reddit_things import Reading, created_of, data_of, is_gone, key_of, read_thing
from listener.connectors.refusals import LONGEST_WINDOW, refusal
from listener.connectors.transport import Transport
from listener.domain.mention import Gap, MentionKey, Page
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError, ListenerError, RateLimited, Reauthorize, Retry, SkipRecord

if TYPE_CHECKING:
    from listener.connectors import Tools

PAGE = 100
LONGEST_PACE = 10.0
"""Seconds praw may spread calls by; a longer wait is given back to the run."""
_WINDOW = 600
"""Seconds over which Reddit counts requests."""


def build(config: SourceConfig, tools: "Tools") -> "RedditConnector":
    """A connector on the listings that the options name; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    wanted = options.text("query") or options.texts("subreddits") or options.flag("inbox")
    if not wanted:
        raise ConfigError(f"source {config.name!r}: give options.query, options.subreddits or options.inbox")
    if options.flag("inbox") and not (config.secrets.get("username") and config.secrets.get("password")):
        raise ConfigError(f"source {config.name!r}: options.inbox needs the secrets username and password")
    return RedditConnector(options, config.secrets, tools.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """One listing to walk."""

    name: str
    """Key in the cursor; another query is another listing."""
    path: str
    params: Mapping[str, str]


class RedditConnector:
    """Reads Reddit through praw."""

    platform = "reddit"

    def __init__(self, options: Options, secrets: Mapping[str, Secret], clock: Clock) -> None:
        for library in ("praw", "prawcore"):
            logging.getLogger(library).setLevel(max(logging.INFO, logging.getLogger(library).level))
        self._options = options
        self._clock = clock
        self._has_account = options.flag("inbox")
        self._transport = Transport(Limits(timeout=options.number("timeout"), deadline=options.number("deadline")))
        self._reddit = self._signed_in(secrets)
        self._listings = _listings(options)

    def __repr__(self) -> str:
        return f"RedditConnector({[listing.path for listing in self._listings]!r})"

    def _signed_in(self, secrets: Mapping[str, Secret]) -> praw.Reddit:
        """A praw that takes nothing from files or the environment and makes each call once."""
        base = self._options.text("api_base")
        session = requests.Session()
        self._transport.mount_on(session)
        session.trust_env = False  # a .netrc must not replace our authorization
        reddit = praw.Reddit(
            "DEFAULT",
            requestor_kwargs={"session": session},
            client_id=secrets["client_id"].reveal(),
            client_secret=secrets["client_secret"].reveal(),
            user_agent=self._options.text("user_agent"),
            oauth_url=base or "https://oauth.reddit.com",
            reddit_url=base or "https://www.reddit.com",
            refresh_token=None,
            check_for_updates=False,
            check_for_async=False,
            ratelimit_seconds=0,
            username=secrets["username"].reveal() if self._has_account else None,
            password=secrets["password"].reveal() if self._has_account else None,
        )
        core: Any = reddit._core
        core._rate_limiter = _Pacer(self._clock)
        core._retry_strategy_class = _Once
        return reddit

    def check(self) -> str:
        """Who the credentials are, or that reading works without an account."""
        if self._has_account:
            return f"u/{table(self._ask('api/v1/me', {})).get('name', '?')}"
        self._ask(self._listings[0].path, {**self._listings[0].params, "limit": "1"})
        return "read-only, without an account"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of each listing in turn, newest first; a listing that ended too early leaves a gap."""
        progress = reddit_paging.load(cursor, [listing.name for listing in self._listings], now)
        first = timedelta(hours=self._options.number("first_hours"))
        for listing in self._listings:
            stream = progress.stream(listing.name).begun(now, first)
            while stream.walk is not None:
                children, after = self._page(listing, stream.walk.after)
                stream, gaps = stream.after(_things(children, now), after, empty=not children)
                progress = progress.with_stream(listing.name, stream)
                done = stream.walk is None and listing is self._listings[-1]
                yield self._read(children, gaps, progress.cursor(), now, done=done)

    def _read(self, children: list[object], gaps: tuple[Gap, ...], cursor: str, now: datetime, *, done: bool) -> Page:
        reading = Reading(now=now, has_account=self._has_account, keep_raw=self._options.flag("keep_raw"))
        present = [child for child in children if not is_gone(child)]
        mentions, rejects = sift(present, lambda child: read_thing(child, reading), "listing")
        return Page(
            mentions=tuple(mentions),
            rejects=tuple(rejects),
            deleted=tuple(_keys([child for child in children if is_gone(child)])),
            gaps=gaps,
            cursor=cursor,
            done=done,
        )

    def _page(self, listing: _Listing, after: str) -> tuple[list[object], str]:
        """A page's children, and the name of the thing after which the next begins."""
        params = {**listing.params, "limit": str(PAGE)} | ({"after": after} if after else {})
        data = table(self._ask(listing.path, params).get("data"))
        if not isinstance(data.get("children"), list):
            raise Retry("Reddit answered something other than a listing")
        following = data.get("after")
        return rows(data["children"]), following if isinstance(following, str) else ""

    def _ask(self, path: str, params: Mapping[str, str]) -> Mapping[str, object]:
        try:
            return self._ask_once(path, params)
        except Reauthorize:
            # The token may have been revoked before its time; praw has dropped it and asks for another one.
            return self._ask_once(path, params)

    def _ask_once(self, path: str, params: Mapping[str, str]) -> Mapping[str, object]:
        self._transport.last = None
        try:
            answer = self._reddit.request(method="GET", path=path, params=dict(params))
        except RequestException as error:
            if isinstance(error.original_exception, ListenerError):
                raise error.original_exception from error
            raise
        except OAuthException as error:
            raise Reauthorize(f"Reddit refuses the credentials: {error.error}") from error
        except (PrawcoreException, praw.exceptions.PRAWException, KeyError, ValueError, TypeError) as error:
            # prawcore raises a bare KeyError for a 401 or 403 with an unusual www-authenticate header.
            raise self._named(error, path) from error
        if not isinstance(answer, dict):
            raise Retry("Reddit answered something other than a JSON object")
        return answer

    def _named(self, error: Exception, path: str) -> Exception:
        last = self._transport.last
        if last is None:
            return error
        if 200 <= last.status < 300:
            return Retry("Reddit answered something other than JSON")
        if 300 <= last.status < 400:
            return ConfigError(f"Reddit knows nothing at {path}", next_step="check the subreddits' names")
        return refusal(last, self._clock.now(), who="Reddit")


def _listings(options: Options) -> list[_Listing]:
    found: list[_Listing] = []
    if query := options.text("query"):
        where = options.text("search_in")
        params = {"q": query, "sort": "new", "t": "week", "syntax": options.text("syntax"), "restrict_sr": "False"}
        if where != "all":
            params["restrict_sr"] = "True"
        found.append(_listing("search", f"r/{where}/search/", params))
    if subreddits := options.texts("subreddits"):
        found.append(_listing("comments", f"r/{'+'.join(subreddits)}/comments/", {}))
    if options.flag("inbox"):
        found.append(_listing("mentions", "message/mentions", {}))
    return found


def _listing(kind: str, path: str, params: Mapping[str, str]) -> _Listing:
    mark = crc32(repr((path, sorted(params.items()))).encode())
    return _Listing(name=f"{kind}-{mark:08x}", path=path, params=params)


def _things(children: list[object], now: datetime) -> list[Thing]:
    """What paging can use of a page: elements without a name or time can't say how far it reaches."""
    found: list[Thing] = []
    for child in children:
        try:
            created = created_of(data_of(child), now)
            found.append(Thing(name=key_of(child).native_id, created=int(created.timestamp())))
        except (SkipRecord, ValueError):
            continue
    return found


def _keys(children: list[object]) -> Iterator[MentionKey]:
    for child in children:
        try:
            yield key_of(child)
        except SkipRecord:
            continue


class _Once(FiniteRetryStrategy):
    """No retries and no sleeping inside the library: both belong to the run."""

    def _sleep_seconds(self) -> float | None:
        return None

    def should_retry_on_failure(self) -> bool:
        return False


class _Pacer(RateLimiter):
    """Spreads calls as Reddit's headers ask, on our clock and for seconds at most."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(window_size=_WINDOW)
        self._clock = clock

    def delay(self) -> None:
        if self.next_request_timestamp_ns is None:
            return
        seconds = self.next_request_timestamp_ns / 1e9 - monotonic()
        if seconds > LONGEST_PACE:
            wait = min(timedelta(seconds=min(seconds, 1e6)), LONGEST_WINDOW)
            raise RateLimited("Reddit's requests for this window are used up", until=self._clock.now() + wait)
        if seconds > 0:
            self._clock.sleep(seconds)

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        try:
            super().update(response_headers=response_headers)
        except (ValueError, OverflowError, KeyError):
            self.next_request_timestamp_ns = None  # headers that make no sense pace nothing

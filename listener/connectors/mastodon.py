"""Mastodon and what speaks its API: posts under hashtags, or the mentions of an account.

Plain HTTP rather than Mastodon.py: that library raises errors without their response and has no bound on a call.

`min_id` pages forward: the posts just after it, none skipped (`since_id` gives the newest and skips the middle). Where
nothing was read yet, the walk goes backward from the newest by `max_id`, as far as the first hours asked for.

Ids of posts are their time in milliseconds and 16 more bits, and a post that arrives late from another server is
sorted in by when it was written. So a hashtag is read again from some minutes before the last post. Notifications are
numbered as they come.

Cursor: `{v, last, run: {high, below}}`; `run` is a backward walk that isn't at its end, `last` the newest id read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from listener.connectors.boundary import id_of, lang_of, link_of, name_of, optional_id, sift
from listener.connectors.catalogue.mastodon import INFO
from listener.connectors.cursors import load_cursor
from listener.connectors.http import Limits, Request, fetch
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, loads, raw_text, table
from listener.connectors.markup import to_text
from listener.connectors.options import Options, checked
from listener.connectors.refusals import refusal
from listener.domain.mention import Author, Mention, MentionKey, Metrics, Page, Reject
from listener.domain.policy import Secret, SourceConfig
from listener.domain.text import clean
from listener.errors import ConfigError, Retry, SkipRecord

if TYPE_CHECKING:
    from listener.clock import Clock
    from listener.connectors import Tools

LEAST_TIMED_ID = 1 << 50
"""Ids from here on tell their time (Mastodon's since 2017); smaller ones are running numbers."""
TIME_BITS = 16
PUBLIC = ("public", "unlisted")


def build(config: SourceConfig, tools: "Tools") -> "MastodonConnector":
    """A connector on hashtags or on an account's mentions; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    token = config.secrets.get("access_token") or Secret("")
    if bool(options.texts("hashtags")) == options.flag("mentions"):
        raise ConfigError(f"source {config.name!r}: give options.hashtags, or mentions = true, and not both")
    if options.flag("mentions") and not token:
        raise ConfigError(f"source {config.name!r}: secret access_token is missing: mentions need a token")
    return MastodonConnector(options, token, tools.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """A backward walk: `high` becomes the last id when it ends, `below` is where it stands."""

    high: str
    below: str


class MastodonConnector:
    """Reads one instance."""

    platform = "mastodon"

    def __init__(self, options: Options, token: Secret, clock: "Clock") -> None:
        self._options = options
        self._token = token
        self._clock = clock
        self._base = options.text("instance").rstrip("/")
        self._limits = Limits(timeout=options.number("timeout"), deadline=options.number("deadline"))
        self._size = options.whole("page_size")

    def __repr__(self) -> str:
        what = "mentions" if self._options.flag("mentions") else " ".join(self._options.texts("hashtags"))
        return f"MastodonConnector({self._host}, {what})"

    @property
    def _host(self) -> str:
        return urlsplit(self._base).hostname or self._base

    def check(self) -> str:
        """Asks who the token belongs to, or without one for the instance's name."""
        if self._token:
            account = table(self._ask("/api/v1/accounts/verify_credentials", {}))
            return f"signed in at {self._host} as @{name_of(account.get('acct')) or 'nobody'}"
        instance = table(self._ask("/api/v2/instance", {}))
        return f"{name_of(instance.get('title')) or self._host} answers; without a token, hashtags only"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages: forward from the last post, or, where none is known, backward through the first hours."""
        state = load_cursor(cursor, version=1)
        last = _plausible(state.text("last"), now)
        if last:
            yield from self._forward(last)
            return
        run = state.part("run")
        walk = _Walk(high=_plausible(run.text("high"), now), below=_plausible(run.text("below"), now))
        yield from self._backward(walk, now - timedelta(hours=self._options.number("first_hours")))

    def _forward(self, last: str) -> Iterator[Page]:
        reached = self._earlier(last)
        while True:
            found = self._page({"min_id": reached})
            if found:
                reached = _newest([_id(record) for record in found])
                last = _newest([last, reached])
            yield self._paged(found, cursor=_cursor(last, None), done=not found)
            if not found:
                return

    def _backward(self, walk: _Walk, since: datetime) -> Iterator[Page]:
        while True:
            found = self._page({"max_id": walk.below} if walk.below else {})
            ids = [_id(record) for record in found]
            if ids:
                walk = _Walk(high=walk.high or _newest(ids), below=_oldest(ids))
            done = not found or all(_written(record, since) < since for record in found)
            yield self._paged(found, cursor=_cursor(walk.high, None) if done else _cursor("", walk), done=done)
            if done:
                return

    def _earlier(self, last: str) -> str:
        """Some minutes before `last`, where ids tell their time."""
        if not _timed(last):
            return last
        overlap = round(self._options.number("overlap_minutes") * 60_000) << TIME_BITS
        return str(max(0, int(last) - overlap))

    def _paged(self, found: list[object], *, cursor: str, done: bool) -> Page:
        public = [record for record in found if _is_public(record)]
        mentions, rejects = sift(public, self._read, f"{self._host} page")
        kept_back = [_not_public(record) for record in found if not _is_public(record)]
        return Page(mentions=tuple(mentions), rejects=(*rejects, *kept_back), cursor=cursor, done=done)

    def _read(self, record: object) -> Mention:
        return read_status(_status(record), host=self._host, signed_in=bool(self._token))

    def _page(self, bounds: dict[str, str]) -> list[object]:
        query: list[tuple[str, str]] = [("limit", str(self._size)), *bounds.items()]
        if self._options.flag("mentions"):
            path = "/api/v1/notifications"
            query.append(("types[]", "mention"))
        else:
            first, *others = self._options.texts("hashtags")
            path = f"/api/v1/timelines/tag/{quote(first.lstrip('#'), safe='')}"
            query += [("any[]", tag.lstrip("#")) for tag in others]
        answer = self._ask(path, query)
        if not isinstance(answer, list):
            raise Retry(f"{self._host} answered something other than a list of posts")
        if answer and not any(_id(record) for record in answer):
            raise Retry(f"{self._host} answered with posts that bear no id")
        return answer

    def _ask(self, path: str, query: object) -> object:
        asked = urlencode(query) if query else ""  # type: ignore[arg-type]
        headers = {"Authorization": f"Bearer {self._token.reveal()}"} if self._token else {}
        url = f"{self._base}{path}{f'?{asked}' if asked else ''}"
        answer = fetch(Request(url=url, headers=headers), self._limits)
        if answer.status != 200:
            raise refusal(answer, self._clock.now(), who=self._host)
        try:
            return loads(answer.body.decode("utf-8-sig"))
        except ValueError as error:
            raise Retry(f"{self._host} answered something other than JSON") from error


def read_status(record: object, *, host: str, signed_in: bool) -> Mention:
    """One post. Raises `SkipRecord` or `ValueError` with the reason."""
    if not isinstance(record, dict):
        raise SkipRecord(f"post is a {type(record).__name__}")
    account = table(record.get("account"))
    acct = name_of(account.get("acct"))
    handle = acct if "@" in acct or not acct else f"{acct}@{host}"
    words = [record.get("spoiler_text"), record.get("content")]
    text = clean("\n\n".join(to_text(part) for part in words if isinstance(part, str) and part))
    if not text:
        raise SkipRecord("post has no text")
    return Mention(
        # The same post has another id on each instance; its address is one.
        key=MentionKey(platform="mastodon", native_id=id_of(record.get("uri"), "uri")),
        author=Author(
            platform="mastodon",
            native_id=optional_id(account.get("uri")) or optional_id(account.get("url")) or handle,
            handle=handle,
            name=name_of(account.get("display_name")),
            followers=count(account.get("followers_count")) if "followers_count" in account else None,
        ),
        text=text,
        created_at=parse_instant(record.get("created_at")),
        url=link_of(record.get("url")) or link_of(record.get("uri")),
        thread=optional_id(record.get("in_reply_to_id")) or optional_id(record.get("id")),
        parent=optional_id(record.get("in_reply_to_id")),
        lang=lang_of(record.get("language")),
        is_repost=record.get("reblog") is not None,
        version=name_of(record.get("edited_at")),
        metrics=Metrics(
            likes=count(record.get("favourites_count")),
            replies=count(record.get("replies_count")),
            reposts=count(record.get("reblogs_count")),
        ),
        can_reply=signed_in,
        reply_note="" if signed_in else "no account is signed in at this instance: open the post in a browser",
        raw=raw_text(record),
    )


def _status(record: object) -> object:
    """The post itself: a notification holds one."""
    status = table(record).get("status")
    return record if status is None else status


def _is_public(record: object) -> bool:
    """Whether everybody may read it; what doesn't say so is left for the reader to judge."""
    visibility = table(_status(record)).get("visibility")
    return visibility in PUBLIC or not isinstance(visibility, str)


def _not_public(record: object) -> Reject:
    """A message to us that isn't for the public: told of, not kept."""
    status = table(_status(record))
    where = link_of(status.get("url")) or link_of(status.get("uri"))
    reason = f"not public ({name_of(status.get('visibility'))}): read it at {where or 'its instance'}"
    return Reject(reason=reason, raw="", native_id=optional_id(status.get("uri")))


def _id(record: object) -> str:
    return optional_id(table(record).get("id"))


def _rank(native_id: str) -> tuple[int, str]:
    """Order of ids: numbers by value; others, such as ULIDs, as text of one length."""
    return len(native_id), native_id


def _newest(ids: list[str]) -> str:
    return max(ids, key=_rank, default="")


def _oldest(ids: list[str]) -> str:
    return min((native_id for native_id in ids if native_id), key=_rank, default="")


def _timed(native_id: str) -> bool:
    return native_id.isdigit() and native_id.isascii() and int(native_id) >= LEAST_TIMED_ID


def _plausible(native_id: str, now: datetime) -> str:
    """The id, unless it lies in the future: nothing would ever be newer, and calm would hide a loss."""
    if len(native_id) > 64 or optional_id(native_id) != native_id:
        return ""
    if _timed(native_id) and int(native_id) >> TIME_BITS > (now.timestamp() + 3600) * 1000:
        return ""
    return native_id


def _written(record: object, unknown: datetime) -> datetime:
    try:
        return parse_instant(table(_status(record)).get("created_at"))
    except ValueError:
        return unknown.astimezone(UTC)


def _cursor(last: str, walk: _Walk | None) -> str:
    state: dict[str, object] = {"v": 1, "last": last}
    if walk is not None:
        state["run"] = {"high": walk.high, "below": walk.below}
    return json.dumps(state)

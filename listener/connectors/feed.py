"""RSS and Atom feeds: news, forums, Google Alerts, Reddit's .rss, YouTube channels.

A feed has no paging and no memory: it shows its newest entries and forgets the rest. The cursor keeps marks of the
entries seen last; when a feed that used to overlap shows none of them, entries were missed, and that is a gap.

Calls are counted by host: a wait that one of a host's feeds is asked for holds for all of them.

Cursor: `{v, url, moved_to, etag, modified, read_at, seen}`. Another configured address starts afresh.
"""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import feedparser

from listener.connectors.boundary import link_of, sift
from listener.connectors.budget import credential_of
from listener.connectors.catalogue.feed import INFO
from listener.connectors.cursors import load_cursor
from listener.connectors.entries import Reading, key_of, mark_of, read_entry
from listener.connectors.http import MEBIBYTE, Answer, Limits, Request, fetch, follow, host_of
from listener.connectors.instants import parse_instant, stamp
from listener.connectors.options import Options, checked
from listener.connectors.refusals import refusal
from listener.domain.mention import Gap, Mention, Page
from listener.domain.policy import SourceConfig
from listener.domain.text import clean_name
from listener.errors import ConfigError, NotPermitted, Retry

if TYPE_CHECKING:
    from listener.connectors import Tools

log = logging.getLogger(__name__)

MAX_FEED = 5 * MEBIBYTE
RING = 500


def build(config: SourceConfig, tools: "Tools") -> "FeedConnector":
    """A connector on one feed; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    if not link_of(options.text("url")):
        raise ConfigError(f"source {config.name!r}: options.url must be an http(s) address without a password in it")
    return FeedConnector(config.name, options, tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """The cursor."""

    url: str
    moved_to: str = ""
    etag: str = ""
    modified: str = ""
    read_at: str = ""
    seen: tuple[str, ...] = ()
    """Marks of the entries seen last, newest first."""

    def cursor(self) -> str:
        return json.dumps(
            {
                "v": 1,
                "url": self.url,
                "moved_to": self.moved_to,
                "etag": self.etag,
                "modified": self.modified,
                "read_at": self.read_at,
                "seen": self.seen,
            }
        )


class FeedConnector:
    """Reads one feed: one call a poll, one page."""

    def __init__(self, source: str, options: Options, tools: "Tools") -> None:
        self.platform = options.text("platform")
        self._source = source
        self._url = options.text("url")
        self._tools = tools
        self._clock = tools.clock
        self._limits = Limits(
            timeout=options.number("timeout"),
            deadline=options.number("deadline"),
            max_bytes=MAX_FEED,
            allow_private=options.flag("allow_private"),
        )

    def __repr__(self) -> str:
        return f"FeedConnector({self.platform!r})"

    def check(self) -> str:
        """Reads the feed once, names it, and says where it has moved to."""
        answer = self._ask(self._url, _Memory(url=self._url))
        parsed = self._parsed(answer)
        moved = f"; it has moved for good: set options.url to {answer.moved_to}" if link_of(answer.moved_to) else ""
        return f"{clean_name(str(parsed.feed.get('title', 'a feed')))}: {len(parsed.entries)} entries{moved}"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """The entries that are new or changed since the cursor, oldest first."""
        memory = self._load(cursor)
        answer, memory = self._fetch(memory)
        memory = self._moved(memory, answer)
        if answer.status == 304:
            yield Page(mentions=(), cursor=replace(memory, read_at=stamp(now)).cursor(), done=True)
            return
        parsed = self._parsed(answer)
        site = clean_name(str(parsed.feed.get("title", "")))
        reading = Reading(platform=self.platform, now=now, site=site, base=answer.url)
        marks = [mark_of(entry) for entry in parsed.entries]
        unseen = [entry for entry, mark in zip(parsed.entries, marks, strict=True) if mark not in memory.seen]
        mentions, rejects = sift(reversed(unseen), lambda entry: read_entry(entry, reading), "feed")
        yield Page(
            mentions=tuple(mentions),
            rejects=tuple(rejects),
            gaps=_missed(memory, parsed.entries, mentions, now),
            cursor=_after(memory, answer, marks, now).cursor(),
            done=True,
        )

    def _load(self, cursor: str) -> _Memory:
        state = load_cursor(cursor, version=1)
        if state.text("url") != self._url:
            return _Memory(url=self._url)
        return _Memory(
            url=self._url,
            moved_to=link_of(state.text("moved_to")),
            etag=state.text("etag"),
            modified=state.text("modified"),
            read_at=state.text("read_at"),
            seen=tuple(state.texts("seen")[:RING]),
        )

    def _fetch(self, memory: _Memory) -> tuple[Answer, _Memory]:
        """The feed, from where it moved to if it did; from its configured address where that is no good any more."""
        if memory.moved_to:
            try:
                return self._ask(memory.moved_to, memory), memory
            except (ConfigError, NotPermitted):
                memory = replace(memory, moved_to="", etag="", modified="")
        return self._ask(self._url, memory), memory

    def _moved(self, memory: _Memory, answer: Answer) -> _Memory:
        """Told once. The log doesn't say where to: a private feed's address is a secret."""
        to = link_of(answer.moved_to)
        if not to:
            return memory
        step = "its new address is read from now on; `listener doctor --online` names it: set options.url to it"
        log.warning("the feed has moved for good", extra={"source": self._source, "next_step": step})
        return replace(memory, moved_to=to)

    def _counted(self, request: Request, limits: Limits) -> Answer:
        """One exchange, in the count of its host."""
        host = host_of(request.url)
        budget = self._tools.budget(credential_of("feed", host), host)
        budget.ask("feed")
        answer = fetch(request, limits)
        budget.heard("feed", answer)
        return answer

    def _ask(self, url: str, memory: _Memory) -> Answer:
        headers = {"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"}
        if memory.etag:
            headers["If-None-Match"] = memory.etag
        if memory.modified:
            headers["If-Modified-Since"] = memory.modified
        answer = follow(Request(url=url, headers=headers), self._limits, self._counted)
        if answer.status == 410:
            step = "remove this source, or set options.url to the feed's new address"
            raise NotPermitted("the feed is gone for good (410)", next_step=step)
        if answer.status not in (200, 304):
            raise refusal(answer, self._clock.now(), who="the feed")
        return answer

    def _parsed(self, answer: Answer) -> Any:
        """The feed as feedparser understands it; badly written XML is no obstacle. It fetches nothing by itself."""
        # Without a base feedparser leaves ids alone: Reddit's "t3_1abc" is a name, not a relative address.
        headers = {"content-type": answer.headers.get("content-type", "")}
        try:
            parsed = feedparser.parse(io.BytesIO(answer.body), response_headers=headers, sanitize_html=False)
        except Exception as error:  # a lenient parser of strangers' markup may fail in any way
            raise Retry(f"the feed can't be parsed: {type(error).__name__}") from error
        if not parsed.entries and not parsed.get("version"):
            raise Retry("the address answered something that is not a feed")
        return parsed


def _after(memory: _Memory, answer: Answer, marks: list[str], now: datetime) -> _Memory:
    return replace(
        memory,
        etag=answer.headers.get("etag", "")[:500],
        modified=answer.headers.get("last-modified", "")[:100],
        read_at=stamp(now),
        seen=tuple(dict.fromkeys((*marks, *memory.seen)))[:RING],
    )


def _missed(memory: _Memory, entries: list[Any], mentions: list[Mention], now: datetime) -> tuple[Gap, ...]:
    """A gap where nothing of what was seen is shown any more: the feed has scrolled past."""
    known = {mark.partition("-")[0] for mark in memory.seen}
    if not known or not mentions or any(key_of(entry) in known for entry in entries):
        return ()
    try:
        since = parse_instant(memory.read_at)
    except ValueError:
        return ()
    until = min((mention.created_at for mention in mentions), default=now)
    return (
        (Gap(since=since, until=until, reason="the feed shows none of the entries seen last"),) if since < until else ()
    )

"""YouTube: comments on a channel's videos, or on one video, through the Data API with a key.

Threads come newest first, and neither a reply nor an edit moves one up. So each poll walks down to some minutes before
the newest comment it knew, and every so often some days further, for replies and edits below. A thread shows five
replies at the most; where it counts more, and the count has changed, they are listed by themselves.

A call costs one unit of 10,000 a day. A page's token is good for one run only: a run that was cut begins again at the
newest comment, and repeats are harmless.

Cursor: `{v, high, polls, replies: {thread: count}}`; `high` moves only when a run has come down to its end.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from listener.connectors.boundary import optional_id, sift
from listener.connectors.catalogue.youtube import INFO
from listener.connectors.cursors import load_cursor
from listener.connectors.http import Answer, Limits, Request, fetch
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, loads, rows, table
from listener.connectors.options import Options, checked
from listener.connectors.refusals import CAPPED_PAUSE, UNKNOWN_WINDOW, refusal
from listener.connectors.youtube_comments import posted_at, read_comment, thread_comments
from listener.domain.mention import Gap, Page
from listener.domain.policy import Secret, SourceConfig
from listener.errors import BadCursor, ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry

if TYPE_CHECKING:
    from listener.clock import Clock
    from listener.connectors import Tools

BASE = "https://www.googleapis.com"
OVERLAP = timedelta(minutes=10)
REMEMBERED = 500
"""Threads whose count of replies is kept."""
MOST_REPLY_PAGES = 10
"""Of 100 replies each, of one thread, in one go."""

_SPENT = ("quotaExceeded", "dailyLimitExceeded")
_TOO_FAST = ("rateLimitExceeded", "userRateLimitExceeded")
_BAD_KEY = ("keyInvalid", "keyExpired", "badRequest.keyInvalid", "API_KEY_INVALID")


def build(config: SourceConfig, tools: "Tools") -> "YouTubeConnector":
    """A connector on a channel or a video; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    if bool(options.text("channel_id")) == bool(options.text("video_id")):
        raise ConfigError(f"source {config.name!r}: give options.channel_id or options.video_id, and not both")
    return YouTubeConnector(options, config.secrets["api_key"], tools.clock)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One walk from the newest thread down to `low`."""

    low: datetime
    newest: datetime | None = None
    replies: dict[str, int] = field(default_factory=dict)
    """What is known of each thread's number of replies, latest last."""

    def saw(self, at: datetime | None) -> None:
        if at is not None and (self.newest is None or at > self.newest):
            self.newest = at

    def counted(self, thread: str, replies: int) -> bool:
        """Whether this number is news."""
        changed = self.replies.pop(thread, None) != replies
        self.replies[thread] = replies
        return changed


class YouTubeConnector:
    """Reads comment threads."""

    platform = "youtube"

    def __init__(self, options: Options, key: Secret, clock: "Clock") -> None:
        self._options = options
        self._key = key
        self._clock = clock
        self._base = (options.text("api_base") or BASE).rstrip("/")
        self._limits = Limits(timeout=options.number("timeout"), deadline=options.number("deadline"))
        self._size = options.whole("page_size")

    def __repr__(self) -> str:
        return f"YouTubeConnector({self._options.text('channel_id') or self._options.text('video_id')})"

    def check(self) -> str:
        """Asks for one thread: one unit."""
        self._threads("", size=1)
        return f"the key is good for {self!r}; a page costs 1 of 10,000 units a day"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, newest thread first, each with the replies it shows and those listed beside it."""
        state = load_cursor(cursor, version=1)
        polls, high = state.whole("polls") + 1, _instant(state.text("high"), now)
        run = _Run(low=self._low(high, polls, now), replies=state.part("replies").counts())
        before, token = _cursor(high, polls - 1, run), ""
        while True:
            answer = self._threads(token, size=self._size)
            threads = rows(answer.get("items"))
            comments, gaps = self._comments(threads, run)
            mentions, rejects = sift(comments, read_comment, f"{self!r} page")
            following = answer.get("nextPageToken")
            if following == token and token:
                raise Retry("YouTube gave the same page twice")
            token = following if isinstance(following, str) else ""
            times = [at for at in map(posted_at, threads) if at is not None]
            done = not token or (bool(times) and max(times) < run.low)
            reached = _cursor(max(filter(None, (high, run.newest)), default=None), polls, run) if done else before
            yield Page(mentions=tuple(mentions), rejects=tuple(rejects), gaps=tuple(gaps), cursor=reached, done=done)
            if done:
                return

    def _low(self, high: datetime | None, polls: int, now: datetime) -> datetime:
        if high is None:
            return now - timedelta(hours=self._options.number("first_hours"))
        further = timedelta(days=self._options.number("recheck_days"))
        return (
            min(high - OVERLAP, now - further) if polls % self._options.whole("recheck_every") == 0 else high - OVERLAP
        )

    def _comments(self, threads: list[object], run: _Run) -> tuple[list[object], list[Gap]]:
        """All comments of a page of threads, and what of them stays unseen."""
        comments: list[object] = []
        gaps: list[Gap] = []
        for thread in threads:
            run.saw(posted_at(thread))
            shown = thread_comments(thread)
            comments += shown
            native_id, total = (
                optional_id(table(thread).get("id")),
                count(table(table(thread).get("snippet")).get("totalReplyCount")),
            )
            if native_id and total and run.counted(native_id, total) and total > len(shown) - 1:
                listed, gap = self._replies(native_id, thread)
                comments += listed
                gaps += gap
        return comments, gaps

    def _replies(self, native_id: str, thread: object) -> tuple[list[object], list[Gap]]:
        """All replies of a thread, and a gap where there are more than are read in one go."""
        found: list[object] = []
        token = ""
        for _ in range(MOST_REPLY_PAGES):
            query = {"part": "snippet", "parentId": native_id, "maxResults": "100", "textFormat": "plainText"}
            answer = self._ask("comments", {**query, **({"pageToken": token} if token else {})})
            found += [_within(reply, thread) for reply in rows(answer.get("items"))]
            following = answer.get("nextPageToken")
            if not isinstance(following, str) or not following:
                return found, []
            token = following
        now = self._clock.now()
        reason = f"thread {native_id} has more than {MOST_REPLY_PAGES * 100:,} replies"
        return found, [Gap(since=posted_at(thread) or now, until=now, reason=reason)]

    def _threads(self, token: str, *, size: int) -> dict[str, object]:
        channel, video = self._options.text("channel_id"), self._options.text("video_id")
        query = {
            "part": "snippet,replies",
            "order": "time",
            "textFormat": "plainText",
            "maxResults": str(size),
            **({"allThreadsRelatedToChannelId": channel} if channel else {"videoId": video}),
            **({"searchTerms": self._options.text("query")} if self._options.text("query") else {}),
            **({"pageToken": token} if token else {}),
        }
        answer = self._ask("commentThreads", query)
        if not isinstance(answer.get("items"), list):
            raise Retry("YouTube answered without comments")
        return answer

    def _ask(self, what: str, query: dict[str, str]) -> dict[str, object]:
        # The key goes into a header: an address is logged by every proxy on its way.
        headers = {"X-Goog-Api-Key": self._key.reveal()}
        url = f"{self._base}/youtube/v3/{what}?{urlencode(query)}"
        answer = fetch(Request(url=url, headers=headers), self._limits)
        if answer.status != 200:
            raise self._refused(answer)
        try:
            body = loads(answer.body.decode("utf-8-sig"))
        except ValueError as error:
            raise Retry("YouTube answered something other than JSON") from error
        if not isinstance(body, dict):
            raise Retry("YouTube answered something other than an object")
        return body

    def _refused(self, answer: Answer) -> ListenerError:
        """Its reason says more than its status: a spent quota and a forbidden video are both 403."""
        reason, now = _reason(answer), self._clock.now()
        if reason in _SPENT:
            return RateLimited(
                "YouTube: the day's quota is used up; it begins anew at midnight Pacific time", until=now + CAPPED_PAUSE
            )
        if reason in _TOO_FAST:
            return RateLimited("YouTube asks us to slow down", until=now + UNKNOWN_WINDOW)
        if reason in _BAD_KEY:
            return Reauthorize("YouTube refuses the API key", next_step="renew this source's secret api_key")
        if reason == "commentsDisabled":
            return NotPermitted("comments are switched off there", next_step="name another video, or a channel")
        if reason == "invalidPageToken":
            return BadCursor("YouTube no longer knows the page")
        return refusal(answer, now, who="YouTube")


def _reason(answer: Answer) -> str:
    try:
        body = table(loads(answer.body[:65_536].decode("utf-8", "replace")))
    except ValueError:
        return ""
    errors = rows(table(body.get("error")).get("errors"))
    reason = table(errors[0]).get("reason") if errors else ""
    return reason if isinstance(reason, str) else ""


def _within(reply: object, thread: object) -> object:
    """A listed reply doesn't say which video it is under; its thread does."""
    snippet = table(table(reply).get("snippet"))
    return (
        {**reply, "snippet": {"videoId": table(table(thread).get("snippet")).get("videoId"), **snippet}}
        if isinstance(reply, dict)
        else reply
    )


def _instant(text: str, now: datetime) -> datetime | None:
    """What a cursor holds, unless it lies ahead: nothing would ever be newer."""
    try:
        found = parse_instant(text)
    except ValueError:
        return None
    return found if found <= now + timedelta(hours=1) else None


def _cursor(high: datetime | None, polls: int, run: _Run) -> str:
    kept = dict(list(run.replies.items())[-REMEMBERED:])
    return json.dumps({"v": 1, "high": high.isoformat() if high else "", "polls": polls, "replies": kept})

"""YouTube's comment threads: polled, read back into the past, estimated.

Threads come newest first, and neither a reply nor an edit moves one up. So each poll walks down to some minutes before
the newest comment it knew, and every so often some days further, for replies and edits below. A thread shows five
replies at the most; where it counts more, and the count has changed, they are listed by themselves.

A page's token is good for one run only: a run that was cut begins again at the newest comment, and repeats are
harmless. So does the past, which passes over what it has read already, at a unit a page.

Cursor: `{v, high, polls, replies: {thread: count}}`; `high` moves only when a run has come down to its end. The past's
is `{v, below}`: all threads from there on are read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from listener.connectors.boundary import optional_id, sift
from listener.connectors.cursors import load_cursor
from listener.connectors.estimates import by_rate
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, rows, table
from listener.connectors.options import Options
from listener.connectors.youtube_api import Api
from listener.connectors.youtube_comments import Answering, posted_at, read_comment, thread_comments
from listener.domain.budget import Purpose
from listener.domain.mention import Gap, Mention, Page, Reject
from listener.domain.platform import Estimate
from listener.errors import Retry

if TYPE_CHECKING:
    from listener.clock import Clock

OVERLAP = timedelta(minutes=10)
REMEMBERED = 500
"""Threads whose count of replies is kept."""
MOST_REPLY_PAGES = 10
"""Of 100 replies each, of one thread, in one go."""


@dataclass(slots=True, kw_only=True)
class Run:
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

    def ends(self, times: list[datetime]) -> bool:
        """Whether all of a page's threads lie below it."""
        return bool(times) and max(times) < self.low


class Threads:
    """What one source reads: a channel's threads, or a video's."""

    def __init__(self, api: Api, options: Options, clock: "Clock") -> None:
        self._api = api
        self._options = options
        self._clock = clock
        self._size = options.whole("page_size")
        self.name = options.text("channel_id") or options.text("video_id")

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, newest thread first, each with the replies it shows and those listed beside it."""
        state = load_cursor(cursor, version=1)
        polls, high = state.whole("polls") + 1, _instant(state.text("high"), now)
        run = Run(low=self._low(high, polls, now), replies=state.part("replies").counts())
        before = _cursor(high, polls - 1, run)
        for threads, more in self._pages():
            times = _times(threads)
            mentions, rejects, gaps = self._read(threads, run)
            done = not more or run.ends(times)
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

    # The past

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """From the newest page: one unit."""
        answer = self._list("", self._size)
        times, whole = _times(rows(answer.get("items"))), not answer.get("nextPageToken")
        found = by_rate(times, since, until, now=self._clock.now(), size=self._size, whole=whole)
        return replace(found, note=f"{found.note}; threads only, replies come on top, at a unit a call")

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Also looks some days further down, for replies to older threads."""
        below = _instant(load_cursor(cursor, version=1).text("below"), now)
        run = Run(low=since - timedelta(days=self._options.number("recheck_days")))
        for threads, more in self._pages():
            times = _times(threads)
            done = not more or run.ends(times)
            read = below is not None and bool(times) and min(times) > below
            fresh = [] if read else [thread for thread in threads if (posted_at(thread) or since) < until]
            mentions, rejects, gaps = self._read(fresh, run)
            inside = tuple(mention for mention in mentions if since <= mention.created_at < until)
            reached = min((at for at in (below, *times) if at is not None), default=None)
            place = json.dumps({"v": 1, "below": reached.isoformat() if reached else ""})
            yield Page(mentions=inside, rejects=tuple(rejects), gaps=tuple(gaps), cursor=place, done=done)
            if done:
                return

    # Pages

    def _pages(self) -> Iterator[tuple[list[object], bool]]:
        """Pages of threads, and whether more follow."""
        token, seen = "", set[str]()
        while True:
            answer = self._list(token, self._size)
            following = answer.get("nextPageToken")
            token = following if isinstance(following, str) else ""
            if token in seen:
                raise Retry("YouTube gave the same page twice")
            seen.add(token)
            yield rows(answer.get("items")), bool(token)
            if not token:
                return

    def _read(self, threads: list[object], run: Run) -> tuple[list[Mention], list[Reject], list[Gap]]:
        """All comments of a page of threads, what can't be read, and what stays unseen."""
        mentions: list[Mention] = []
        rejects: list[Reject] = []
        gaps: list[Gap] = []
        for number, thread in enumerate(threads, 1):
            run.saw(posted_at(thread))
            comments, unseen = self._comments(thread, run)
            how = Answering(able=not self._api.missing, closed=_snippet(thread).get("canReply") is False)
            read, bad = sift(comments, partial(read_comment, answering=how), f"{self.name} thread {number}")
            mentions += read
            rejects += bad
            gaps += unseen
        return mentions, rejects, gaps

    def _comments(self, thread: object, run: Run) -> tuple[list[object], list[Gap]]:
        shown = thread_comments(thread)
        native_id, total = optional_id(table(thread).get("id")), count(_snippet(thread).get("totalReplyCount"))
        if not (native_id and total and run.counted(native_id, total) and total > len(shown) - 1):
            return shown, []
        listed, gaps = self._replies(native_id, thread)
        return shown + listed, gaps

    def _replies(self, native_id: str, thread: object) -> tuple[list[object], list[Gap]]:
        """All replies of a thread, and a gap where there are more than are read in one go."""
        found, whole = replies_of(self._api, native_id)
        within = [_within(reply, thread) for reply in found]
        if whole:
            return within, []
        now = self._clock.now()
        reason = f"thread {native_id} has more than {MOST_REPLY_PAGES * 100:,} replies"
        return within, [Gap(since=posted_at(thread) or now, until=now, reason=reason)]

    def _list(self, token: str, size: int) -> dict[str, object]:
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
        return dict(self._api.list("commentThreads", query))

    def one(self) -> list[object]:
        """The newest thread, if there is any."""
        return rows(self._list("", 1).get("items"))


def replies_of(
    api: Api, thread: str, *, purpose: Purpose = Purpose.READ, own: bool = False
) -> tuple[list[object], bool]:
    """A thread's replies, and whether these are all."""
    found: list[object] = []
    token = ""
    for _ in range(MOST_REPLY_PAGES):
        query = {"part": "snippet", "parentId": thread, "maxResults": "100", "textFormat": "plainText"}
        paged = {**query, **({"pageToken": token} if token else {})}
        answer = api.list("comments", paged, purpose=purpose, own=own)
        found += rows(answer.get("items"))
        following = answer.get("nextPageToken")
        if not isinstance(following, str) or not following:
            return found, True
        token = following
    return found, False


def _snippet(thread: object) -> dict[str, object]:
    return dict(table(table(thread).get("snippet")))


def _times(threads: list[object]) -> list[datetime]:
    return [at for at in map(posted_at, threads) if at is not None]


def _within(reply: object, thread: object) -> object:
    """A listed reply doesn't say which video it is under; its thread does."""
    if not isinstance(reply, dict):
        return reply
    return {**reply, "snippet": {"videoId": _snippet(thread).get("videoId"), **table(reply.get("snippet"))}}


def _instant(text: str, now: datetime) -> datetime | None:
    """What a cursor holds, unless it lies ahead: nothing would ever be newer."""
    try:
        found = parse_instant(text)
    except ValueError:
        return None
    return found if found <= now + timedelta(hours=1) else None


def _cursor(high: datetime | None, polls: int, run: Run) -> str:
    kept = dict(list(run.replies.items())[-REMEMBERED:])
    return json.dumps({"v": 1, "high": high.isoformat() if high else "", "polls": polls, "replies": kept})

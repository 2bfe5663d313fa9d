"""A stretch of X's past: what it would cost, and its pages, newest first, on a cursor of their own.

The cursor holds the bounds as they were asked for, since X's page tokens hold only with them:
`{v, since, until, start, end, token, tokens, seen, oldest, done}`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from listener.clock import Clock
from listener.connectors.cursors import checksum, load_cursor
from listener.connectors.instants import parse_instant, stamp
from listener.connectors.jsons import count, table
from listener.connectors.x_calls import Ask, Calls
from listener.connectors.x_money import COUNT_PRICE
from listener.connectors.x_paging import MENTIONS_REACH, SEARCHABLE, posted_at
from listener.connectors.x_reading import BoundRefused, Read, Reading
from listener.domain.mention import Gap, Page
from listener.domain.platform import Estimate
from listener.errors import Retry

_FRESH = timedelta(seconds=15)
"""X takes no end of a stretch that is nearer to its now than ten seconds."""
_BEYOND = "X searches only the last seven days"
_SHORT = "X lists only the newest 800 mentions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How far a backfill has come."""

    since: datetime
    until: datetime
    start: datetime
    end: datetime
    token: str = ""
    tokens: tuple[int, ...] = ()
    seen: int = 0
    oldest: int = 0
    done: bool = False

    def cursor(self) -> str:
        return json.dumps(
            {
                "v": 1,
                "since": self.since.isoformat(),
                "until": self.until.isoformat(),
                "start": stamp(self.start),
                "end": stamp(self.end),
                "token": self.token,
                "tokens": list(self.tokens),
                "seen": self.seen,
                "oldest": str(self.oldest),
                "done": int(self.done),
            }
        )

    def after(self, read: Read) -> "Walk":
        """A token that comes again would lead in circles: there it ends."""
        ends = not read.token or checksum(read.token) in self.tokens
        return replace(
            self,
            token="" if ends else read.token,
            tokens=(*self.tokens, checksum(read.token)),
            seen=self.seen + len(read.ids),
            oldest=min([*read.ids, self.oldest or 1 << 63]) if read.ids or self.oldest else 0,
            done=ends,
        )


class Past:
    """The past of one source."""

    def __init__(self, reading: Reading, calls: Calls, client: Any, clock: Clock, counted: str) -> None:
        """`counted` is the search that counts what it will read; empty where there is none."""
        self._reading = reading
        self._calls = calls
        self._client = client
        self._clock = clock
        self._counted = counted
        self._limited = bool(reading.query)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """One call, at $0.005, where the source is a search or has handles; mentions can't be counted otherwise."""
        now = self._clock.now()
        start, end = self._bounds(since, until, now)
        if start >= end:
            return Estimate(posts=0, calls=0, note=self._note(since, start))
        countable = max(start, (now - SEARCHABLE).replace(microsecond=0))
        if not self._counted or countable >= end:
            return Estimate(note=f"{self._note(since, start)}; how many there are can't be known before")
        posts = self._count(countable, end)
        return Estimate(
            posts=posts,
            calls=max(1, -(-posts // self._reading.size)),
            micro_usd=posts * self._reading.most_a_post,
            note=self._note(since, start) + ("; counted over the last seven days" if countable > start else ""),
        )

    def _note(self, since: datetime, start: datetime) -> str:
        if not self._limited:
            return _SHORT
        if start - since < timedelta(seconds=1):
            return ""
        return f"{_BEYOND}: what is older than {start:%Y-%m-%d %H:%M} UTC can't be read, and is recorded as a gap"

    def _count(self, start: datetime, end: datetime) -> int:
        answer = self._calls.make(
            Ask(bucket="counts", at_most=COUNT_PRICE, price=lambda _: COUNT_PRICE),
            self._client.get_recent_tweets_count,
            query=self._counted,
            start_time=stamp(start),
            end_time=stamp(end),
            granularity="day",
        )
        return count(table(answer.get("meta")).get("total_tweet_count"))

    def pages(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of [since, until); what lies beyond X's reach is a gap of the first."""
        walk = _load(cursor, since, until)
        gaps: tuple[Gap, ...] = ()
        if walk is None:
            start, end = self._bounds(since, until, now)
            walk = Walk(since=since, until=until, start=start, end=end, done=start >= end)
            gaps = _gap(since, min(start, until))
        while not walk.done:
            try:
                read = self._read(walk, now)
            except BoundRefused:
                walk, lost = self._restarted(walk)
                gaps += lost
                continue
            before, walk = walk, walk.after(read)
            yield self._page(walk, read, gaps + self._cut_short(before, walk, read))
            gaps = ()
            if walk.done:
                return
        yield Page(mentions=(), cursor=walk.cursor(), done=True, gaps=gaps)

    def _bounds(self, since: datetime, until: datetime, now: datetime) -> tuple[datetime, datetime]:
        """What may be asked for, in whole seconds: outwards, since what lies between is dropped again."""
        earliest = now - SEARCHABLE
        start = max(since, earliest) if self._limited else since
        end = min(until, now - _FRESH)
        return start.replace(microsecond=0), (end + timedelta(microseconds=999_999)).replace(microsecond=0)

    def _read(self, walk: Walk, now: datetime) -> Read:
        return self._reading.page({"start_time": stamp(walk.start), "end_time": stamp(walk.end)}, walk.token, now)

    def _page(self, walk: Walk, read: Read, gaps: tuple[Gap, ...]) -> Page:
        inside = [m for m in read.mentions if walk.since <= posted_at(int(m.version)) < walk.until]
        return Page(
            mentions=tuple(inside), rejects=tuple(read.rejects), gaps=gaps, cursor=walk.cursor(), done=walk.done
        )

    def _restarted(self, walk: Walk) -> tuple[Walk, tuple[Gap, ...]]:
        """Where X has forgotten a token, or a backfill rested until its beginning slid out of reach: on below the
        oldest post that was read. Raises `Retry` where that leads nowhere."""
        start, _ = self._bounds(walk.start, walk.until, self._clock.now())
        below = posted_at(walk.oldest) + timedelta(seconds=1) if walk.oldest else walk.end
        end = below.replace(microsecond=0)
        if (start, end) == (walk.start, walk.end):
            raise Retry("X refuses its own page tokens")
        fresh = replace(walk, start=start, end=end, token="", tokens=())
        return replace(fresh, done=fresh.start >= fresh.end), _gap(walk.start, start)

    def _cut_short(self, before: Walk, walk: Walk, read: Read) -> tuple[Gap, ...]:
        """What this backfill will never reach."""
        reason = "X repeated a page token" if walk.done and read.token else ""
        if walk.done and not reason and not self._limited and walk.seen >= MENTIONS_REACH:
            reason = _SHORT
        until = posted_at(walk.oldest) if walk.oldest else before.end
        return _gap(walk.since, until, reason) if reason else ()


def _gap(since: datetime, until: datetime, reason: str = _BEYOND) -> tuple[Gap, ...]:
    # Less than a second is what rounding down to whole seconds makes.
    return (Gap(since=since, until=until, reason=reason),) if until - since >= timedelta(seconds=1) else ()


def _load(cursor: str, since: datetime, until: datetime) -> Walk | None:
    """A walk through this very stretch; what is damaged counts as absent."""
    state = load_cursor(cursor, version=1)
    try:
        start, end = parse_instant(state.text("start")), parse_instant(state.text("end"))
    except ValueError:
        return None
    if (state.text("since"), state.text("until")) != (since.isoformat(), until.isoformat()):
        return None
    token, done, oldest = state.text("token"), state.whole("done") == 1, state.text("oldest")
    if not (token or done):
        return None
    return Walk(
        since=since,
        until=until,
        start=start.astimezone(UTC),
        end=end.astimezone(UTC),
        token=token,
        tokens=tuple(state.wholes("tokens")),
        seen=state.whole("seen"),
        oldest=int(oldest) if oldest.isascii() and oldest.isdigit() and len(oldest) <= 19 else 0,
        done=done,
    )

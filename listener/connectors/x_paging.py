"""X's paging: how far we have read, and how a run that was interrupted goes on without losing a post.

Pages come newest first, so the newest page says nothing about the posts below it. `since_id` therefore moves only when
the last page of a run is stored; until then the run's own start, next token and highest id are kept beside it. A crash
repeats the same call. Ids are compared as integers: as text, "9" would be newer than "10".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from listener.connectors.cursors import State, checksum, load_cursor
from listener.connectors.instants import parse_instant, stamp
from listener.domain.mention import Gap

SEARCHABLE = timedelta(days=7) - timedelta(minutes=1)
"""How far back a recent search reaches; the minute covers the call's own time."""
STALE = timedelta(days=6, hours=12)
"""A since_id older than this is not offered any more: X refuses those of more than seven days."""
MENTIONS_REACH = 750
"""The mentions of an account end after "about 800": a run that brought this many may have been cut short."""
_EPOCH_MS = 1_288_834_974_657
"""The first millisecond of X's ids (https://docs.x.com, "X IDs")."""
_MAX_TOKENS = 500
_UNORDERED_MS = 10_000
"""A stream gives posts nearly in order: by so much an older one may come after a newer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One walk from the newest post down to where the last one began; it may span processes."""

    began: datetime
    since_id: int = 0
    """0 where `start` bounds the run instead."""
    start: datetime | None = None
    next_token: str = ""
    high_id: int = 0
    seen: int = 0
    tokens: tuple[int, ...] = ()
    """Checksums of the tokens followed, to notice one that comes again."""

    def bounds(self) -> dict[str, object]:
        """The parameters that keep every page of this run in one window."""
        if self.start is not None:
            return {"start_time": stamp(self.start)}
        return {"since_id": self.since_id} if self.since_id else {}

    def after(self, ids: list[int], token: str) -> "Run":
        """The run once a page was read that holds `ids` and points on to `token`."""
        return replace(
            self,
            next_token=token,
            high_id=max([self.high_id, *ids]),
            seen=self.seen + len(ids),
            tokens=(*self.tokens, checksum(token))[-_MAX_TOKENS:],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The cursor: what is wholly read, and the run in hand if there is one."""

    since_id: int = 0
    read_at: datetime | None = None
    """When the last whole run began."""
    polls: int = 0
    run: Run | None = None

    def repeats(self, token: str) -> bool:
        """Whether a page points back to one that this run has already followed."""
        return bool(token) and self.run is not None and checksum(token) in self.run.tokens

    def after(self, ids: list[int], token: str) -> "Progress":
        """Once a page was read. Only with the last one, which points to no other, may since_id move."""
        assert self.run is not None
        run = self.run.after(ids, token)
        if token:
            return replace(self, run=run)
        return Progress(since_id=max(self.since_id, run.high_id), read_at=run.began, polls=self.polls + 1)

    def cursor(self) -> str:
        fields: dict[str, object] = {
            "v": 1,
            "since_id": str(self.since_id),
            "read_at": stamp(self.read_at) if self.read_at else "",
            "polls": self.polls,
        }
        if self.run is not None:
            fields["run"] = _run_fields(self.run)
        return json.dumps(fields)


def _run_fields(run: Run) -> Mapping[str, object]:
    return {
        "began": stamp(run.began),
        "since_id": str(run.since_id),
        "start": stamp(run.start) if run.start else "",
        "next_token": run.next_token,
        "high_id": str(run.high_id),
        "seen": run.seen,
        "tokens": list(run.tokens),
    }


def load(cursor: str, now: datetime) -> Progress:
    """A cursor read back; what is damaged, or lies in the future, counts as absent."""
    state = load_cursor(cursor, version=1)
    read_at = _instant(state.text("read_at"), now)
    return Progress(
        since_id=_id(state.text("since_id"), now),
        read_at=read_at,
        polls=state.whole("polls"),
        run=_run(state.part("run"), now),
    )


def _run(state: State, now: datetime) -> Run | None:
    began, token = _instant(state.text("began"), now), state.text("next_token")
    if began is None or not token:
        return None
    return Run(
        began=began,
        since_id=_id(state.text("since_id"), now),
        start=_instant(state.text("start"), now),
        next_token=token,
        high_id=_id(state.text("high_id"), now),
        seen=state.whole("seen"),
        tokens=tuple(state.wholes("tokens")),
    )


def _instant(text: str, now: datetime) -> datetime | None:
    try:
        instant = parse_instant(text)
    except ValueError:
        return None
    return instant if instant <= now + timedelta(days=1) else None


def _id(text: str, now: datetime) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    return number if posted_at(number) <= now + timedelta(days=1) else 0


def posted_at(number: int) -> datetime:
    """When a post was made, from its id."""
    return datetime.fromtimestamp(((number >> 22) + _EPOCH_MS) / 1000, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How far back runs reach."""

    first: timedelta
    """On the very first run."""
    overlap: timedelta
    """Read again now and then: X indexes some posts late."""
    overlap_every: int
    limited: bool
    """Whether only the last seven days can be asked for (search), or a number of posts (mentions)."""


def begin(progress: Progress, window: Window, now: datetime) -> tuple[Progress, tuple[Gap, ...]]:
    """With the next run in hand, and what it can't reach any more."""
    again = window.overlap > timedelta() and progress.polls % window.overlap_every == 0
    stale = window.limited and posted_at(progress.since_id) < now - STALE
    if again or stale or progress.read_at is None or not progress.since_id:
        return by_time(progress, window, now)
    return replace(progress, run=Run(began=now, since_id=progress.since_id, high_id=progress.since_id)), ()


def by_time(progress: Progress, window: Window, now: datetime) -> tuple[Progress, tuple[Gap, ...]]:
    """A run bounded by time, not by an id: the first, an overlap, or where X refuses since_id as too old."""
    start = _floor(progress, window, now)
    gaps: tuple[Gap, ...] = ()
    earliest = now - SEARCHABLE
    if window.limited and start < earliest:
        gaps = _gap(start, earliest) if progress.since_id or progress.read_at else ()
        start = earliest
    return replace(progress, run=Run(began=now, start=start, high_id=progress.since_id)), gaps


def _floor(progress: Progress, window: Window, now: datetime) -> datetime:
    """Where what was read ends, less an overlap: a search ends 30 s before its call, so some is always needed."""
    overlap = max(window.overlap, timedelta(minutes=1))
    if progress.read_at is not None:
        return progress.read_at - overlap
    return posted_at(progress.since_id) - overlap if progress.since_id else now - window.first


def heard_live(progress: Progress, ids: list[int], now: datetime) -> str:
    """The cursor once a stream brought these; empty, which leaves the stored one alone, where that still has to go
    back over the past: nothing was read yet, or a run stands half done."""
    if progress.run is not None or not (progress.since_id or progress.read_at):
        return ""
    highest = max(ids, default=0) - (_UNORDERED_MS << 22)
    read_at = max(now, progress.read_at or now)
    return replace(progress, since_id=max(progress.since_id, highest), read_at=read_at).cursor()


def cut_short(progress: Progress, run: Run, ids: list[int], reason: str) -> tuple[Gap, ...]:
    """What lies between where a run was to end and the oldest post of its last page."""
    since = run.start or progress.read_at or posted_at(run.since_id)
    until = posted_at(min(ids)) if ids else run.began
    return (Gap(since=since, until=until, reason=reason),) if since < until else ()


def _gap(since: datetime, until: datetime) -> tuple[Gap, ...]:
    return (Gap(since=since, until=until, reason="X searches only the last seven days"),)

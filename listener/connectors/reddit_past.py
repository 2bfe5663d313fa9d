"""A stretch of Reddit's past: each listing walked down from its newest, on a cursor of its own.

A listing shows the newest 1,000 things, a search about 250, and neither can begin at an instant: what is newer than
the stretch is read and left out, and what lies below the listing's end is a gap.

Cursor: `{v, since, until, listing, after, followed, oldest, seen, starts}`, of the listing that is being walked.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from listener.connectors.cursors import load_cursor
from listener.connectors.estimates import by_rate
from listener.connectors.reddit_api import Api
from listener.connectors.reddit_listings import PAGE, Listing, page_of, things_of
from listener.connectors.reddit_paging import SHORTEST_CAP, Thing
from listener.connectors.reddit_things import Reading
from listener.domain.mention import Gap, Page
from listener.domain.platform import Estimate

REACH = 1000
REACH_NOTE = "Reddit lists the newest 1,000 of a listing, of a search about 250; what is older is recorded as a gap"
_MAX_PAGES = 20
_STARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """How far a backfill has come."""

    since: datetime
    until: datetime
    listing: int = 0
    after: str = ""
    followed: tuple[str, ...] = ()
    """Every name that a page of this listing ended with."""
    oldest: int = 0
    seen: int = 0
    starts: int = 1
    """How often this listing was begun: what a page is to follow may vanish meanwhile."""

    def cursor(self) -> str:
        return json.dumps(
            {
                "v": 1,
                "since": self.since.isoformat(),
                "until": self.until.isoformat(),
                "listing": self.listing,
                "after": self.after,
                "followed": self.followed,
                "oldest": self.oldest,
                "seen": self.seen,
                "starts": self.starts,
            }
        )

    def after_page(self, things: list[Thing], following: str, *, empty: bool) -> tuple["_Walk", tuple[Gap, ...]]:
        """The walk once a page was read, and what it will never reach if this listing ends here."""
        created = [thing.created for thing in things]
        oldest = min([*created, *([self.oldest] if self.oldest else [])], default=0)
        walked = replace(self, oldest=oldest, seen=self.seen + len(things))
        if created and max(created) < self.since.timestamp():
            return walked._next_listing(), ()
        vanished = empty and bool(self.after)
        if vanished and self.starts < _STARTS:
            return replace(walked, after="", followed=(), seen=0, starts=self.starts + 1), ()
        broken = vanished or following in self.followed or len(self.followed) >= _MAX_PAGES
        if following and not broken:
            return replace(walked, after=following, followed=(*self.followed, following)), ()
        return walked._next_listing(), walked._unreached(broken=broken)

    def _next_listing(self) -> "_Walk":
        return _Walk(since=self.since, until=self.until, listing=self.listing + 1)

    def _unreached(self, *, broken: bool) -> tuple[Gap, ...]:
        """A short listing that simply ended hides nothing."""
        bottom = min(datetime.fromtimestamp(self.oldest, UTC), self.until) if self.oldest else self.until
        if not (broken or self.seen >= SHORTEST_CAP) or bottom <= self.since:
            return ()
        return (Gap(since=self.since, until=bottom, reason="Reddit lists no further back"),)


def estimate(api: Api, listings: list[Listing], since: datetime, until: datetime, now: datetime) -> Estimate:
    """One call, where there is one listing; none where there are more."""
    if len(listings) > 1:
        return Estimate(calls=len(listings) * (REACH // PAGE), note=f"at the most; {REACH_NOTE}")
    children, after = listings[0].children(api, "", since, now)
    times = [datetime.fromtimestamp(thing.created, UTC) for thing in things_of(children, now)]
    told = by_rate(times, since, until, now=now, size=PAGE, whole=not after)
    posts, calls = min(told.posts or 0, REACH), min(told.calls or 1, REACH // PAGE)
    return replace(told, posts=posts, calls=calls, note=f"{told.note}; {REACH_NOTE}")


def backfill(
    api: Api, listings: list[Listing], reading: Reading, since: datetime, until: datetime, cursor: str
) -> Iterator[Page]:
    """Pages of [since, until), each listing's newest first."""
    walk = _load(cursor, since, until)
    while walk.listing < len(listings):
        children, following = listings[walk.listing].children(api, walk.after, since, reading.now)
        walk, gaps = walk.after_page(things_of(children, reading.now), following, empty=not children)
        page = page_of(children, reading, cursor=walk.cursor(), done=walk.listing >= len(listings), gaps=gaps)
        yield replace(page, mentions=tuple(m for m in page.mentions if since <= m.created_at < until))
        if page.done:
            return
    yield Page(mentions=(), cursor=walk.cursor(), done=True)


def _load(cursor: str, since: datetime, until: datetime) -> _Walk:
    """A walk through this very stretch; what is damaged begins again."""
    state = load_cursor(cursor, version=1)
    if (state.text("since"), state.text("until")) != (since.isoformat(), until.isoformat()):
        return _Walk(since=since, until=until)
    oldest = 0
    with suppress(ValueError, OverflowError, OSError):
        datetime.fromtimestamp(state.whole("oldest"), UTC)
        oldest = state.whole("oldest")
    return _Walk(
        since=since,
        until=until,
        listing=state.whole("listing"),
        after=state.text("after"),
        followed=tuple(state.texts("followed")[:_MAX_PAGES]),
        oldest=oldest,
        seen=state.whole("seen"),
        starts=max(1, state.whole("starts")),
    )

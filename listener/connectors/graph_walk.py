"""Walking down what Meta lists, newest first: posts with comments under them, or posts alone.

How far each listing is read is kept by itself, as times, since cursors of paging end with what they point at:
`{high, run: {low, began, top, until}}`. `high` is the newest that is known; it moves only when a walk has come to its
end, and never past the instant at which that walk began: what appeared behind its back is then met by the next one.
`until` lets a walk that was cut go on below the posts that it has finished.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listener.connectors.boundary import optional_id, sift
from listener.connectors.cursors import State
from listener.connectors.graph import Graph, Listed, listed
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import table
from listener.domain.mention import Gap, Mention, Reject

MOST_PAGES = 200
"""Of one listing, in one go."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A walk that isn't at its end."""

    low: datetime
    """What is older isn't read."""
    began: datetime
    top: datetime | None = None
    """The newest it has met."""
    until: datetime | None = None
    """All posts from here on are finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a listing is read."""

    high: datetime | None = None
    run: Run | None = None

    def fields(self) -> dict[str, object]:
        found: dict[str, object] = {"high": _written(self.high)}
        if self.run is not None and self.run.until is not None:
            times = (self.run.low, self.run.began, self.run.top, self.run.until)
            found["run"] = dict(zip(("low", "began", "top", "until"), map(_written, times), strict=True))
        return found

    def begun(self, *, overlap: timedelta, first: timedelta, now: datetime) -> Run:
        """The walk that goes on, or a new one."""
        if self.run is not None:
            return self.run
        return Run(low=now - first if self.high is None else self.high - overlap, began=now)

    def ended(self, run: Run) -> "Mark":
        """After a walk has come to its end."""
        reached = min(run.top, run.began) if run.top else None
        return Mark(high=max(filter(None, (self.high, reached)), default=None))


def mark_of(state: State, now: datetime) -> Mark:
    """What a cursor says, as far as it can be true."""
    said = state.part("run")
    low, began, top, until = (instant(said.text(name), now) for name in ("low", "began", "top", "until"))
    run = Run(low=low, began=began, top=top, until=until) if low and began and until else None
    return Mark(high=instant(state.text("high"), now), run=run)


def instant(text: str, now: datetime) -> datetime | None:
    """What a cursor holds, unless it lies ahead: nothing would ever be newer."""
    try:
        found = parse_instant(text)
    except ValueError:
        return None
    return found if found <= now + timedelta(hours=1) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """The comments under a post."""

    within: str
    """The field in which a post shows its newest."""
    query: Mapping[str, str]
    """With which the others are asked for."""
    low: Callable[[object, datetime], datetime | None]
    """Down to when they are read; None where nothing stirred."""
    spread: Callable[[object], list[object]]
    """A comment with the replies it holds."""
    at: Callable[[object], datetime | None]
    ours: Callable[[object], bool]
    """Whether we wrote it: what we say ourselves is no mention."""
    read: Callable[[object, object], Mention]
    """A comment, and the post it is under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Posts, newest first."""

    name: str
    path: str
    query: Mapping[str, str]
    at: Callable[[object], datetime | None]
    ours: Callable[[object], bool]
    read: Callable[[object], Mention]
    timed: bool = False
    """Whether it may be asked for by time."""
    further: timedelta = timedelta()
    """By how much older a post may be than the comments that are read."""
    under: Under | None = None
    ends: Callable[[list[object], datetime], bool] | None = None
    """Whether nothing new lies below a page, where times don't tell."""
    finished: Callable[[list[object]], None] = lambda _: None
    """Told of posts that are read with all that is under them."""
    ended: Callable[[], None] = lambda: None
    """Told that a walk has come to its end."""
    memory: Callable[[], dict[str, object]] = dict
    """What it keeps in the cursor besides its mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one call gave."""

    mentions: tuple[Mention, ...]
    rejects: tuple[Reject, ...]
    gaps: tuple[Gap, ...]
    run: Run
    done: bool


def walk(graph: Graph, listing: Listing, run: Run) -> Iterator[Step]:
    """Steps down to the walk's end. Raises as `Graph.get` does, and `Retry` where it leads in a circle."""
    floor = run.low - listing.further
    query = {**listing.query, **_between(floor, run.until)} if listing.timed else listing.query
    for number, page in enumerate(graph.pages(listing.path, query), 1):
        times = _times(page.records, listing.at)
        over = listing.ends(page.records, floor) if listing.ends else below(times, floor)
        last = page.following is None or over or number == MOST_PAGES
        bound = _unseen(listing, floor, times) if number == MOST_PAGES and page.following and not over else ()
        for piece in _pieces(graph, listing, page, run):
            run = replace(run, top=max(filter(None, (run.top, *piece.times)), default=None))
            if piece.final:
                listing.finished(page.records)
                run = replace(run, until=_reached(run, times) if listing.timed else None)
                if last:
                    listing.ended()
            yield Step(
                mentions=tuple(piece.mentions),
                rejects=tuple(piece.rejects),
                gaps=(*piece.gaps, *(bound if piece.final else ())),
                run=run,
                done=piece.final and last,
            )
        if last:
            return


@dataclass(slots=True, kw_only=True)
class _Piece:
    """Part of what a page of posts holds; `final` ends it."""

    mentions: list[Mention]
    rejects: list[Reject]
    times: list[datetime]
    gaps: tuple[Gap, ...] = ()
    final: bool = False


def _pieces(graph: Graph, listing: Listing, page: Listed, run: Run) -> Iterator[_Piece]:
    """The posts with the comments they show, then the comments of those that have more."""
    theirs = [post for post in page.records if not listing.ours(post) and _fresh(listing.at(post), run.low)]
    piece = _read(theirs, listing.read, listing.at, listing.name)
    deep: list[tuple[object, datetime, Listed]] = []
    for post in page.records if listing.under else ():
        assert listing.under is not None
        low, shown = listing.under.low(post, run.low), table(post).get(listing.under.within)
        if low is None or shown is None:
            continue
        newest = listed(shown)
        _add(piece, _comments(listing, listing.under, post, newest))
        if newest.following is not None and not below(_times(newest.records, listing.under.at), low):
            deep.append((post, low, newest))
    piece.final = not deep
    yield piece
    for number, (post, low, newest) in enumerate(deep, 1):
        yield from _deeper(graph, listing, post, low, newest, last=number == len(deep))


def _deeper(
    graph: Graph, listing: Listing, post: object, low: datetime, newest: Listed, *, last: bool
) -> Iterator[_Piece]:
    """The comments of one post below those it shows."""
    under = listing.under
    assert under is not None
    path = f"/{optional_id(table(post).get('id'))}/{under.within}"
    pages = graph.pages(path, under.query, newest)
    next(pages)
    for number, page in enumerate(pages, 1):
        piece = _comments(listing, under, post, page)
        times = _times(page.records, under.at)
        over = page.following is None or below(times, low)
        if number == MOST_PAGES and not over:
            piece.gaps, over = _unseen(listing, low, times), True
        piece.final = last and over
        yield piece
        if over:
            return


def _comments(listing: Listing, under: Under, post: object, page: Listed) -> _Piece:
    found = [one for comment in page.records for one in under.spread(comment) if not under.ours(one)]
    return _read(found, lambda one: under.read(one, post), under.at, listing.name)


def _read(
    records: list[object], read: Callable[[object], Mention], at: Callable[[object], datetime | None], where: str
) -> _Piece:
    mentions, rejects = sift(records, read, where)
    return _Piece(mentions=mentions, rejects=rejects, times=_times(records, at))


def _add(piece: _Piece, more: _Piece) -> None:
    piece.mentions += more.mentions
    piece.rejects += more.rejects
    piece.times += more.times


def below(times: list[datetime], low: datetime) -> bool:
    """Whether all that follows is older. A page in another order than the one asked for tells nothing of it."""
    return bool(times) and times[-1] < low and times == sorted(times, reverse=True)


def epoch(at: datetime) -> str:
    return str(int(at.timestamp()))


def _between(since: datetime, until: datetime | None) -> dict[str, str]:
    return {"since": epoch(since), **({"until": epoch(until + _SECOND)} if until else {})}


def _reached(run: Run, times: list[datetime]) -> datetime | None:
    return min(filter(None, (run.until, *times)), default=None)


def _unseen(listing: Listing, low: datetime, times: list[datetime]) -> tuple[Gap, ...]:
    until = min(times, default=low)
    return (Gap(since=min(low, until), until=until, reason=f"more {listing.name} than are read in one go"),)


def _times(records: list[object], at: Callable[[object], datetime | None]) -> list[datetime]:
    return [found for record in records if (found := at(record)) is not None]


def _fresh(at: datetime | None, low: datetime) -> bool:
    """Unknown counts as fresh: what can't be read is to be set aside."""
    return at is None or at >= low


def _written(at: datetime | None) -> str:
    return at.isoformat() if at else ""

"""Reddit's paging: how far each listing has been read, and when a walk down it may stop.

A listing is newest first, ends after about 1,000 things, and is no ledger: new things may appear in its middle, and
the thing a cursor points at may vanish. So a walk stops only at a page whose every thing is known *and* older than ten
minutes before the newest thing of the last walk; a ring of the last 500 names tells what is known.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from listener.connectors.cursors import State, load_cursor
from listener.domain.mention import Gap

OVERLAP = timedelta(minutes=10)
RING = 500
SHORTEST_CAP = 200
"""Listings end after about 1,000 things, searches after about 250: an end this far down may be Reddit's own."""
_MAX_PAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What paging needs to know of one element of a listing."""

    name: str
    created: int
    """Epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One walk down a listing; it may span processes."""

    after: str = ""
    floor: int
    """What is older is known, or before the first day that is read."""
    high: int = 0
    oldest: int = 0
    """Of what this walk has seen; 0 before its first page."""
    seen: int = 0
    names: tuple[str, ...] = ()
    """The newest `RING` of those seen."""
    followed: tuple[str, ...] = ()

    def after_page(self, things: list[Thing], after: str) -> "Walk":
        created = [thing.created for thing in things]
        return replace(
            self,
            after=after,
            high=max([self.high, *created]),
            oldest=min([*created, *([self.oldest] if self.oldest else [])], default=0),
            seen=self.seen + len(things),
            names=(*self.names, *(thing.name for thing in things))[:RING],
            followed=(*self.followed, after),
        )

    def unreached(self, *, broken: bool) -> tuple[Gap, ...]:
        """What lies between the floor and the last page. A short listing that simply ended hides nothing."""
        if not (broken or self.seen >= SHORTEST_CAP) or self.oldest <= self.floor:
            return ()
        since, until = datetime.fromtimestamp(self.floor, UTC), datetime.fromtimestamp(self.oldest, UTC)
        return (Gap(since=since, until=until, reason="Reddit's listing ended before what was already read"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How far one listing is read."""

    high: int = 0
    """When the newest thing of the last whole walk was posted; 0 before the first."""
    ring: tuple[str, ...] = ()
    walk: Walk | None = None

    def begun(self, now: datetime, first: timedelta) -> "Stream":
        """With a walk in hand."""
        if self.walk is not None:
            return self
        floor = datetime.fromtimestamp(self.high, UTC) - OVERLAP if self.high else now - first
        return replace(self, walk=Walk(floor=int(floor.timestamp()), high=self.high))

    def after(self, things: list[Thing], after: str, *, empty: bool) -> tuple["Stream", tuple[Gap, ...]]:
        """The stream once a page was read, and what its walk will never reach if it ends here.

        An empty page in mid-walk means that the thing it was to follow has vanished.
        """
        assert self.walk is not None
        walk = self.walk.after_page(things, after)
        if self._arrived(things):
            return self._ended(walk), ()
        broken = empty or after in self.walk.followed or len(walk.followed) > _MAX_PAGES
        if after and not broken:
            return replace(self, walk=walk), ()
        return self._ended(walk), walk.unreached(broken=broken)

    def _arrived(self, things: list[Thing]) -> bool:
        assert self.walk is not None
        floor, known = self.walk.floor, frozenset(self.ring)
        return bool(things) and all(t.created < floor and (not self.high or t.name in known) for t in things)

    def _ended(self, walk: Walk) -> "Stream":
        ring = tuple(dict.fromkeys((*walk.names, *self.ring)))[:RING]
        return Stream(high=walk.high, ring=ring)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The cursor: every listing's stream by name."""

    streams: Mapping[str, Stream] = field(default_factory=dict)

    def stream(self, name: str) -> Stream:
        return self.streams.get(name, Stream())

    def with_stream(self, name: str, stream: Stream) -> "Progress":
        return Progress(streams={**self.streams, name: stream})

    def cursor(self) -> str:
        return json.dumps({"v": 1, "streams": {name: _fields(stream) for name, stream in self.streams.items()}})


def _fields(stream: Stream) -> dict[str, object]:
    fields: dict[str, object] = {"high_created": stream.high, "ring": stream.ring}
    if stream.walk is not None:
        walk = stream.walk
        fields["walk"] = {
            "after": walk.after,
            "floor": walk.floor,
            "high": walk.high,
            "oldest": walk.oldest,
            "seen": walk.seen,
            "names": walk.names,
            "followed": walk.followed,
        }
    return fields


def load(cursor: str, names: list[str], now: datetime) -> Progress:
    """A cursor read back; what is damaged, or lies in the future, counts as absent."""
    streams = load_cursor(cursor, version=1).part("streams")
    latest = int((now + timedelta(days=1)).timestamp())
    return Progress(streams={name: _stream(streams.part(name), latest) for name in names})


def _stream(state: State, latest: int) -> Stream:
    high, walk = state.whole("high_created"), _walk(state.part("walk"), latest)
    if high > latest:
        return Stream(walk=walk)
    return Stream(high=high, ring=tuple(state.texts("ring")[:RING]), walk=walk)


def _walk(state: State, latest: int) -> Walk | None:
    if not state.text("after") or max(state.whole("high"), state.whole("floor")) > latest:
        return None
    return Walk(
        after=state.text("after"),
        floor=state.whole("floor"),
        high=state.whole("high"),
        oldest=state.whole("oldest"),
        seen=state.whole("seen"),
        names=tuple(state.texts("names")[:RING]),
        followed=tuple(state.texts("followed")[:_MAX_PAGES]),
    )

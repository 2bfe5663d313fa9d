"""Walking down a listing of reviews, newest change first, to what is known.

Cursor: `{v, high, run: {token, top, low}}`. `high` is the newest change known; it moves only when a walk has come down
to its end, and each walk reads some hours below it again, since reviews are edited and appear late. `run` is a walk
that isn't at its end: the token of its next page, the newest change it has met, and where it may end. A token that the
platform no longer knows costs a walk from the top: repeats are harmless.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listener.connectors.boundary import sift
from listener.connectors.cursors import load_cursor
from listener.connectors.instants import parse_instant
from listener.domain.mention import Mention, Reject
from listener.errors import BadCursor, Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How far down a walk has come."""

    low: datetime
    """Where it may end."""
    token: str = ""
    """Of the page that comes next; empty for the newest."""
    top: datetime | None = None
    """The newest change it has met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a cursor says."""

    high: datetime | None = None
    walk: Walk | None = None

    def cursor(self) -> str:
        state: dict[str, object] = {"v": 1, "high": _written(self.high)}
        if self.walk is not None:
            walk = self.walk
            state["run"] = {"token": walk.token, "top": _written(walk.top), "low": _written(walk.low)}
        return json.dumps(state)

    def ended(self) -> "Place":
        """After its walk has come to its end."""
        top = self.walk.top if self.walk else None
        return Place(high=max(filter(None, (self.high, top)), default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a listing as it came."""

    records: list[object]
    token: str
    """Of the page below; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A page of a listing, read."""

    mentions: tuple[Mention, ...]
    rejects: tuple[Reject, ...]
    walk: Walk
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A platform's reviews, newest change first."""

    who: str
    page: Callable[[str], Listed]
    """The page of a token. Raises `BadCursor` where the platform doesn't know it."""
    changed: Callable[[object], datetime | None]
    """When a record was last changed; None where that can't be read."""
    read: Callable[[object], Mention]


def place_of(cursor: str, now: datetime) -> Place:
    """What a cursor says, as far as it can be true."""
    state = load_cursor(cursor, version=1)
    run = state.part("run")
    top, low, token = (
        instant_of(run.text("top"), now),
        instant_of(run.text("low"), now),
        run.text("token"),
    )
    walk = Walk(token=token, top=top, low=low) if token and top and low else None
    return Place(high=instant_of(state.text("high"), now), walk=walk)


def begun(place: Place, *, overlap: timedelta, first: timedelta, now: datetime) -> Walk:
    """The walk that goes on, or a new one from the top."""
    low = now - first if place.high is None else place.high - overlap
    return Walk(low=low) if place.walk is None else replace(place.walk, low=min(low, place.walk.low))


def walk_down(listing: Listing, walk: Walk) -> Iterator[Step]:
    """Pages down to the walk's end. Raises `Retry` where the platform leads in a circle."""
    met: set[str] = set()
    while True:
        listed, walk = _page(listing, walk, resumed=not met)
        mentions, rejects = sift(listed.records, listing.read, f"{listing.who} page")
        times = [at for at in map(listing.changed, listed.records) if at is not None]
        if listed.token and (listed.token == walk.token or listed.token in met):
            raise Retry(f"{listing.who} gave the same page twice")
        met.add(listed.token)
        done = not listed.token or (bool(times) and times[-1] < walk.low)
        walk = replace(walk, token=listed.token, top=max([*times, *([walk.top] if walk.top else [])], default=None))
        yield Step(mentions=tuple(mentions), rejects=tuple(rejects), walk=walk, done=done)
        if done:
            return


def _page(listing: Listing, walk: Walk, *, resumed: bool) -> tuple[Listed, Walk]:
    """The next page; from the top where a kept token is no longer known."""
    try:
        return listing.page(walk.token), walk
    except BadCursor as error:
        if not resumed:
            raise Retry(f"{listing.who} refuses its own token") from error
        walk = replace(walk, token="")
        return listing.page(""), walk


def instant_of(text: str, now: datetime) -> datetime | None:
    """What a cursor holds, unless it lies ahead: nothing would ever be newer."""
    try:
        found = parse_instant(text)
    except ValueError:
        return None
    return found if found <= now + timedelta(hours=1) else None


def _written(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""

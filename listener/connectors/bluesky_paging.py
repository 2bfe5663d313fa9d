"""Walking a listing of Bluesky's, newest first, so that a walk that breaks off anywhere goes on without a loss.

`high`, up to which all is read, moves only when a walk has come down to where the last one began; until then the walk
itself is in the cursor. Posts are indexed a little out of order, so some minutes below `high` are walked again.

Cursor: `{v, high, run: {floor, high, next, tokens}}`, times by the server's clock; `run` is a walk not at its end.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listener.connectors.cursors import State, checksum, load_cursor
from listener.connectors.instants import parse_instant, stamp
from listener.connectors.jsons import table
from listener.errors import BadCursor

OVERLAP = timedelta(minutes=5)
_AHEAD = timedelta(hours=1)
_MAX_TOKENS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page as it came."""

    records: list[object]
    next: str
    """Bluesky's own cursor for the page below; empty on the last."""

    @property
    def times(self) -> list[datetime]:
        """When each record was indexed, of those that say so."""
        return [time for record in self.records if (time := indexed_at(record)) is not None]


def indexed_at(record: object) -> datetime | None:
    try:
        return parse_instant(table(record).get("indexedAt"))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One walk from the newest down to `floor`; it may span processes."""

    floor: datetime
    high: datetime | None = None
    next: str = ""
    tokens: tuple[int, ...] = ()
    """Checksums of the cursors followed, to notice one that comes again."""

    def repeats(self, token: str) -> bool:
        return bool(token) and checksum(token) in self.tokens

    def ends_with(self, listing: Listing) -> bool:
        return not listing.next or any(time < self.floor for time in listing.times)

    def after(self, listing: Listing) -> "Run":
        highest = max([*listing.times, *([self.high] if self.high else [])], default=None)
        tokens = (*self.tokens, checksum(listing.next))[-_MAX_TOKENS:]
        return replace(self, high=highest, next=listing.next, tokens=tokens)

    def from_the_top(self) -> "Run":
        """The same stretch again, for a listing that takes its own cursor no longer."""
        return replace(self, next="", tokens=())

    def fields(self) -> dict[str, object]:
        return {
            "floor": stamp(self.floor),
            "high": stamp(self.high) if self.high else "",
            "next": self.next,
            "tokens": list(self.tokens),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The cursor."""

    high: datetime | None = None
    run: Run | None = None

    def begun(self, first: timedelta, now: datetime) -> Run:
        """The walk in hand, or the next."""
        return self.run or Run(floor=self.high - OVERLAP if self.high else now - first, high=self.high)

    def cursor(self) -> str:
        fields: dict[str, object] = {"v": 1, "high": stamp(self.high) if self.high else ""}
        if self.run is not None:
            fields["run"] = self.run.fields()
        return json.dumps(fields)


def finished(run: Run) -> Progress:
    """Where nothing at all was listed, the next walk goes down as far again."""
    return Progress(high=run.high or run.floor + OVERLAP)


def load(cursor: str, now: datetime) -> Progress:
    """A cursor read back. Raises `BadCursor` for one that is damaged or lies in the future."""
    if not cursor:
        return Progress()
    state = load_cursor(cursor, version=1)
    progress = Progress(high=_instant(state.text("high"), now), run=load_run(state.part("run"), now))
    if progress.high is None and progress.run is None:
        raise BadCursor("where the last walk through the notifications began can't be read")
    return progress


def load_run(state: State, now: datetime) -> Run | None:
    floor, token = _instant(state.text("floor"), now), state.text("next")
    if floor is None or not token:
        return None
    return Run(floor=floor, high=_instant(state.text("high"), now), next=token, tokens=tuple(state.wholes("tokens")))


def _instant(text: str, now: datetime) -> datetime | None:
    try:
        instant = parse_instant(text)
    except ValueError:
        return None
    return instant if instant <= now + _AHEAD else None

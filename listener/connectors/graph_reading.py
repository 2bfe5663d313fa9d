"""What one source reads through the Graph API: first what was told by webhook, then its listings, each to its end.

Cursor: `{v, spool: {file, at}}` and beside them a part for each listing, as `graph_walk` has them. The past's is
`{v, until}`: all posts from there on are finished.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from listener.connectors.cursors import State, load_cursor
from listener.connectors.graph import Graph
from listener.connectors.graph_events import Tell, heard
from listener.connectors.graph_walk import Listing, Run, Step, instant, mark_of, walk
from listener.connectors.options import Options
from listener.connectors.spool import Spool, place_of
from listener.domain.mention import Page

if TYPE_CHECKING:
    from listener.connectors import Tools

Listings = Callable[[State], Sequence[Listing]]
"""What is to be read, given what the cursor says of each by its name."""


def spool_of(tools: "Tools", source: str) -> Spool | None:
    """Where the receiver keeps what a source is told; None where nothing may be kept."""
    return Spool(tools.folder, source) if tools.folder else None


class Reading:
    """The polls and backfills of one source."""

    def __init__(self, graph: Graph, options: Options, spool: Spool | None, tell: Tell, listings: Listings) -> None:
        self._graph = graph
        self._overlap = timedelta(minutes=options.number("overlap_minutes"))
        self._first = timedelta(hours=options.number("first_hours"))
        self._spool = spool
        self._tell = tell
        self._listings = listings

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Each listing on a mark of its own, so that one that is refused holds up none before it."""
        state = load_cursor(cursor, version=1)
        place = place_of(state.part("spool"))
        listings = self._listings(state)
        marks = {listing.name: mark_of(state.part(listing.name), now) for listing in listings}
        kept: dict[str, object] = {"v": 1, "spool": place.fields()}
        kept |= {listing.name: marks[listing.name].fields() | listing.memory() for listing in listings}
        for told in heard(self._spool, place, self._tell):
            kept["spool"] = told.place.fields()
            yield Page(
                mentions=told.mentions,
                deleted=told.deleted,
                rejects=told.rejects,
                cursor=json.dumps(kept),
                done=False,
            )
        for number, listing in enumerate(listings, 1):
            mark = marks[listing.name]
            run = mark.begun(overlap=self._overlap, first=self._first, now=now)
            for step in walk(self._graph, listing, run):
                reached = mark.ended(step.run) if step.done else replace(mark, run=step.run)
                kept[listing.name] = reached.fields() | listing.memory()
                done = step.done and number == len(listings)
                yield Page(
                    mentions=step.mentions, rejects=step.rejects, gaps=step.gaps, cursor=json.dumps(kept), done=done
                )
        if not listings:
            yield Page(mentions=(), cursor=json.dumps(kept), done=True)

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """What was written in that stretch, under posts that are as much older as a poll would look at."""
        state = load_cursor(cursor, version=1)
        listings = list(self._listings(State({})))
        names = [listing.name for listing in listings]
        begun = names.index(state.text("part")) if state.text("part") in names else 0
        reached = instant(state.text("until"), now) or until
        for number, listing in enumerate(listings[begun:], begun + 1):
            run = Run(low=since, began=now, until=min(reached, until))
            reached = until
            for step in walk(self._graph, listing, run):
                inside = tuple(mention for mention in step.mentions if since <= mention.created_at < until)
                done = step.done and number == len(listings)
                place = _place(names[min(number, len(names) - 1)] if step.done else listing.name, step)
                yield Page(mentions=inside, rejects=step.rejects, gaps=step.gaps, cursor=place, done=done)
        if not listings:
            yield Page(mentions=(), cursor=json.dumps({"v": 1}), done=True)


def _place(part: str, step: Step) -> str:
    """Where the past goes on: below what is finished, or with the next listing."""
    until = step.run.until if step.run.until and not step.done else None
    return json.dumps({"v": 1, "part": part, "until": until.isoformat() if until else ""})

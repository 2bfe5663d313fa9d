"""Mastodon's timelines, page by page: forward from the last post, backward from the newest, through a search.

Cursor: `{v, last, run: {high, below, skip}}`; `last` is the newest id read, `run` a backward walk that isn't at its
end: `high` becomes `last` when it is, `below` is the id it stands at, `skip` how many found posts lie behind it.

A search gives the newest first and has only `offset` to page with: its `min_id` and `max_id` are cut to whole seconds,
so a page could begin behind posts that were never shown. New posts meanwhile make it repeat some. An index that is down
answers with nothing, so an empty page ends a walk only if the first one isn't empty too.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from listener.connectors.boundary import sift
from listener.connectors.cursors import State, load_cursor
from listener.connectors.estimates import by_rate
from listener.connectors.jsons import rows, table
from listener.connectors.mastodon_instance import Instance
from listener.connectors.mastodon_statuses import (
    earlier,
    first_id_at,
    is_after,
    is_public,
    listed_at,
    local_id,
    newest,
    not_public,
    oldest,
    plausible,
    read_status,
    status_of,
    timed,
    written,
)
from listener.connectors.options import Options
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate
from listener.errors import Retry

Keep = Callable[[Mention], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A backward walk."""

    high: str = ""
    below: str = ""
    skip: int = 0

    def down(self, ids: list[str], count: int) -> "Walk":
        """After a page with these ids."""
        return Walk(high=self.high or newest(ids), below=oldest(ids) or self.below, skip=self.skip + count)


class Timelines:
    """What one source reads of an instance."""

    def __init__(self, instance: Instance, options: Options) -> None:
        self._instance = instance
        self._options = options
        self._size = options.whole("page_size")
        self._query = options.text("query")
        self.notified = options.flag("mentions")
        """Whether it reads what the instance notifies the account of."""

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        state = load_cursor(cursor, version=1)
        last, walk = plausible(state.text("last"), now), _walk(state.part("run"), now)
        since = now - timedelta(hours=self._options.number("first_hours"))
        if self._query:
            yield from self._through(last, walk, since)
        elif last:
            yield from self._forward(last)
        else:
            yield from self._backward(walk, since)

    def _forward(self, last: str) -> Iterator[Page]:
        reached = earlier(last, self._options.number("overlap_minutes"))
        while True:
            found = self._page({"min_id": reached})
            if found:
                reached = newest([local_id(record) for record in found])
                last = newest([last, reached])
            yield self.paged(found, cursor=cursor_of(last), done=not found)
            if not found:
                return

    def _backward(self, walk: Walk, since: datetime) -> Iterator[Page]:
        while True:
            found = self._page({"max_id": walk.below} if walk.below else {})
            walk = walk.down([local_id(record) for record in found], len(found))
            done = not found or all(listed_at(record, since) < since for record in found)
            yield self.paged(found, cursor=cursor_of(walk.high) if done else cursor_of("", walk), done=done)
            if done:
                return

    def _through(self, last: str, walk: Walk, since: datetime) -> Iterator[Page]:
        """A search from its newest post down to the last one known."""
        low = earlier(last, self._options.number("overlap_minutes"))
        while True:
            found = self._page({"offset": str(walk.skip)})
            if not found:
                self._ends_here(walk)
            ids = [local_id(record) for record in found]
            walk = walk.down(ids, len(found))
            done = not found or self._reached(found, ids, low, since)
            reached = cursor_of(newest([last, walk.high])) if done else cursor_of(last, walk)
            yield self.paged(found, cursor=reached, done=done)
            if done:
                return

    def _reached(self, found: list[object], ids: list[str], low: str, since: datetime) -> bool:
        """Found posts are sorted by their ids: below one that is old enough, all are."""
        if low:
            return not all(is_after(native_id, low) for native_id in ids)
        return any(written(record, since) < since for record in found)

    def _ends_here(self, walk: Walk) -> None:
        if walk.skip and not self._page({"offset": "0"}):
            raise Retry("the search stopped answering in the middle of a walk")

    # The past

    def estimate(self, since: datetime, until: datetime, now: datetime) -> Estimate:
        found = self._page({})
        times = [written(record, until) for record in found]
        return by_rate(times, since, until, now=now, size=self._size, whole=len(found) < self._size)

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Cursor: `{v, below, skip}`, where the walk stands."""
        walk = _walk(load_cursor(cursor, version=1), now)

        def inside(mention: Mention) -> bool:
            return since <= mention.created_at < until

        while True:
            found = self._page(self._place(walk))
            if self._query and not found:
                self._ends_here(walk)
            ids = [local_id(record) for record in found]
            walk = self._leap(walk.down(ids, len(found)), ids, until)
            done = not found or all(listed_at(record, since) < since for record in found)
            reached = json.dumps({"v": 1, "below": walk.below, "skip": walk.skip})
            yield self.paged(found, cursor=reached, done=done, keep=inside)
            if done:
                return

    def _place(self, walk: Walk) -> dict[str, str]:
        if self._query:
            return {"offset": str(walk.skip)}
        return {"max_id": walk.below} if walk.below else {}

    def _leap(self, walk: Walk, ids: list[str], until: datetime) -> Walk:
        """Past all that is newer, where the ids of a hashtag's posts tell their time."""
        if self._query or self.notified or not ids or not all(map(timed, ids)):
            return walk
        return replace(walk, below=oldest([walk.below, first_id_at(until)]))

    # A page

    def paged(self, found: list[object], *, cursor: str, done: bool, keep: Keep = lambda _: True) -> Page:
        """What was found as a page; what isn't public is only told of."""
        public = [record for record in found if is_public(record)]
        viewer = self._instance.viewer([] if self.notified else [status_of(record) for record in public])

        def read(record: object) -> Mention:
            return read_status(status_of(record), viewer, told=self.notified)

        mentions, rejects = sift(public, read, f"{self._instance.host} page")
        kept_back = [not_public(record) for record in found if not is_public(record)]
        mentions = [mention for mention in mentions if keep(mention)]
        return Page(mentions=tuple(mentions), rejects=(*rejects, *kept_back), cursor=cursor, done=done)

    def _page(self, bounds: dict[str, str]) -> list[object]:
        path, query = self._asked()
        answer = self._instance.get(path, [("limit", str(self._size)), *query, *bounds.items()])
        found = table(answer).get("statuses") if self._query else answer
        if not isinstance(found, list):
            raise Retry(f"{self._instance.host} answered something other than a list of posts")
        if found and not any(local_id(record) for record in found):
            raise Retry(f"{self._instance.host} answered with posts that bear no id")
        return rows(found)

    def _asked(self) -> tuple[str, list[tuple[str, str]]]:
        if self._query:
            return "/api/v2/search", [("q", self._query), ("type", "statuses")]
        if self.notified:
            return "/api/v1/notifications", [("types[]", "mention")]
        first, *others = self._options.texts("hashtags")
        path = f"/api/v1/timelines/tag/{quote(first.lstrip('#'), safe='')}"
        return path, [("any[]", tag.lstrip("#")) for tag in others]


def _walk(state: State, now: datetime) -> Walk:
    """Where a walk stands, unless it can't have come there."""
    high, below = plausible(state.text("high"), now), plausible(state.text("below"), now)
    return Walk(high=high, below=below, skip=min(state.whole("skip"), 1_000_000))


def cursor_of(last: str, walk: Walk | None = None) -> str:
    state: dict[str, object] = {"v": 1, "last": last}
    if walk is not None:
        state["run"] = {"high": walk.high, "below": walk.below, "skip": walk.skip}
    return json.dumps(state)

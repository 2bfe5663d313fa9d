"""Hacker News through its public search: stories and comments that contain a phrase; nobody can reply from here.

One query gives at most 1,000 hits however it is paged, so time is the pager: each call asks for what lies in
[low, high), newest first, and the next one for what lies before the oldest hit.

Cursor: `{v, high, run: {low, high, began}}`, instants in epoch seconds. `high` moves only when a run has come down to
its low end; a run reads again the last ten minutes before the last one, since hits are indexed late. A backfill's is
`{v, since, until, high}`.

The search forgets what was deleted or killed without a word: that is asked of Hacker News itself, an item a call.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from listener.connectors.boundary import sift
from listener.connectors.budget import credential_of
from listener.connectors.catalogue.hackernews import INFO
from listener.connectors.cursors import load_cursor
from listener.connectors.hackernews_hits import as_it_reads_now, read_hit
from listener.connectors.http import Limits
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, rows, table
from listener.connectors.options import Options, checked
from listener.connectors.wire import Wire
from listener.domain.budget import Purpose, Quota
from listener.domain.mention import Gap, Mention, Page, Reject
from listener.domain.platform import Estimate, Fate, Rechecked
from listener.domain.policy import SourceConfig
from listener.errors import Retry

if TYPE_CHECKING:
    from listener.connectors import Tools

BASE = "https://hn.algolia.com"
ITEMS = "https://hacker-news.firebaseio.com"
WHO = "Hacker News"
OVERLAP = timedelta(minutes=10)
QUOTA = Quota(units=10_000, period=timedelta(hours=1))
"""Of the search, for each address that asks; the items have none."""
MOST_ITEMS = 100
RECHECK_TIME = timedelta(seconds=60)
"""For the items of one recheck; those that are left are asked for by the next."""


def build(config: SourceConfig, tools: "Tools") -> "HackerNewsConnector":
    """A connector on one phrase; no call is made. Raises `ConfigError`."""
    return HackerNewsConnector(checked(INFO, config), tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A walk from `high` (excluded) down to `low` (included); `began` becomes the next `high` of the cursor."""

    low: int
    high: int
    began: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """What one call gave, and the walk after it."""

    mentions: tuple[Mention, ...]
    rejects: tuple[Reject, ...]
    gaps: tuple[Gap, ...]
    run: _Run
    done: bool

    def page(self, cursor: str) -> Page:
        return Page(mentions=self.mentions, rejects=self.rejects, gaps=self.gaps, cursor=cursor, done=self.done)


class HackerNewsConnector:
    """Reads the search API of Hacker News, and looks items up again."""

    platform = "hackernews"

    def __init__(self, options: Options, tools: "Tools") -> None:
        self._options = options
        self._clock = tools.clock
        self._size = options.whole("page_size")
        self._search = self._wire(options.text("api_base") or BASE, tools)
        self._items = self._wire(options.text("items_base") or ITEMS, tools)

    def _wire(self, base: str, tools: "Tools") -> Wire:
        limits = Limits(timeout=self._options.number("timeout"), deadline=self._options.number("deadline"))
        budget = tools.budget(credential_of("hackernews", base), WHO)
        return Wire(base, who=WHO, limits=limits, budget=budget, clock=tools.clock)

    def __repr__(self) -> str:
        return f"HackerNewsConnector({self._options.text('query')!r})"

    def check(self) -> str:
        """Asks for one hit."""
        now = int(self._clock.now().timestamp())
        answer = self._ask(_Run(low=0, high=now, began=now), hits=1)
        return f"{count(answer.get('nbHits')):,} stories and comments so far contain {self._options.text('query')!r}"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, newest first, down to ten minutes before where the last run began."""
        high, run = self._resume(cursor, now)
        for part in self._down(run):
            yield part.page(_cursor(run.began, None) if part.done else _cursor(high, part.run))

    def _down(self, run: _Run) -> Iterator[_Slice]:
        """Slices of time, each below the one before."""
        while True:
            found = rows(self._ask(run, hits=self._size).get("hits"))
            mentions, rejects = sift(found, read_hit, f"hits before {run.high}")
            oldest = _oldest(found, run)
            gaps: tuple[Gap, ...] = ()
            if oldest + 1 >= run.high and len(found) >= self._size:
                oldest, gaps = oldest - 1, (_second_too_full(oldest),)
            done = len(found) < self._size or oldest < run.low
            # The oldest second may be cut through: it is asked for again, whole.
            run = replace(run, high=oldest + 1)
            yield _Slice(mentions=tuple(mentions), rejects=tuple(rejects), gaps=gaps, run=run, done=done)
            if done:
                return

    def _resume(self, cursor: str, now: datetime) -> tuple[int, _Run]:
        """The high end of what is read, and the run to make or to go on with."""
        state = load_cursor(cursor, version=1)
        present = int(now.timestamp())
        high, part = min(state.whole("high"), present), state.part("run")
        run = _Run(low=part.whole("low"), high=part.whole("high"), began=part.whole("began"))
        if run.low < run.high <= run.began + 1 <= present + 1:
            return high, run
        first = now - timedelta(days=self._options.number("days"))
        low = high - int(OVERLAP.total_seconds()) if high else int(first.timestamp())
        return high, _Run(low=low, high=present + 1, began=present)

    def _ask(self, run: _Run, *, hits: int) -> dict[str, object]:
        query = {
            "query": '"{}"'.format(self._options.text("query").replace('"', " ")),
            "advancedSyntax": "true",
            "tags": "(story,comment)",
            "numericFilters": f"created_at_i>={run.low},created_at_i<{run.high}",
            "hitsPerPage": str(hits),
        }
        body = self._search.get("/api/v1/search_by_date", query, quota=QUOTA)
        if not isinstance(body, dict) or not isinstance(body.get("hits"), list):
            raise Retry("Hacker News answered without hits")
        return body

    # The past

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """One call, which counts."""
        run = _stretch(since, until)
        if run.low >= run.high:
            return Estimate(posts=0, calls=0)
        answer = self._ask(run, hits=1)
        posts = count(answer.get("nbHits"))
        # A page begins with the last second of the one before.
        calls = max(1, ceil(posts / max(1, self._size - 1)))
        exact = answer.get("exhaustiveNbHits") is not False
        return Estimate(posts=posts, calls=calls, note="" if exact else "counted roughly")

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of [since, until), newest first; there is no bound on how far back."""
        whole = _stretch(since, until)
        state = load_cursor(cursor, version=1)
        same = (state.text("since"), state.text("until")) == (since.isoformat(), until.isoformat())
        high = state.whole("high") if same else 0
        run = replace(whole, high=min(high or whole.high, whole.high))
        stretch = {"v": 1, "since": since.isoformat(), "until": until.isoformat()}
        if run.low >= run.high:
            yield Page(mentions=(), cursor=json.dumps({**stretch, "high": whole.low}), done=True)
            return
        for part in self._down(run):
            left = whole.low if part.done else part.run.high
            yield part.page(json.dumps({**stretch, "high": left}))

    # Looking again

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """What became of them, one call each, for a minute at most; what is then left is left out."""
        told: list[Rechecked] = []
        by = self._clock.now() + RECHECK_TIME
        for mention in mentions[:MOST_ITEMS]:
            if self._clock.now() >= by:
                break
            found = self._rechecked(mention)
            told += [] if found is None else [found]
        return told

    def _rechecked(self, mention: Mention) -> Rechecked | None:
        """None where nothing is said of it. Raises `Retry` where something else is said."""
        native_id = mention.key.native_id
        if not (native_id.isascii() and native_id.isdigit()):
            return None
        item = self._items.get(f"/v0/item/{native_id}.json", bucket="items", purpose=Purpose.RECHECK)
        if item is None:
            return None
        if str(table(item).get("id")) != native_id:
            raise Retry("Hacker News answered something other than the item that was asked for")
        if table(item).get("deleted") is True or table(item).get("dead") is True:
            return Rechecked(key=mention.key, fate=Fate.DELETED)
        return Rechecked(key=mention.key, fate=Fate.ALIVE, mention=as_it_reads_now(mention, table(item)))


def _stretch(since: datetime, until: datetime) -> _Run:
    """In whole seconds, of which Hacker News keeps no fractions: none outside is inside."""
    low, high = ceil(since.timestamp()), ceil(until.timestamp())
    return _Run(low=low, high=high, began=high)


def _oldest(hits: list[object], run: _Run) -> int:
    """When the oldest hit was posted, also where no more than its time can be read; `low` where there is no hit."""
    times: list[int] = []
    for hit in hits:
        with suppress(ValueError):
            times.append(int(parse_instant(table(hit).get("created_at_i")).timestamp()))
    if hits and not times:
        raise Retry("Hacker News answered with hits that bear no time")
    return min(times, default=run.low)


def _cursor(high: int, run: _Run | None) -> str:
    state: dict[str, object] = {"v": 1, "high": high}
    if run is not None:
        state["run"] = {"low": run.low, "high": run.high, "began": run.began}
    return json.dumps(state)


def _second_too_full(second: int) -> Gap:
    start = datetime.fromtimestamp(second, UTC)
    return Gap(since=start, until=start + timedelta(seconds=1), reason="more hits within one second than a page holds")

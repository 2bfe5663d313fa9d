"""Hacker News through its public search: stories and comments that contain a phrase; nobody can reply from here.

One query gives at most 1,000 hits however it is paged, so time is the pager: each call asks for what lies in
[low, high), newest first, and the next one for what lies before the oldest hit.

Cursor: `{v, high, run: {low, high, began}}`, instants in epoch seconds. `high` moves only when a run has come down to
its low end; a run reads again the last ten minutes before the last one, since hits are indexed late.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from listener.connectors.boundary import id_of, link_of, name_of, optional_id, sift
from listener.connectors.catalogue.hackernews import INFO
from listener.connectors.cursors import load_cursor
from listener.connectors.http import Limits, Request, fetch
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, loads, raw_text, rows, table
from listener.connectors.markup import to_text
from listener.connectors.options import Options, checked
from listener.connectors.refusals import refusal
from listener.domain.mention import Author, Gap, Mention, MentionKey, Metrics, Page
from listener.domain.policy import SourceConfig
from listener.domain.text import clean
from listener.errors import Retry, SkipRecord

if TYPE_CHECKING:
    from listener.clock import Clock
    from listener.connectors import Tools

BASE = "https://hn.algolia.com"
SITE = "https://news.ycombinator.com"
OVERLAP = timedelta(minutes=10)


def build(config: SourceConfig, tools: "Tools") -> "HackerNewsConnector":
    """A connector on one phrase; no call is made. Raises `ConfigError`."""
    return HackerNewsConnector(checked(INFO, config), tools.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A walk from `high` (excluded) down to `low` (included); `began` becomes the next `high` of the cursor."""

    low: int
    high: int
    began: int


class HackerNewsConnector:
    """Reads the search API of Hacker News."""

    platform = "hackernews"

    def __init__(self, options: Options, clock: "Clock") -> None:
        self._options = options
        self._clock = clock
        self._base = (options.text("api_base") or BASE).rstrip("/")
        self._limits = Limits(timeout=options.number("timeout"), deadline=options.number("deadline"))

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
        size = self._options.whole("page_size")
        while True:
            found = rows(self._ask(run, hits=size).get("hits"))
            mentions, rejects = sift(found, read_hit, f"hits before {run.high}")
            oldest = _oldest(found, run)
            gaps: tuple[Gap, ...] = ()
            if oldest + 1 >= run.high and len(found) >= size:
                oldest, gaps = oldest - 1, (_second_too_full(oldest),)
            done = len(found) < size or oldest < run.low
            # The oldest second may be cut through: it is asked for again, whole.
            run = replace(run, high=oldest + 1)
            yield Page(
                mentions=tuple(mentions),
                rejects=tuple(rejects),
                gaps=gaps,
                cursor=_cursor(run.began, None) if done else _cursor(high, run),
                done=done,
            )
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
            "hitsPerPage": hits,
        }
        answer = fetch(Request(url=f"{self._base}/api/v1/search_by_date?{urlencode(query)}"), self._limits)
        if answer.status != 200:
            raise refusal(answer, self._clock.now(), who="Hacker News")
        try:
            body = loads(answer.body.decode("utf-8-sig"))
        except ValueError as error:
            raise Retry("Hacker News answered something other than JSON") from error
        if not isinstance(body, dict) or not isinstance(body.get("hits"), list):
            raise Retry("Hacker News answered without hits")
        return body


def _oldest(hits: list[object], run: _Run) -> int:
    """When the oldest hit was posted, also where no more than its time can be read; `low` where there is no hit."""
    times: list[int] = []
    for hit in hits:
        with suppress(ValueError):
            times.append(int(parse_instant(table(hit).get("created_at_i")).timestamp()))
    if hits and not times:
        raise Retry("Hacker News answered with hits that bear no time")
    return min(times, default=run.low)


def read_hit(record: object) -> Mention:
    """One hit. Raises `SkipRecord` or `ValueError` with the reason."""
    if not isinstance(record, dict):
        raise SkipRecord(f"hit is a {type(record).__name__}")
    native_id = id_of(record.get("objectID"), "objectID")
    handle = name_of(record.get("author"))
    return Mention(
        key=MentionKey(platform="hackernews", native_id=native_id),
        author=Author(platform="hackernews", native_id=handle or f"nameless-{native_id}", handle=handle),
        text=_words(record),
        created_at=parse_instant(record.get("created_at_i") or record.get("created_at")),
        url=link_of(f"{SITE}/item?id={native_id}"),
        thread=optional_id(record.get("story_id")) or native_id,
        parent=optional_id(record.get("parent_id")),
        metrics=Metrics(likes=count(record.get("points")), replies=count(record.get("num_comments"))),
        reply_note="Hacker News has no way to reply from here: open it in a browser",
        raw=raw_text({key: value for key, value in record.items() if key != "_highlightResult"}),
    )


def _words(record: dict[str, object]) -> str:
    """A comment's text, or a story's title with what was written under it."""
    parts = (
        [record.get("comment_text")] if record.get("comment_text") else [record.get("title"), record.get("story_text")]
    )
    text = clean("\n\n".join(to_text(part) for part in parts if isinstance(part, str) and part))
    if not text:
        raise SkipRecord("hit has no text")
    return text


def _cursor(high: int, run: _Run | None) -> str:
    state: dict[str, object] = {"v": 1, "high": high}
    if run is not None:
        state["run"] = {"low": run.low, "high": run.high, "began": run.began}
    return json.dumps(state)


def _second_too_full(second: int) -> Gap:
    start = datetime.fromtimestamp(second, UTC)
    return Gap(since=start, until=start + timedelta(seconds=1), reason="more hits within one second than a page holds")

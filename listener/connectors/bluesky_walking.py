"""Bluesky's listings, walked: an account's notifications, and what a search finds of the past.

A cursor of theirs that they don't take any more can come back as an error of the server's own (502), each time: after
three in a row the walk begins again from the top, and reads some of it twice rather than nothing ever again.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from listener.connectors.bluesky_hearing import Phrases
from listener.connectors.bluesky_paging import Listing, Run, finished, indexed_at, load_run
from listener.connectors.bluesky_posts import Replies, read_view
from listener.connectors.bluesky_session import Account, Declined
from listener.connectors.boundary import sift
from listener.connectors.cursors import load_cursor
from listener.connectors.instants import stamp
from listener.connectors.jsons import rows, table
from listener.domain.mention import Gap, Mention, Page, Reject
from listener.errors import BadCursor, RateLimited, Retry

REASONS = ("mention", "reply", "quote")
STUMBLES = 3
MOST_PAGES = 100
"""Of one phrase's search: Bluesky asks bots not to lean on it."""


class _Pages:
    """Single pages of a listing, which notices a cursor that is never taken."""

    def __init__(self, account: Account, path: str, key: str) -> None:
        self._account = account
        self._path = path
        self._key = key
        self._stumbled = ("", 0)

    def listed(self, query: Sequence[tuple[str, str]], run: Run) -> tuple[Listing, Run]:
        """The run's next page, or its first where its cursor is of no use any more. Raises as a call does."""
        if run.next:
            try:
                return self._asked([*query, ("cursor", run.next)]), run
            except RateLimited:
                raise
            except (Declined, Retry) as error:
                if isinstance(error, Retry) and self._again(run.next) < STUMBLES:
                    raise
        return self._asked(query), run.from_the_top()

    def _asked(self, query: Sequence[tuple[str, str]]) -> Listing:
        said = table(self._account.get(self._path, query))
        if not isinstance(said.get(self._key), list):
            raise Retry(f"Bluesky answered without {self._key}")
        below = said.get("cursor")
        return Listing(records=rows(said[self._key]), next=below if isinstance(below, str) else "")

    def _again(self, token: str) -> int:
        last, times = self._stumbled
        self._stumbled = (token, times + 1 if token == last else 1)
        return self._stumbled[1]


class NotificationWalk:
    """Mentions, answers and quotes of an account."""

    def __init__(self, account: Account, replies: Replies, size: int) -> None:
        self._pages = _Pages(account, "/xrpc/app.bsky.notification.listNotifications", "notifications")
        self._query = [("limit", str(size)), *(("reasons", reason) for reason in REASONS)]
        self._replies = replies

    def pages(self, run: Run, cursor: Callable[[Run], str], until: datetime | None = None) -> Iterator[Page]:
        """Down to the run's floor; `cursor` writes one for a walk in hand."""
        while True:
            listing, run = self._pages.listed(self._query, run)
            looped = run.repeats(listing.next)
            done = run.ends_with(listing)
            gaps = _looped(run, listing) if looped and not done else ()
            mentions, rejects = self._read(listing, run, until)
            run = run.after(listing)
            yield Page(
                mentions=tuple(mentions),
                rejects=tuple(rejects),
                gaps=gaps,
                cursor=finished(run).cursor() if done or looped else cursor(run),
                done=done,
            )
            if done:
                return
            if looped:
                raise Retry("Bluesky gave the same cursor twice: the rest of that walk is recorded as a gap")

    def _read(self, listing: Listing, run: Run, until: datetime | None) -> tuple[list[Mention], list[Reject]]:
        wanted = [record for record in listing.records if _concerns(record) and _within(record, run.floor, until)]
        return sift(wanted, lambda record: read_view(record, self._replies), "notifications")


def _concerns(record: object) -> bool:
    """Servers that don't know `reasons` list likes and follows too; what gives no reason is left to the reader."""
    reason = table(record).get("reason")
    return reason in REASONS or not isinstance(reason, str)


def _within(record: object, since: datetime, until: datetime | None) -> bool:
    at = indexed_at(record)
    return at is None or (since <= at and (until is None or at < until))


def _looped(run: Run, listing: Listing) -> tuple[Gap, ...]:
    until = min(listing.times, default=run.high or run.floor + timedelta(seconds=1))
    return (Gap(since=run.floor, until=until, reason="Bluesky repeated a cursor"),) if run.floor < until else ()


class SearchWalk:
    """What the search finds of a stretch, phrase by phrase."""

    def __init__(self, account: Account, replies: Replies, size: int, phrases: Phrases) -> None:
        self._pages = _Pages(account, "/xrpc/app.bsky.feed.searchPosts", "posts")
        self._replies = replies
        self._size = size
        self._named = phrases

    def pages(
        self, phrases: Sequence[str], since: datetime, until: datetime, cursor: str, now: datetime
    ) -> Iterator[Page]:
        """Cursor: `{v, phrase, pages, run}`: the how manieth phrase, and how far its search is."""
        state = load_cursor(cursor, version=1)
        if cursor and not state:
            raise BadCursor("where the search broke off can't be read")
        number, read = state.whole("phrase"), state.whole("pages")
        run = load_run(state.part("run"), now) or Run(floor=since)
        if number >= len(phrases):
            yield Page(mentions=(), cursor=cursor, done=True)
        while number < len(phrases):
            listing, run = self._pages.listed(self._query(phrases[number], since, until), run)
            mentions, rejects = self._read(listing, since, until)
            gaps, ended = self._ended(run, listing, read + 1, since)
            number, read = (number + 1, 0) if ended else (number, read + 1)
            run = Run(floor=since) if ended else run.after(listing)
            yield Page(
                mentions=tuple(mentions),
                rejects=tuple(rejects),
                gaps=gaps,
                cursor=json.dumps({"v": 1, "phrase": number, "pages": read, "run": run.fields()}),
                done=number == len(phrases),
            )

    def _query(self, phrase: str, since: datetime, until: datetime) -> list[tuple[str, str]]:
        bounds = [("since", stamp(since)), ("until", stamp(until + timedelta(seconds=1)))]
        quoted = '"' + phrase.replace('"', " ").strip() + '"'
        return [("q", quoted), ("sort", "latest"), ("limit", str(self._size)), *bounds]

    def _read(self, listing: Listing, since: datetime, until: datetime) -> tuple[list[Mention], list[Reject]]:
        found, rejects = sift(listing.records, lambda record: read_view(record, self._replies), "search")
        return [m for m in found if since <= m.created_at < until and self._named.named(m.text)], rejects

    def _ended(self, run: Run, listing: Listing, read: int, since: datetime) -> tuple[tuple[Gap, ...], bool]:
        """(what will not be reached, whether this was the phrase's last page)."""
        if not listing.next:
            return (), True
        if run.repeats(listing.next):
            return _looped(run, listing), True
        if read < MOST_PAGES:
            return (), False
        oldest = min(listing.times, default=since)
        reason = f"a search is read for {MOST_PAGES} pages at most"
        return ((Gap(since=since, until=oldest, reason=reason),) if since < oldest else ()), True

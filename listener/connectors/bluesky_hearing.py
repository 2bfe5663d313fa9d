"""Posts that name a phrase, picked out of every post of the network as Jetstream tells of it.

Jetstream keeps the last days, so a poll is a reading of its log: from the cursor until the events' time has caught up
with ours. The cursor is the time of the newest event; 5 s before it are read again, since events are told of a little
out of order.
"""

import json
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from listener.clock import Clock, monotonic
from listener.connectors.bluesky_jetstream import Event, Jetstream, read_event
from listener.connectors.bluesky_posts import PLATFORM, POSTS, Replies, address_of, read_post, words
from listener.connectors.boundary import rejected
from listener.connectors.cursors import load_cursor
from listener.connectors.http import Answer, Limits
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import table
from listener.domain.mention import Gap, Mention, MentionKey, Metrics, Page, Reject
from listener.errors import BadCursor, ListenerError, Retry, SkipRecord

REWIND = timedelta(seconds=5)
MOST_EVENTS = 5_000
"""Seen for one page, whether they name a phrase or not."""
MOST_REJECTS = 20
"""Unreadable events of one page; more are no accident."""
AHEAD = timedelta(minutes=5)
"""How far an event's time may lie in the future: a cursor moved too far would pass over posts."""
NEVER_SO_LONG = timedelta(minutes=15)
"""Nobody posts for so long on no day: where events begin this late, the earlier ones are gone."""
PULSE = 3.0
"""Seconds between two pages of a stream, if nothing is found."""
_FOUND = 0.5
"""Seconds a stream's page waits for more, once something is found."""


class Phrases:
    """Finds words and phrases without regard to case; a Latin word is found whole."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._pattern = re.compile("|".join(_pattern(phrase) for phrase in phrases if phrase.strip()))

    def named(self, text: str) -> bool:
        return self._pattern.search(_folded(text)) is not None


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _pattern(phrase: str) -> str:
    plain = _folded(phrase.strip())
    before = "(?<![0-9a-z_])" if re.match("[0-9a-z_]", plain) else ""
    behind = "(?![0-9a-z_])" if re.search("[0-9a-z_]$", plain) else ""
    return before + r"\s+".join(re.escape(word) for word in plain.split()) + behind


def micros(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _instant(time_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)


def cursor_of(time_us: int) -> str:
    return json.dumps({"v": 1, "time_us": time_us})


def load(cursor: str, now: datetime) -> int | None:
    """Up to when the log was read; None for an empty cursor. Raises `BadCursor`."""
    if not cursor:
        return None
    time_us = load_cursor(cursor, version=1).whole("time_us")
    try:
        if parse_instant(time_us / 1e6) > now + AHEAD:
            raise ValueError("it lies in the future")
    except ValueError as error:
        raise BadCursor(f"the place in Jetstream's log can't be read: {error}") from error
    return time_us


class _Gathering:
    """A page while it fills."""

    def __init__(self, phrases: Phrases, newest: int, latest: int, size: int) -> None:
        self.newest = newest
        self.top = 0
        """The newest event of this page alone: what was rewound lies below the cursor."""
        self.first = 0
        self.seen = 0
        self.found: dict[str, Event] = {}
        self.deleted: dict[str, None] = {}
        self.rejects: list[Reject] = []
        self._phrases = phrases
        self._latest = latest
        self._size = size

    @property
    def full(self) -> bool:
        return self.seen >= MOST_EVENTS or len(self.found) >= self._size

    def take(self, frame: bytes) -> None:
        """Raises `Retry` where too much of what comes can't be read."""
        self.seen += 1
        try:
            event = read_event(frame)
            if event.time_us > self._latest:
                raise SkipRecord("event lies in the future: one of the two clocks is wrong")
        except (SkipRecord, ValueError) as error:
            self.rejects.append(rejected(frame.decode("utf-8", "replace"), error, f"event {self.seen}"))
            if len(self.rejects) > MOST_REJECTS:
                raise Retry(f"Jetstream sends what can't be read: {self.rejects[-1].reason}") from error
            return
        self.first = self.first or event.time_us
        self.top = max(self.top, event.time_us)
        self.newest = max(self.newest, event.time_us)
        self._keep(event)

    def _keep(self, event: Event) -> None:
        address = f"at://{event.did}/{POSTS}/{event.rkey}"
        if event.operation == "delete":
            self.found.pop(address, None)
            self.deleted[address] = None
        elif event.operation and self._names(event.record):
            self.deleted.pop(address, None)
            self.found[address] = event

    def _names(self, record: object) -> bool:
        """What holds no words names nothing: among all posts of a network that is no fault worth keeping."""
        try:
            return self._phrases.named(words(table(record)))
        except SkipRecord:
            return False


class _Ended(StrEnum):
    """Why a page was closed."""

    FULL = "full"
    CAUGHT_UP = "caught up"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is listened to, and for what."""

    jetstream: str
    phrases: Phrases
    size: int
    limits: Limits
    kept: timedelta
    """For how long the log reaches back."""

    @property
    def host(self) -> str:
        return urlsplit(self.jetstream).hostname or ""

    @property
    def busy(self) -> bool:
        """Whether it is Bluesky's own: there, some post appears every few milliseconds, and silence is an outage."""
        return self.host.endswith(".bsky.network")


class Hearing:
    """One listening, from an instant on."""

    def __init__(
        self,
        source: Source,
        *,
        start: int,
        resumed: bool,
        clock: Clock,
        replies: Replies,
        profiles: Callable[[Sequence[str]], Mapping[str, Mapping[str, object]]],
        ours: str,
        refuse: Callable[[Answer], ListenerError],
    ) -> None:
        """`start` in microseconds; `resumed`: what lies behind it is owed, and a gap if it is gone."""
        self._source = source
        self._start = start
        self._owed = resumed
        self._clock = clock
        self._replies = replies
        self._profiles = profiles
        self._ours = ours
        self._newest = start
        self._frames: deque[bytes] = deque()
        rewound = max(1, start - micros(_instant(0) + REWIND)) if resumed else start
        self._jetstream = Jetstream(source.jetstream, rewound, source.limits, refuse)

    def poll(self, now: datetime) -> Iterator[Page]:
        """Pages until the events' time reaches `now`."""
        target = micros(now)
        top = 0
        with self._jetstream:
            while True:
                page = self._begun()
                ended = self._filled(page, lambda page, _: page.newest >= target, target)
                yield self._page(page, done=ended is _Ended.CAUGHT_UP)
                if isinstance(ended, Retry):
                    raise ended
                if ended is _Ended.CAUGHT_UP:
                    return
                if ended is _Ended.SLOW or page.top <= top:
                    raise Retry(f"{self._source.host} can't be caught up with: {page.seen} events took us nowhere")
                top = page.top

    def stream(self, stopping: Callable[[], bool]) -> Iterator[Page]:
        """Pages until `stopping()`, the first as soon as we are let in."""

        def enough(page: _Gathering, seconds: float) -> bool:
            return stopping() or seconds >= (_FOUND if page.found else PULSE)

        with self._jetstream:
            yield Page(mentions=(), cursor="", done=False)
            while not stopping():
                page = self._begun()
                ended = self._filled(page, enough, None)
                yield self._page(page, done=False)
                if isinstance(ended, Retry):
                    raise ended

    def _begun(self) -> _Gathering:
        latest = micros(self._clock.now() + AHEAD)
        return _Gathering(self._source.phrases, self._newest, latest, self._source.size)

    def _filled(
        self, page: _Gathering, enough: Callable[[_Gathering, float], bool], target: int | None
    ) -> _Ended | Retry:
        """Fill a page; an error that comes when it holds something already is handed back to be raised after it."""
        try:
            return self._fill(page, enough, target)
        except Retry as error:
            if not page.seen:
                raise
            return error

    def _fill(self, page: _Gathering, enough: Callable[[_Gathering, float], bool], target: int | None) -> _Ended:
        limits = self._source.limits
        began = heard = monotonic()
        while not page.full:
            if not self._frames:
                self._frames.extend(self._jetstream.take(500, min(_FOUND, limits.timeout)))
            at = monotonic()
            if self._frames:
                heard = at
                page.take(self._frames.popleft())
            elif at - heard >= limits.timeout:
                self._still_there()
                heard = monotonic()
                if target is not None:
                    return _Ended.CAUGHT_UP
            if enough(page, at - began):
                return _Ended.CAUGHT_UP
            if target is not None and at - began >= limits.deadline:
                near = page.newest >= target - micros(_instant(0) + NEVER_SO_LONG)
                return _Ended.CAUGHT_UP if near else _Ended.SLOW
        return _Ended.FULL

    def _still_there(self) -> None:
        """Raises `Retry` where silence means an outage."""
        if self._source.busy or not self._jetstream.lives():
            raise Retry(f"{self._source.host} fell silent")

    def _page(self, page: _Gathering, *, done: bool) -> Page:
        mentions, rejects = self._read(list(page.found.items()))
        gaps = self._gaps(page)
        self._newest = page.newest
        return Page(
            mentions=tuple(mentions),
            rejects=(*page.rejects, *rejects),
            overheard=tuple(MentionKey(platform=PLATFORM, native_id=address) for address in page.deleted),
            gaps=gaps,
            cursor=cursor_of(page.newest),
            done=done,
        )

    def _read(self, found: Sequence[tuple[str, Event]]) -> tuple[list[Mention], list[Reject]]:
        mentions: list[Mention] = []
        rejects: list[Reject] = []
        others = [(address, event) for address, event in found if event.did != self._ours]
        profiles = self._profiles([event.did for _, event in others]) if others else {}
        for number, (address, event) in enumerate(others, 1):
            try:
                mentions.append(_mention(address, event, profiles.get(event.did, {}), self._replies))
            except (SkipRecord, ValueError) as error:
                rejects.append(rejected(event.whole, error, f"post {number}"))
        return mentions, rejects

    def _gaps(self, page: _Gathering) -> tuple[Gap, ...]:
        """What the log doesn't hold any more, told with the first events."""
        if not self._owed or not page.first:
            return ()
        self._owed = False
        since, first = _instant(self._start), _instant(page.first)
        gone = self._source.busy or since < self._clock.now() - self._source.kept
        if not gone or first - since < NEVER_SO_LONG:
            return ()
        return (Gap(since=since, until=first, reason=f"{self._source.host} keeps no earlier posts"),)


def _mention(address: str, event: Event, profile: Mapping[str, object], replies: Replies) -> Mention:
    return read_post(
        address_of(address),
        event.record,
        cid=event.cid,
        indexed_at=_instant(event.time_us),
        profile=profile,
        replies=replies,
        metrics=Metrics(),
        raw=event.whole,
    )

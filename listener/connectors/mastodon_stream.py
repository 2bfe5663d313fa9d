"""Mastodon's streams: hashtags, one connection each, or what the instance notifies an account of.

Server-sent events rather than a web socket: a socket carries several streams at once, but takes a library more, and a
source reads four hashtags at most. `update` and `status.update` bring posts and edits. `delete` brings only the
instance's own id of a post, and only of what this stream has brought is it known which post that was: other deletions
are found when posts are looked up again. Notifications tell of no deletions at all.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from listener.connectors.boundary import optional_id
from listener.connectors.cursors import load_cursor
from listener.connectors.http import Request
from listener.connectors.jsons import loads, table
from listener.connectors.lasting import Patience, lines
from listener.connectors.mastodon_instance import Instance
from listener.connectors.mastodon_statuses import local_id, newest, status_of
from listener.connectors.mastodon_timelines import Timelines, cursor_of
from listener.domain.mention import MentionKey, Page
from listener.errors import ListenerError, NotPermitted, RateLimited, Reauthorize, Retry

BEAT = 15.0
"""Seconds after which a page is given though nothing came."""
HELD = 1000
"""Events that wait to be read; then their connections wait."""
AT_ONCE = 40
"""Events put into one page."""
REMEMBERED = 20_000
"""Posts of a stream whose ids are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a stream; without a kind: the stream stands."""

    kind: str = ""
    data: str = ""


class Ears:
    """Reads several streams, each in a thread of its own."""

    def __init__(
        self,
        requests: list[Request],
        refuse: Callable[..., ListenerError],
        stopping: Callable[[], bool],
        patience: Patience,
    ) -> None:
        self._refuse = refuse
        self._stopping = stopping
        self._patience = patience
        self._closed = threading.Event()
        self._heard: queue.Queue[Event | ListenerError | None] = queue.Queue(HELD)
        self._ended: ListenerError | None = None
        self._threads = [threading.Thread(target=self._read, args=(one,), daemon=True) for one in requests]

    def batches(self) -> Iterator[list[Event]]:
        """What came, an empty list each time all stand or nothing came for a while. Raises as `lines` does."""
        for thread in self._threads:
            thread.start()
        try:
            yield from self._wait_for_all()
            while not self.over():
                yield self._batch()
        finally:
            self._closed.set()
            for thread in self._threads:
                thread.join(timeout=5)

    def over(self) -> bool:
        return self._closed.is_set() or self._stopping()

    def _wait_for_all(self) -> Iterator[list[Event]]:
        """Ends without a word if we are told to stop meanwhile."""
        early: list[Event] = []
        standing = 0
        while standing < len(self._threads) and not self.over():
            event = self._next(1.0)
            if event is not None and event.kind:
                early.append(event)
            elif event is not None:
                standing += 1
        if standing == len(self._threads):
            yield []
            if early:
                yield early

    def _batch(self) -> list[Event]:
        """What is there, or the next that comes."""
        found: list[Event] = []
        while len(found) < AT_ONCE and (event := self._next(0.0 if found else BEAT)) is not None:
            found.append(event)
        return found

    def _next(self, seconds: float) -> Event | None:
        """None if nothing comes for so long. Raises what a reader ended with, once all before it is given."""
        if self._ended is not None:
            raise self._ended
        waited = 0.0
        while not self.over():
            try:
                found = self._heard.get(block=seconds > 0, timeout=1.0)
            except queue.Empty:
                waited += 1.0
                if waited >= seconds:
                    return None
                continue
            if isinstance(found, Event):
                return found
            self._ended = found or Retry("a reader of the stream broke off")
            if seconds > 0:
                raise self._ended
            return None
        return None

    def _read(self, request: Request) -> None:
        ended: ListenerError | None = None
        try:
            for event in events(lines(request, self._patience, self.over, self._refuse)):
                self._put(event)
        except ListenerError as error:
            ended = error
        finally:
            self._put(ended)  # also when a bug ended it: silence must not look like calm

    def _put(self, event: Event | ListenerError | None) -> None:
        """A full queue holds its connection up: what we can't take the far side keeps, or breaks off."""
        while not self.over():
            try:
                self._heard.put(event, timeout=1.0)
            except queue.Full:
                continue
            return


def events(stream: Iterator[str]) -> Iterator[Event]:
    """Server-sent events from their lines; the first line says that the stream stands."""
    next(stream, None)
    yield Event()
    kind, data = "", list[str]()
    for line in stream:
        name, _, value = line.partition(":")
        if not line and kind:
            yield Event(kind=kind, data="\n".join(data))
        if not line:
            kind, data = "", []
        elif name == "event":
            kind = value.strip()
        elif name == "data":
            data.append(value.removeprefix(" "))


class Hearing:
    """Turns events into pages; knows the ids of what it has brought."""

    def __init__(self, timelines: Timelines, cursor: str) -> None:
        self._timelines = timelines
        state = load_cursor(cursor, version=1)
        # Where a walk isn't at its end, or none was begun, a cursor of ours would hide what is still to be read.
        self._last = "" if state.part("run") else state.text("last")
        self._uris: dict[str, str] = {}

    def page(self, batch: list[Event]) -> Page:
        records = [record for event in batch if (record := self._record(event)) is not None]
        if self._last:
            self._last = newest([self._last, *(local_id(record) for record in records)])
        cursor = cursor_of(self._last) if self._last and records else ""
        found = self._timelines.paged(records, cursor=cursor, done=False)
        self._remember(records)
        gone = [self._uris.pop(one.data.strip(), "") for one in batch if one.kind == "delete"]
        keys = tuple(MentionKey(platform="mastodon", native_id=uri) for uri in gone if uri)
        return Page(mentions=found.mentions, rejects=found.rejects, deleted=keys, cursor=cursor, done=False)

    def _record(self, event: Event) -> object:
        """The post or notification that an event brings; None where it brings none."""
        wanted = ("notification",) if self._timelines.notified else ("update", "status.update")
        if event.kind not in wanted:
            return None
        try:
            found = loads(event.data)
        except ValueError:
            return event.data  # set aside with its reason, as any record that can't be read
        if self._timelines.notified and table(found).get("type") not in ("mention", None):
            return None
        return found

    def _remember(self, records: list[object]) -> None:
        for record in map(status_of, records):
            if uri := optional_id(table(record).get("uri")):
                self._uris[local_id(record)] = uri
        for native_id in list(self._uris)[:-REMEMBERED]:
            del self._uris[native_id]


def listen(
    instance: Instance, timelines: Timelines, tags: tuple[str, ...], cursor: str, stopping: Callable[[], bool]
) -> Iterator[Page]:
    """Pages as events come. Raises `NotPermitted` where the instance streams to members only, else as `lines` does."""
    ears = Ears(_requests(instance, timelines, tags), instance.stream_refused, stopping, Patience())
    hearing = Hearing(timelines, cursor)
    try:
        for batch in ears.batches():
            yield hearing.page(batch) if batch else Page(mentions=(), cursor="", done=False)
    except RateLimited as error:
        instance.stream_blocked(error.until)
        raise
    except Reauthorize as error:
        if instance.signed_in:
            raise
        words = f"{instance.host} streams only to whom it knows"
        raise NotPermitted(words, next_step="add the secret access_token, or leave stream out") from error


def _requests(instance: Instance, timelines: Timelines, tags: tuple[str, ...]) -> list[Request]:
    base = f"{instance.streaming()}/api/v1/streaming"
    if timelines.notified:
        return [instance.streamed(f"{base}/user/notification")]
    return [instance.streamed(f"{base}/hashtag?{urlencode({'tag': tag.lstrip('#')})}") for tag in tags]

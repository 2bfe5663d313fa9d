"""What Meta told by webhook, read from where the receiver kept it.

Events come at least once, late, and in no order. Each stands for itself: an edit brings the mention again, a removal
deletes it for good, so that what comes twice or after it changes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from listener.connectors.boundary import optional_id, rejected
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import table
from listener.connectors.spool import Line, Place, Spool
from listener.domain.mention import Mention, MentionKey, Reject
from listener.errors import ListenerError, SkipRecord

AT_ONCE = 100
"""Events in one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change that was told of."""

    field: str
    value: object
    at: datetime
    """When it was, by Meta's clock, as far as it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an event brings; nothing at all, where it is no concern of ours."""

    mention: Mention | None = None
    deleted: MentionKey | None = None


NOTHING = Told()
Tell = Callable[[Event], Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a stretch of events brings."""

    mentions: tuple[Mention, ...]
    deleted: tuple[MentionKey, ...]
    rejects: tuple[Reject, ...]
    place: Place


def heard(spool: Spool | None, place: Place, tell: Tell) -> Iterator[Heard]:
    """All events after a place. What lies before it is deleted first: it is committed.

    Raises what `tell` raises, after what was told before it.
    """
    if spool is None:
        return
    spool.forget(place)
    while lines := spool.read(place, AT_ONCE):
        gathered = _Gathered(place)
        try:
            for line in lines:
                gathered.add(line, tell)
        except ListenerError:
            if gathered.place != place:
                yield gathered.whole()
            raise
        place = gathered.place
        yield gathered.whole()


class _Gathered:
    """Events read so far."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._mentions: list[Mention] = []
        self._deleted: list[MentionKey] = []
        self._rejects: list[Reject] = []

    def add(self, line: Line, tell: Tell) -> None:
        try:
            told = tell(_event(line))
        except (SkipRecord, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            record = line.text if line.record is None else line.record
            reject = rejected(record, error, f"webhook {line.after.file} up to byte {line.after.at}")
            self._rejects.append(replace(reject, native_id=_about(record)))
        else:
            self._mentions += [told.mention] if told.mention else []
            self._deleted += [told.deleted] if told.deleted else []
        self.place = line.after

    def whole(self) -> Heard:
        return Heard(
            mentions=tuple(self._mentions),
            deleted=tuple(self._deleted),
            rejects=tuple(self._rejects),
            place=self.place,
        )


def _about(record: object) -> str:
    """The post that an event is about: once that is deleted, so is what was set aside of it."""
    said = table(table(record).get("value"))
    ids = (optional_id(said.get(key)) for key in ("comment_id", "open_graph_story_id", "id", "post_id", "media_id"))
    return next(filter(None, ids), "")


def _event(line: Line) -> Event:
    said = table(line.record)
    field = said.get("field")
    if said.get("v") != 1 or not isinstance(field, str):
        raise SkipRecord("not an event")
    came = parse_instant(said.get("came"))
    try:
        at = min(parse_instant(said.get("time")), came)
    except ValueError:
        at = came
    return Event(field=field, value=said.get("value"), at=at)

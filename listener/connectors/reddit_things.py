"""A submission or comment of Reddit's API as a mention."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.connectors.boundary import id_of, link_of, name_of, optional_id, text_of
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text, table
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.domain.text import clean
from listener.errors import SkipRecord

PLATFORM = "reddit"
SITE = "https://www.reddit.com"
_SUBMISSION = re.compile(r"/r/[^/]+/comments/([a-z0-9]{1,12})/")
_GONE = ("[deleted]", "[removed]", "[ Removed by Reddit ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How things are read for one source."""

    now: datetime
    has_account: bool
    keep_raw: bool


def data_of(record: object) -> Mapping[str, object]:
    """The fields of a submission (t3) or comment (t1). Raises `SkipRecord`."""
    kind = table(record).get("kind")
    if kind not in ("t1", "t3"):
        raise SkipRecord(f"neither a submission nor a comment: {kind!r:.40}")
    return table(table(record).get("data"))


def created_of(data: Mapping[str, object], now: datetime) -> datetime:
    """When it was posted. Raises `SkipRecord` where that lies in the future, `ValueError` where it is no time."""
    created = parse_instant(data.get("created_utc"))
    if created > now + timedelta(days=1):
        raise SkipRecord("created_utc lies in the future")
    return created


def is_gone(record: object) -> bool:
    """Whether its author deleted it or a moderator removed it."""
    data = table(table(record).get("data"))
    return data.get("author") in (None, "[deleted]") and (data.get("body") or data.get("selftext")) in _GONE


def key_of(record: object) -> MentionKey:
    """Its identity: Reddit's fullname. Raises `SkipRecord`."""
    return MentionKey(platform=PLATFORM, native_id=id_of(data_of(record).get("name"), "name"))


def read_thing(record: object, reading: Reading) -> Mention:
    """One child of a listing. Raises `SkipRecord` or `ValueError` with the reason."""
    data = data_of(record)
    key = key_of(record)
    closed = data.get("locked") is True or data.get("archived") is True
    edited = data.get("edited")
    return Mention(
        key=key,
        author=_author(data, key),
        text=_words(data),
        created_at=created_of(data, reading.now),
        url=_link(data),
        thread=_thread(data) or key.native_id,
        parent=optional_id(data.get("parent_id")),
        is_repost=isinstance(data.get("crosspost_parent"), str),
        version=str(int(edited)) if isinstance(edited, (int, float)) and not isinstance(edited, bool) else "",
        metrics=Metrics(
            likes=count(data.get("score")),
            replies=count(data.get("num_comments")),
            reposts=count(data.get("num_crossposts")),
        ),
        can_reply=reading.has_account and not closed,
        reply_note=_reply_note(reading, closed=closed),
        raw=raw_text(data) if reading.keep_raw else "",
    )


def _reply_note(reading: Reading, *, closed: bool) -> str:
    if closed:
        return "the thread is locked or archived"
    return "through the configured account" if reading.has_account else "no Reddit account is configured"


def _author(data: Mapping[str, object], key: MentionKey) -> Author:
    handle = name_of(data.get("author"))
    handle = "" if handle == "[deleted]" else handle
    native_id = optional_id(data.get("author_fullname")) or handle or f"nameless-{key.native_id}"
    return Author(platform=PLATFORM, native_id=native_id, handle=handle)


def _words(data: Mapping[str, object]) -> str:
    """A comment's body, or a submission's title and what is written under it."""
    if data.get("title") is None:
        text = text_of(data.get("body"))
    else:
        below = data.get("selftext")
        text = clean(text_of(data["title"]) + ("\n\n" + below if isinstance(below, str) and below else ""))
    if not text:
        raise SkipRecord("text is empty")
    return text


def _thread(data: Mapping[str, object]) -> str:
    """The submission that a comment stands under; a mention in the inbox names it only in its context."""
    found = _SUBMISSION.match(str(data.get("context", "")))
    return optional_id(data.get("link_id")) or (f"t3_{found[1]}" if found else "")


def _link(data: Mapping[str, object]) -> str:
    """The permalink; a mention in the inbox has a context instead."""
    path = data.get("permalink") or data.get("context")
    return link_of(SITE + path) if isinstance(path, str) and path.startswith("/r/") else ""

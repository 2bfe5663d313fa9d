"""A submission or comment of Reddit's API as a mention.

Nobody is answered who didn't write to the brand: a reply is open to those who named the account or answered it. An
inbox says so by its records' `type`; elsewhere it is read off the words, and off whose submission is answered. Of an
answer to the account's comment only the inbox tells.
"""

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
UNDER_REVIEW = "automod_filtered"
_SUBMISSION = re.compile(r"/r/[^/]+/comments/([a-z0-9]{1,12})/")
_BY_REDDIT = "[ Removed by Reddit ]"
_GONE = ("[deleted]", "[removed]", _BY_REDDIT)
_NOBODY = (None, "", "[deleted]")
_TOLD = ("username_mention", "comment_reply", "post_reply")
_QUOTED = re.compile(r"^\s{0,3}>.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How things are read for one source."""

    now: datetime
    account: str
    """Who answers, case-folded; empty where nobody does."""
    keep_raw: bool
    told: bool = False
    """It is known already that the author wrote to the account."""


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


def is_under_review(record: object) -> bool:
    """Whether moderators have yet to let it through: it isn't shown, and isn't gone either."""
    return table(table(record).get("data")).get("removed_by_category") == UNDER_REVIEW


def is_gone(record: object) -> bool:
    """Whether its author deleted it or a moderator removed it.

    A removed submission keeps its author, a comment doesn't. An account that is gone leaves its words.
    """
    data = table(table(record).get("data"))
    if is_under_review(record):
        return False
    if data.get("removed_by_category"):
        return True
    words = data.get("body") if data.get("title") is None else data.get("selftext")
    shown_without = data.get("author") in _NOBODY or data.get("title") is not None or words == _BY_REDDIT
    return words in _GONE and shown_without


def key_of(record: object) -> MentionKey:
    """Its identity: Reddit's fullname. Raises `SkipRecord`."""
    return MentionKey(platform=PLATFORM, native_id=id_of(data_of(record).get("name"), "name"))


def read_thing(record: object, reading: Reading) -> Mention:
    """One child of a listing. Raises `SkipRecord` or `ValueError` with the reason."""
    data = data_of(record)
    key = key_of(record)
    can_reply, note = _answerable(data, reading)
    return Mention(
        key=key,
        author=_author(data, key),
        text=_words(data),
        created_at=created_of(data, reading.now),
        url=_link(data),
        thread=_thread(data) or key.native_id,
        parent=optional_id(data.get("parent_id")),
        is_repost=isinstance(data.get("crosspost_parent"), str),
        version=_version(data),
        metrics=Metrics(
            likes=count(data.get("score")),
            replies=count(data.get("num_comments")),
            reposts=count(data.get("num_crossposts")),
        ),
        can_reply=can_reply,
        reply_note=note,
        raw=raw_text(data) if reading.keep_raw else "",
    )


def _version(data: Mapping[str, object]) -> str:
    """When it was edited. That its account is gone is a change too: who it was must be forgotten here."""
    edited = data.get("edited")
    at = str(int(edited)) if isinstance(edited, (int, float)) and not isinstance(edited, bool) else ""
    return at if name_of(data.get("author")) not in _NOBODY else f"{at}-nameless".removeprefix("-")


def _answerable(data: Mapping[str, object], reading: Reading) -> tuple[bool, str]:
    """Whether a reply may be sent, and why or why not."""
    if not reading.account:
        return False, "no Reddit account is configured"
    if name_of(data.get("author")).casefold() == reading.account:
        return False, "the configured account wrote it itself"
    if data.get("locked") is True or data.get("archived") is True:
        return False, "the thread is locked or archived"
    if not (reading.told or _addressed(data, reading.account)):
        return False, "its author neither mentioned nor answered the configured account"
    return True, "through the configured account"


def _addressed(data: Mapping[str, object], account: str) -> bool:
    if data.get("type") in _TOLD:
        return True
    parent, link = data.get("parent_id"), data.get("link_id")
    if parent is not None and parent == link and name_of(data.get("link_author")).casefold() == account:
        return True
    words = "\n".join(str(data.get(name) or "") for name in ("title", "selftext", "body"))
    named = re.compile(rf"(?<![\w/-])/?u/{re.escape(account)}(?![\w-])", re.IGNORECASE)
    return named.search(_QUOTED.sub("", words)) is not None


def _author(data: Mapping[str, object], key: MentionKey) -> Author:
    handle = name_of(data.get("author"))
    handle = "" if handle == "[deleted]" else handle
    native_id = (optional_id(data.get("author_fullname")) if handle else "") or handle or f"nameless-{key.native_id}"
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
    """The submission that a comment stands under; a record in the inbox names it only in its context."""
    found = _SUBMISSION.match(str(data.get("context", "")))
    return optional_id(data.get("link_id")) or (f"t3_{found[1]}" if found else "")


def _link(data: Mapping[str, object]) -> str:
    """The permalink; a record in the inbox has a context instead."""
    path = data.get("permalink") or data.get("context")
    return link_of(SITE + path) if isinstance(path, str) and path.startswith("/r/") else ""

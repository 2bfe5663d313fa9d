"""An entry of a feed as a mention."""

import hashlib
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from listener.connectors.boundary import lang_of, link_of, name_of, optional_id
from listener.connectors.jsons import raw_text
from listener.connectors.markup import to_text
from listener.domain.mention import Author, Mention, MentionKey
from listener.domain.text import clean
from listener.errors import SkipRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How entries of one feed are read."""

    platform: str
    now: datetime
    site: str
    """The feed's own title."""
    base: str
    """What relative links are relative to."""


def read_entry(entry: Any, reading: Reading) -> Mention:
    """One entry of feedparser's. Raises `SkipRecord` where it has no words."""
    native_id = native_id_of(entry)
    text = words_of(entry)
    if not text:
        raise SkipRecord("entry has no text")
    return Mention(
        key=MentionKey(platform=reading.platform, native_id=native_id),
        author=_author(entry, reading, native_id),
        text=text,
        created_at=_created(entry, reading.now),
        url=_link(entry.get("link"), reading.base),
        lang=lang_of(entry.get("language")),
        reply_note="a feed can't be answered: open the link",
        raw=raw_text({key: value for key, value in entry.items() if isinstance(value, str)}),
    )


def native_id_of(entry: Mapping[str, object]) -> str:
    """The entry's id, else its link, else a hash of its title and date; a hash too where an id can't be kept."""
    for value in (entry.get("id"), entry.get("link")):
        if isinstance(value, str) and value.strip():
            return optional_id(value) or "hash-" + _hash(value)
    title = entry.get("title") or words_of(entry)
    return "hash-" + _hash(f"{title}\n{entry.get('published') or entry.get('updated')}")


def key_of(entry: Mapping[str, object]) -> str:
    """What tells entries apart in the cursor."""
    return _hash(native_id_of(entry))[:12]


def mark_of(entry: Mapping[str, object]) -> str:
    """What tells an entry and its wording apart: `key-wording`."""
    return f"{key_of(entry)}-{_hash(words_of(entry))[:8]}"


def words_of(entry: Mapping[str, object]) -> str:
    """Title and body as text; a title that the body repeats is left out."""
    title = _plain(entry.get("title"))
    body = _plain(_content(entry) or entry.get("summary"))
    return clean(body if title and body.startswith(title) else "\n\n".join(part for part in (title, body) if part))


def _content(entry: Mapping[str, object]) -> object:
    parts = entry.get("content")
    first = parts[0] if isinstance(parts, list) and parts else None
    return first.get("value") if isinstance(first, dict) else None


def _plain(value: object) -> str:
    return to_text(value) if isinstance(value, str) else ""


def _author(entry: Mapping[str, object], reading: Reading, native_id: str) -> Author:
    """Whoever signed the entry. Unsigned entries are different people, not one."""
    handle = name_of(entry.get("author")).removeprefix("/u/")
    return Author(
        platform=reading.platform,
        native_id=handle or f"nameless-{native_id}",
        handle=handle,
        name=handle or reading.site,
    )


def _link(value: object, base: str) -> str:
    try:
        return link_of(urljoin(base, value)) if isinstance(value, str) else ""
    except ValueError:
        return ""


def _created(entry: Mapping[str, object], now: datetime) -> datetime:
    """When it was published; when it was first read, where the feed doesn't say or is ahead of time."""
    parsed: Any = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        created = datetime.fromtimestamp(timegm(parsed), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return now
    return created if datetime(1990, 1, 1, tzinfo=UTC) <= created <= now + timedelta(hours=1) else now


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]

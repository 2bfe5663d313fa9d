"""Which column holds what, and a row of a file as a mention."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from urllib.parse import quote

from listener.connectors.boundary import id_of, lang_of, link_of, name_of, optional_id, text_of
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text
from listener.connectors.review_words import titled
from listener.domain.mappings import FIELDS
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.errors import ConfigError, SkipRecord

GUESSES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "native_id", "id_str", "tweet_id", "post_id", "review_id", "uri"),
    "created_at": ("created_at", "date", "datetime", "timestamp", "time", "published_at", "published", "tweet_created"),
    "author": ("author", "author.handle", "author.username", "user.screen_name", "username", "handle", "user", "name"),
    "author_id": ("author_id", "author.id", "user_id", "user.id"),
    "name": ("author_name", "author.name", "display_name", "user.name"),
    "title": ("review_title", "headline"),
    "text": ("text", "full_text", "body", "content", "message", "tweet", "comment", "review"),
    "url": ("url", "permalink", "link"),
    "lang": ("lang", "language"),
    "reposts": ("reposts", "retweets", "retweet_count", "shares"),
    "likes": ("likes", "like_count", "favorite_count", "favourites_count", "score"),
    "replies": ("replies", "reply_count", "num_comments", "comments"),
    "followers": ("followers", "followers_count", "author.followers", "user.followers_count"),
    "thread": ("thread", "conversation_id", "thread_id"),
    "parent": ("parent", "parent_id", "in_reply_to", "in_reply_to_status_id"),
    "platform": ("platform",),
    "is_repost": ("is_repost", "is_retweet"),
    "version": ("version",),
}
"""Our field → columns that hold it in files as people have them; the first that a row fills is taken."""

NEEDED = ("id", "created_at", "text")
"""Fields whose column, once named, must be there: without it every row is set aside, or none is known again."""

_MANGLED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
"""A long number after a spreadsheet has rounded it: many posts would share one id."""
_FLOATED = re.compile(r"([0-9]+)\.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The mapping of one file: our field → its column; fields not named are guessed row by row."""

    given: Mapping[str, str]
    platform: str
    zone: tzinfo | None = None
    """Of times that bear none; None sets their rows aside."""
    date_format: str = ""
    permalink: str = ""
    """Of rows without a url; `{id}` stands for theirs."""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.given) - set(FIELDS))
        if unknown:
            raise ConfigError(f"options.columns names {', '.join(unknown)}: the fields are {', '.join(FIELDS)}")

    def sources(self, row: Mapping[str, object]) -> dict[str, str]:
        """Field → the column that fills it in this row; fields that none fills are absent."""
        present = tuple(row)
        found = {
            field: next((column for column in guesses if _filled(_dig(row, column))), "")
            for field, guesses in _candidates(present).items()
        }
        given = {field: _as_spelled(column, present) for field, column in self.given.items()}
        return {field: column for field, column in (found | given).items() if column}

    def absent(self, rows: Sequence[Mapping[str, object]]) -> dict[str, str]:
        """Field → the column named for it that none of these rows has."""
        return {
            field: column
            for field, column in self.given.items()
            if column and not any(_has(row, _as_spelled(column, tuple(row))) for row in rows)
        }

    def values(self, row: Mapping[str, object]) -> dict[str, object]:
        """Field → its value in this row."""
        return {field: _dig(row, column) for field, column in self.sources(row).items()}


@lru_cache(maxsize=64)
def _candidates(present: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Our field → the columns of a row of this shape that may fill it, whatever their case and spacing."""
    known = {_plain(column): column for column in present}
    found = {field: tuple(_spelled(guess, known) for guess in guesses) for field, guesses in GUESSES.items()}
    return {field: tuple(filter(None, columns)) for field, columns in found.items() if any(columns)}


def _spelled(guess: str, known: Mapping[str, str]) -> str:
    """A guess as this file spells it; empty if the file has no such column."""
    if guess in known:
        return known[guess]
    outer, dot, inner = guess.partition(".")
    return f"{known[outer]}.{inner}" if dot and outer in known else ""


@lru_cache(maxsize=256)
def _as_spelled(column: str, present: tuple[str, ...]) -> str:
    """A column named by somebody as this file spells it; as it was named where the file has none like it."""
    if column in present:
        return column
    return next((one for one in present if _plain(one) == _plain(column)), column)


def _plain(column: str) -> str:
    """Whatever its case and spacing."""
    return re.sub(r"[\s-]+", "_", column.strip().lower())


def _has(row: Mapping[str, object], column: str) -> bool:
    return column in row or ("." in column and _dig(row, column) is not None)


def _dig(row: Mapping[str, object], column: str) -> object:
    """A value by its name, or by dotted names through nested objects."""
    if column in row:
        return row[column]
    value: object = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _filled(value: object) -> bool:
    return value is not None and value != "" and not isinstance(value, (dict, list))


def read_row(row: Mapping[str, object], columns: Columns) -> Mention:
    """A row as a mention. Raises `SkipRecord` or `ValueError` with the reason."""
    values = columns.values(row)
    value = values.get
    platform = name_of(value("platform")) or columns.platform
    native_id = _native_id(row, value("id"))
    return Mention(
        key=MentionKey(platform=platform, native_id=native_id),
        author=_author(values, platform, native_id),
        text=_words(value("title"), value("text")),
        created_at=_instant(value("created_at"), columns),
        url=link_of(value("url")) or link_of(columns.permalink.replace("{id}", quote(native_id, safe=""))),
        thread=optional_id(value("thread")),
        parent=optional_id(value("parent")),
        lang=lang_of(value("lang")),
        is_repost=_truth(value("is_repost")),
        version=optional_id(value("version")),
        metrics=Metrics(
            likes=count(value("likes")),
            replies=count(value("replies")),
            reposts=count(value("reposts")),
        ),
        reply_note="imported from a file",
        raw=raw_text(row),
    )


def _native_id(row: Mapping[str, object], value: object) -> str:
    """The row's id; without one, a hash of the row, so that importing it again changes nothing."""
    if not _filled(value):
        canonical = json.dumps(row, sort_keys=True, default=str)
        return "row-" + hashlib.sha256(canonical.encode()).hexdigest()[:32]
    text = str(value) if isinstance(value, float) else value
    if isinstance(text, str):
        if _MANGLED.fullmatch(text.strip()):
            raise SkipRecord(
                f"id {text.strip():.40} was rounded by a spreadsheet: export the file again with ids as text"
            )
        text = _FLOATED.sub(r"\1", text.strip())
    return id_of(text)


def _author(values: Mapping[str, object], platform: str, native_id: str) -> Author:
    """Whoever wrote the row. Nameless rows are different people, not one."""
    handle = name_of(values.get("author")).removeprefix("@")
    followers = values.get("followers")
    return Author(
        platform=platform,
        native_id=optional_id(values.get("author_id")) or handle or f"nameless-{native_id}",
        handle=handle,
        name=name_of(values.get("name")),
        followers=count(followers) if _filled(followers) else None,
    )


def _words(title: object, value: object) -> str:
    if isinstance(title, str) and title.strip():
        return titled(title, value if _filled(value) else None)
    text = text_of(value)
    if not text:
        raise SkipRecord("text is empty")
    return text


def _instant(value: object, columns: Columns) -> datetime:
    if not _filled(value):
        raise SkipRecord(
            "created_at is missing: name its column, --column created_at=… or columns = {created_at = '…'}"
        )
    try:
        return parse_instant(_as_written(value, columns.date_format), columns.zone)
    except ValueError as error:
        if "without a zone" not in str(error):
            raise
        raise SkipRecord(f"{error}: state it, --zone Europe/Berlin or zone = 'Europe/Berlin'") from error


def _as_written(value: object, date_format: str) -> object:
    """A time of this format as ISO 8601."""
    if not date_format:
        return value
    try:
        return datetime.strptime(str(value).strip(), date_format).isoformat()  # noqa: DTZ007 - its zone comes after
    except (ValueError, TypeError) as error:
        raise ValueError(f"{value!r:.60} is not a time written as {date_format}") from error


def _truth(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "yes", "1"))

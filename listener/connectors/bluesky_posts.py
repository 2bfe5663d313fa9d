"""A post of Bluesky as a mention: from a notification, a view of a post, or the network's stream of records.

Facets point into the text by bytes of UTF-8. A post's address (`at://…`) is its key, its `cid` the version.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from listener.connectors.boundary import lang_of, link_of, name_of, text_of
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text, rows, table
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.domain.text import clean
from listener.errors import SkipRecord

PLATFORM = "bluesky"
POSTS = "app.bsky.feed.post"
MAX_ADDRESS = 200
_ADDRESS = re.compile(rf"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/{re.escape(POSTS)}/([A-Za-z0-9._~:-]+)")
_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_CUT_OFF = re.compile(r"(?:…|\.\.\.)$")
_MAX_FACETS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a post stands."""

    did: str
    rkey: str

    def __str__(self) -> str:
        return f"at://{self.did}/{POSTS}/{self.rkey}"


def address_of(value: object) -> Address:
    """A post's address. Raises `SkipRecord` for anything else's."""
    found = _ADDRESS.fullmatch(value) if isinstance(value, str) and len(value) <= MAX_ADDRESS else None
    if found is None:
        raise SkipRecord("uri is missing" if value is None else f"uri is not a post's: {value!r:.80}")
    return Address(did=found[1], rkey=found[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Whether this source can answer what it reads."""

    able: bool
    note: str = ""


def read_view(view: object, replies: Replies) -> Mention:
    """A notification, or a post as `getPosts` and a search show it. Raises `SkipRecord` or `ValueError`."""
    if not isinstance(view, dict):
        raise SkipRecord(f"post is a {type(view).__name__}")
    if table(view.get("viewer")).get("replyDisabled") is True:
        replies = Replies(able=False, note="its author lets only some people reply: open it on Bluesky")
    return read_post(
        address_of(view.get("uri")),
        view.get("record"),
        cid=view.get("cid"),
        indexed_at=parse_instant(view.get("indexedAt")),
        profile=table(view.get("author")),
        replies=replies,
        metrics=Metrics(
            likes=count(view.get("likeCount")),
            replies=count(view.get("replyCount")),
            reposts=count(view.get("repostCount")) + count(view.get("quoteCount")),
        ),
        raw=view,
    )


def read_post(
    address: Address,
    record: object,
    *,
    cid: object,
    indexed_at: datetime,
    profile: Mapping[str, object],
    replies: Replies,
    metrics: Metrics,
    raw: object,
) -> Mention:
    """A post's record with what stands around it. Raises `SkipRecord` or `ValueError` with the reason."""
    if not isinstance(record, dict):
        raise SkipRecord("record is missing" if record is None else f"record is a {type(record).__name__}")
    author = author_of(address.did, profile)
    answered = table(record.get("reply"))
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=str(address)),
        author=author,
        text=words(record),
        created_at=_created(record.get("createdAt"), indexed_at),
        url=link_of(f"https://bsky.app/profile/{author.handle}/post/{address.rkey}"),
        thread=_target(answered.get("root")) or str(address),
        parent=_target(answered.get("parent")),
        lang=next((found for lang in rows(record.get("langs")) if (found := lang_of(lang))), ""),
        version=name_of(cid),
        metrics=metrics,
        can_reply=replies.able,
        reply_note=replies.note,
        raw=raw_text(raw),
    )


def author_of(did: str, profile: Mapping[str, object]) -> Author:
    """Who wrote it; the account's permanent id stands for a handle that isn't known, or isn't valid any more."""
    handle = name_of(profile.get("handle"))
    known = _HANDLE.fullmatch(handle) is not None and not handle.endswith(".invalid")
    return Author(
        platform=PLATFORM,
        native_id=did,
        handle=handle if known else did,
        name=name_of(profile.get("displayName")),
        followers=count(profile.get("followersCount")) if "followersCount" in profile else None,
    )


def words(record: Mapping[str, object]) -> str:
    """A post's text, cleaned; a link that was shortened to be shown is written out. Raises `SkipRecord`."""
    text = record.get("text")
    if not isinstance(text, str):
        return text_of(text)
    whole = text.encode("utf-8", "replace")
    parts: list[bytes] = []
    at = 0
    for start, end, target in sorted(_links(record)):
        if at <= start < end <= len(whole) and _is_short_for(whole[start:end], target):
            parts += (whole[at:start], target.encode("utf-8", "replace"))
            at = end
    return clean(b"".join((*parts, whole[at:])).decode("utf-8", "replace"))


def _links(record: Mapping[str, object]) -> list[tuple[int, int, str]]:
    """(first byte, byte behind the last, where to) of each link."""
    found: list[tuple[int, int, str]] = []
    for facet in rows(record.get("facets"))[:_MAX_FACETS]:
        index = table(table(facet).get("index"))
        start, end = index.get("byteStart"), index.get("byteEnd")
        target = next((link for one in rows(table(facet).get("features")) if (link := _link(one))), "")
        if target and type(start) is int and type(end) is int:
            found.append((start, end, target))
    return found


def _link(feature: object) -> str:
    found = table(feature)
    return link_of(found.get("uri")) if found.get("$type") == "app.bsky.richtext.facet#link" else ""


def _is_short_for(shown: bytes, target: str) -> bool:
    """Whether a text is the beginning of an address, cut off: `www.acme.com/orders/12…`."""
    text = shown.decode("utf-8", "replace")
    begins = _CUT_OFF.sub("", text)
    if begins == text or not begins:
        return False
    parts = urlsplit(target)
    bare = target.removeprefix(f"{parts.scheme}://")
    return any(one.startswith(begins) for one in (target, bare, bare.removeprefix("www.")))


def _created(claimed: object, indexed_at: datetime) -> datetime:
    """When it was posted by its author's clock, but never after it was seen: Bluesky sorts by the same rule."""
    try:
        return min(parse_instant(claimed), indexed_at)
    except ValueError:
        return indexed_at


def _target(link: object) -> str:
    try:
        return str(address_of(table(link).get("uri")))
    except SkipRecord:
        return ""

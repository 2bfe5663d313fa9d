"""App Store reviews as mentions: App Store Connect's, and those of the public feed.

A mention has no field for the stars: they stay in `raw`, and a review whose stars alone change is a new version.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from listener.connectors.boundary import id_of, link_of, name_of, optional_id
from listener.connectors.instants import parse_instant, stamp
from listener.connectors.jsons import count, raw_text, rows, table
from listener.connectors.review_words import titled
from listener.domain.mention import Author, Mention, MentionKey
from listener.domain.text import clean
from listener.errors import SkipRecord

PLATFORM = "appstore"
SITE = "https://apps.apple.com"

_PROFILE = "/reviews/id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The developer's response that a review bears."""

    native_id: str
    text: str
    at: datetime | None


def joined(answer: Mapping[str, object], review: object) -> dict[str, object]:
    """A review with the response that came beside it, if it has one."""
    wanted = optional_id(table(_linked(review, "response")).get("id"))
    responses = (table(one) for one in rows(answer.get("included")))
    found = next((one for one in responses if wanted and one.get("id") == wanted), None)
    return {"review": review, "response": dict(found) if found else ({"id": wanted} if wanted else None)}


def _linked(record: object, name: str) -> object:
    return table(table(table(record).get("relationships")).get(name)).get("data")


def changed_at(record: object) -> datetime | None:
    """When a joined review was last written; None where that can't be read."""
    with suppress(ValueError):
        return parse_instant(_said(record).get("createdDate"))
    return None


def standing_of(record: object) -> Standing | None:
    """The response that a joined review bears."""
    response = table(table(record).get("response"))
    native_id = optional_id(response.get("id"))
    if not native_id:
        return None
    said = table(response.get("attributes"))
    body, at = said.get("responseBody"), None
    with suppress(ValueError):
        at = parse_instant(said.get("lastModifiedDate"))
    return Standing(native_id=native_id, text=clean(body) if isinstance(body, str) else "", at=at)


def answers_it(standing: Standing, changed: datetime | None) -> bool:
    """Whether a response was written to the review as it reads now; one older than the review's last edit wasn't."""
    return standing.at is None or changed is None or standing.at >= changed


def read_review(record: object, app_id: str) -> Mention:
    """A joined review of App Store Connect. Raises `SkipRecord` or `ValueError` with the reason."""
    review = table(record).get("review")
    if not isinstance(review, dict):
        raise SkipRecord(f"review is a {type(review).__name__}")
    native_id = id_of(review.get("id"))
    said = _said(record)
    created, standing = parse_instant(said.get("createdDate")), standing_of(record)
    answered = standing is not None and answers_it(standing, created)
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=_author(name_of(said.get("reviewerNickname")), "", native_id),
        text=titled(said.get("title"), said.get("body")),
        created_at=created,
        url=link_of(f"{SITE}/app/id{app_id}?see-all=reviews"),
        thread=native_id,
        version=f"{stamp(created)}/{count(said.get('rating'))}",
        can_reply=not answered,
        reply_note="a response stands already, and a review has one" if answered else "",
        raw=raw_text(record),
    )


def read_entry(entry: object, country: str) -> Mention:
    """An entry of the public feed. Raises `SkipRecord` or `ValueError` with the reason."""
    if not isinstance(entry, dict):
        raise SkipRecord(f"review is a {type(entry).__name__}")
    native_id, author = id_of(label(entry, "id")), table(entry.get("author"))
    profile = label(author, "uri")
    number = profile.rpartition(_PROFILE)[2] if isinstance(profile, str) and _PROFILE in profile else ""
    written = parse_instant(label(entry, "updated"))
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=_author(name_of(label(author, "name")), optional_id(number), native_id),
        text=titled(label(entry, "title"), label(entry, "content")),
        created_at=written,
        url=link_of(table(table(entry.get("link")).get("attributes")).get("href")),
        thread=native_id,
        version=f"{stamp(written)}/{count(label(entry, 'im:rating'))}",
        reply_note=f"the public feed of {country} is read only: answer in App Store Connect, or give this source a key",
        raw=raw_text(entry),
    )


def label(record: object, name: str) -> object:
    """What the feed holds under a name: it wraps each text into an object."""
    return table(table(record).get(name)).get("label")


def entry_at(entry: object) -> datetime | None:
    """When an entry was written; None where that can't be read."""
    with suppress(ValueError):
        return parse_instant(label(entry, "updated"))
    return None


def _said(record: object) -> Mapping[str, object]:
    return table(table(table(record).get("review")).get("attributes"))


def _author(nickname: str, number: str, native_id: str) -> Author:
    """Whoever wrote it: nicknames are unique in the store."""
    return Author(
        platform=PLATFORM, native_id=number or nickname or f"nameless-{native_id}", handle=nickname, name=nickname
    )

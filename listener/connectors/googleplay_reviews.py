"""Google Play's reviews as mentions.

One account has one review of an app, and nothing but a display name is told of it: so the author of a review is known
by the review, and two people of one name stay two. A mention has no field for the stars: they stay in `raw`.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from listener.connectors.boundary import id_of, lang_of, link_of, name_of
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text, rows, table
from listener.connectors.review_words import titled
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.domain.text import clean
from listener.errors import SkipRecord

PLATFORM = "googleplay"
SITE = "https://play.google.com/store/apps/details"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The developer's reply that a review bears."""

    text: str
    at: datetime | None


def changed_at(record: object) -> datetime | None:
    """When a review was last written; None where that can't be read."""
    with suppress(ValueError):
        return parse_instant(_seconds(_comment(record, "userComment")))
    return None


def standing_of(record: object) -> Standing | None:
    """The reply that a review bears."""
    said = _comment(record, "developerComment")
    text, at = said.get("text"), None
    if not isinstance(text, str) or not text.strip():
        return None
    with suppress(ValueError):
        at = parse_instant(_seconds(said))
    return Standing(text=clean(text), at=at)


def answers_it(record: object) -> bool:
    """Whether a reply stands that was written to the review as it reads now."""
    standing, changed = standing_of(record), changed_at(record)
    return standing is not None and (standing.at is None or changed is None or standing.at >= changed)


def read_review(record: object, package: str) -> Mention:
    """One review. Raises `SkipRecord` or `ValueError` with the reason."""
    if not isinstance(record, dict):
        raise SkipRecord(f"review is a {type(record).__name__}")
    native_id, said = id_of(record.get("reviewId"), "reviewId"), _comment(record, "userComment")
    if not said:
        raise SkipRecord("review holds no comment")
    answered, name, lang = answers_it(record), name_of(record.get("authorName")), said.get("reviewerLanguage")
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=Author(platform=PLATFORM, native_id=native_id, handle=name, name=name),
        text=_words(said.get("text")),
        created_at=parse_instant(_seconds(said)),
        url=link_of(f"{SITE}?{urlencode({'id': package, 'reviewId': native_id})}"),
        thread=native_id,
        lang=lang_of(lang.replace("_", "-")) if isinstance(lang, str) else "",
        version=str(_seconds(said)),
        metrics=Metrics(likes=count(said.get("thumbsUpCount"))),
        can_reply=not answered,
        reply_note="a reply stands already, and a review has one" if answered else "",
        raw=raw_text(record),
    )


def _words(text: object) -> str:
    """Reviews of old have a title before a tab; the others begin with the tab, or have none."""
    if not isinstance(text, str):
        raise SkipRecord("text is missing" if text is None else f"text is a {type(text).__name__}")
    title, tab, body = text.partition("\t")
    return titled(title, body) if tab else titled("", text)


def _comment(record: object, kind: str) -> Mapping[str, object]:
    """The last comment of a kind."""
    found = [table(table(one).get(kind)) for one in rows(table(record).get("comments"))]
    return next((one for one in reversed(found) if one), {})


def _seconds(said: Mapping[str, object]) -> object:
    return table(said.get("lastModified")).get("seconds")

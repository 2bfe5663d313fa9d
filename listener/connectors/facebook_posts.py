"""Facebook's posts, comments and recommendations as mentions."""

import re
from contextlib import suppress
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from listener.connectors.boundary import id_of, link_of, name_of, optional_id, text_of
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text, table
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.errors import SkipRecord

PLATFORM = "facebook"
COMMENT, POST, RATING = "comment", "post", "rating"
"""What a mention is, in its `ref`."""
CLOSED = "Facebook takes no reply there"
NO_STORY = "Facebook shows this recommendation without a post to answer under"

COMMENT_FIELDS = (
    "id,message,from,created_time,parent{id,can_comment},permalink_url,can_comment,like_count,comment_count"
)
POST_FIELDS = "id,message,from,created_time,permalink_url"
FEED_FIELDS = f"{POST_FIELDS},updated_time"
RATING_FIELDS = "created_time,reviewer,review_text,recommendation_type,rating,open_graph_story{id}"
FIELDS = {COMMENT: COMMENT_FIELDS, POST: POST_FIELDS, RATING: "id,message,from,created_time"}
_POST_IN_PATH = re.compile(r"/(?:posts|videos|photos|reel)/(?:[^/]+/)*([0-9]+)/?$")


def written(record: object) -> datetime | None:
    """When it was written; None where that can't be read."""
    return _at(table(record).get("created_time"))


def tagged(record: object) -> datetime | None:
    """When it came to be listed: a post may be tagged later."""
    return _at(table(record).get("tagged_time")) or written(record)


def stirred(record: object) -> datetime | None:
    """When it was last changed or commented on."""
    return _at(table(record).get("updated_time"))


def author_id(record: object) -> str:
    return optional_id(table(table(record).get("from")).get("id"))


def read_comment(record: object, post: object) -> Mention:
    """One comment, under a post. Raises `SkipRecord` or `ValueError` with the reason."""
    said = _object(record, "comment")
    native_id = id_of(said.get("id") if said.get("id") is not None else _from_address(said.get("permalink_url")))
    thread = optional_id(table(post).get("id"))
    above = table(said.get("parent"))
    able = (above or said).get("can_comment") is not False
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=_author(said.get("from"), native_id),
        text=_words(said.get("message")),
        created_at=parse_instant(said.get("created_time")),
        url=link_of(said.get("permalink_url")),
        thread=thread,
        parent=optional_id(above.get("id")) or thread,
        metrics=Metrics(likes=count(said.get("like_count")), replies=count(said.get("comment_count"))),
        can_reply=able,
        reply_note="" if able else CLOSED,
        ref=COMMENT,
        raw=raw_text(record),
    )


def read_post(record: object) -> Mention:
    """A visitor's post on the page, or one that tags it. Raises as `read_comment` does."""
    said = _object(record, "post")
    native_id = id_of(said.get("id"))
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=_author(said.get("from"), native_id),
        text=_words(said.get("message")),
        created_at=parse_instant(said.get("created_time")),
        url=link_of(said.get("permalink_url")) or link_of(f"https://www.facebook.com/{native_id}"),
        thread=native_id,
        can_reply=True,
        ref=POST,
        raw=raw_text({key: value for key, value in said.items() if key != "comments"}),
    )


def read_rating(record: object) -> Mention:
    """A recommendation. It has no id but its post's; without one, its author and time are all that tells it apart."""
    said = _object(record, "recommendation")
    at = parse_instant(said.get("created_time"))
    story = optional_id(table(said.get("open_graph_story")).get("id"))
    who = table(said.get("reviewer"))
    native_id = story or f"rating-{id_of(who.get('id'), 'reviewer')}-{int(at.timestamp())}"
    return rating(native_id, said, at, who, answerable=bool(story))


def rating(native_id: str, said: object, at: datetime, who: object, *, answerable: bool) -> Mention:
    """A recommendation, listed or told of."""
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=_author(who, native_id),
        text=judgement(said),
        created_at=at,
        url=link_of(f"https://www.facebook.com/{native_id}") if answerable else "",
        thread=native_id,
        can_reply=answerable,
        reply_note="" if answerable else NO_STORY,
        ref=RATING,
        raw=raw_text(said),
    )


def judgement(record: object) -> str:
    """Its words; where there are none, what was ticked."""
    said = table(record)
    words = said.get("review_text")
    if isinstance(words, str) and words.strip():
        return text_of(words)
    kind = {"positive": "recommends", "negative": "doesn't recommend"}.get(str(said.get("recommendation_type")))
    stars = count(said.get("rating"))
    return f"({kind})" if kind else f"({stars} of 5 stars)" if stars else ""


def _object(record: object, what: str) -> dict[str, object]:
    if not isinstance(record, dict):
        raise SkipRecord(f"{what} is a {type(record).__name__}")
    return record


def _words(value: object) -> str:
    """A picture or a sticker by itself has none."""
    return "" if value is None else text_of(value)


def _author(value: object, native_id: str) -> Author:
    """Facebook has no handles; without the permission to read its users it doesn't say who wrote."""
    who = table(value)
    found, name = optional_id(who.get("id")), name_of(who.get("name"))
    return Author(platform=PLATFORM, native_id=found or f"nameless-{native_id}", handle=name, name=name)


def _from_address(value: object) -> str | None:
    """A comment's id as its address tells it: `{post}_{comment}`, the comment being the reply where it is one."""
    address = link_of(value)
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    found = (query.get("reply_comment_id") or query.get("comment_id") or [""])[0]
    post = _POST_IN_PATH.search(parts.path)
    return f"{post[1]}_{found}" if post and found else None


def _at(value: object) -> datetime | None:
    with suppress(ValueError):
        return parse_instant(value)
    return None

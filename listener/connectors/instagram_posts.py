"""Instagram's comments, and posts that tag or mention the account, as mentions."""

from contextlib import suppress
from datetime import datetime

from listener.connectors.boundary import id_of, link_of, name_of, optional_id, text_of
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text, rows, table
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.errors import SkipRecord

PLATFORM = "instagram"
COMMENT, TAG, MENTION, MENTIONED = "comment", "tag", "mention", "mentioned:"
"""What a mention is, in its `ref`: on our own post; a post that tags us, or names us in its words; a comment elsewhere
that names us, with the id of the post it is under."""
HIDDEN = "Instagram takes no reply to a hidden comment"
ONLY_TAGGED = "Instagram takes no comment on a post in which the account is only tagged"

_SAID = "id,text,timestamp,username,from,user,like_count,parent_id,hidden"
COMMENT_FIELDS = f"{_SAID},media{{id,permalink}}"
SHOWN_FIELDS = f"{_SAID},replies.limit(50){{{_SAID}}}"
POST_FIELDS = "id,caption,timestamp,username,permalink,like_count,comments_count"
MENTIONED_FIELDS = "id,text,timestamp,username,like_count,media{id,permalink}"
"""Of a comment elsewhere, which shows fewer."""


def written(record: object) -> datetime | None:
    """When it was written; None where that can't be read."""
    with suppress(ValueError):
        return parse_instant(table(record).get("timestamp"))
    return None


def replies_within(comment: object) -> list[object]:
    """The replies that a comment shows, each told whom it answers."""
    return answering(comment, rows(table(table(comment).get("replies")).get("data")))


def answering(comment: object, replies: list[object]) -> list[object]:
    """A reply doesn't always say what it answers; what it hangs on does."""
    above = {"parent_id": table(comment).get("id")}
    return [{**above, **reply} if isinstance(reply, dict) else reply for reply in replies]


def read_comment(record: object, post: object) -> Mention:
    """One comment under a post of ours. Raises `SkipRecord` or `ValueError` with the reason."""
    said = _object(record, "comment")
    where = table(post) or table(said.get("media"))
    native_id, thread = id_of(said.get("id")), optional_id(where.get("id"))
    hidden = said.get("hidden") is True
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=_author(said, native_id),
        text=_words(said.get("text")),
        created_at=parse_instant(said.get("timestamp")),
        url=link_of(where.get("permalink")),
        thread=thread,
        parent=optional_id(said.get("parent_id")) or thread,
        metrics=Metrics(likes=count(said.get("like_count"))),
        can_reply=not hidden,
        reply_note=HIDDEN if hidden else "",
        ref=COMMENT,
        raw=raw_text({key: value for key, value in said.items() if key != "replies"}),
    )


def read_mentioned(record: object, post: str) -> Mention:
    """A comment elsewhere that names us. Raises as `read_comment` does."""
    said = _object(record, "comment")
    native_id, where = id_of(said.get("id")), table(said.get("media"))
    thread = optional_id(where.get("id")) or post
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=_author(said, native_id),
        text=_words(said.get("text")),
        created_at=parse_instant(said.get("timestamp")),
        url=link_of(where.get("permalink")),
        thread=thread,
        parent=thread,
        metrics=Metrics(likes=count(said.get("like_count"))),
        can_reply=True,
        ref=f"{MENTIONED}{thread}",
        raw=raw_text(said),
    )


def read_post(record: object, *, named: bool) -> Mention:
    """A post by somebody else that tags us, or, `named`, names us in its words. Raises as `read_comment` does."""
    said = _object(record, "post")
    native_id = id_of(said.get("id"))
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=_author(said, native_id),
        text=_words(said.get("caption")),
        created_at=parse_instant(said.get("timestamp")),
        url=link_of(said.get("permalink")),
        thread=native_id,
        metrics=Metrics(likes=count(said.get("like_count")), replies=count(said.get("comments_count"))),
        can_reply=named,
        reply_note="" if named else ONLY_TAGGED,
        ref=MENTION if named else TAG,
        raw=raw_text(said),
    )


def _object(record: object, what: str) -> dict[str, object]:
    if not isinstance(record, dict):
        raise SkipRecord(f"{what} is a {type(record).__name__}")
    return record


def _words(value: object) -> str:
    """A picture, or one sent as a comment, may have none."""
    return "" if value is None else text_of(value)


def _author(said: dict[str, object], native_id: str) -> Author:
    """By their id where Instagram tells it, else by the name that it shows."""
    who = table(said.get("from"))
    handle = name_of(who.get("username")) or name_of(said.get("username"))
    found = optional_id(who.get("id")) or handle
    return Author(platform=PLATFORM, native_id=found or f"nameless-{native_id}", handle=handle)

"""A post of X's API v2 as a mention. Reads the names of today (post.*) and those of before 2026 (tweet.*)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from listener.connectors.boundary import id_of, lang_of, name_of, optional_id, text_of
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text, rows, table
from listener.connectors.x_paging import posted_at
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.errors import SkipRecord

PLATFORM = "x"
OPEN = "the author mentioned the brand"
QUOTED = "the author quoted the brand"
CLOSED = "X lets an app reply only to who @mentioned or quoted the brand: open it on X to answer by hand"
_QUOTED_LINK = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/([A-Za-z0-9_]{1,15})/status/([0-9]{1,19})(?![0-9])"
)
_MENTION = re.compile(r"(?<!\w)@([A-Za-z0-9_]{1,15})")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")


def number_of(post: Mapping[str, object], now: datetime) -> int:
    """A post's id as a number. Raises `SkipRecord` where it can't be one, or lies in the future."""
    text = id_of(post.get("id"))
    if not (text.isascii() and text.isdigit()) or len(text) > 19:
        raise SkipRecord(f"id is not a post's number: {text[:40]}")
    number = int(text)
    if posted_at(number) > now + timedelta(days=1):
        raise SkipRecord("id lies in the future")
    return number


def read_post(
    record: object, users: Mapping[str, Mapping[str, object]], ours: frozenset[str], now: datetime
) -> Mention:
    """One element of `data`; `ours` holds the brand's handles in lower case and its user id.

    Raises `SkipRecord` or `ValueError` with the reason.
    """
    if not isinstance(record, dict):
        raise SkipRecord(f"post is a {type(record).__name__}")
    number = number_of(record, now)
    author = _author(record, users, number)
    native_id = _first_id(record, number)
    related = related_of(record)
    addressed = _addressed(record, related.get("quoted", ""), ours)
    return Mention(
        key=MentionKey(platform=PLATFORM, native_id=native_id),
        author=author,
        text=words_of(record),
        created_at=_written_at(record, native_id, number),
        url=f"https://x.com/{author.handle if _HANDLE.fullmatch(author.handle) else 'i'}/status/{number}",
        thread=optional_id(record.get("conversation_id")),
        parent=related.get("replied_to", ""),
        lang=lang_of(record.get("lang")),
        is_repost="retweeted" in related or "reposted" in related,
        version=str(number),
        metrics=_metrics(record),
        can_reply=bool(addressed),
        reply_note=addressed or CLOSED,
        raw=raw_text(record),
    )


def users_of(includes: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    """Users of an answer by id."""
    found = (table(user) for user in rows(includes.get("users")))
    return {str(user["id"]): user for user in found if isinstance(user.get("id"), (str, int))}


def _either(post: Mapping[str, object], now_named: str, before: str) -> object:
    value = post.get(now_named)
    return post.get(before) if value is None else value


def _first_id(post: Mapping[str, object], number: int) -> str:
    """The id of the first edit: it stays when an edit gives the post a new one."""
    history = edits_of(post)
    return str(history[0] if history else number)


def _written_at(post: Mapping[str, object], native_id: str, number: int) -> datetime:
    """When its author posted it: an edit has a time of its own, the first version's is in the first id."""
    if native_id != str(number):
        return posted_at(int(native_id))
    return parse_instant(post["created_at"]) if post.get("created_at") is not None else posted_at(number)


def edits_of(post: Mapping[str, object]) -> list[int]:
    """The ids of all its versions, as far as X tells of them."""
    found = map(optional_id, rows(_either(post, "edit_history_post_ids", "edit_history_tweet_ids")))
    return [int(one) for one in found if one.isascii() and one.isdigit() and len(one) <= 19]


def words_of(post: Mapping[str, object]) -> str:
    """The words of a long post stand in a note; `text` then holds only their beginning."""
    note = table(_either(post, "note_post", "note_tweet")).get("text")
    said = note if isinstance(note, str) and note else post.get("text")
    return text_of(unescaped(said) if isinstance(said, str) else said)


def unescaped(text: str) -> str:
    """X writes three characters as HTML does, in what is plain text otherwise."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _addressed(post: Mapping[str, object], quoted: str, ours: frozenset[str]) -> str:
    """How it addresses the brand, in words; empty where it doesn't. An answer to our own post mentions us."""
    if optional_id(post.get("in_reply_to_user_id")) in ours or not ours.isdisjoint(_mentioned(post)):
        return OPEN
    return QUOTED if quoted and _quotes(post, quoted, ours) else ""


def _quotes(post: Mapping[str, object], quoted: str, ours: frozenset[str]) -> bool:
    """Whether the post that it quotes is ours: X tells only that post's id, and its author's handle in a link."""
    links = rows(table(post.get("entities")).get("urls"))
    found = (_QUOTED_LINK.match(str(table(link).get("expanded_url", ""))) for link in links)
    return any(one[2] == quoted and one[1].lower() in ours for one in found if one)


def related_of(post: Mapping[str, object]) -> dict[str, str]:
    """How this post relates to others: kind → that post's id."""
    found = (table(one) for one in rows(_either(post, "referenced_posts", "referenced_tweets")))
    return {str(one.get("type")): optional_id(one.get("id")) for one in found}


def _mentioned(post: Mapping[str, object]) -> frozenset[str]:
    """Handles in lower case and user ids that a post mentions; from its words where it has no entities."""
    entities = post.get("entities")
    if not isinstance(entities, dict):
        return frozenset(handle.lower() for handle in _MENTION.findall(str(post.get("text", ""))))
    found = [table(one) for one in rows(entities.get("mentions"))]
    return frozenset(str(one[key]).lower() for one in found for key in ("username", "id") if one.get(key))


def _author(post: Mapping[str, object], users: Mapping[str, Mapping[str, object]], number: int) -> Author:
    native_id = optional_id(post.get("author_id"))
    user = users.get(native_id, {})
    followers = table(user.get("public_metrics")).get("followers_count")
    return Author(
        platform=PLATFORM,
        native_id=native_id or f"nameless-{number}",
        handle=name_of(user.get("username")),
        name=name_of(user.get("name")),
        followers=count(followers) if followers is not None else None,
    )


def _metrics(post: Mapping[str, object]) -> Metrics:
    public = table(post.get("public_metrics"))
    reposts = _either(public, "repost_count", "retweet_count")
    return Metrics(
        likes=count(public.get("like_count")),
        replies=count(public.get("reply_count")),
        reposts=count(reposts) + count(public.get("quote_count")),
    )

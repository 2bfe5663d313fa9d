"""A story or comment of Hacker News as a mention, from its search and from its own interface."""

from collections.abc import Mapping
from dataclasses import replace

from listener.connectors.boundary import id_of, link_of, name_of, optional_id
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text
from listener.connectors.markup import to_text
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.domain.text import clean
from listener.errors import SkipRecord

SITE = "https://news.ycombinator.com"


def read_hit(record: object) -> Mention:
    """One hit of the search. Raises `SkipRecord` or `ValueError` with the reason."""
    if not isinstance(record, dict):
        raise SkipRecord(f"hit is a {type(record).__name__}")
    native_id = id_of(record.get("objectID"), "objectID")
    handle = name_of(record.get("author"))
    parts = ("comment_text",) if record.get("comment_text") else ("title", "story_text")
    text = _words([record.get(part) for part in parts])
    if not text:
        raise SkipRecord("hit has no text")
    return Mention(
        key=MentionKey(platform="hackernews", native_id=native_id),
        author=Author(platform="hackernews", native_id=handle or f"nameless-{native_id}", handle=handle),
        text=text,
        created_at=parse_instant(record.get("created_at_i") or record.get("created_at")),
        url=link_of(f"{SITE}/item?id={native_id}"),
        thread=optional_id(record.get("story_id")) or native_id,
        parent=optional_id(record.get("parent_id")),
        metrics=Metrics(likes=count(record.get("points")), replies=count(record.get("num_comments"))),
        reply_note="Hacker News has no way to reply from here: open it in a browser",
        raw=raw_text({key: value for key, value in record.items() if key != "_highlightResult"}),
    )


def as_it_reads_now(mention: Mention, item: Mapping[str, object]) -> Mention:
    """With the words of the item itself. The search spaces them in its own way, which is no edit."""
    text = _words([item.get("title"), item.get("text")])
    if not text or text.split() == mention.text.split():
        return mention
    return replace(mention, text=text, raw=raw_text(item))


def _words(parts: list[object]) -> str:
    """A comment's text, or a story's title with what was written under it."""
    return clean("\n\n".join(to_text(part) for part in parts if isinstance(part, str) and part))

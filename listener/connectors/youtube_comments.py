"""YouTube's comments as mentions."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from listener.connectors.boundary import id_of, link_of, name_of, optional_id, text_of
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text, rows, table
from listener.domain.mention import Author, Mention, MentionKey, Metrics
from listener.errors import SkipRecord

SITE = "https://www.youtube.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Whether comments can be answered from here."""

    able: bool = False
    """Somebody is signed in as a channel."""
    closed: bool = False
    """YouTube says that the thread takes no replies."""

    @property
    def note(self) -> str:
        """Why not; empty if they can."""
        if not self.able:
            return "a key reads only: answer on YouTube, signed in as the channel"
        return "YouTube says that this thread takes no replies" if self.closed else ""


NOBODY = Answering()


def thread_comments(thread: object) -> list[object]:
    """A thread's first comment and the replies it shows; the thread itself where it holds none."""
    snippet = table(table(thread).get("snippet"))
    first = snippet.get("topLevelComment")
    replies = rows(table(table(thread).get("replies")).get("comments"))
    return [thread if first is None else first, *replies]


def posted_at(thread: object) -> datetime | None:
    """When its first comment was written; None where that can't be read."""
    first = table(table(table(table(thread).get("snippet")).get("topLevelComment")).get("snippet"))
    with suppress(ValueError):
        return parse_instant(first.get("publishedAt"))
    return None


def read_comment(record: object, answering: Answering = NOBODY) -> Mention:
    """One comment. Raises `SkipRecord` or `ValueError` with the reason."""
    if not isinstance(record, dict):
        raise SkipRecord(f"comment is a {type(record).__name__}")
    native_id = id_of(record.get("id"))
    said = table(record.get("snippet"))
    parent = optional_id(said.get("parentId"))
    published = said.get("publishedAt")
    channel = optional_id(table(said.get("authorChannelId")).get("value"))
    handle = name_of(said.get("authorDisplayName")).removeprefix("@")
    return Mention(
        key=MentionKey(platform="youtube", native_id=native_id),
        author=Author(platform="youtube", native_id=channel or handle or f"nameless-{native_id}", handle=handle),
        text=text_of(said.get("textOriginal") if said.get("textOriginal") is not None else said.get("textDisplay")),
        created_at=parse_instant(published),
        url=_address(said, native_id),
        thread=parent or native_id,
        parent=parent,
        version=name_of(said.get("updatedAt")) if said.get("updatedAt") != published else "",
        metrics=Metrics(likes=count(said.get("likeCount"))),
        can_reply=not answering.note,
        reply_note=answering.note,
        raw=raw_text(record),
    )


def _address(said: "dict[str, object] | object", native_id: str) -> str:
    """Of the comment under its video, or of the channel where it stands in the channel's discussion."""
    where = table(said)
    if video := optional_id(where.get("videoId")):
        return link_of(f"{SITE}/watch?v={video}&lc={native_id}")
    channel = optional_id(where.get("channelId"))
    return link_of(f"{SITE}/channel/{channel}") if channel else ""

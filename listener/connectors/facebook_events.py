"""What a page's webhook tells: comments, visitors' posts, mentions elsewhere, recommendations."""

from listener.connectors.boundary import id_of, link_of, optional_id
from listener.connectors.facebook_posts import (
    COMMENT,
    PLATFORM,
    POST_FIELDS,
    judgement,
    rating,
    read_comment,
    read_post,
)
from listener.connectors.graph import Graph
from listener.connectors.graph_events import NOTHING, Event, Told
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import table
from listener.domain.budget import Purpose
from listener.domain.mention import MentionKey
from listener.errors import SkipRecord

GONE, NEW = ("remove", "delete"), ("add", "edited", "edit", "update")
POSTS = ("post", "status", "photo", "video", "share", "album", "link", "note")
NO_MENTION = ("like", "reaction", "event", "milestone", "checkin", "offer", "hide", "unhide")
"""Verbs and items of a feed that say nothing in words."""


class Events:
    """The events of one page."""

    def __init__(self, graph: Graph, page: str) -> None:
        self._graph = graph
        self._page = page

    def tell(self, event: Event) -> Told:
        """What it brings. Raises `SkipRecord` for what isn't known, and as `Graph.get` does."""
        value = table(event.value)
        if not value:
            raise SkipRecord(f"an event of {event.field} without a value")
        match event.field:
            case "feed":
                return self._feed(value, event)
            case "mention":
                return self._mentioned(value, event)
            case "ratings":
                return self._rated(value, event)
            case "messages" | "messaging_postbacks" | "conversations":
                return NOTHING  # private: no mention
            case _:
                raise SkipRecord(f"no event of {event.field} is known")

    def _feed(self, value: dict[str, object] | object, event: Event) -> Told:
        said = table(value)
        item, verb = said.get("item"), said.get("verb")
        if item in NO_MENTION or verb in NO_MENTION or self._ours(said):
            return NOTHING
        if item == COMMENT:
            return self._comment(said, event)
        if item not in POSTS:
            raise SkipRecord(f"an event of the feed about {item!r:.40} isn't known")
        native_id = id_of(said.get("post_id"), "post_id")
        if verb in GONE:
            return _deleted(native_id)
        return Told(mention=read_post(_as_post(said, native_id, _known(verb, event))))

    def _comment(self, value: object, event: Event) -> Told:
        said = table(value)
        native_id, post = id_of(said.get("comment_id"), "comment_id"), optional_id(said.get("post_id"))
        if said.get("verb") in GONE:
            return _deleted(native_id)
        parent = optional_id(said.get("parent_id"))
        record = {
            **_as_post(said, native_id, _known(said.get("verb"), event)),
            **({"parent": {"id": parent}} if parent and parent != post else {}),
        }
        return Told(mention=read_comment(record, {"id": post}))

    def _mentioned(self, value: object, event: Event) -> Told:
        """Somewhere else on Facebook. Where the event doesn't bring the words, they are asked for."""
        said = table(value)
        comment, post = optional_id(said.get("comment_id")), optional_id(said.get("post_id"))
        native_id = comment or id_of(said.get("post_id"), "post_id")
        if said.get("verb") in GONE:
            return _deleted(native_id)
        if self._ours(said):
            return NOTHING
        record = _as_post(said, native_id, event)
        if not isinstance(said.get("message"), str):
            found = self._graph.one(native_id, POST_FIELDS, Purpose.READ)
            if found is None:
                raise SkipRecord("what mentions the page is gone, or not shown to it")
            record = dict(found)
        if self._ours(record):
            return NOTHING
        return Told(mention=read_comment(record, {"id": post}) if comment else read_post(record))

    def _rated(self, value: object, event: Event) -> Told:
        said = table(value)
        if said.get("item") in (COMMENT, *NO_MENTION):
            return self._feed({**said, "item": said.get("item")}, event)
        story = optional_id(said.get("open_graph_story_id"))
        who = {"id": said.get("reviewer_id"), "name": said.get("reviewer_name")}
        at = parse_instant(said["created_time"]) if said.get("created_time") else event.at
        native_id = story or f"rating-{id_of(who['id'], 'reviewer_id')}-{int(at.timestamp())}"
        if said.get("verb") in GONE:
            return _deleted(native_id)
        _known(said.get("verb"), event)
        if not judgement(said):
            return NOTHING
        return Told(mention=rating(native_id, said, at, who, answerable=bool(story)))

    def _ours(self, value: object) -> bool:
        said = table(value)
        return self._page in (optional_id(table(said.get("from")).get("id")), optional_id(said.get("sender_id")))


def _known(verb: object, event: Event) -> Event:
    if verb not in NEW:
        raise SkipRecord(f"an event of {event.field} that says {verb!r:.40} isn't known")
    return event


def _as_post(value: object, native_id: str, event: Event) -> dict[str, object]:
    """As the API would show it."""
    said = table(value)
    sender = {"id": said.get("sender_id"), "name": said.get("sender_name")}
    written = said.get("created_time")
    return {
        "id": native_id,
        "message": said.get("message"),
        "from": said.get("from") or sender,
        "created_time": event.at.isoformat() if written is None else written,
        "permalink_url": link_of(said.get("permalink_url")) or table(said.get("post")).get("permalink_url"),
    }


def _deleted(native_id: str) -> Told:
    return Told(deleted=MentionKey(platform=PLATFORM, native_id=native_id))

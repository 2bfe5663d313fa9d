"""Facebook, the other way: an answer under a comment, a post or a recommendation, found again, and posts looked up.

Comments are one level deep: who answers a reply answers in its thread. Nothing makes a repeated call harmless, so what
stands there is read before anything is sent again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from listener.connectors.boundary import link_of, optional_id
from listener.connectors.facebook_posts import (
    CLOSED,
    COMMENT,
    FIELDS,
    PLATFORM,
    POST,
    RATING,
    author_id,
    read_comment,
    read_post,
    written,
)
from listener.connectors.graph import Graph, listed, said_of
from listener.connectors.graph_lookup import looked_up, own_answer
from listener.connectors.graph_refusals import BLOCKED, DUPLICATE
from listener.connectors.jsons import table
from listener.domain.answers import LIMITS
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Rechecked, Refused, Sent
from listener.errors import ConfigError, NotPermitted, Uncertain

LONGEST = LIMITS["facebook"]
GONE = "the post is gone, or not shown to the page"
_OWN_FIELDS = "id,message,from,created_time"
_NEWEST = {"fields": "comments.filter(stream).order(reverse_chronological).limit(10){id,from}", "limit": "10"}


class Answers:
    """Answers as one page."""

    def __init__(self, graph: Graph, page: str) -> None:
        self._graph = graph
        self._page = page

    def reply(self, to: Mention, text: str) -> Sent | Refused:
        if len(text) > LONGEST:
            return Refused(reason=f"longer than the {LONGEST:,} characters that Facebook takes")
        if not to.can_reply:
            return Refused(reason=to.reply_note or CLOSED)
        try:
            made = self._graph.post(f"/{target(to)}/comments", {"message": text})
        except (ConfigError, NotPermitted):
            if why := self._refused(to):
                return Refused(reason=why)
            raise
        native_id = optional_id(made.get("id"))
        if not native_id:
            raise Uncertain("Facebook answered something other than the comment that was made")
        return _sent(native_id)

    def _refused(self, to: Mention) -> str:
        """Why this one reply is never taken; empty where the refusal isn't about it."""
        said = self._graph.refused
        if said is None or not said.code:
            return ""
        if said.gone:
            return GONE
        if said.code in (BLOCKED, DUPLICATE):
            return said_of(self._graph) or "Facebook doesn't take it"
        if not (said.code == 10 or 200 <= said.code < 300):
            return ""
        # The same code says that the page may answer nobody and that this comment may not be answered.
        target_is = self._graph.one(target(to), "id,can_comment", Purpose.REPLY)
        if target_is is None:
            return GONE
        return CLOSED if target_is.get("can_comment") is False else ""

    def find_sent(self, to: Mention, text: str, since: datetime) -> Sent | None:
        query = {"fields": _OWN_FIELDS, "order": "reverse_chronological", "filter": "stream", "limit": "100"}
        found = own_answer(
            self._graph,
            f"/{target(to)}/comments",
            query,
            ours=lambda record: author_id(record) == self._page,
            at=written,
            words=("message", text),
            since=since,
        )
        return _sent(found) if found else None

    # Looking again

    def recheck(self, mentions: Sequence[Mention]) -> list[Rechecked]:
        """By kind, since each is asked for with fields of its own; a recommendation has no words of its own to show."""
        told: list[Rechecked] = []
        for kind in (COMMENT, POST, RATING):
            of_kind = [mention for mention in mentions if (mention.ref or COMMENT) == kind]
            able = [mention for mention in of_kind if not mention.key.native_id.startswith("rating-")]
            told += looked_up(self._graph, able, FIELDS[kind], _again, self._standing)
        return told

    def _standing(self) -> Iterator[str]:
        """Comments by others that the feed shows now."""
        newest = self._graph.list(f"/{self._page}/feed", _NEWEST, Purpose.RECHECK)
        for post in newest.records:
            shown = table(post).get("comments")
            for comment in listed(shown).records if shown else ():
                if author_id(comment) != self._page and (found := optional_id(table(comment).get("id"))):
                    yield found


def target(to: Mention) -> str:
    """What is answered: the comment that a thread hangs on, or the post."""
    in_thread = to.ref == COMMENT and to.parent and to.parent != to.thread
    return to.parent if in_thread else to.key.native_id


def _again(record: object, mention: Mention) -> Mention:
    """As it reads now."""
    if mention.ref == RATING:
        return mention
    if mention.ref == POST:
        return read_post(record)
    return read_comment(record, {"id": mention.thread})


def _sent(native_id: str) -> Sent:
    url = link_of(f"https://www.facebook.com/{native_id}")
    return Sent(key=MentionKey(platform=PLATFORM, native_id=native_id), url=url)

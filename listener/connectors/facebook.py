"""Facebook: comments on a page's posts, visitors' posts, posts that tag the page, and recommendations.

The whole of Facebook can't be searched: a page hears what is said on it and to it. New comments move an old post's
`updated_time`, so posts of some weeks are listed again in every poll, and the comments of those that stirred are read.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from listener.connectors.boundary import id_of, name_of
from listener.connectors.catalogue.facebook import INFO, RATINGS, TAGGED
from listener.connectors.facebook_answers import Answers
from listener.connectors.facebook_events import Events
from listener.connectors.facebook_posts import (
    COMMENT_FIELDS,
    FEED_FIELDS,
    PLATFORM,
    POST_FIELDS,
    RATING_FIELDS,
    author_id,
    read_comment,
    read_post,
    read_rating,
    stirred,
    tagged,
    written,
)
from listener.connectors.graph import Graph
from listener.connectors.graph_reading import Reading, spool_of
from listener.connectors.graph_walk import Listing, Under, epoch
from listener.connectors.jsons import count, table
from listener.connectors.options import Options, checked
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate, Rechecked, Refused, Sent
from listener.domain.policy import SourceConfig
from listener.errors import ConfigError, SkipRecord

if TYPE_CHECKING:
    from listener.connectors import Tools

COMMENTS = "comments"
DEEPER = "100"
"""Comments a call, below those that a post shows."""


def build(config: SourceConfig, tools: "Tools") -> "FacebookConnector":
    """A connector on a page; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    page = id_in_path(options, "page_id", config.name)
    unknown = [name for name in options.texts("read") if name not in (COMMENTS, TAGGED, RATINGS)]
    if unknown:
        raise ConfigError(f"source {config.name!r}: options.read names {unknown[0]!r}: use comments, tagged, ratings")
    graph = Graph(options, config.secrets, tools, "Facebook")
    return FacebookConnector(graph, options, page, config.name, tools)


def id_in_path(options: Options, key: str, source: str) -> str:
    """An id as it may stand in an address. Raises `ConfigError`."""
    try:
        found = id_of(options.text(key))
    except SkipRecord as error:
        raise ConfigError(f"source {source!r}: options.{key}: {error}") from error
    if not (found.isascii() and found.isdigit()):
        raise ConfigError(f"source {source!r}: options.{key} is {found!r}: use the number, not the name")
    return found


class FacebookConnector:
    """Reads one page, and answers as it."""

    platform = PLATFORM

    def __init__(self, graph: Graph, options: Options, page: str, source: str, tools: "Tools") -> None:
        self._graph = graph
        self._options = options
        self._page = page
        self._answers = Answers(graph, page)
        self._reading = Reading(
            graph, options, spool_of(tools, source), Events(graph, page).tell, lambda _: self._listings()
        )

    def __repr__(self) -> str:
        return f"FacebookConnector(page {self._page})"

    def check(self) -> str:
        """Who the page is, and whether its feed may be read: two calls."""
        found = self._graph.get(f"/{self._page}", {"fields": "id,name"})
        self._graph.list(f"/{self._page}/feed", {"fields": "id", "limit": "1"})
        return f"page {name_of(found.get('name')) or self._page} may be read, and answers go out as it"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """What the webhook told, then each listing, newest post first."""
        return self._reading.poll(cursor, now)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """From how many comments the newest 100 posts of that stretch have: one call."""
        counted = "comments.filter(stream).limit(0).summary(true)"
        query = {
            "fields": f"created_time,updated_time,{counted}",
            "limit": "100",
            "since": epoch(since - self._further),
            "until": epoch(until),
        }
        found = self._graph.list(f"/{self._page}/feed", query)
        moved = [post for post in found.records if (stirred(post) or since) >= since]
        posts = sum(count(table(table(table(one).get(COMMENTS)).get("summary")).get("total_count")) for one in moved)
        size = self._options.whole("page_size")
        note = "all comments of posts that stirred since then" + ("; there are more posts" if found.following else "")
        return Estimate(posts=posts, calls=1 + len(found.records) // size + posts // int(DEEPER), note=note)

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """All that is polled."""
        return self._reading.backfill(since, until, cursor, now)

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """Fifty a call, or one by one where this version of the API, or one of them, wants it so."""
        return self._answers.recheck(mentions)

    def unable(self) -> str:
        """Nothing: the token that reads is the page's own."""
        return ""

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """A comment under theirs, or under their post."""
        return self._answers.reply(to, text)

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        """Looks through the comments there for one of the page's."""
        return self._answers.find_sent(to, text, since)

    # What is read

    @property
    def _further(self) -> timedelta:
        return timedelta(days=self._options.number("old_posts_days"))

    def _ours(self, record: object) -> bool:
        return author_id(record) == self._page

    def _listings(self) -> list[Listing]:
        wanted = self._options.texts("read")
        every = {COMMENTS: self._comments, TAGGED: self._tagged, RATINGS: self._ratings}
        return [listing() for name, listing in every.items() if name in wanted]

    def _comments(self) -> Listing:
        shown = f"comments.filter(stream).order(reverse_chronological).limit({self._options.whole('shown')})"
        under = Under(
            within=COMMENTS,
            query={
                "fields": COMMENT_FIELDS,
                "filter": "stream",
                "order": "reverse_chronological",
                "limit": DEEPER,
            },
            low=lambda post, low: low if (stirred(post) or low) >= low else None,
            spread=lambda comment: [comment],
            at=written,
            ours=self._ours,
            read=read_comment,
        )
        return Listing(
            name=COMMENTS,
            path=f"/{self._page}/feed",
            query=self._query(f"{FEED_FIELDS},{shown}{{{COMMENT_FIELDS}}}"),
            at=written,
            ours=self._ours,
            read=read_post,
            timed=True,
            further=self._further,
            under=under,
        )

    def _tagged(self) -> Listing:
        return Listing(
            name=TAGGED,
            path=f"/{self._page}/tagged",
            query=self._query(f"{POST_FIELDS},tagged_time"),
            at=tagged,
            ours=self._ours,
            read=read_post,
        )

    def _ratings(self) -> Listing:
        return Listing(
            name=RATINGS,
            path=f"/{self._page}/ratings",
            query=self._query(RATING_FIELDS),
            at=written,
            ours=lambda _: False,
            read=read_rating,
        )

    def _query(self, fields: str) -> dict[str, str]:
        return {"fields": fields, "limit": str(self._options.whole("page_size"))}

"""Instagram: comments on an account's own posts, posts that tag it, and, by webhook, where others name it.

A post doesn't tell when it was last commented on, and new replies hang below old comments: so posts of some weeks are
listed in every poll, each with its newest comments, and where their number has changed, comments of some days are read
once more for the replies they hold.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from listener.connectors.boundary import name_of, optional_id
from listener.connectors.catalogue.facebook import TAGGED
from listener.connectors.catalogue.instagram import INFO
from listener.connectors.cursors import State
from listener.connectors.facebook import id_in_path
from listener.connectors.graph import Graph, listed
from listener.connectors.graph_reading import Reading, spool_of
from listener.connectors.graph_walk import Listing, Under, epoch
from listener.connectors.instagram_answers import Answers
from listener.connectors.instagram_events import Events
from listener.connectors.instagram_posts import (
    PLATFORM,
    POST_FIELDS,
    SHOWN_FIELDS,
    answering,
    read_comment,
    read_post,
    replies_within,
    written,
)
from listener.connectors.jsons import count, table
from listener.connectors.options import Options, checked
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate, Rechecked, Refused, Sent
from listener.domain.policy import SourceConfig
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.connectors import Tools

COMMENTS = "comments"
REMEMBERED = 500
"""Posts whose number of comments, and tags that, are kept."""


def build(config: SourceConfig, tools: "Tools") -> "InstagramConnector":
    """A connector on an account; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    account = id_in_path(options, "account_id", config.name)
    unknown = [name for name in options.texts("read") if name not in (COMMENTS, TAGGED)]
    if unknown:
        raise ConfigError(f"source {config.name!r}: options.read names {unknown[0]!r}: use comments, tagged")
    graph = Graph(options, config.secrets, tools, "Instagram")
    return InstagramConnector(graph, options, account, config.name, tools)


class InstagramConnector:
    """Reads one professional account, and answers as it."""

    platform = PLATFORM

    def __init__(self, graph: Graph, options: Options, account: str, source: str, tools: "Tools") -> None:
        self._graph = graph
        self._options = options
        self._account = account
        self._answers = Answers(graph, account, self._ours)
        tell = Events(self._answers, account).tell
        self._reading = Reading(graph, options, spool_of(tools, source), tell, self._listings)

    def __repr__(self) -> str:
        return f"InstagramConnector(account {self._account})"

    def check(self) -> str:
        """Who the account is, and whether its posts may be read: two calls."""
        name = self._name
        self._graph.list(f"/{self._account}/media", {"fields": "id", "limit": "1"})
        return f"@{name} may be read, and answers go out as it"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """What the webhook told, then each listing, newest post first."""
        return self._reading.poll(cursor, now)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """From how many comments the newest 100 posts of that stretch have: one call."""
        times = {"since": epoch(since - self._further), "until": epoch(until)}
        query = {"fields": "timestamp,comments_count", "limit": "100", **times}
        found = self._graph.list(f"/{self._account}/media", query)
        posts = sum(count(table(one).get("comments_count")) for one in found.records)
        size = self._options.whole("page_size")
        note = "all comments of those posts" + ("; there are more posts" if found.following else "")
        return Estimate(posts=posts, calls=1 + len(found.records) // size + posts // 50, note=note)

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """All that is polled; nothing lists what names us."""
        return self._reading.backfill(since, until, cursor, now)

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """Comments fifty a call, what names us one by one, what tags us by what is listed still."""
        return self._answers.recheck(mentions)

    def unable(self) -> str:
        """Nothing: the token that reads is the account's own."""
        return ""

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """A reply in their thread, or a comment where they named us."""
        return self._answers.reply(to, text)

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        """Looks through the thread for a reply of ours."""
        return self._answers.find_sent(to, text, since)

    # Who we are

    @cached_property
    def _name(self) -> str:
        """Our name there: one call, once."""
        return name_of(self._graph.get(f"/{self._account}", {"fields": "id,username"}).get("username"))

    def _ours(self, record: object) -> bool:
        """Instagram names the id of who wrote a comment in several ways, and sometimes only the name."""
        said = table(record)
        ids = [optional_id(table(said.get(key)).get("id")) for key in ("user", "from")]
        names = [name_of(table(said.get("from")).get("username")), name_of(said.get("username"))]
        return self._account in ids or (any(names) and self._name in names)

    # What is read

    @property
    def _further(self) -> timedelta:
        return timedelta(days=self._options.number("old_posts_days"))

    def _listings(self, state: State) -> list[Listing]:
        wanted = self._options.texts("read")
        every = {COMMENTS: self._comments, TAGGED: self._tagged}
        return [listing(state.part(name)) for name, listing in every.items() if name in wanted]

    def _comments(self, state: State) -> Listing:
        counts = _Counts(state, timedelta(days=self._options.number("reply_days")))
        shown = f"comments.limit({self._options.whole('shown')}){{{SHOWN_FIELDS}}}"
        under = Under(
            within=COMMENTS,
            query={"fields": SHOWN_FIELDS, "limit": "50"},
            low=counts.low,
            spread=self._spread,
            at=written,
            ours=self._ours,
            read=read_comment,
        )
        return Listing(
            name=COMMENTS,
            path=f"/{self._account}/media",
            query={"fields": f"id,timestamp,permalink,comments_count,{shown}", "limit": self._size},
            at=written,
            ours=lambda _: True,
            read=lambda record: read_post(record, named=False),
            timed=True,
            further=self._further,
            under=under,
            finished=counts.learn,
            memory=counts.fields,
        )

    def _spread(self, comment: object) -> list[object]:
        """A comment with all its replies: those it shows, and those listed beside it."""
        held = table(comment).get("replies")
        if not held:
            return [comment]
        replies = replies_within(comment)
        path = f"/{optional_id(table(comment).get('id'))}/replies"
        pages = self._graph.pages(path, {"fields": SHOWN_FIELDS.partition(",replies")[0], "limit": "50"}, listed(held))
        next(pages)
        for page in pages:
            replies += answering(comment, page.records)
        return [comment, *replies]

    def _tagged(self, state: State) -> Listing:
        tags = _Tags(state)
        return Listing(
            name=TAGGED,
            path=f"/{self._account}/tags",
            query={"fields": POST_FIELDS, "limit": self._size},
            at=written if tags.first else lambda _: None,
            ours=self._ours,
            read=lambda record: read_post(record, named=False),
            ends=tags.end,
            finished=tags.saw,
            ended=tags.settle,
            memory=tags.fields,
        )

    @property
    def _size(self) -> str:
        return str(self._options.whole("page_size"))


class _Counts:
    """How many comments each post had: where that changed, replies may have come below old comments."""

    def __init__(self, state: State, further: timedelta) -> None:
        self._known = state.part("counts").counts()
        self._further = further

    def low(self, post: object, low: datetime) -> datetime:
        known = self._known.get(optional_id(table(post).get("id")))
        return low if known in (None, count(table(post).get("comments_count"))) else low - self._further

    def learn(self, posts: list[object]) -> None:
        for post in posts:
            if native_id := optional_id(table(post).get("id")):
                self._known.pop(native_id, None)
                self._known[native_id] = count(table(post).get("comments_count"))

    def fields(self) -> dict[str, object]:
        return {"counts": dict(list(self._known.items())[-REMEMBERED:])}


class _Tags:
    """Tags come in the order in which they were set, which no time tells: what is known is known by its id."""

    def __init__(self, state: State) -> None:
        self._known = state.texts("seen")
        self.first = not state.whole("settled")
        self._met: list[str] = []

    def end(self, posts: list[object], low: datetime) -> bool:
        if self.first:
            times = [at for at in map(written, posts) if at is not None]
            return bool(times) and max(times) < low
        return {optional_id(table(post).get("id")) for post in posts} <= {*self._known, ""}

    def saw(self, posts: list[object]) -> None:
        self._met += [found for post in posts if (found := optional_id(table(post).get("id")))]

    def settle(self) -> None:
        """Only now: a walk that is cut must meet again what lay below."""
        self._known = list(dict.fromkeys([*self._met, *self._known]))[:REMEMBERED]
        self.first = False

    def fields(self) -> dict[str, object]:
        return {"seen": self._known, "settled": int(not self.first)}

"""Posts, and the people who wrote them, behind a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.domain.listing import Poster, Wanted
    from listener.domain.policy import Settings
    from listener.domain.stored import StoredMention
    from listener.insight.windows import Window
    from listener.lists import Row
    from listener.ports import Reads

PAGE = 500
POSTS = ("id", "posted", "brand", "platform", "handle", "sentiment", "labels", "engagement", "text", "url")
PEOPLE = ("author", "brand", "platform", "handle", "followers", "posts", "latest")


class Said(StrEnum):
    """What the posts bear."""

    ALL = "all"
    COMPLAINT = "complaint"
    PRAISE = "praise"
    QUESTION = "question"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    ABSTAINED = "abstained"
    UNSCORED = "unscored"
    ASIDE = "aside"
    REPOST = "repost"


class Stand(StrEnum):
    """On which side an author stands."""

    ANY = ""
    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostsAsked:
    """Which posts, or which people."""

    window: Window
    brand: str = ""
    """As configured; empty for all own brands."""
    label: Said = Said.ALL
    tag: str = ""
    words: str = ""
    """Only people whose complaint says this."""
    stance: Stand = Stand.ANY
    people: bool = False
    """A row an author instead of a row a post."""

    @property
    def columns(self) -> tuple[str, ...]:
        return PEOPLE if self.people else POSTS

    def refuse_nonsense(self) -> None:
        """Raises `ConfigError`."""
        if (self.words or self.stance) and not self.people:
            raise ConfigError("--words and --stance tell people apart, not posts", next_step="add --people")
        if sum(map(bool, (self.words, self.stance, self.tag or self.label is not Said.ALL))) > 1:
            raise ConfigError(
                "--words and --stance each stand alone", next_step="leave out --label, --tag or one of them"
            )


def rows(settings: Settings, reads: Reads, asked: PostsAsked, at_once: int = 0) -> Iterator[Row]:
    """Posts oldest first, read as they are taken; people those with the latest post first."""
    wanted = _wanted(settings, asked)
    if asked.words:
        return (_poster_of(row, want.brand) for want in wanted for row in _who_say(settings, reads, want, asked.words))
    if asked.stance:
        return (row for want in wanted for row in _standing(reads, want, asked.stance))
    if asked.people:
        return (_poster(row, want.brand) for want in wanted for row in reads.posters(want))
    return (post_row(row, want.brand) for want in wanted for row in paged(reads, want, at_once or PAGE))


def _wanted(settings: Settings, asked: PostsAsked) -> list[Wanted]:
    from listener.domain.listing import Wanted
    from listener.lists.asking import brands_of

    since, until, label = asked.window.since, asked.window.until, asked.label.value
    names = brands_of(settings, asked.brand)
    return [Wanted(brand=one, since=since, until=until, label=label, tag=asked.tag) for one in names]


def paged(reads: Reads, want: Wanted, at_once: int) -> Iterator[StoredMention]:
    """Oldest first, read as they are taken."""
    after = None
    while page := reads.said(want, at_once, after):
        yield from page
        after = (page[-1].mention.created_at, page[-1].id)


def _who_say(settings: Settings, reads: Reads, want: Wanted, words: str) -> list[StoredMention]:
    from listener.insight.reasons import who_say

    known = [word for entry in settings.brands for word in (entry.name, *entry.names, *entry.handles)]
    return who_say(reads, want.brand, words, want.since, want.until, ignore=known)


def _standing(reads: Reads, want: Wanted, wanted: Stand) -> Iterator[Row]:
    """All accounts of one linked customer are one."""
    from listener.insight.advocacy import stances

    sayings = reads.sayings(want.brand, want.since, want.until)
    asked = [author for author, stand in stances(sayings).items() if stand == wanted.value]
    posts = Counter(one.author_id for one in sayings)
    latest = {one.author_id: one.at for one in sayings}
    people = reads.people(asked)
    for author in asked:
        who = people.get(author)
        named = (who.platform, who.handle, who.followers) if who else ("", "", None)
        yield dict(zip(PEOPLE, (author, want.brand, *named, posts[author], latest[author]), strict=True))


def post_row(row: StoredMention, brand: str) -> Row:
    """A post about a brand."""
    said, verdict = row.mention, row.verdict
    return {
        "id": row.id,
        "posted": said.created_at,
        "brand": brand,
        "platform": said.key.platform,
        "handle": said.author.handle,
        "sentiment": (verdict.sentiment or "unsure") if verdict else "",
        "labels": ", ".join(sorted(verdict.labels)) if verdict else "",
        "engagement": said.metrics.engagement,
        "text": said.text,
        "url": said.url,
    }


def _poster(row: Poster, brand: str) -> Row:
    cells = (row.author_id, brand, row.platform, row.handle, row.followers, row.posts, row.last_at)
    return dict(zip(PEOPLE, cells, strict=True))


def _poster_of(row: StoredMention, brand: str) -> Row:
    by = row.mention.author
    cells = (row.author_id, brand, by.platform, by.handle, by.followers, 1, row.mention.created_at)
    return dict(zip(PEOPLE, cells, strict=True))

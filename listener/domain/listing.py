"""The rows behind a number: what a list of posts or of people asks for, and a line of the latter."""

from dataclasses import dataclass
from datetime import datetime

ALL, REPOST, ABSTAINED, UNSCORED, ASIDE = "all", "repost", "abstained", "unscored", "aside"
"""What a post may bear beside a label or a sentiment. `aside`: spoken to another brand, this one is only named."""

ERASURES = "erasures"
"""The bookmark that counts transactions in which something was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which posts about a brand; `since` and `until` bound when they were posted, the latter exclusively."""

    brand: str
    since: datetime
    until: datetime
    label: str = ALL
    """A `Label`, a `Sentiment`, or one of the words above; reposts apart, but for `repost`."""
    tag: str = ""
    """Only posts that bear it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one post says."""

    mention_id: int
    author_id: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """One author with posts of a kind."""

    author_id: int
    platform: str
    handle: str
    followers: int | None
    posts: int
    last_at: datetime


Place = tuple[datetime, int]
"""Where a post stands in a list by time: when it was posted, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Posts about a brand that bear all of these words, newest first; a search reads so many posts and no more."""

    brand: str
    words: tuple[str, ...]
    """Each anywhere in the post, whatever its case; `@name` is looked for in its author's handle."""
    before: Place | None = None
    """Goes on where an earlier search ended."""
    most: int = 10_000
    """Posts that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """How far a search came."""

    places: tuple[Place, ...]
    """Of what was found, newest first."""
    back_to: Place | None
    """The oldest post that was read; None once all were."""

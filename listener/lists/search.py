"""Posts that bear words, newest first; a search says how far back it looked and where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from listener.domain.listing import Place, Sought
from listener.errors import ConfigError
from listener.lists.asking import brands_of
from listener.lists.posts import POSTS, post_row

if TYPE_CHECKING:
    from listener.domain.policy import Settings
    from listener.lists import Row
    from listener.ports import Reads

COLUMNS = POSTS
READ = 10_000
"""Posts that one search reads."""
MOST_WORDS = 10
LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One search's rows."""

    rows: list[Row]
    back_to: Place | None
    """Every post after this one was looked at; None if all were."""

    @property
    def before(self) -> str:
        """What to go on with; empty if there is nothing more."""
        return f"{self.back_to[0]:%Y-%m-%dT%H:%M:%S.%fZ}/{self.back_to[1]}" if self.back_to else ""


def search(settings: Settings, reads: Reads, text: str, brand: str, before: str, limit: int) -> Found:
    """Among posts about that brand, or all own ones. Raises `ConfigError`."""
    words = tuple(dict.fromkeys(text.split()))
    if not words or len(words) > MOST_WORDS or len(text) > LONGEST:
        raise ConfigError(f"search for 1 to {MOST_WORDS} words, {LONGEST} characters at most")
    place = _place(before)
    names = brands_of(settings, brand)
    asked = [Sought(brand=name, words=words, before=place, most=READ // len(names)) for name in names]
    sighted = [(want.brand, reads.search(want, limit)) for want in asked]
    # Beyond the newest of these places one brand was looked at and another wasn't.
    back_to = max((one.back_to for _, one in sighted if one.back_to), default=None)
    places = sorted(
        ((place, name) for name, one in sighted for place in one.places if back_to is None or place >= back_to),
        reverse=True,
    )
    if len(places) > limit:
        places = places[:limit]
        back_to = places[-1][0]
    named = {mention_id: name for (_, mention_id), name in places}  # a post about two brands is shown once
    posts = reads.posts(list(named))
    rows = [post_row(posts[mention_id], name) for mention_id, name in named.items() if mention_id in posts]
    return Found(rows=rows, back_to=back_to)


def _place(before: str) -> Place | None:
    if not before:
        return None
    at, _, number = before.rpartition("/")
    try:
        return datetime.fromisoformat(at), int(number)
    except ValueError:
        raise ConfigError(f"{before!r} is no place to go on from", next_step="copy it from the search before") from None

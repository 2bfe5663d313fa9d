"""The listings that one source reads, and a page of one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from listener.connectors.boundary import sift
from listener.connectors.options import Options
from listener.connectors.reddit_api import Api
from listener.connectors.reddit_paging import Thing
from listener.connectors.reddit_things import (
    Reading,
    created_of,
    data_of,
    is_gone,
    is_under_review,
    key_of,
    read_thing,
)
from listener.domain.budget import Purpose
from listener.domain.mention import Gap, MentionKey, Page
from listener.errors import SkipRecord

PAGE = 100
_SPANS = (
    ("week", timedelta(days=7)),
    ("month", timedelta(days=30)),
    ("year", timedelta(days=365)),
)
_MARGIN = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One listing to walk."""

    name: str
    """Key in the cursor; another query is another listing."""
    path: str
    params: Mapping[str, str]
    searched: bool = False

    def children(
        self, api: Api, after: str, back_to: datetime, now: datetime, *, limit: int = PAGE
    ) -> tuple[list[object], str]:
        """A page, newest first, and after which name the next begins; a search shows nothing much older than
        `back_to`."""
        params = {**self.params, "limit": str(limit)}
        if self.searched:
            params["t"] = _span(now - back_to)
        if after:
            params["after"] = after
        return api.listing(self.path, params, purpose=Purpose.READ)


def _span(back: timedelta) -> str:
    """The shortest of Reddit's spans that surely reaches back so far."""
    return next((name for name, reach in _SPANS if back + _MARGIN <= reach), "all")


def listings_of(options: Options) -> list[Listing]:
    """The inbox first: what it says of who wrote to the account stands before the same comment comes by elsewhere."""
    found: list[Listing] = []
    if options.flag("inbox"):
        found += [
            _listing("mentions", "message/mentions", {}),
            _listing("answers", "message/comments/", {}),
            _listing("under-posts", "message/selfreply/", {}),
        ]
    if query := options.text("query"):
        where = options.text("search_in")
        # `t` stays in the name, from when it was always a week: another name would forget how far was read.
        params = {"q": query, "sort": "new", "t": "week", "syntax": options.text("syntax"), "restrict_sr": "False"}
        if where != "all":
            params["restrict_sr"] = "True"
        found.append(_listing("search", f"r/{where}/search/", params, searched=True))
    if subreddits := options.texts("subreddits"):
        found.append(_listing("comments", f"r/{'+'.join(subreddits)}/comments/", {}))
    return found


def _listing(kind: str, path: str, params: Mapping[str, str], *, searched: bool = False) -> Listing:
    mark = crc32(repr((path, sorted(params.items()))).encode())
    return Listing(name=f"{kind}-{mark:08x}", path=path, params=params, searched=searched)


def page_of(children: list[object], reading: Reading, *, cursor: str, done: bool, gaps: tuple[Gap, ...] = ()) -> Page:
    """What is shown becomes mentions, what is gone a deletion; what moderators have yet to see is passed over."""
    gone = [child for child in children if is_gone(child)]
    shown = [child for child in children if not is_gone(child) and not is_under_review(child)]
    mentions, rejects = sift(shown, lambda child: read_thing(child, reading), "listing")
    return Page(
        mentions=tuple(mentions),
        rejects=tuple(rejects),
        deleted=tuple(_keys(gone)),
        gaps=gaps,
        cursor=cursor,
        done=done,
    )


def things_of(children: list[object], now: datetime) -> list[Thing]:
    """What paging can use of a page: elements without a name or time can't say how far it reaches."""
    found: list[Thing] = []
    for child in children:
        try:
            created = created_of(data_of(child), now)
            found.append(Thing(name=key_of(child).native_id, created=int(created.timestamp())))
        except (SkipRecord, ValueError):
            continue
    return found


def _keys(children: list[object]) -> Iterator[MentionKey]:
    for child in children:
        try:
            yield key_of(child)
        except SkipRecord:
            continue

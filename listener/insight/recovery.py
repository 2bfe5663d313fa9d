"""Recovery: did complainers turn, once their case was resolved? Counted by people, from what they posted next.

Somebody counts once, from the first resolution in the window on, and recovered if none of the posts of the following 30
days complains. Who says nothing tells nothing: not posting is neither. Who is still within the 30 days waits, since
counting them now would count the quick ones alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from listener.domain.loyalty import Saying
from listener.domain.recovery import AGAIN, TURNED, Median, Recovery, RecoveryBy, RecoveryLine, Resolution
from listener.insight import survival
from listener.insight.advocacy import Stance, stances
from listener.insight.intervals import share
from listener.insight.windows import Window
from listener.ports import Reads

NOWHERE = "(none)"
"""The key of cases whose posts are at no touchpoint."""

Posts = Mapping[tuple[str, int], Sequence[Saying]]
"""(brand, author) → what they posted about it, oldest first."""


def measure(
    reads: Reads, brands: str | Sequence[str], window: Window, now: datetime, by: RecoveryBy | None = None
) -> Recovery:
    """Of people with a complaint case resolved in the window; one who complained of two brands counts for each."""
    named = (brands,) if isinstance(brands, str) else tuple(brands)
    resolved: list[Resolution] = []
    posts: dict[tuple[str, int], list[Saying]] = defaultdict(list)
    for brand in named:
        found = reads.resolutions(brand, window.since, min(window.until, now))
        resolved += found
        authors = sorted({one.author_id for one in found})
        if authors:
            for saying in reads.sayings_of(brand, authors, window.since, min(window.until + TURNED, now)):
                posts[brand, saying.author_id].append(saying)
    return recovery(resolved, posts, brands=named, window=window, now=now, by=by)


def followed(until: datetime, days: int = 28) -> Window:
    """The latest stretch of so many days whose resolutions' 30 days are all over by `until`."""
    end = until - AGAIN
    return Window(since=end - timedelta(days=days), until=end)


def recovery(
    resolved: Sequence[Resolution],
    posts: Posts,
    *,
    brands: tuple[str, ...],
    window: Window,
    now: datetime,
    by: RecoveryBy | None = None,
) -> Recovery:
    """The same from what was read; pure."""
    whole = _first_each(resolved)
    waiting = [one.at + AGAIN for one in whole if one.at + AGAIN > now]
    lines = [line_of(key, _first_each(ones), posts, now) for key, ones in _grouped(resolved, by).items()]
    return Recovery(
        brands=brands,
        since=window.since,
        until=window.until,
        at=now,
        whole=line_of("", whole, posts, now),
        lines=tuple(sorted(lines, key=lambda line: (-line.recovered.whole, -line.resolved, line.key))),
        complete_on=max(waiting, default=None),
    )


def line_of(key: str, resolved: Sequence[Resolution], posts: Posts, now: datetime) -> RecoveryLine:
    """`resolved` holds each person once a brand."""
    over = [one for one in resolved if one.at + AGAIN <= now]
    again = [(one, next_posts) for one in over if (next_posts := _after(one, posts, AGAIN))]
    recovered = sum(not any(post.complaint for post in next_posts) for _, next_posts in again)
    late = [one for one, _ in again if one.at + TURNED <= now]
    return RecoveryLine(
        key=key,
        resolved=len(resolved),
        pending=len(resolved) - len(over),
        silent=len(over) - len(again),
        recovered=share(recovered, len(again)),
        time=_time([_seen(one, next_posts) for one, next_posts in again]),
        promoters=share(sum(_promotes(one, posts) for one in late), len(late)),
    )


def _first_each(resolved: Iterable[Resolution]) -> list[Resolution]:
    first: dict[tuple[str, int], Resolution] = {}
    for one in sorted(resolved, key=lambda one: (one.at, one.case_id)):
        first.setdefault((one.brand, one.author_id), one)
    return list(first.values())


def _grouped(resolved: Iterable[Resolution], by: RecoveryBy | None) -> dict[str, list[Resolution]]:
    found: defaultdict[str, list[Resolution]] = defaultdict(list)
    for one in resolved if by else ():
        match by:
            case RecoveryBy.AGENT:
                keys: Sequence[str] = (one.agent,)
            case RecoveryBy.QUEUE:
                keys = (one.queue,)
            case _:
                keys = one.touchpoints or (NOWHERE,)
        for key in keys:
            found[key].append(one)
    return found


def _after(one: Resolution, posts: Posts, length: timedelta) -> list[Saying]:
    """What was posted then and could be read; a post that the classifier wasn't sure of isn't taken for content."""
    return [
        post
        for post in posts.get((one.brand, one.author_id), ())
        if one.at < post.at <= one.at + length and post.addressed and _readable(post)
    ]


def _readable(post: Saying) -> bool:
    return post.scored and (post.sentiment is not None or post.complaint or post.praise or post.question)


def _seen(one: Resolution, next_posts: Sequence[Saying]) -> survival.Seen:
    turned = next((post.at for post in next_posts if not post.complaint), None)
    until = (turned or one.at + AGAIN) - one.at
    return survival.Seen(until.total_seconds(), turned is not None)


def _time(seen: Sequence[survival.Seen]) -> Median:
    value, low, high = (timedelta(seconds=at) if at is not None else None for at in survival.median(seen))
    return Median(value=value, low=low, high=high, n=len(seen))


def _promotes(one: Resolution, posts: Posts) -> bool:
    return stances(_after(one, posts, TURNED)).get(one.author_id) is Stance.PROMOTER

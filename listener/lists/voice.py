"""Word of mouth as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from listener.domain.shares import Share
    from listener.domain.voice import Velocity, VoiceRow
    from listener.lists import Row

COLUMNS = (
    "key",
    "mentions",
    "reposts",
    "our posts",
    "authors",
    "reach ≤",
    "engaged",
    "an hour",
    "against weeks before",
    "share of voice",
    "n",
    "by authors",
    "authors n",
    "messages",
)


def cells(row: VoiceRow) -> Row:
    """A row as people read it, by `COLUMNS`."""
    told = (
        row.key,
        row.mentions,
        row.reposts,
        row.own_posts,
        row.authors,
        row.reach,
        row.engagement,
        row.velocity.rate,
        said_change(row.velocity),
        _share(row.voice),
        row.voice.whole,
        _share(row.author_voice),
        row.author_voice.whole,
        _share(row.pull),
    )
    return dict(zip(COLUMNS, told, strict=True))


def _share(share: Share) -> str:
    from listener.reports.phrasing import said_share

    return said_share(share) if share.telling else "too few to tell"  # n has a column of its own


def said_change(velocity: Velocity) -> str:
    """`+25 % (+4 to +50, n = 340)`, or why there is none."""
    from listener.domain.digest import MIN_N

    if velocity.earlier is None:
        return "no record so far back"
    if velocity.change is None or velocity.low is None or velocity.high is None:
        return "nothing to compare with"
    if velocity.n < MIN_N:
        return f"too few to tell (n = {velocity.n})"
    low, high = 100 * velocity.low, 100 * velocity.high
    return f"{100 * velocity.change:+.0f} % ({low:+.0f} to {high:+.0f}, n = {velocity.n})"

"""`listener mentions`: the posts, or the people, that a number counts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.export import write_csv
from listener.cli.insight import BrandName, known_brand
from listener.cli.periods import Day, Week, listed_window
from listener.cli.session import Session, session
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.domain.listing import Poster, Wanted
    from listener.domain.stored import StoredMention
    from listener.insight.windows import Window
    from listener.ports import Reads

Row = dict[str, object]

PAGE = 500
SHOWN = 50
"""Rows on a terminal unless asked for more; a pipe, JSON and CSV get all."""

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


def mentions(
    brand: BrandName = "",
    label: Annotated[Said, typer.Option(help="Only posts of this label or mood; reposts stand apart.")] = Said.ALL,
    day: Day = "",
    week: Week = "",
    tag: Annotated[str, typer.Option(help="Only posts with this tag, such as touchpoint:deliver.")] = "",
    words: Annotated[str, typer.Option(help="Only the people whose complaint says this, as the digest has it.")] = "",
    stance: Annotated[Stand, typer.Option(help="Only the people who stand so, by their latest word.")] = Stand.ANY,
    people: Annotated[bool, typer.Option("--people", help="A row an author instead of a row a post.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many; 50 on a terminal, else all.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """List the posts, or the people, behind a number: of a day or week, brand and label; oldest first."""
    _refuse_nonsense(label, tag, words, stance, people=people)
    columns = PEOPLE if people else POSTS
    with session() as ours, ours.store.read() as reads:
        window = listed_window(day, week, reads, ours)
        rows = _rows(ours, reads, _asked(ours, brand, label, window, tag), words, stance, people=people)
        most = limit or (SHOWN if sys.stdout.isatty() and not (as_csv or as_json) else None)
        shown = _Counted(islice(rows, most))
        if as_csv:
            write_csv(sys.stdout, columns, shown)
        else:
            show.emit_rows(columns, shown, as_json=as_json, wide="" if people else "text")
        more = next(rows, None) is not None
    what = "people" if people else "posts"
    show.say(f"{shown.rows:,} {what}" + ("; there are more: --limit N" if more else ""))


def _refuse_nonsense(label: Said, tag: str, words: str, stance: Stand, *, people: bool) -> None:
    if (words or stance) and not people:
        raise ConfigError("--words and --stance tell people apart, not posts", next_step="add --people")
    if sum(map(bool, (words, stance, tag or label is not Said.ALL))) > 1:
        raise ConfigError("--words and --stance each stand alone", next_step="leave out --label, --tag or one of them")


def _asked(ours: Session, brand: str, label: Said, window: Window, tag: str) -> list[Wanted]:
    from listener.domain.listing import Wanted

    name = known_brand(ours, brand)
    names = [name] if name else [entry.name for entry in ours.settings.brands if not entry.competitor]
    return [Wanted(brand=one, since=window.since, until=window.until, label=label.value, tag=tag) for one in names]


def _rows(
    ours: Session, reads: Reads, asked: list[Wanted], words: str, stance: Stand, *, people: bool
) -> Iterator[Row]:
    if words:
        return (_poster_of(row, want.brand) for want in asked for row in _who_say(ours, reads, want, words))
    if stance:
        return (row for want in asked for row in _standing(reads, want, stance))
    if people:
        return (_poster(row, want.brand) for want in asked for row in reads.posters(want))
    return (_post(row, want.brand) for want in asked for row in _paged(reads, want))


def _paged(reads: Reads, want: Wanted) -> Iterator[StoredMention]:
    after = None
    while page := reads.said(want, PAGE, after):
        yield from page
        after = (page[-1].mention.created_at, page[-1].id)


def _who_say(ours: Session, reads: Reads, want: Wanted, words: str) -> list[StoredMention]:
    from listener.insight.reasons import who_say

    known = [word for entry in ours.settings.brands for word in (entry.name, *entry.names, *entry.handles)]
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


def _post(row: StoredMention, brand: str) -> Row:
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


class _Counted:
    """Rows as they pass, and how many did."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows_left = rows
        self.rows = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows_left:
            self.rows += 1
            yield row

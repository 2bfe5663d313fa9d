"""`listener voice`: who is talked about, how much, by how many, how far and how fast."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.periods import Since, Until
from listener.cli.plot import FULL, PASSED_ON, plotted, terminal_width
from listener.cli.session import session
from listener.lists.voice import COLUMNS, cells
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.domain.digest import Share
    from listener.domain.voice import VoiceRow
    from listener.insight.windows import Window

NARROW = ("key", "mentions", "reposts", "authors", "reach ≤", "engaged", "share of voice", "n")
"""What fits into 80 columns."""
WIDE = 150
"""Columns of a terminal from which all are shown."""


class By(StrEnum):
    BRAND = "brand"
    PLATFORM = "platform"
    LANGUAGE = "language"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


Days = Annotated[int | None, typer.Option(min=1, max=3660, help="How many days; needs at most one end.")]
Csv = Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")]
JsonRows = Annotated[bool, typer.Option("--json", help="One JSON object a row.")]


def voice(
    since: Since = "",
    until: Until = "",
    days: Days = None,
    brand: BrandName = "",
    by: Annotated[By, typer.Option(help="What a row is; weeks begin on Monday.")] = By.BRAND,
    plot: Annotated[bool, typer.Option("--plot", help="Bars: people's own words, and what was passed on.")] = False,
    as_csv: Csv = False,
    as_json: JsonRows = False,
) -> None:
    """Word of mouth: volume, people, reach, engagement, velocity, share of voice, message pull-through."""
    from listener.insight import voice as measured

    with session() as ours:
        zone, now = zone_of(ours), ours.clock.now()
        window = window_of(since, until, days, now, zone)
        with ours.store.read() as reads:
            rows = measured.measure(
                reads,
                brands=ours.settings.brands,
                window=window,
                zone=zone,
                by=measured.By(by.value),
                brand=known_brand(ours, brand),
                now=now,
            )
    if as_json:
        show.emit_rows((), map(_json, rows), as_json=True)
    elif as_csv:
        write_csv(sys.stdout, COLUMNS, map(cells, rows))
    elif plot:
        for line in plotted([(row.key, row.mentions, row.reposts) for row in rows], terminal_width()):
            show.out(line)
        show.say(f"{said_window(window, zone)}. Mentions {FULL}, and reposts {PASSED_ON}.")
    else:
        show.emit_rows(_fitting(), map(cells, rows), as_json=False)
        show.say(_legend(window, zone))


def said_window(window: Window, zone: ZoneInfo) -> str:
    return (
        f"{window.since.astimezone(zone):%Y-%m-%d %H:%M} to {window.until.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"
    )


def share_json(name: str, share: Share) -> dict[str, object]:
    """A share with its interval and n, under `name`."""
    return {
        name: round(share.value, 6),
        f"{name}_95": [round(share.low, 6), round(share.high, 6)],
        f"{name}_n": share.whole,
    }


def _fitting() -> tuple[str, ...]:
    return NARROW if sys.stdout.isatty() and show.console().width < WIDE else COLUMNS


def _legend(window: Window, zone: ZoneInfo) -> str:
    return (
        f"{said_window(window, zone)}. Mentions are people's own words; reposts and our own posts are apart. Reach sums"
        " followers of distinct authors: an upper bound. An hour: mentions in the full hours so far, against the same"
        " hours one or more weeks before. Messages: mentions that carry a message of themes.toml."
    )


def _json(row: VoiceRow) -> dict[str, object]:
    velocity = row.velocity
    change = None if velocity.low is None or velocity.high is None else [velocity.low, velocity.high]
    return {
        "key": row.key,
        "mentions": row.mentions,
        "reposts": row.reposts,
        "own_posts": row.own_posts,
        "authors": row.authors,
        "reach_upper_bound": row.reach,
        "authors_of_unknown_reach": row.unknown_reach,
        "engagement": row.engagement,
        **share_json("share_of_voice", row.voice),
        **share_json("share_of_authors", row.author_voice),
        **share_json("message_pull_through", row.pull),
        "mentions_an_hour": velocity.rate,
        "mentions_an_hour_before": velocity.earlier_rate,
        "velocity_change": velocity.change,
        "velocity_change_95": change,
        "velocity_n": velocity.n,
        "telling": row.voice.telling,
    }

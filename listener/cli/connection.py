"""`listener connection`: who is moved by what a brand stands for, by which motivator, and how these people differ."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from listener.cli import show
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.nps import brands_of
from listener.cli.periods import Since, Until
from listener.cli.session import session
from listener.cli.voice import Csv, Days, JsonRows, said_window, share_json
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from listener.domain.connection import Connection, Difference

DEFAULT_DAYS = 90
COLUMNS = ("brand", "what", "connected", "others", "difference", "n")


def connection(
    since: Since = "",
    until: Until = "",
    days: Days = None,
    brand: BrandName = "",
    as_csv: Csv = False,
    as_json: JsonRows = False,
) -> None:
    """Share of authors who are emotionally connected, by motivator, and what they do that others don't."""
    from listener.insight import connection as counted

    with session() as ours:
        zone = zone_of(ours)
        window = window_of(since, until, None if since and until else days or DEFAULT_DAYS, ours.clock.now(), zone)
        with ours.store.read() as reads:
            found = [
                counted.connection(
                    name,
                    reads.sayings(name, window.since, window.until),
                    reads.taggers(name, window.since, window.until),
                )
                for name in brands_of(ours, known_brand(ours, brand))
            ]
    rows = [row for one in found for row in _rows(one)]
    if as_json:
        show.emit_rows((), map(_json, found), as_json=True)
    elif as_csv:
        write_csv(sys.stdout, COLUMNS, rows)
    else:
        show.emit_rows(COLUMNS, rows, as_json=False)
        for one in found:
            if one.looked_at < one.posts:
                show.say(
                    f"{one.brand}: themes were looked for in {one.looked_at:,} of {one.posts:,} posts:"
                    " listener themes apply"
                )
        show.say(f"{said_window(window, zone)}; each author counts once, with 95 % intervals. {counted.CAVEAT}")


def said_difference(found: Difference) -> str:
    """`+12 points (4 to 20)`, or that there are too few."""
    if not found.telling:
        return "too few to tell"
    return f"{found.points:+.0f} points ({found.low:.0f} to {found.high:.0f})"


def difference_json(found: Difference) -> dict[str, object]:
    return {
        "difference": round(found.points, 4),
        "difference_95": [round(found.low, 4), round(found.high, 4)],
        "telling": found.telling,
        "more_than_noise": found.beyond_noise,
    }


def _rows(one: Connection) -> Iterable[Mapping[str, object]]:
    from listener.reports.phrasing import said_share

    yield {"brand": one.brand, "what": "connected", "connected": said_share(one.connected), "n": one.connected.whole}
    for name, counted in one.motivators:
        yield {"brand": one.brand, "what": f"by {name}", "connected": said_share(counted), "n": counted.whole}
    for contrast in one.contrasts:
        yield {
            "brand": one.brand,
            "what": contrast.name,
            "connected": said_share(contrast.connected),
            "others": said_share(contrast.others),
            "difference": said_difference(contrast.difference),
            "n": f"{contrast.connected.whole} and {contrast.others.whole}",
        }


def _json(one: Connection) -> dict[str, object]:
    return {
        "brand": one.brand,
        **share_json("connected", one.connected),
        "telling": one.connected.telling,
        "motivators": [{"motivator": name, **share_json("connected", counted)} for name, counted in one.motivators],
        "contrasts": [
            {
                "what": contrast.name,
                **share_json("connected", contrast.connected),
                **share_json("others", contrast.others),
                **difference_json(contrast.difference),
            }
            for contrast in one.contrasts
        ],
        "posts": one.posts,
        "posts_looked_at": one.looked_at,
    }

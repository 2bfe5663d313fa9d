"""`listener journey`: which touchpoints people speak of, and in what mood."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.nps import brands_of
from listener.cli.session import session
from listener.lists.journey import COLUMNS, measured, rows
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from listener.domain.digest import Share
    from listener.domain.journey import Journey, Stop


def journey(
    since: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "",
    until: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD; today if not given.")] = "",
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="How many days; needs at most one end.")] = None,
    brand: BrandName = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a brand.")] = False,
) -> None:
    """Show where on their way people speak of a brand, and in what mood; each person counts once a touchpoint."""
    with session() as ours:
        zone = zone_of(ours)
        window = window_of(since, until, days, ours.clock.now(), zone)
        with ours.store.read() as reads:
            found = measured(ours.settings, reads, brands_of(ours, known_brand(ours, brand)), window)
    if as_json:
        show.emit_rows((), map(_json, found), as_json=True)
        return
    if as_csv:
        write_csv(sys.stdout, COLUMNS, rows(found))
        return
    show.emit_rows(COLUMNS, rows(found), as_json=False)
    for one in found:
        _say(one)
    first, last = (one.astimezone(zone) for one in (window.since, window.until))
    show.say(f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} {zone.key}. Reposts are apart.")


def _say(found: Journey) -> None:
    from listener.reports.phrasing import said_share

    show.say(f"{found.brand}: {found.posts:,} posts by {found.people:,} people; {said_share(found.without)} at none.")
    if found.older or found.unlooked:
        show.say(
            f"{found.older:,} posts were looked at with other themes or by another model, {found.unlooked:,} by none:"
            " listener themes apply"
        )


def _json(found: Journey) -> dict[str, object]:
    return {
        "brand": found.brand,
        "posts": found.posts,
        "people": found.people,
        "touchpoints": [_stop_json(stop) for stop in found.stops],
        "at_none": _stop_json(found.nowhere),
        "posts_at_none": _share_json(found.without),
        "posts_of_older_themes": found.older,
        "posts_not_looked_at": found.unlooked,
    }


def _stop_json(stop: Stop) -> dict[str, object]:
    return {**asdict(stop), "unhappy": _share_json(stop.unhappy), "happy": _share_json(stop.happy)}


def _share_json(share: Share) -> dict[str, object]:
    return {
        "share": round(share.value, 6),
        "interval_95": [round(share.low, 6), round(share.high, 6)],
        "n": share.whole,
        "telling": share.telling,
    }

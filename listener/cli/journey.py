"""`listener journey`: which touchpoints people speak of, and in what mood."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.export import write_csv
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.session import session

if TYPE_CHECKING:
    from listener.domain.digest import Share
    from listener.domain.journey import Journey, Stop

COLUMNS = ("brand", "touchpoint", "people", "posts", "negative", "neutral", "positive", "unsure", "unhappy", "happy")
NOWHERE = "(none)"


def journey(
    since: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "",
    until: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD; today if not given.")] = "",
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="How many days; needs at most one end.")] = None,
    brand: BrandName = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a brand.")] = False,
) -> None:
    """Show where on their way people speak of a brand, and in what mood; each person counts once a touchpoint."""
    from listener.domain.themes import ThemeKind
    from listener.insight import journey as measured
    from listener.tagging import tagger_name

    with session() as ours:
        zone = zone_of(ours)
        window = window_of(since, until, days, ours.clock.now(), zone)
        named = known_brand(ours, brand)
        brands = [named] if named else [one.name for one in ours.settings.brands if not one.competitor]
        themes = ours.settings.themes
        points = [theme.name for theme in themes if theme.kind is ThemeKind.TOUCHPOINT]
        tagger = tagger_name(ours.settings.classifier, themes)
        with ours.store.read() as reads:
            found = [
                measured.journey(
                    name,
                    reads.sayings(name, window.since, window.until),
                    points,
                    reads.taggers(name, window.since, window.until),
                    tagger,
                )
                for name in brands
            ]
    if as_json:
        show.emit_rows((), map(_json, found), as_json=True)
        return
    rows = [_cells(one.brand, stop) for one in found for stop in (*one.stops, one.nowhere)]
    if as_csv:
        write_csv(sys.stdout, COLUMNS, rows)
        return
    show.emit_rows(COLUMNS, rows, as_json=False)
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


def _cells(brand: str, stop: Stop) -> dict[str, object]:
    from listener.reports.phrasing import said_share

    counts = (stop.people, stop.posts, stop.negative, stop.neutral, stop.positive, stop.unsure + stop.unscored)
    told = (said_share(stop.unhappy), said_share(stop.happy))
    return dict(zip(COLUMNS, (brand, stop.touchpoint or NOWHERE, *counts, *told), strict=True))


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

"""The journey as rows: which touchpoints people speak of, and in what mood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from listener.domain.journey import Journey, Stop
    from listener.domain.policy import Settings
    from listener.insight.windows import Window
    from listener.lists import Row
    from listener.ports import Reads

COLUMNS = ("brand", "touchpoint", "people", "posts", "negative", "neutral", "positive", "unsure", "unhappy", "happy")
NOWHERE = "(none)"


def measured(settings: Settings, reads: Reads, brands: Sequence[str], window: Window) -> list[Journey]:
    """Each brand's touchpoints, as its people speak of them."""
    from listener.domain.themes import ThemeKind
    from listener.insight.journey import journey
    from listener.tagging import tagger_name

    points = [theme.name for theme in settings.themes if theme.kind is ThemeKind.TOUCHPOINT]
    tagger = tagger_name(settings.classifier, settings.themes)
    return [
        journey(
            name,
            reads.sayings(name, window.since, window.until),
            points,
            reads.taggers(name, window.since, window.until),
            tagger,
        )
        for name in brands
    ]


def rows(found: Sequence[Journey]) -> list[Row]:
    """A row a touchpoint, and one of the posts at none."""
    return [_cells(one.brand, stop) for one in found for stop in (*one.stops, one.nowhere)]


def _cells(brand: str, stop: Stop) -> Row:
    from listener.reports.phrasing import said_share

    counts = (stop.people, stop.posts, stop.negative, stop.neutral, stop.positive, stop.unsure + stop.unscored)
    told = (said_share(stop.unhappy), said_share(stop.happy))
    return dict(zip(COLUMNS, (brand, stop.touchpoint or NOWHERE, *counts, *told), strict=True))

"""Drivers as rows: how much themes are talked about, against how much they move people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from listener.domain.drivers import Driver, Drivers, LeftOut, Outcome

if TYPE_CHECKING:
    from listener.domain.policy import Settings
    from listener.insight.windows import Window
    from listener.lists import Row
    from listener.ports import Reads

DEFAULT_DAYS = 90
COLUMNS = ("brand", "theme", "kind", "stated", "n", "derived", "low", "high", "odds", "important", "box")
LEFT_OUT = "not in the model"


def measured(settings: Settings, reads: Reads, names: Sequence[str], window: Window, outcome: Outcome) -> list[Drivers]:
    """What moves people to the outcome, brand by brand."""
    from listener.domain.themes import ThemeKind
    from listener.insight import drivers as counted

    themes = [one for one in settings.themes if one.kind in (ThemeKind.TOUCHPOINT, ThemeKind.MOTIVATOR)]
    return [
        counted.drivers(
            name,
            reads.sayings(name, window.since, window.until),
            outcome,
            reads.taggers(name, window.since, window.until),
            [one.tag for one in themes if not one.brands or name in one.brands],
        )
        for name in names
    ]


def rows(found: Sequence[Drivers]) -> Iterable[Row]:
    """A row a theme, those that were left out last."""
    for one in found:
        for driver in one.drivers:
            yield dict(zip(COLUMNS, _cells(one.brand, driver), strict=True))
        for left in one.left_out:
            yield {"brand": one.brand, **_named(left), "box": f"{LEFT_OUT}: {left.why}"}


def _cells(brand: str, one: Driver) -> tuple[object, ...]:
    kind = one.tag.partition(":")[0]
    ends = (f"{one.derived:+.2f}", f"{one.low:+.2f}", f"{one.high:+.2f}", f"×{one.odds:.2f}")
    important = "yes" if one.important else "no"
    return (brand, one.name, kind, _stated(one), one.stated.whole, *ends, important, one.box)


def _named(left: LeftOut) -> Row:
    kind, _, name = left.tag.partition(":")
    return {"theme": name, "kind": kind, "stated": _stated(left), "n": left.stated.whole}


def _stated(one: Driver | LeftOut) -> str:
    from listener.reports.phrasing import said_share

    return said_share(one.stated)

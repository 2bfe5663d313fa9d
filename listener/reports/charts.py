"""The digest's charts as inline SVG: drawn by pygal, stripped to shapes and text, coloured by the page's own style.

No script, style, comment or reference is left in them, so that the page needs no permission to show them.
"""

import sys
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from markupsafe import Markup

from listener.domain.digest import BrandLine, DaySentiment, Digest, HourPoint
from listener.reports.escaping import line

SVG = "http://www.w3.org/2000/svg"
KEPT = {"svg", "g", "path", "rect", "line", "text", "circle"}
KEPT_ATTRIBUTES = {"class", "d", "x", "y", "width", "height", "transform", "r", "cx", "cy", "rx", "ry"}
WIDTH, HEIGHT = 760, 250
NARROW_HEIGHT = 220
BAR_HEIGHT = 44
HEAD = 60
"""Height of one bar, and of what stands around the bars."""

NAME = 24
"""Code points of a brand's name beside its bar."""


def hours_chart(digest: Digest) -> Markup:
    """Distinct complaining authors by hour, on top of the usual and the end of its usual range."""
    pygal = _pygal()
    points, zone = digest.hours, ZoneInfo(digest.timezone)
    chart = pygal.Line(**_common(HEIGHT), show_dots=False, fill=False)
    chart.x_labels = [f"{point.hour.astimezone(zone):%H}" for point in points]
    if any(point.upper is not None for point in points):
        chart.add("usual range", [point.upper for point in points], fill=True)
        chart.add("usual", [point.usual for point in points])
    chart.add("people who complained", [point.complaints for point in points])
    return _static(chart, _hours_said(points, zone))


def week_chart(week: tuple[DaySentiment, ...]) -> Markup:
    """Mentions by sentiment, a bar a day."""
    pygal = _pygal()
    chart = pygal.StackedBar(**_common(NARROW_HEIGHT))
    chart.x_labels = [f"{one.day:%a} {one.day.day}" for one in week]
    for name in ("negative", "neutral", "positive"):
        chart.add(name, [getattr(one.sentiments, name) for one in week])
    total = sum(one.sentiments.total for one in week)
    return _static(chart, f"Mentions by sentiment over {len(week)} days, {total:,} in all")


def voice_chart(brands: tuple[BrandLine, ...]) -> Markup:
    """Share of all configured brands' mentions, a bar a brand, the largest on top."""
    pygal = _pygal()
    ranked = sorted(brands, key=lambda brand: (brand.mentions, brand.brand))
    chart = pygal.HorizontalStackedBar(
        **_common(HEAD + BAR_HEIGHT * len(ranked)), print_values=True, print_values_position="top"
    )
    # A bar's other half is empty, and an empty half must not print its nought over the number.
    chart.value_formatter = lambda value: f"{value:.0f} %" if value else ""
    chart.x_labels = [line(brand.brand, NAME) for brand in ranked]
    chart.add("own", [None if brand.competitor else 100 * brand.voice.value for brand in ranked])
    if any(brand.competitor for brand in ranked):
        chart.add("competitors", [100 * brand.voice.value if brand.competitor else None for brand in ranked])
    return _static(chart, "Share of voice in per cent of all configured brands' mentions")


def _pygal() -> Any:
    """The library, without the import hook it leaves behind for map plug-ins: that one warns on later imports."""
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
    return pygal


def _common(height: int) -> dict[str, object]:
    return {
        "js": [],
        "no_prefix": True,
        "width": WIDTH,
        "height": height,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 3,
        "legend_box_size": 10,
        "margin": 6,
        "show_minor_x_labels": True,
        "x_labels_major_every": 1,
        "order_min": 0,
        "min_scale": 3,
        "max_scale": 5,
        "include_x_axis": True,
        "no_data_text": "no data",
        "value_formatter": lambda value: f"{value:,.0f}",
    }


def _hours_said(points: tuple[HourPoint, ...], zone: ZoneInfo) -> str:
    if not points:
        return "No hours yet"
    top = max(points, key=lambda point: point.complaints)
    return f"People who complained, by hour; most from {top.hour.astimezone(zone):%H:%M}: {top.complaints}"


def _static(chart: object, said: str) -> Markup:
    """`said` is what a screen reader tells."""
    root = chart.render_tree()  # type: ignore[attr-defined]
    _strip(root)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": said, "class": "chart"}
    ET.register_namespace("", SVG)
    return Markup(ET.tostring(root, encoding="unicode").replace(f' xmlns="{SVG}"', ""))  # noqa: S704 - our own shapes


def _strip(element: ET.Element) -> None:
    for child in list(element):
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name not in KEPT:
            element.remove(child)
        else:
            child.attrib = {key: value for key, value in child.attrib.items() if key in KEPT_ATTRIBUTES}
            _strip(child)

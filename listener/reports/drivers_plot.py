"""The four boxes as a picture: how much themes are talked about, against how much they move people.

As characters for an 80-column terminal, as inline SVG that the page styles, and as an SVG file that styles itself, in
light and dark. Across: the standardised coefficient, turned so that the right is what the brand wants. Up: the share of
authors who mention the theme. Shapes and text only: no script, no reference, nothing fetched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, digits
from xml.etree import ElementTree as ET

from markupsafe import Markup

from listener.domain.drivers import Box, Driver, Drivers
from listener.reports.charts import SVG
from listener.reports.escaping import line

WIDTH, HEIGHT = 760, 500
LEFT, RIGHT, TOP, BOTTOM = 56, 18, 64, 58
CHARACTER, ROW = 7.4, 14
"""Of a label in pixels: width of a character and height."""
NAME = 28
"""Code points of a theme's name."""

COLUMNS, ROWS = 68, 19
"""Of the terminal's field; with what stands left of it, 80 columns hold it."""

CLASSES = {Box.FIX_FIRST: "fix", Box.KEEP: "keep", Box.TABLE_STAKES: "stakes", Box.IGNORE: "ignore"}

STYLE = """
svg { color-scheme: light dark; --page: #fff; --ink: #1b2330; --soft: #5a6573; --line: #dfe3e8;
  --bad: #c4314b; --good: #18794e; --calm: #6b7684; background: var(--page); }
@media (prefers-color-scheme: dark) {
  svg { --page: #1b212a; --ink: #e8ecf1; --soft: #a2adba; --line: #3a4553;
    --bad: #ff7a8e; --good: #4cc38a; --calm: #8e9aa8; }
}
.paper { fill: var(--page); }
text { fill: var(--ink); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
.title { font-size: 15px; font-weight: 600; }
.axis, .tick, .boxname { fill: var(--soft); }
.boxname { font-size: 11px; letter-spacing: .08em; }
.end, .middle { text-anchor: middle; }
.end { text-anchor: end; }
.frame, .grid, .leader { stroke: var(--line); fill: none; }
.nought { stroke: var(--soft); fill: none; }
.much { stroke: var(--soft); stroke-dasharray: 4 4; fill: none; }
.fix { --of: var(--bad); } .keep { --of: var(--good); } .stakes, .ignore { --of: var(--calm); }
.dot { fill: var(--of); stroke: var(--of); }
.stakes .dot, .ignore .dot { fill: var(--page); stroke-width: 1.5; }
.range { stroke: var(--of); stroke-width: 1.5; opacity: .55; fill: none; }
.fix text, .keep text { fill: var(--of); font-weight: 600; }
"""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where values lie on the paper."""

    widest: float
    highest: float
    sign: int
    """-1 where the outcome isn't wanted, so that its causes lie on the left."""

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (self.across(value) + 1) / 2

    def y(self, share: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share / self.highest

    def across(self, value: float) -> float:
        """-1 to 1."""
        return max(-1.0, min(1.0, self.sign * value / self.widest))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A rectangle that is taken."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Spot") -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    @property
    def inside(self) -> bool:
        return self.left >= LEFT + 2 and self.right <= WIDTH - 2 and self.top >= TOP + 18 and self.bottom <= _FLOOR


_FLOOR = HEIGHT - BOTTOM - 4


def chart(found: Drivers) -> Markup:
    """Inline, for a page that styles the classes."""
    return Markup(_text(_drawn(found)).replace(f' xmlns="{SVG}"', ""))  # noqa: S704 - our own shapes, words escaped


def standalone(found: Drivers) -> str:
    """A file by itself."""
    root = _drawn(found)
    style = ET.Element("style")
    style.text = STYLE
    root.insert(0, style)
    root.set("xmlns", SVG)
    root.set("width", str(WIDTH))
    root.set("height", str(HEIGHT))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_text(root)}\n'


def terminal(found: Drivers) -> list[str]:
    """Lines of at most 80 columns: the field, with a letter a theme, and what the letters stand for."""
    scale, field = _scale(found), [[" "] * COLUMNS for _ in range(ROWS)]
    _rule(field, ROWS - 1 - round((ROWS - 1) * min(1.0, found.much / scale.highest)))
    taken: dict[tuple[int, int], str] = {}
    marks = dict(zip((one.tag for one in found.drivers), ascii_lowercase + digits, strict=False))
    for one in found.drivers:
        column = round((COLUMNS - 1) * (scale.across(one.derived) + 1) / 2)
        row = ROWS - 1 - round((ROWS - 1) * one.stated.value / scale.highest)
        mark = marks.get(one.tag, "?")
        taken[_nearest(row, column, taken)] = mark.upper() if one.important else mark
    for (row, column), mark in taken.items():
        field[row][column] = mark
    lines = [
        f"{_title(found)}",
        f"{'':5}{'FIX FIRST':<{COLUMNS // 2 - 9}}{'TABLE STAKES':^18}{'KEEP':>{COLUMNS // 2 - 9}}",
    ]
    lines += [f"{_percent(n, scale):>4} │{''.join(cells)}│" for n, cells in enumerate(field)]
    lines.append(
        f"{'':5}{'moves them the wrong way':<{COLUMNS // 2 - 9}}{'IGNORE':^18}{'the right way':>{COLUMNS // 2 - 9}}"
    )
    lines.append("")
    lines += [_legend(one, marks.get(one.tag, "?")) for one in found.drivers]
    lines.append("Up: authors who mention it; dotted: the median theme.")
    lines.append("Capitals: more than chance. Small letters: not told from chance.")
    return [one[:80].rstrip() for one in lines]


def _legend(one: Driver, mark: str) -> str:
    mark = mark.upper() if one.important else mark
    moved = f"{one.derived:+.2f} ({one.low:+.2f} to {one.high:+.2f})"
    return f"  {mark}  {line(one.name, NAME):<{NAME}} {100 * one.stated.value:4.0f} %  {moved:<24} {one.box}"


def _rule(field: list[list[str]], row: int) -> None:
    for cells in field:
        cells[COLUMNS // 2] = "┊"
    field[row] = ["┈"] * COLUMNS


def _nearest(row: int, column: int, taken: dict[tuple[int, int], str]) -> tuple[int, int]:
    """The free cell nearest to where it belongs; a character is about twice as high as wide."""
    cells = [(r, c) for r in range(ROWS) for c in range(COLUMNS) if (r, c) not in taken]
    return min(cells, key=lambda cell: (4 * (cell[0] - row) ** 2 + (cell[1] - column) ** 2, cell))


def _percent(row: int, scale: _Scale) -> str:
    return f"{100 * scale.highest * (ROWS - 1 - row) / (ROWS - 1):.0f}%" if row % 6 == 0 else ""


def _scale(found: Drivers) -> _Scale:
    ends = [abs(end) for one in found.drivers for end in (one.low, one.high)]
    shares = [one.stated.value for one in found.drivers]
    return _Scale(
        widest=max([*ends, 0.1]) * 1.08,
        highest=min(1.0, max([*shares, 0.05]) * 1.12),
        sign=1 if found.outcome.wanted else -1,
    )


def _title(found: Drivers) -> str:
    doing = {"recommend": "recommend", "warn": "warn others off", "leave": "leave"}[found.outcome]
    return f"What moves people to {doing}: {line(found.brand, 40)}, {found.authors:,} authors, {found.having:,} do"


def _drawn(found: Drivers) -> ET.Element:
    scale = _scale(found)
    said = ", ".join(f"{line(one.name, NAME)}: {one.box}" for one in found.drivers)
    root = ET.Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "class": "chart drivers"})
    root.set("aria-label", f"{_title(found)}. {said or found.refused}")
    ET.SubElement(root, "rect", {"class": "paper", "width": str(WIDTH), "height": str(HEIGHT)})
    _words(root, LEFT, 22, _title(found), "title")
    if found.refused:
        _words(root, LEFT, 60, found.refused, "axis")
        return root
    _axes(root, found, scale)
    dots = [_Spot(x - 6, y - 6, x + 6, y + 6) for x, y in (_at(one, scale) for one in found.drivers)]
    taken = [*dots, *_captions(root)]
    for one in found.drivers:
        _dot(root, one, scale)
    # Where dots lie close, those that matter choose their place first; they come first.
    for one, dot in zip(found.drivers, dots, strict=True):
        _label(root, one, scale, dot, taken)
    return root


def _axes(root: ET.Element, found: Drivers, scale: _Scale) -> None:
    floor, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    frame = {"x": str(LEFT), "y": str(TOP), "width": str(right - LEFT), "height": str(floor - TOP), "class": "frame"}
    ET.SubElement(root, "rect", frame)
    for step in range(5):
        share = scale.highest * step / 4
        _words(root, LEFT - 6, scale.y(share) + 4, f"{100 * share:.0f} %", "tick end")
    _stroke(root, "nought", (scale.x(0), TOP), (scale.x(0), floor))
    _stroke(root, "much", (LEFT, scale.y(found.much)), (right, scale.y(found.much)))
    _words(root, LEFT, floor + 18, "← moves people the wrong way", "axis")
    _words(root, scale.x(0), floor + 18, "0", "tick middle")
    _words(root, right, floor + 18, "the right way →", "axis end")
    _words(root, LEFT, 42, "Up: authors who mention it. Across: how much it moves them (standardised, 95 %).", "axis")
    told = "Filled: more than chance. Hollow: not told from chance. Dashed: the median theme."
    _words(root, LEFT, floor + 40, told, "axis")


def _captions(root: ET.Element) -> Iterator[_Spot]:
    middle, floor = (LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM
    places = (
        ("FIX FIRST", LEFT + 6, TOP + 14, "", 0.0),
        ("KEEP", WIDTH - RIGHT - 6, TOP + 14, " end", 1.0),
        ("TABLE STAKES", middle, TOP + 14, " middle", 0.5),
        ("IGNORE", middle, floor - 6, " middle", 0.5),
    )
    for words, x, y, anchor, back in places:
        _words(root, x, y, words, f"boxname{anchor}")
        width = (CHARACTER + 1.6) * len(words)
        yield _Spot(x - back * width, y - 11, x + (1 - back) * width, y + 3)


def _dot(root: ET.Element, one: Driver, scale: _Scale) -> None:
    group = ET.SubElement(root, "g", {"class": CLASSES[one.box]})
    x, y = _at(one, scale)
    _stroke(group, "range", (scale.x(one.low), y), (scale.x(one.high), y))
    ET.SubElement(group, "circle", {"class": "dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "4.5"})


def _label(root: ET.Element, one: Driver, scale: _Scale, dot: _Spot, taken: list[_Spot]) -> None:
    x, y = _at(one, scale)
    words = line(one.name, NAME)
    spot = _room(x, y, CHARACTER * len(words), taken, dot)
    if spot is None:
        return
    taken.append(spot)
    group = ET.SubElement(root, "g", {"class": CLASSES[one.box]})
    middle = (spot.left + spot.right) / 2
    if min(abs(spot.top - y), abs(spot.bottom - y)) > ROW:
        _stroke(group, "leader", (x, y), (middle, spot.bottom if spot.bottom < y else spot.top))
    _words(group, middle, spot.bottom - 3, words, "middle")


def _room(x: float, y: float, width: float, taken: Sequence[_Spot], dot: _Spot) -> _Spot | None:
    """The nearest free place for a label: above and below the whisker first, then further and further away."""
    across = [x - width / 2, x + 4, x - width - 4, x + width / 2 + 12, x - 1.5 * width - 12]
    for away in range(7, HEIGHT, 6):
        for top in (y - away - ROW + 1, y + away - 1):
            for left in across[: 3 if away < 4 * ROW else None]:
                spot = _Spot(left, top, left + width, top + ROW)
                if spot.inside and not any(spot.meets(other) for other in taken if other is not dot):
                    return spot
    return None


def _at(one: Driver, scale: _Scale) -> tuple[float, float]:
    return scale.x(one.derived), scale.y(one.stated.value)


def _stroke(parent: ET.Element, name: str, begin: tuple[float, float], end: tuple[float, float]) -> None:
    shape = f"M{begin[0]:.1f} {begin[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"
    ET.SubElement(parent, "path", {"class": name, "d": shape})


def _words(parent: ET.Element, x: float, y: float, words: str, name: str) -> None:
    attributes = {"x": f"{x:.1f}", "y": f"{y:.1f}"} | ({"class": name} if name else {})
    ET.SubElement(parent, "text", attributes).text = words


def _text(root: ET.Element) -> str:
    return ET.tostring(root, encoding="unicode")

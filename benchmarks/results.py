"""A release's figures, kept beside the code they were measured on, and drawn."""

import json
import re
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_AT = re.compile(r"(.+) at ([\d,]+) \(ms\)")


def keep(figures: Mapping[str, Any]) -> Path:
    """Put these in the place of what was kept of the same benchmarks; the file."""
    file = FOLDER / f"{version('social-support-listener')}.json"
    FOLDER.mkdir(exist_ok=True)
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps({**known, **figures}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(file)
    return file


def draw(file: Path) -> None:
    """What people wait for by how much is stored, as an SVG beside the figures; it runs and loads nothing."""
    import pygal
    from pygal.style import Style

    # Its import hook for map plug-ins warns on later imports.
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
    lines = _lines(json.loads(file.read_text(encoding="utf-8")).get("scale", {}))
    if not lines:
        return
    sizes = sorted({size for points in lines.values() for size in points})
    chart = pygal.Line(
        logarithmic=True,
        title="Milliseconds by mentions stored",
        x_title="mentions",
        y_title="ms (best of 15)",
        width=860,
        height=480,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        js=[],
        style=Style(font_family="sans-serif", background="white", plot_background="white"),
    )
    chart.x_labels = [f"{size:,}" for size in sizes]
    for name, points in lines.items():
        chart.add(name, [points.get(size) for size in sizes])
    drawn = _SCRIPT.sub("", chart.render().decode())
    file.with_suffix(".svg").write_text(drawn + "\n", encoding="utf-8")


def _lines(scale: Mapping[str, Any]) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for name, value in scale.items():
        if at := _AT.fullmatch(name):
            found.setdefault(at[1], {})[int(at[2].replace(",", ""))] = value
    return found

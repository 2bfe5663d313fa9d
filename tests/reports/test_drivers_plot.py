"""The four boxes as characters and as SVG: everything is on them, nothing lies over anything else."""

import re
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from listener.domain.drivers import Box, Driver, Drivers, Outcome
from listener.insight.intervals import share
from listener.reports.drivers_plot import CHARACTER, ROW, chart, standalone, terminal

HOSTILE = '<script>alert(1)</script>"&\x1b[31m\u202e'


def driver(name: str, derived: float, stated: int, box: Box = Box.KEEP) -> Driver:
    return Driver(
        tag=f"touchpoint:{name}",
        stated=share(stated, 100),
        derived=derived,
        low=derived - 0.1,
        high=derived + 0.1,
        odds=2.0,
        important=box in (Box.KEEP, Box.FIX_FIRST),
        box=box,
    )


def found(*drivers: Driver, outcome: Outcome = Outcome.RECOMMEND, **more: object) -> Drivers:
    plain = Drivers(brand="Acme", outcome=outcome, authors=100, having=40, drivers=drivers, much=0.2)
    return replace(plain, **more)  # type: ignore[arg-type]


CROWD = [driver(f"a crowded theme {n}", 0.2 + n / 500, 20 + n % 3) for n in range(18)]


def test_the_terminal_holds_80_columns_and_a_letter_a_theme_even_where_they_crowd() -> None:
    lines = terminal(found(*CROWD))
    assert max(map(len, lines)) <= 80
    field = "".join(line.partition("│")[2] for line in lines if "│" in line)
    assert sorted(re.findall(r"[A-Za-z]", field)) == sorted("ABCDEFGHIJKLMNOPQR")


def test_what_is_not_wanted_is_turned_so_that_its_causes_lie_on_the_left() -> None:
    def column(outcome: Outcome) -> int:
        rows = terminal(found(driver("buy", 0.5, 30), outcome=outcome))
        return next(line.index("A") for line in rows if "│" in line and "A" in line)

    assert column(Outcome.RECOMMEND) > 40
    assert column(Outcome.WARN) < 40


def test_no_label_of_the_picture_lies_over_another() -> None:
    root = ET.fromstring(str(chart(found(*CROWD))))
    spots = []
    for group in root.iter("g"):
        for text in group.iter("text"):
            half = CHARACTER * len(text.text or "") / 2
            x, y = float(text.attrib["x"]), float(text.attrib["y"]) - ROW + 3
            spots.append((x - half, y, x + half, y + ROW))
    assert len(spots) == 18
    for a, b in combinations(spots, 2):
        assert a[2] <= b[0] + 0.2 or b[2] <= a[0] + 0.2 or a[3] <= b[1] + 0.2 or b[3] <= a[1] + 0.2


@pytest.mark.parametrize("draw", [chart, standalone])
def test_strangers_words_and_a_teams_names_stay_text(draw: object) -> None:
    hostile = found(driver(HOSTILE, 0.2, 30), brand=HOSTILE)
    text = str(draw(hostile))  # type: ignore[operator]
    root = ET.fromstring(text.encode())
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {
        "svg",
        "g",
        "rect",
        "path",
        "circle",
        "text",
        "style",
    }
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_file_styles_itself_for_light_and_dark_and_fetches_nothing() -> None:
    text = standalone(found(driver("buy", 0.2, 30)))
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"href|src=|url\(|@import|<script", text)
    assert "<style" not in str(chart(found(driver("buy", 0.2, 30))))


def test_what_was_refused_is_said_in_the_picture() -> None:
    assert "too few to tell: 3 of 9" in standalone(found(refused="too few to tell: 3 of 9"))

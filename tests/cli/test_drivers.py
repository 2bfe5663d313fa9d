"""`listener drivers`, `connection`, `insight compare` and `recovery` as they are typed."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from listener.clock import SystemClock
from listener.domain.themes import Tagging
from listener.domain.verdict import Label, Sentiment
from tests.builders import verdict
from tests.cli.office import Counter, counter
from tests.triage.builders import Office

BRANDS = '[[brand]]\nname = "Acme"\nhandles = ["acme"]\n'
DAYS = ("--days", "3")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """Forty of eighty authors recommend; most of them speak of help."""
    with pytest.MonkeyPatch.context() as patch:
        yield _filled(tmp_path_factory.mktemp("drivers") / "team", patch)


@pytest.fixture
def team(filled: Counter, monkeypatch: pytest.MonkeyPatch) -> Counter:
    return replace(filled, monkeypatch=monkeypatch)


def _filled(folder: Path, patch: pytest.MonkeyPatch) -> Counter:
    ours = counter(folder, patch)
    (ours.folder / "brands.toml").write_text(BRANDS)
    with ours.hears() as office:
        for n in range(80):
            does, helped = n < 40, n % 4 == 0 if n >= 40 else n % 8 < 5
            tags = [*(["act:recommend"] if does else []), *(["touchpoint:get help"] if helped else [])]
            tags += ["motivator:belonging", "emotion:joy"] if n % 2 else []
            hear(office, f"author{n}", tags)
    return ours


def hear(office: Office, who: str, tags: list[str]) -> None:
    tagging = Tagging(tagger="t", tags=tuple((tag, 1.0) for tag in tags))
    said = verdict(Label.PRAISE, sentiment=Sentiment.POSITIVE, tagging=tagging)
    office.hears(f"@acme hello from {who}", by=who, thread=who, said=said)


def test_drivers_are_a_table_with_stated_and_derived_importance(team: Counter) -> None:
    typed = team.types("drivers", *DAYS, "--json")
    found = typed.one
    by = {one["theme"]: one for one in found["themes"]}
    assert (found["authors"], found["authors_who_do"], found["refused"]) == (80, 40, "")
    assert by["touchpoint:get help"]["box"] == "keep"
    low, high = by["touchpoint:get help"]["derived_95"]
    assert 0 < low < by["touchpoint:get help"]["derived"] < high
    assert by["motivator:belonging"]["important"] is False
    rows = list(csv.DictReader(StringIO(team.types("drivers", *DAYS, "--csv").out)))
    assert {row["theme"] for row in rows} >= {"get help", "belonging", "deliver"}
    shown = team.types("drivers", *DAYS)
    assert "not what causes what" in shown.err
    assert "touchpoint\t44 % (33–55)\t80" in shown.out


def test_drivers_of_something_few_do_are_refused_with_what_is_missing(team: Counter) -> None:
    typed = team.types("drivers", *DAYS, "--outcome", "leave")
    assert typed.code == 0
    assert "0 of 80 authors talk of leaving, 30 are needed, 30 are missing" in typed.err
    assert team.types("drivers", *DAYS, "--outcome", "leave", "--plot").out == ""


def test_the_four_boxes_are_drawn_in_the_terminal_and_into_a_file(team: Counter, tmp_path: Path) -> None:
    file = tmp_path / "boxes.svg"
    typed = team.types("drivers", *DAYS, "--plot", "--svg", str(file))
    assert "FIX FIRST" in typed.out
    assert max(map(len, typed.out.splitlines())) <= 80
    assert ET.fromstring(file.read_text()).tag.endswith("svg")


def test_connection_tells_the_share_and_how_the_connected_differ(team: Counter) -> None:
    found = team.types("connection", *DAYS, "--json").one
    assert (found["connected"], found["connected_n"]) == (0.5, 80)
    assert [one["motivator"] for one in found["motivators"]] == ["belonging"]
    assert {one["what"] for one in found["contrasts"]} == {"promoters", "recommend", "talk of leaving"}
    rows = list(csv.DictReader(StringIO(team.types("connection", *DAYS, "--csv").out)))
    assert rows[0]["connected"] == "50 % (39–61)"


def test_windows_are_compared_whole_or_by_group(team: Counter) -> None:
    day = SystemClock().now().date()
    before = f"{day - timedelta(days=9)}..{day - timedelta(days=5)}"
    after = f"{day - timedelta(days=2)}..{day + timedelta(days=1)}"
    rows = team.types("insight", "compare", "--before", before, "--after", after, "--json").rows
    assert [row["what"] for row in rows] == ["connected", "talk of leaving", "advocacy"]
    assert [row["after_n"] for row in rows] == [80, 80, 80]
    assert rows[0]["says"] == "connected: too few to tell (n = 0 before and 80 after)"
    for group, people in (("platform=x", 80), ("platform=reddit", 0), ("lang=xx", 0), ("tier=gold", 0)):
        words = ("insight", "compare", "--before", before, "--after", after, "--group", group, "--json")
        assert team.types(*words).rows[0]["after_n"] == people
    words = ("insight", "compare", "--before", before, "--after", after, "--group", "touchpoint=get help", "--csv")
    assert next(csv.DictReader(StringIO(team.types(*words).out)))["n after"] == "35"


def test_the_retailer_of_the_founding_text_is_an_example(team: Counter) -> None:
    typed = team.types("insight", "compare", "--counts", "210/1000..260/1000")
    assert typed.out == (
        "the share rose from 21 % to 26 %, +5 points (1 to 9): more than noise (n = 1,000 and 1,000)\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("insight", "compare"),
        ("insight", "compare", "--counts", "5/0..1/1"),
        ("insight", "compare", "--counts", "5/4..1/1"),
        ("insight", "compare", "--before", "2026-01-01", "--after", "2026-02-01..2026-02-02"),
        ("insight", "compare", "--before", "2026-01-01..2026-02-05", "--after", "2026-02-01..2026-02-12"),
        (
            "insight",
            "compare",
            "--before",
            "2026-01-01..2026-01-05",
            "--after",
            "2026-02-01..2026-02-12",
            "--group",
            "x",
        ),
        (
            *("insight", "compare", "--before", "2026-01-01..2026-01-05", "--after", "2026-02-01..2026-02-12"),
            *("--group", "touchpoint=moon"),
        ),
        ("drivers", "--brand", "nobody"),
        ("recovery", "--since", "soon"),
    ],
)
def test_what_can_not_be_is_told_with_what_to_do(team: Counter, words: tuple[str, ...]) -> None:
    typed = team.types(*words)
    assert typed.code == 2
    assert "→" in typed.err


def test_recovery_tells_who_no_longer_complains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = counter(tmp_path / "team", monkeypatch)
    (ours.folder / "brands.toml").write_text(BRANDS)
    complains = verdict(Label.COMPLAINT)
    with ours.hears(ago=timedelta(days=60)) as office:
        for n in range(4):
            office.hears("@acme my parcel is late", by=f"author{n}", thread=f"t{n}", said=complains)
    for case in range(1, 5):
        assert ours.types("case", "resolve", str(case), "--how", "refund").code == 0
    found = ours.types("recovery", "--json").one
    assert (found["all"]["resolved"], found["all"]["too_early"]) == (4, 4)
    assert "for 4 more it is too early" in found["headline"]
    rows = list(csv.DictReader(StringIO(ours.types("recovery", "--by", "agent", "--csv").out)))
    assert [(row["key"], row["resolved"]) for row in rows] == [("all", "4"), ("ada", "4")]
    assert "Recovery: 4 people" in ours.types("recovery").err

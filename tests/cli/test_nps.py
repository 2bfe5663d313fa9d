"""`listener nps` as people type it: import, score, forget."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from listener.cli import nps as command
from tests.cli.office import Counter, counter

BRAND = "Northlight Coffee"
"""The starter settings' own."""
HEADER = "customer,score,date,comment\n"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    return counter(tmp_path / "office", monkeypatch)


def wrote(office: Counter, content: str, name: str = "spring.csv") -> str:
    path = office.folder / name
    path.write_text(content, encoding="utf-8")
    return str(path)


def rows(*scores: int, day: str = "2026-03-02") -> str:
    return HEADER + "".join(f"c{n},{score},{day},\n" for n, score in enumerate(scores))


def imported(office: Counter, content: str, *words: str) -> dict[str, object]:
    done = office.types("nps", "import", wrote(office, content), "--brand", BRAND, "--json", *words)
    assert done.code in (0, 6), done.err
    found: dict[str, object] = done.one
    return found


def test_answers_are_imported_once_and_scored(office: Counter) -> None:
    content = rows(*[10] * 20, *[7] * 10, *[0] * 10)
    assert imported(office, content)["new"] == 40
    again = imported(office, content)
    assert (again["new"], again["known"]) == (0, 40)
    (row,) = office.types("nps", "--since", "2026-03-01", "--days", "9", "--json").rows
    assert (row["nps"], row["n"], row["promoters"], row["passives"], row["detractors"]) == (25, 40, 20, 10, 10)
    assert row["nps_95"][0] < 25 < row["nps_95"][1]


def test_rows_that_cannot_be_read_are_told_and_the_others_kept(office: Counter) -> None:
    content = HEADER + "ann,9,2026-03-02,\nben,11,2026-03-02,\ncleo,8,2026-0"
    done = office.types("nps", "import", wrote(office, content), "--brand", BRAND)
    assert done.code == 6
    assert done.out.splitlines() == [
        "answers: 1 added, 0 known already, 2 can't be read",
        "  line 3: score 11 is not from 0 to 10",
        "  line 4: half a row: 3 of 4 columns",
    ]


def test_only_the_first_errors_of_many_are_shown(office: Counter) -> None:
    done = office.types("nps", "import", wrote(office, rows(*[11] * 50)), "--brand", BRAND)
    assert done.code == 6
    assert len(done.out.splitlines()) == 22
    assert done.out.splitlines()[-1] == "  … and 30 more"


def test_a_dry_run_stores_nothing(office: Counter) -> None:
    found = imported(office, rows(9, 10), "--dry-run")
    assert (found["readable"], found["new"]) == (2, None)
    assert office.types("nps", "--since", "2026-03-01", "--json").one["n"] == 0


def test_a_file_without_the_column_imports_nothing_and_says_what_to_do(office: Counter) -> None:
    done = office.types("nps", "import", wrote(office, "who,when\nann,2026-03-02\n"), "--brand", BRAND)
    assert done.code == 2
    assert "it has who, when" in done.err
    assert "--column score=COLUMN" in done.err


def test_an_import_that_breaks_midway_leaves_nothing(office: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = []

    def cut_after_the_first(answers: Iterator[object], size: int) -> list[object]:
        if batches:
            raise OSError("the disk went away")
        batches.append([next(answers) for _ in range(size)])
        return batches[0]

    path = wrote(office, rows(9, 9, 9, 9))
    with monkeypatch.context() as patch:
        patch.setattr(command, "_BATCH", 2)
        patch.setattr(command, "islice", cut_after_the_first)
        assert office.types("nps", "import", path, "--brand", BRAND).code != 0
    assert len(batches[0]) == 2
    assert office.types("nps", "--since", "2026-03-01", "--json").one["n"] == 0


def test_a_brand_must_be_one(office: Counter) -> None:
    done = office.types("nps", "import", wrote(office, rows(9)), "--brand", "Nobody")
    assert done.code == 2
    assert BRAND in done.err


@pytest.mark.parametrize("wrong", [("--zone", "Mars"), ("--date-format", "%Q"), ("--column", "score")])
def test_options_that_make_no_sense_are_refused(office: Counter, wrong: tuple[str, str]) -> None:
    done = office.types("nps", "import", wrote(office, rows(9)), "--brand", BRAND, *wrong)
    assert done.code == 2
    assert "Traceback" not in done.err


def test_whoever_asks_is_forgotten(office: Counter) -> None:
    imported(office, rows(9, 3))
    assert office.types("nps", "forget", "c1").out == "answers erased: 1\n"
    assert office.types("nps", "forget", "c1", "--json").one == {"forgotten": 0}
    assert office.types("nps", "--since", "2026-03-01", "--json").one["n"] == 1


def test_months_weeks_and_surveys_have_rows(office: Counter) -> None:
    imported(office, rows(*[10] * 30, day="2026-03-02"))
    imported(office, rows(*[0] * 30, day="2026-04-02"), "--survey", "autumn")
    since = ("--since", "2026-03-01", "--until", "2026-04-30")
    by = {kind: office.types("nps", *since, "--by", kind, "--json").rows for kind in ("month", "week", "survey")}
    assert [row["key"] for row in by["month"]] == ["2026-03", "2026-04"]
    assert [row["key"] for row in by["week"]] == ["2026-03-02", "2026-03-30"]
    assert [(row["key"], row["nps"]) for row in by["survey"]] == [("autumn", -100), ("spring", 100)]


def test_few_answers_are_too_few_to_tell(office: Counter) -> None:
    imported(office, rows(10, 10))
    told = office.types("nps", "--since", "2026-03-01")
    assert told.out.splitlines()[1].split("\t")[:5] == ["all", "too few to tell", "", "", "2"]
    assert office.types("nps", "--since", "2026-03-01", "--csv").out.startswith('"key","nps"')

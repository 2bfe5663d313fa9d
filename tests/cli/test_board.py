"""`listener board` as it is typed: figures, their cases, files."""

import csv
import json
import stat
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.cli import board
from listener.cli.export import Column, Kind, export
from listener.domain.board import Figure
from listener.errors import ConfigError
from tests.cli.office import Counter, Typed, counter
from tests.journeys.terminal import on_a_terminal


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Three cases of an hour ago: one resolved by Ada, one answered by Ben, one that nobody took."""
    ours = counter(tmp_path / "desk", monkeypatch)
    with ours.hears(ago=timedelta(hours=1)) as office:
        for number, handle in enumerate(("ann", "=cmd|calc", "cat")):
            office.hears(f"@acme my parcel {number} is late", by=handle, thread=f"t{number}")
    assert ours.types("case", "reply", "1", "Sorry!").code == 0
    assert ours.types("case", "resolve", "1", "--how", "sent again").code == 0
    assert ours.types("case", "reply", "2", "Sorry!", agent="ben").code == 0
    return ours


def whole(typed: Typed) -> Any:
    assert typed.code == 0, typed.err
    return typed.rows[-1]


def test_the_board_counts_what_the_desk_did(desk: Counter) -> None:
    line = whole(desk.types("board", "--json"))
    told = {name: line[name] for name in ("open", "unassigned", "opened", "answered", "resolved", "reopened")}
    assert told == {"open": 2, "unassigned": 1, "opened": 3, "answered": 2, "resolved": 1, "reopened": 0}
    assert line["oldest_case"] == 2
    assert 59 <= line["first_reply_median_minutes"] <= 65
    assert line["reopen_rate"] == 0.0


def test_by_agent_each_has_what_they_did_themselves(desk: Counter) -> None:
    rows = {row["agent"]: row for row in desk.types("board", "--by", "agent", "--json").rows}
    assert (rows["ada"]["answered"], rows["ada"]["resolved"], rows["ada"]["opened"]) == (1, 1, None)
    assert (rows["ben"]["answered"], rows["ben"]["open"], rows["ben"]["reopen_rate"]) == (1, 1, None)
    assert (rows[""]["open"], rows[""]["answered"]) == (1, 0)
    assert rows["all"]["total"] is True


@pytest.mark.parametrize("narrow", [(), ("--agent", "ada")])
def test_every_figure_is_the_number_of_its_cases(desk: Counter, narrow: tuple[str, ...]) -> None:
    line = whole(desk.types("board", *narrow, "--json"))
    for figure in set(Figure) - {Figure.OLDEST, Figure.OPENED}:
        listed = desk.types("board", *narrow, "--cases", figure.value, "--json").rows
        assert len(listed) == line[figure.value], figure


def test_nobody_opens_a_case(desk: Counter) -> None:
    assert len(desk.types("board", "--cases", "opened", "--json").rows) == 3
    assert desk.types("board", "--cases", "opened", "--agent", "ada").code == 2


def test_median_and_p90_are_waits_of_the_cases_behind_them(desk: Counter) -> None:
    line = whole(desk.types("board", "--json"))
    for figure, column in (("answered", "first_reply"), ("resolved", "resolution")):
        waits = sorted(row[f"{column}_minutes"] for row in desk.types("board", "--cases", figure, "--json").rows)
        n = len(waits)
        assert line[f"{column}_median_minutes"] == waits[(n + 1) // 2 - 1]
        assert line[f"{column}_p90_minutes"] == waits[-(-9 * n // 10) - 1]


def test_a_pipe_gets_one_table_with_tabs(desk: Counter) -> None:
    head, *rows = desk.types("board").out.splitlines()
    assert head.split("\t")[:3] == ["queue", "total", "open"]
    assert len(rows) == len(desk.types("board", "--json").rows)


def test_a_terminal_of_eighty_columns_shows_every_figure_whole(desk: Counter) -> None:
    shown = on_a_terminal("--config", str(desk.folder), "board", cwd=desk.folder, columns=80).text
    for word in ("unassigned", "breaching", "oldest", "answered", "first reply", "resolution", "reopened"):
        assert word in shown
    assert "…" not in shown


def test_cases_are_listed_with_nothing_of_a_strangers_left_to_obey(desk: Counter) -> None:
    with desk.hears() as office:
        office.hears("@acme \x1b[2J late", by="eve", thread="t9")
    shown = desk.types("board", "--cases", "open").out
    assert "\x1b" not in shown
    assert "<1B>" in shown


def test_the_whole_board_can_be_computed_from_its_export(desk: Counter, tmp_path: Path) -> None:
    line = whole(desk.types("board", "--json"))
    file = tmp_path / "cases.jsonl"
    typed = desk.types("board", "--export", str(file))
    assert (typed.code, typed.out, typed.err) == (0, "", f"3 cases written to {file}\n")
    rows = [json.loads(text) for text in file.read_text().splitlines()]
    assert sum(row["state"] == "open" for row in rows) == line["open"]
    assert sum(row["first_reply_at"] is not None for row in rows) == line["answered"]
    assert sum(row["resolved_at"] is not None for row in rows) == line["resolved"]
    assert list(rows[0]) == [column.name for column in board.COLUMNS]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_csv_holds_no_formula_and_words_only_when_asked(desk: Counter, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    assert desk.types("board", "--export", str(file)).code == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row["author"] for row in rows] == ["ann", "'=cmd|calc", "cat"]
    assert "parcel" not in file.read_text()
    assert desk.types("board", "--export", str(file), "--with-text", "--force").code == 0
    first, *_ = csv.DictReader(file.read_text().splitlines())
    assert first["text"] == "'@acme my parcel 0 is late"


def test_parquet_holds_the_same_with_types(desk: Counter, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the parquet extra isn't installed")
    lines, table = tmp_path / "cases.jsonl", tmp_path / "cases.parquet"
    for file in (lines, table):
        assert desk.types("board", "--export", str(file)).code == 0
    found = parquet.read_table(table)
    rows = [json.loads(text) for text in lines.read_text().splitlines()]
    assert found.column_names == list(rows[0])
    assert str(found.schema.field("opened_at").type) == "timestamp[us, tz=UTC]"
    for name in ("id", "first_reply_minutes", "tags", "holder", "waits_for_author"):
        assert found[name].to_pylist() == [row[name] for row in rows]


def test_without_pyarrow_parquet_says_how_to_get_it(
    desk: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    typed = desk.types("board", "--export", str(tmp_path / "x.parquet"))
    assert typed.code == 2
    assert "pip install 'social-support-listener[parquet]'" in typed.err
    assert list(tmp_path.glob("*x.parquet*")) == []


@pytest.mark.parametrize("name", ["cases.xlsx", "cases", "missing/cases.csv"])
def test_a_file_that_can_not_be_written_is_refused(desk: Counter, tmp_path: Path, name: str) -> None:
    assert desk.types("board", "--export", str(tmp_path / name)).code == 2


def test_a_file_is_written_over_only_by_force_and_only_when_whole(tmp_path: Path) -> None:
    def breaks() -> Any:
        yield {"a": 1}
        raise RuntimeError

    file = tmp_path / "a.csv"
    file.write_text("mine")
    with pytest.raises(ConfigError, match="exists"):
        export(file, [Column("a", Kind.WHOLE)], [])
    with pytest.raises(RuntimeError):
        export(file, [Column("a", Kind.WHOLE)], breaks(), force=True)
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]
    assert export(file, [Column("a", Kind.WHOLE)], [{"a": 1}, {"a": None}], force=True) == 2
    assert file.read_bytes() == b'"a"\r\n"1"\r\n""\r\n'


def test_an_empty_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = counter(tmp_path / "empty", monkeypatch).types("board", "--json")
    assert (typed.code, typed.out) == (0, "")
    assert "No case is open" in typed.err

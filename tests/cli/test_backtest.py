"""`listener alerts backtest` as it is typed, on files good and bad, and on a brand's own past."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.office import Counter, counter
from tests.demo import listener


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    return counter(tmp_path / "desk", monkeypatch)


def stamp(minute: int) -> str:
    return f"2026-01-{5 + minute // 1440:02} {minute // 60 % 24:02}:{minute % 60:02}:00"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Twenty days of hours; the sixteenth brings a crisis, one hour wasn't counted and one stands for nothing."""
    counts = [str(n) for n in np.random.default_rng(1).poisson(5, 480)]
    counts[360:363] = ["40", "60", "50"]
    counts[100] = ""
    lines = [f"{stamp(60 * n)},{count}" for n, count in enumerate(counts) if n != 200]
    path = tmp_path / "series.csv"
    path.write_text("\n".join(["timestamp,value", *lines]) + "\n", encoding="utf-8")
    return path


def test_each_alarm_is_printed_with_its_reason_and_end(desk: Counter, file: Path) -> None:
    told = desk.types("alerts", "backtest", str(file), "--json")
    [alarm] = told.rows
    assert (alarm["at"], alarm["window"], alarm["observed"]) == ("2026-01-20T00:00:00Z", "60 min", 40)
    assert alarm["ended"] > alarm["at"]
    assert alarm["p"] < 1e-4
    assert alarm["novelty"] > 1
    assert "1 alarms in 20.0 days of 60 min bins" in told.err


def test_scores_have_a_row_a_line_of_the_file_as_it_stands_there(desk: Counter, file: Path) -> None:
    told = desk.types("alerts", "backtest", str(file), "--scores")
    rows = [line.rsplit(",", 1) for line in told.out.splitlines()]
    assert [row[0] for row in rows] == file.read_text(encoding="utf-8").splitlines()
    assert rows[0][1] == "score"
    assert [row[0] for row in rows[1:] if float(row[1]) >= 1] == ["2026-01-20 00:00:00,40"]


def test_labelled_windows_tell_hits_and_false_alarms(desk: Counter, file: Path, tmp_path: Path) -> None:
    labels = tmp_path / "windows.json"
    for windows in ([["2026-01-19 23:00:00", "2026-01-20 05:00:00"]], {"some/series.csv": []}):
        labels.write_text(json.dumps(windows), encoding="utf-8")
        told = desk.types("alerts", "backtest", str(file), "--windows", str(labels))
        found = "1 of 1, median delay 2.0 hours" if isinstance(windows, list) else "0 of 0"
        assert f"labelled windows found: {found}" in told.err
    assert "false alarms: 1, " in told.err


def test_the_dial_says_the_line_for_the_settings(desk: Counter, file: Path) -> None:
    told = desk.types("alerts", "backtest", str(file), "--per-week", "0.5")
    assert told.out == "novelty = 1.0\n"
    assert "under [spike] in alerts.toml" in told.err
    quieter = desk.types("alerts", "backtest", str(file), "--per-week", "0")
    assert quieter.code == 2 or float(quieter.out.split("=")[1]) > 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("time,count\n1,2\n", "has no column timestamp or value"),
        ("timestamp,value\n2026-01-05 00:00:00,1\n", "fewer than two bins"),
        ("timestamp,value\n2026-01-05 01:00:00,1\n2026-01-05 00:00:00,1\n", "series.csv:3: 2026-01-05 00:00:00"),
        (
            f"timestamp,value\n{''.join(f'{stamp(n)},1{chr(10)}' for n in (0, 60, 90, 120, 180, 240))}",
            "doesn't stand 1:00",
        ),
        ("timestamp,value\n1990-01-05 00:00:00,1\n1990-01-05 00:00:01,1\n2190-01-05 00:00:00,1\n", "mistyped"),
    ],
)
def test_a_file_that_is_none_is_refused_by_name_and_line(
    desk: Counter, tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "series.csv"
    path.write_text(content, encoding="utf-8")
    told = desk.types("alerts", "backtest", str(path))
    assert told.code == 2
    assert said in told.err
    assert "Traceback" not in told.err


def test_lines_that_cant_be_read_are_named_and_left_out(desk: Counter, file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[5], lines[6], lines[7] = "yesterday,3", "2026-01-05 05:00:00,many", "2026-01-05 06:00:00,-4"
    file.write_text("\n".join(lines), encoding="utf-8")
    told = desk.types("alerts", "backtest", str(file), "--json")
    assert [f":{n}:" in told.err for n in (6, 7, 8)] == [True] * 3
    assert "not a number: 'many'; left out" in told.err
    assert len(told.rows) == 1


def test_what_isnt_there_is_said(desk: Counter, tmp_path: Path, file: Path) -> None:
    for words, said in (
        ((), "name a file or a brand"),
        ((str(file), "--brand", "X"), "name a file or a brand"),
        ((str(tmp_path / "none.csv"),), "can't be read"),
        ((str(file), "--preset", "loud"), "one of: balanced, sensitive"),
        (("--brand", "Nobody"), "no brand is named 'Nobody'"),
        ((str(file), "--windows", str(file)), "isn't JSON"),
    ):
        told = desk.types("alerts", "backtest", *words)
        assert told.code != 0
        assert said in told.err


def test_a_brands_own_past_raises_the_alarm_that_it_raised(demo_store: Path) -> None:
    def run(*words: str) -> str:
        return listener("--config", str(demo_store), "alerts", *words, "--json", cwd=demo_store).stdout

    [alert] = [json.loads(line) for line in run("--days", "3650").splitlines()]
    [alarm] = [json.loads(line) for line in run("backtest", "--brand", "Fernpost").splitlines()]
    assert alarm["at"][:13] == alert["opened"][:13]

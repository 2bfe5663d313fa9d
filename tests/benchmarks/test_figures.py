"""What benchmarks conclude from what they measured."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bench_scale, bench_store, raw_rows, results, soak
from benchmarks.bench_scale import Took, exponent, told
from listener.store import open_store
from listener.store.engine import sqlite_module

SOUND: dict[str, Any] = {"mb_an_hour": 0.4, "descriptors": [9, 9], "threads": [4, 4], "unhandled": [], "exit": 0}


class TestGrowth:
    def test_what_grows_as_the_store_does_has_the_exponent_1(self) -> None:
        assert exponent({10: 5.0, 100: 50.0, 1000: 500.0}) == pytest.approx(1.0)
        assert exponent({10: 5.0, 1000: 5.0}) == pytest.approx(0.0)
        assert exponent({10: 5.0, 1000: 500.0 * 100}) == pytest.approx(2.0)

    def test_it_is_told_of_the_processor_and_not_of_the_clock(self) -> None:
        found = told({"inbox": {1_000: Took(2.0, 1.0), 10_000: Took(90.0, 2.0)}})
        assert found["inbox at 10,000 (ms)"] == 90.0
        assert found["inbox: largest / smallest"] == 2.0
        assert found["inbox: exponent"] == pytest.approx(0.301)

    def test_figures_are_kept_by_version_and_drawn(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(results, "FOLDER", tmp_path)
        figures = told({"inbox": {1_000: Took(2.0, 1.0), 10_000: Took(9.0, 2.0)}})
        results.keep({"scale": figures, "store": {"claims": 1}})
        file = results.keep({"store": {"claims": 2}})
        kept = json.loads(file.read_text())
        assert kept["store"] == {"claims": 2}
        assert kept["scale"] == figures
        drawn = file.with_suffix(".svg").read_text()
        assert "inbox" in drawn
        assert "10,000" in drawn
        assert "<script" not in drawn


class TestSoak:
    def test_memory_that_grows_is_told_by_the_hour(self) -> None:
        assert soak.slope([(0.0, 100.0), (0.25, 101.0), (0.5, 102.0)]) == pytest.approx(4.0)
        assert soak.slope([(0.0, 100.0), (1.0, 100.0)]) == 0.0

    def test_nothing_is_broken_where_nothing_grows(self) -> None:
        assert soak.broken({"run": SOUND}, wal=4 << 20) == []

    @pytest.mark.parametrize(
        ("spoilt", "says"),
        [
            ({"mb_an_hour": 58.0}, "memory grows by 58.0 MB an hour"),
            ({"descriptors": [9, 10]}, "descriptors grew from 9 to 10"),
            ({"threads": [4, 6]}, "threads grew from 4 to 6"),
            ({"unhandled": ["Traceback"]}, "1 faults"),
            ({"exit": -9}, "exit -9"),
        ],
    )
    def test_K1_each_promise_that_is_broken_is_told(self, spoilt: dict[str, Any], says: str) -> None:
        (found,) = soak.broken({"run": SOUND, "desk": SOUND | spoilt}, wal=0)
        assert found.startswith("desk: ")
        assert says in found

    def test_memory_that_was_given_back_is_no_growth(self) -> None:
        assert soak.broken({"agents": SOUND | soak._of(_half_an_hour(0))}, wal=0) == []

    def test_B6_a_log_that_grows_is_told(self) -> None:
        assert soak.broken({"run": SOUND}, wal=100 << 20) == ["the write-ahead log grew to 100 MiB"]


def _half_an_hour(leak: int) -> list[soak.Sample]:
    """Memory that swings by 2 MiB, and `leak` bytes kept at each of thirteen acts a second."""
    return [
        soak.Sample(seconds=at, rss=150 + (at // 5 % 5) / 2 + 13 * at * leak / 2**20, descriptors=9, threads=4)
        for at in range(0, 1800, 5)
    ]


def test_K1_control_a_kilobyte_kept_at_each_act_is_told() -> None:
    seen = {"agents": SOUND | soak._of(_half_an_hour(1024))}
    (found,) = soak.broken(seen, wal=0)
    assert found.startswith("agents: memory grows by 4")


class TestSizes:
    @pytest.mark.sqlite
    def test_the_driver_alone_writes_every_row_that_the_store_wrote(self, tmp_path: Path) -> None:
        store = open_store(tmp_path / "ours.db")
        bench_store.save(store, [bench_store._mention(n, bench_store.random.Random(n)) for n in range(70)], [])
        store.close()
        assert raw_rows.seconds_of_same_rows(tmp_path / "ours.db", tmp_path / "raw.db", 16) > 0
        ours, raw = (sqlite_module().connect(str(tmp_path / name)) for name in ("ours.db", "raw.db"))
        for table in raw_rows.TABLES:
            every = f"SELECT * FROM {table} ORDER BY 1, 2"
            assert raw.execute(every).fetchall() == ours.execute(every).fetchall()

    @pytest.mark.sqlite
    def test_a_store_is_filled_through_the_whole_run_and_each_question_is_answered(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(bench_scale, "TIMES", 1)
        bench_scale.fill(tmp_path / "small.db", 300)
        (part,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert part["mentions"] == 300
        assert {"inbox", "next", "case show", "digest of a day"} <= set(bench_scale.measure(tmp_path / "small.db"))

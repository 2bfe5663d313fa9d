"""`listener import`: a look before, then the whole run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from listener import app as composition
from listener.cli import imports
from listener.domain.policy import SourceConfig
from listener.domain.run import RunReport, SourceReport
from listener.errors import ConfigError

GOOD = {"id": "1", "author": "ann", "text": "late \x1b[2J again", "created_at": "2026-03-02T12:00:00Z", "colour": "red"}


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    path = tmp_path / "posts.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps({**GOOD, "id": "2", "text": ""}) + "\n")
    return path


def run(*args: object) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(imports.import_file)
    result = CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
    return result.exit_code, result.stdout


def test_a_dry_run_says_what_would_be_read_and_exits_6_where_rows_cannot(posts: Path) -> None:
    code, shown = run(posts, "--dry-run")
    assert code == 6
    assert "1 rows can be read, 1 can't (jsonl, utf-8)" in shown
    assert "text from text" in shown
    assert "not read: colour" in shown
    assert "line 2: text is missing" in shown
    assert "\x1b" not in shown


def test_a_dry_run_of_a_good_file_exits_0(posts: Path) -> None:
    posts.write_text(json.dumps(GOOD) + "\n")
    assert run(posts, "--dry-run")[0] == 0


def test_a_dry_run_can_be_read_by_a_program(posts: Path) -> None:
    _, shown = run(posts, "--dry-run", "--json")
    found = json.loads(shown)
    assert (found["readable"], found["rejected"], found["first"]) == (1, 1, "2026-03-02T12:00:00Z")
    assert found["rejects"] == [{"position": "line 2", "reason": "text is missing"}]


def test_columns_are_named_field_by_field(posts: Path) -> None:
    _, shown = run(posts, "--dry-run", "--json", "--column", "text=colour", "--column", "author=author")
    assert json.loads(shown)["columns"]["text"] == "colour"


@pytest.mark.parametrize("pair", ["text", "=b", "text="])
def test_a_pair_that_is_none_is_refused_with_an_example(pair: str, posts: Path) -> None:
    with pytest.raises(ConfigError, match="FIELD=COLUMN") as caught:
        run(posts, "--column", pair)
    assert "--column text=message" in caught.value.next_step


def test_an_import_runs_the_file_through_the_whole_run(posts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[SourceConfig] = []

    @contextmanager
    def session() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(settings=SimpleNamespace(log_level="INFO"), store=None)

    def import_source(settings: object, store: object, source: SourceConfig) -> RunReport:
        given.append(source)
        return RunReport(sources=[SourceReport(source=source.name, read=1, stored=1, rejected=1)])

    monkeypatch.setattr(imports, "session", session)
    monkeypatch.setattr(composition, "import_source", import_source)
    code, shown = run(posts, "--platform", "x", "--column", "text=colour", "--json")
    assert code == 0
    assert json.loads(shown)["stored"] == 1
    (source,) = given
    assert (source.name, source.connector) == ("import:posts.jsonl", "file")
    assert source.options["path"] == str(posts.resolve())
    assert (source.options["platform"], source.options["columns"]) == ("x", {"text": "colour"})

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
from listener.cli.session import flags
from listener.domain.policy import SourceConfig
from listener.domain.run import RunReport, SourceReport
from listener.errors import ConfigError
from tests.settings.folders import folder

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
    assert "1 rows can be read, 1 can't (jsonl, utf-8 by its bytes)" in shown
    assert "  file 1  2026-03-02 12:00  ann: late" in shown
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
    assert found["told_by"] == "by its bytes"
    assert [(one["platform"], one["id"], one["author"]) for one in found["samples"]] == [("file", "1", "ann")]


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


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings folder in use."""
    root = tmp_path / "team"
    root.mkdir()
    monkeypatch.setattr(flags, "config", folder(root, mappings=OWN))
    return root


OWN = """[own]
platform = "shop"
zone = "Europe/Berlin"
[own.columns]
text = "words"
lang = "Tongue"
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "sheet.csv"
    path.write_text("id,date,Words,other\n1,2026-03-02 13:00,late,instead\n")
    return path


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[SourceConfig]:
    """What was handed to the run."""
    given: list[SourceConfig] = []
    monkeypatch.setattr(imports, "_import", lambda source, as_json: given.append(source))
    return given


def test_a_saved_mapping_reads_a_file_by_its_name(sheet: Path, team: Path) -> None:
    code, shown = run(sheet, "--mapping", "own", "--dry-run")
    assert code == 0
    assert "shop 1  2026-03-02 12:00  (nameless): late" in shown
    assert "text from Words" in shown
    assert "not in the file: Tongue for lang" in shown


def test_a_flag_outranks_the_mapping(sheet: Path, team: Path) -> None:
    flags_given = ("--column", "text=other", "--platform", "mall", "--zone", "UTC")
    _, shown = run(sheet, "--mapping", "own", *flags_given, "--dry-run")
    assert "mall 1  2026-03-02 13:00  (nameless): instead" in shown


def test_a_column_that_is_not_there_names_mapping_key_and_next_step(sheet: Path, team: Path) -> None:
    (team / "mappings.toml").write_text(OWN.replace("words", "Worte"))
    for more in ((), ("--dry-run",)):
        with pytest.raises(ConfigError) as caught:
            run(sheet, "--mapping", "own", *more)
        assert str(caught.value) == (
            "sheet.csv: mapping own takes text from 'Worte', which the file has no column of; "
            "it has id, date, Words, other"
        )
        assert caught.value.next_step == (
            f"correct text under [own.columns] ({team / 'mappings.toml'}:1), "
            "or add --column text=COLUMN, and --save NAME to keep it"
        )


def test_one_that_ships_is_not_to_be_corrected_where_it_stands(sheet: Path, team: Path) -> None:
    with pytest.raises(ConfigError, match="mapping trustpilot takes id") as caught:
        run(sheet, "--mapping", "trustpilot")
    assert caught.value.next_step.startswith("add --column id=COLUMN")


def test_a_flag_that_names_no_column_is_blamed_itself(sheet: Path, team: Path) -> None:
    with pytest.raises(ConfigError, match="--column takes text from 'nope'"):
        run(sheet, "--mapping", "own", "--column", "text=nope")


def test_what_the_command_line_said_is_kept_under_a_name(sheet: Path, team: Path, imported: list[SourceConfig]) -> None:
    run(sheet, "--column", "text=other", "--zone", "UTC", "--save", "mine")
    run(sheet, "--mapping", "mine")
    assert imported[0] == imported[1]
    assert imported[0].options["columns"] == {"text": "other"}


def test_a_mapping_can_be_kept_with_changes(sheet: Path, team: Path, imported: list[SourceConfig]) -> None:
    run(sheet, "--mapping", "own", "--column", "lang=other", "--save", "mine")
    assert (
        (team / "mappings.toml")
        .read_text()
        .endswith('[mine]\nplatform = "shop"\nzone = "Europe/Berlin"\n[mine.columns]\ntext = "words"\nlang = "other"\n')
    )


def test_a_dry_run_writes_nothing_so_it_keeps_nothing(sheet: Path, team: Path) -> None:
    with pytest.raises(ConfigError, match="writes nothing"):
        run(sheet, "--column", "text=other", "--save", "mine", "--dry-run")
    assert (team / "mappings.toml").read_text() == OWN


def test_columns_that_do_not_fit_are_not_kept(sheet: Path, team: Path, imported: list[SourceConfig]) -> None:
    with pytest.raises(ConfigError, match="no column"):
        run(sheet, "--column", "text=nope", "--save", "mine")
    assert (team / "mappings.toml").read_text() == OWN
    assert imported == []


def test_a_file_can_be_looked_at_before_there_are_settings(
    sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flags, "config", None)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    assert run(sheet, "--mapping", "generic", "--column", "text=other", "--dry-run")[0] == 0

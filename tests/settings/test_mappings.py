"""mappings.toml: the team's and the shipped ones, found by name; one more added without touching the others."""

from pathlib import Path

import pytest

from listener.connectors.catalogue.file import INFO
from listener.connectors.columns import GUESSES
from listener.connectors.file import preview
from listener.connectors.options import problems as option_problems
from listener.domain.mappings import FIELDS, KEYS, FileMapping
from listener.domain.policy import SourceConfig
from listener.errors import ConfigError
from listener.settings import ConfigProblems, find_mapping, save_mapping
from listener.settings.starter import shipped
from tests.settings.folders import folder, loaded, problems

OWN = '[own]\nplatform = "shop"\nzone = "Europe/Berlin"\n[own.columns]\ntext = "Worte"\nauthor = ""\n'


def found(root: Path | None, name: str, **environ: str) -> FileMapping:
    return find_mapping(root, name, {"HOME": "/nowhere", **environ})


def test_a_field_is_guessed_or_named_and_there_are_no_others() -> None:
    assert set(GUESSES) == set(FIELDS)


def test_whatever_a_mapping_says_the_connector_of_files_takes() -> None:
    full = FileMapping(name="x", columns={"text": "t"}, **dict.fromkeys(KEYS, "x"))
    options = {"path": "p", **full.options(), "format": "csv"}
    assert option_problems(INFO, SourceConfig(name="f", connector="file", options=options)) == []


def test_a_mapping_is_found_by_its_name_with_where_it_stands(tmp_path: Path) -> None:
    mapping = found(folder(tmp_path, mappings="\n" + OWN), "own")
    assert (mapping.platform, mapping.zone, mapping.columns) == (
        "shop",
        "Europe/Berlin",
        {"text": "Worte", "author": ""},
    )
    assert mapping.origin == f"{tmp_path / 'mappings.toml'}:2"
    assert mapping.options() == {"platform": "shop", "zone": "Europe/Berlin", "columns": dict(mapping.columns)}


@pytest.mark.parametrize("name", ["trustpilot", "generic"])
def test_what_ships_is_found_in_any_folder_and_without_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert found(None, name).columns["id"]
    assert found(folder(tmp_path), name).origin == ""


def test_the_teams_own_wins_over_what_ships(tmp_path: Path) -> None:
    root = folder(tmp_path, mappings='[trustpilot]\n[trustpilot.columns]\ntext = "Mine"\n')
    assert found(root, "trustpilot").columns == {"text": "Mine"}


def test_a_variable_outranks_the_file(tmp_path: Path) -> None:
    root = folder(tmp_path, mappings=OWN)
    assert found(root, "own", LISTENER_MAPPINGS_OWN_PLATFORM="other").platform == "other"


def test_an_unknown_name_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are generic, own, trustpilot") as caught:
        found(folder(tmp_path, mappings=OWN), "trustpilto")
    assert "did you mean trustpilot?" in caught.value.next_step
    assert "--save NAME" in caught.value.next_step


def test_a_folder_that_is_named_and_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no listener\.toml"):
        found(tmp_path / "nowhere", "generic")


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ('[own]\nzone = "Berlin"', 2, "own.zone", "no time zone"),
        ('[own]\ndate_format = "%Q"', 2, "own.date_format", "bad directive"),
        ('[own]\npermalink = "https://example.com"', 2, "own.permalink", "{id}"),
        ('[own]\nformat = "xls"', 2, "own.format", "none of the choices"),
        ('[own]\nencoding = "klingon"', 2, "own.encoding", "no encoding"),
        ('[own]\ndelimiter = "||"', 2, "own.delimiter", "more than one character"),
        ('[own]\nplatfrom = "x"', 2, "own.platfrom", "unknown key"),
        ('[own.columns]\ntxt = "x"', 2, "own.columns.txt", "no field of a mention"),
        ("[own.columns]\ntext = 5", 2, "own.columns.text", "expected a column's name"),
        ('[own]\ncolumns = "x"', 2, "own.columns", "expected a table"),
        ('own = "x"', 1, "own", "expected a table"),
        ("[own", 1, "", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_key_by_the_import_and_by_the_settings(
    text: str, line: int, key: str, words: str, tmp_path: Path
) -> None:
    root = folder(tmp_path, mappings=text)
    (problem,) = problems(root)
    assert (problem.file, problem.line, problem.key) == ("mappings.toml", line, key)
    assert words in problem.message
    assert problem.fix
    with pytest.raises(ConfigProblems, match=r"mappings\.toml"):
        found(root, "own")


class TestSaving:
    NEW = FileMapping(name="new", platform="s", zone="UTC", columns={"text": 'a "b"\\ \x7f\t€', "id": "№"})

    def test_what_was_saved_is_found_again_and_the_settings_still_load(self, tmp_path: Path) -> None:
        root = folder(tmp_path, mappings=OWN)
        assert save_mapping(root, self.NEW, {}) == tmp_path / "mappings.toml"
        again = found(root, "new")
        assert again.options() == self.NEW.options()
        assert [one.name for one in loaded(root).mappings] == ["own", "new"]

    def test_what_stood_there_stays_as_it_was(self, tmp_path: Path) -> None:
        root = folder(tmp_path, mappings="# mine\n" + OWN)
        (tmp_path / "mappings.toml").chmod(0o640)
        save_mapping(root, self.NEW, {})
        assert (tmp_path / "mappings.toml").read_text().startswith("# mine\n" + OWN)
        assert (tmp_path / "mappings.toml").stat().st_mode & 0o777 == 0o640

    def test_a_folder_without_the_file_gets_the_commented_one(self, tmp_path: Path) -> None:
        root = folder(tmp_path)
        save_mapping(root, self.NEW, {})
        assert (tmp_path / "mappings.toml").read_text().startswith((shipped() / "mappings.toml").read_text())
        assert found(root, "trustpilot").origin.startswith(str(tmp_path))

    def test_a_name_is_given_once(self, tmp_path: Path) -> None:
        root = folder(tmp_path, mappings=OWN)
        with pytest.raises(ConfigError, match="'own' already"):
            save_mapping(root, FileMapping(name="own"), {})
        assert (tmp_path / "mappings.toml").read_text() == OWN

    @pytest.mark.parametrize("name", ["", "a b", "a.b", "a]\n[b", "é", "x" * 61])
    def test_a_name_that_would_need_quotes_is_refused(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="can't be called"):
            save_mapping(folder(tmp_path), FileMapping(name=name), {})
        assert not (tmp_path / "mappings.toml").exists()

    def test_a_file_that_is_broken_is_not_added_to(self, tmp_path: Path) -> None:
        root = folder(tmp_path, mappings="[own")
        with pytest.raises(ConfigError, match="can't be added to"):
            save_mapping(root, self.NEW, {})
        assert (tmp_path / "mappings.toml").read_text() == "[own"

    def test_without_settings_there_is_nowhere_to_keep_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ConfigError, match="no settings found"):
            save_mapping(None, self.NEW, {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})


TRUSTPILOT = (
    "Domain Url,Webshop Name,Business Unit Id,{id},Review Created (UTC),Review Consumer User Id,Review Username,"
    "Review Title,Review Content,Review Stars,Company Response,Company Reply Date (UTC),Review Language\n"
    "acme.com,Acme,5ab,61f00,2026-03-02 12:00:00,u1,Ann,Never again,Came late.,1,,,en\n"
)


@pytest.mark.parametrize("written", ["Review Id", "Review ID"])
def test_an_export_of_trustpilots_is_read_as_it_comes(written: str, tmp_path: Path) -> None:
    """Columns as exports that people have published show them; no file of theirs is kept here."""
    path = tmp_path / "export.csv"
    path.write_text(TRUSTPILOT.format(id=written), encoding="utf-8-sig")
    shown = preview(path, found(folder(tmp_path), "trustpilot").options())
    (one,) = shown.samples
    assert (one.key.platform, one.key.native_id, one.text) == ("trustpilot", "61f00", "Never again\n\nCame late.")
    assert (one.author.native_id, one.author.handle, one.lang) == ("u1", "Ann", "en")
    assert one.url == "https://www.trustpilot.com/reviews/61f00"
    assert one.created_at.isoformat() == "2026-03-02T12:00:00+00:00"
    assert '"Review Stars": "1"' in one.raw


def test_a_plain_table_is_read_by_the_generic_one(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,date,author,title,text,url,language\n1,2026-03-02,ann,Hm,Slow.,https://example.com/1,en\n")
    (one,) = preview(path, found(folder(tmp_path), "generic").options()).samples
    assert (one.text, one.url, one.author.handle) == ("Hm\n\nSlow.", "https://example.com/1", "ann")

"""Getting started and finding out what is wrong: init, config show, doctor."""

import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from listener.cli import app, checkup, checkup_sources
from listener.cli.checkup_findings import Finding, Level
from listener.cli.exits import Exit
from listener.cli.session import flags
from listener.domain.policy import Settings
from listener.settings import FILES, ConfigProblems
from listener.store import engine as store_engine
from listener.store import open_store
from tests.settings.folders import folder, loaded

TOKEN = "AAAA-very-secret"
X = '[[source]]\nname = "x"\nconnector = "x"\n[source.options]\nquery = "acme"\n'


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No flag and no variable of another test or of this machine."""
    for name in ("config", "database"):
        monkeypatch.setattr(flags, name, None)
    monkeypatch.setattr(flags, "agent", "")
    for name in [name for name in os.environ if name.startswith("LISTENER_")]:
        monkeypatch.delenv(name)


def listener(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def levels(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(finding.level, finding.area) for finding in findings]


def everything_in(root: Path) -> dict[str, tuple[int, bytes]]:
    """Each file with its mode and contents."""
    return {str(path): (path.stat().st_mode, path.read_bytes()) for path in root.rglob("*") if path.is_file()}


class TestInit:
    def test_the_starter_arrives_and_the_next_steps_are_told(self, tmp_path: Path) -> None:
        done = listener("init", tmp_path / "team")
        assert [Path(line).name for line in done.stdout.splitlines()] == list(FILES)
        assert f"listener --config {tmp_path / 'team'} doctor" in done.stderr
        assert (done.exit_code, listener("--config", tmp_path / "team", "config", "show").exit_code) == (0, 0)

    def test_a_second_time_changes_nothing_and_says_what_exists(self, tmp_path: Path) -> None:
        listener("init", tmp_path)
        (tmp_path / "brands.toml").write_text("mine")
        before = everything_in(tmp_path)
        done = listener("init", tmp_path)
        assert done.stdout == ""
        assert f"{tmp_path / 'brands.toml'} exists: left as it is" in done.stderr
        assert everything_in(tmp_path) == before


class TestConfigShow:
    def shown(self, *words: object) -> dict[str, dict[str, Any]]:
        done = listener(*words, "config", "show", "--json")
        assert done.exit_code == 0
        return {row["key"]: row for row in map(json.loads, done.stdout.splitlines())}

    def test_every_value_comes_with_its_origin(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LISTENER_AGENT", "zoe")
        root = folder(tmp_path, listener='timezone = "Europe/Berlin"\n', routing='lease = "90m"\n')
        assert self.shown("--config", root)["database"]["value"] == str(tmp_path / "listener.db")
        rows = self.shown("--config", root, "--db", tmp_path / "a.db")
        assert (rows["agent"]["value"], rows["agent"]["origin"]) == ("zoe", "environment LISTENER_AGENT")
        assert (rows["timezone"]["value"], rows["timezone"]["origin"]) == ("Europe/Berlin", "listener.toml:1")
        assert (rows["lease"]["value"], rows["reopen_within"]["value"]) == ("1h30m", "7d")
        assert (rows["database"]["value"], rows["database"]["origin"]) == (str(tmp_path / "a.db"), "flag")

    def test_origins_are_shown_in_the_table_when_asked_for(self, tmp_path: Path) -> None:
        root = folder(tmp_path, listener=X)
        first, second = (listener("--config", root, "config", "show", *more).stdout for more in ([], ["--origin"]))
        assert first.splitlines()[0] == "file\tkey\tvalue"
        assert second.splitlines()[0] == "file\tkey\tvalue\torigin"
        assert "brands.toml\tbrand[1].handles\tacme\tbrands.toml:3" in second.splitlines()
        assert "listener.toml\tsource[1].enabled\ttrue\tdefault" in second.splitlines()
        assert "routing.toml\tweights.age\t20\tdefault" in second.splitlines()

    def test_H1_secrets_and_passwords_in_addresses_are_masked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LISTENER_SECRET_X_BEARER_TOKEN", TOKEN)
        options = f'url = "https://ann:{TOKEN}@example.com/"\ncolumns = {{ a = "b" }}\nmore = ["ftp://{TOKEN}@h"]\n'
        rows = self.shown("--config", folder(tmp_path, listener=X + options))
        assert rows["source[1].bearer_token"]["value"] == "***"
        assert rows["source[1].options.url"]["value"] == "https://***@example.com/"
        assert rows["source[1].options.columns"]["value"] == {"a": "b"}
        assert TOKEN not in json.dumps(rows)
        assert TOKEN not in listener("--config", tmp_path, "config", "show", "--origin").stdout

    def test_a_query_is_shown_as_it_is_understood(self, tmp_path: Path) -> None:
        brands = "[[brand]]\nname = 'A'\nqueries = ['a b OR c']\nexclude = ['NOT d']\n"
        rows = self.shown("--config", folder(tmp_path, brands=brands))
        assert rows["brand[1].queries[1] is read as"]["value"] == '("a" AND "b") OR "c"'
        assert rows["brand[1].exclude[1] is read as"]["value"] == 'NOT "d"'

    def test_no_control_character_of_a_file_reaches_the_terminal(self, tmp_path: Path) -> None:
        root = folder(tmp_path, listener='agent = "\\u001b]0;x\\u0007\\u202e"\n')
        for words in (["config", "show"], ["config", "show", "--json"], ["doctor"]):
            shown = listener("--config", root, *words).stdout
            assert not set(shown) & {"\x1b", "\x07", "\u202e"}

    def test_broken_settings_are_a_usage_error(self, tmp_path: Path) -> None:
        done = listener("--config", folder(tmp_path, sla="x = 1\n"), "config", "show")
        assert isinstance(done.exception, ConfigProblems)


class TestDoctor:
    @pytest.fixture
    def usual(self, tmp_path: Path) -> Settings:
        return loaded(folder(tmp_path, listener='agent = "zoe"\n'))

    @pytest.fixture
    def without(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        """Make libraries look uninstalled."""

        def hide(*names: str) -> None:
            real = importlib.util.find_spec
            monkeypatch.setattr(checkup_sources, "find_spec", lambda name: None if name in names else real(name))

        return hide

    def test_a_fresh_start_is_sound_and_nothing_is_written(self, tmp_path: Path) -> None:
        listener("init", tmp_path)
        before = everything_in(tmp_path)
        done = listener("--config", tmp_path, "--as", "zoe", "doctor")
        assert done.exit_code == 0, done.stdout
        assert "fail" not in done.stdout
        assert f"{tmp_path / 'listener.db'} will be created by the first run" in done.stdout
        assert "as complaint" in done.stdout
        assert everything_in(tmp_path) == before

    def test_each_finding_is_one_json_object(self, tmp_path: Path) -> None:
        done = listener("--config", folder(tmp_path, sla="x = 1\n"), "doctor", "--json")
        first, second = map(json.loads, done.stdout.splitlines())
        assert first == {
            "level": "fail",
            "area": "settings",
            "message": "sla.toml:1: x: unknown key",
            "fix": "known: bands, escalate_on_breach, first_response, hours, next_response, pause_while_snoozed, "
            "pause_while_waiting, queue, resolution, warn, warn_before, working_hours",
        }
        assert second["area"] == "sqlite"
        assert done.exit_code == Exit.USAGE

    def test_without_settings_it_says_how_to_get_some(self, tmp_path: Path) -> None:
        done = listener("--config", tmp_path, "doctor")
        assert done.exit_code == Exit.USAGE
        assert f"→ listener init {tmp_path}" in done.stdout

    def test_a_variable_that_sets_nothing_is_pointed_at(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LISTENER_SECRET_TWITTER_BEARER_TOKEN", TOKEN)
        done = listener("--config", folder(tmp_path), "doctor")
        assert "the variable LISTENER_SECRET_TWITTER_BEARER_TOKEN sets nothing" in done.stdout
        assert TOKEN not in done.stdout

    def test_the_worst_finding_decides_the_exit_code(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root = folder(tmp_path, listener=X)
        monkeypatch.setattr("listener.cli.setup.CHECKS", [checkup.people, checkup.database, checkup.sources])
        assert listener("--config", root, "doctor").exit_code == Exit.CREDENTIALS
        (root / "listener.db").write_text("not a database at all, but long enough to look at" * 20)
        assert listener("--config", root, "doctor").exit_code == Exit.STORE

    def test_who_acts_is_told_or_asked_for(self, usual: Settings, tmp_path: Path) -> None:
        assert levels(checkup.people(usual)) == [("ok", "agent"), ("ok", "timezone")]
        assert levels(checkup.people(loaded(folder(tmp_path))))[0] == ("warn", "agent")

    def test_B2_a_sqlite_with_the_wal_reset_bug_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert levels(checkup.sqlite()) == [("ok", "sqlite")]
        monkeypatch.setattr(store_engine, "version_of", lambda _module: (3, 40, 1))
        (finding,) = checkup.sqlite()
        assert (finding.level, finding.message[:13]) == (Level.WARN, "SQLite 3.40.1")

    @pytest.mark.sqlite
    def test_a_database_is_opened_for_reading_alone(self, usual: Settings) -> None:
        open_store(usual.database).close()
        before = everything_in(usual.root)
        (finding,) = checkup.database(usual)
        assert finding.level is Level.OK
        assert "0 mentions, 0 cases" in finding.message
        assert everything_in(usual.root) == before

    @pytest.mark.sqlite
    def test_a_database_that_others_may_read_is_pointed_at(self, usual: Settings) -> None:
        open_store(usual.database).close()
        usual.database.chmod(0o644)
        *_, finding = checkup.database(usual)
        assert (finding.level, finding.fix) == (Level.WARN, f"chmod 600 {usual.database}")

    @pytest.mark.sqlite
    def test_B7_a_damaged_database_is_found_out(self, usual: Settings) -> None:
        open_store(usual.database).close()
        raw = bytearray(usual.database.read_bytes())
        raw[8192:16384] = b"\xa5" * 8192
        usual.database.write_bytes(raw)
        (finding,) = checkup.database(usual)
        assert (finding.level, finding.code) == (Level.FAIL, Exit.STORE)
        assert "is damaged" in finding.message

    @pytest.mark.parametrize(("free", "level"), [(1 << 20, "fail"), (500 << 20, "warn"), (9 << 30, "ok")])
    def test_little_room_is_told(self, usual: Settings, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
        assert levels(checkup.disk(usual)) == [(level, "disk")]

    def test_a_folder_that_may_not_be_written_to_is_told(
        self, usual: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "access", lambda *_: False)
        (finding,) = checkup.disk(usual)
        assert (finding.level, finding.code) == (Level.FAIL, Exit.STORE)

    def test_a_model_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        settings = loaded(folder(tmp_path, listener=f'[classifier]\nmodel = "{tmp_path / "nowhere"}"\n'))
        (finding,) = checkup.model(settings)
        assert (finding.level, finding.code) == (Level.FAIL, Exit.USAGE)
        assert "manifest.json can't be read" in finding.message

    def test_a_model_from_a_hub_is_not_downloaded_for_a_check(self, tmp_path: Path) -> None:
        settings = loaded(folder(tmp_path, listener='[classifier]\nkind = "hub"\nmodel = "some/model"\n'))
        (finding,) = checkup.model(settings)
        assert (finding.level, finding.message[:10]) == (Level.WARN, "some/model")

    def test_a_source_without_credentials_says_which_variable_to_set(self, tmp_path: Path) -> None:
        settings = loaded(folder(tmp_path, listener=X))
        secret, money = checkup.sources(settings)
        assert (secret.level, secret.code) == (Level.FAIL, Exit.CREDENTIALS)
        assert "LISTENER_SECRET_X_BEARER_TOKEN" in secret.fix
        assert (money.level, money.area) == (Level.WARN, "money")

    def test_a_complete_source_is_sound(self, tmp_path: Path) -> None:
        root = folder(tmp_path, listener="x_monthly_cap_usd = 5\n" + X)
        (finding,) = checkup.sources(loaded(root, {"LISTENER_SECRET_X_BEARER_TOKEN": TOKEN}))
        assert (finding.level, finding.message) == (Level.OK, "x, every 5m")

    def test_mistakes_in_options_are_told(self, tmp_path: Path) -> None:
        text = '[[source]]\nconnector = "feed"\n[source.options]\nurll = "x"\n[[source]]\nconnector = "fax"\n'
        findings = list(checkup.sources(loaded(folder(tmp_path, listener=text))))
        assert {finding.code for finding in findings} == {Exit.USAGE}
        assert [finding.message.split()[0] for finding in findings[:2]] == ["options.urll", "options.url"]
        assert "fax" in findings[2].message

    def test_no_source_at_all_is_pointed_at(self, tmp_path: Path) -> None:
        off = loaded(folder(tmp_path, listener=X + "[[source]]\nconnector = 'feed'\nenabled = false\n"))
        assert ("source feed", "ok") not in [(area, level) for level, area in levels(checkup.sources(off))]
        assert levels(checkup.sources(loaded(folder(tmp_path)))) == [("warn", "sources")]

    def test_a_missing_library_says_what_to_install(self, tmp_path: Path, without: Callable[..., None]) -> None:
        without("tweepy", "transformers", "apprise")
        hub = '[classifier]\nkind = "hub"\nmodel = "a/b"\n'
        chat = "[[target]]\nname = 'chat'\n"
        settings = loaded(
            folder(tmp_path, listener=X.replace("[[", hub + "[[", 1), alerts=chat),
            {"LISTENER_SECRET_X_BEARER_TOKEN": TOKEN, "LISTENER_SECRET_TARGET_CHAT": "slack://t"},
        )
        checks = (checkup.sources, checkup.extras, checkup.targets)
        failed = [finding for check in checks for finding in check(settings) if finding.level is Level.FAIL]
        assert [finding.fix for finding in failed] == [
            f"pip install 'social-support-listener[{extra}]'" for extra in ("x", "hub", "notify")
        ]

    def test_whom_an_alert_would_reach_is_told(self, usual: Settings, tmp_path: Path) -> None:
        assert levels(checkup.targets(usual)) == [("warn", "alerts")]
        here = loaded(folder(tmp_path, alerts="[[target]]\nname = 'here'\nurl = 'console:'\n"))
        (finding,) = checkup.targets(here)
        assert (finding.level, finding.message) == (Level.OK, "sent to here")

    def test_online_asks_each_platform_and_spends_nothing(self, tmp_path: Path) -> None:
        posts = tmp_path / "posts.jsonl"
        posts.write_text('{"id": "1", "author": "ann", "text": "hi", "created_at": "2026-03-02T12:00:00Z"}\n')
        text = "".join(
            f'[[source]]\nname = "{name}"\nconnector = "file"\n[source.options]\npath = "{path}"\n'
            for name, path in (("there", posts), ("gone", tmp_path / "gone.jsonl"))
        )
        settings = loaded(folder(tmp_path, listener=text + X))
        there, gone = checkup.online(settings)
        assert (there.level, there.message[:11]) == (Level.OK, "posts.jsonl")
        assert (gone.level, gone.area) == (Level.FAIL, "source gone")

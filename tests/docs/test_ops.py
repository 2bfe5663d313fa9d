"""What docs/ops holds can be installed as it is: units systemd accepts, commands that exist, paths that are there."""

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from listener import settings
from listener.cli import app
from listener.cli.exits import Exit
from tests.architecture.source import ROOT
from tests.settings.folders import folder

OPS = ROOT / "docs" / "ops"
UNITS = sorted(OPS.glob("listener*.service"))
TIMERS = sorted(OPS.glob("*.timer"))
PROGRAM = "/opt/listener/bin/listener"
COPY = re.compile(r"(?m)^COPY (?!--from)(.+) \S+$")
SYSTEMD = shutil.which("systemd-analyze")


def unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """Section → key → values; systemd lets a key stand several times, which configparser doesn't."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(section, {}).setdefault(key, []).append(value)
    return found


def options_of(words: list[str]) -> set[str]:
    """The flags of a command of ours; fails where there is no such command."""
    command = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    assert not [word for word in words if not word.startswith("-")], words
    return {opt for parameter in command.params for opt in parameter.opts}


def test_there_are_units() -> None:
    assert {path.stem for path in UNITS} >= {"listener", "listener-metrics", "listener-web", "listener-doctor"}
    assert {path.stem for path in TIMERS} <= {path.stem for path in UNITS}


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze isn't installed here")
@pytest.mark.parametrize("path", [*UNITS, *TIMERS], ids=lambda path: path.name)
def test_systemd_accepts_a_unit(path: Path, tmp_path: Path) -> None:
    for one in (*UNITS, *TIMERS):
        (tmp_path / one.name).write_text(one.read_text().replace(PROGRAM, "/bin/true"))
    done = subprocess.run(
        [str(SYSTEMD), "verify", "--man=no", "--recursive-errors=no", str(tmp_path / path.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze isn't installed here")
def test_systemd_would_notice_a_misspelt_key(tmp_path: Path) -> None:
    spoilt = tmp_path / "listener.service"
    spoilt.write_text(
        (OPS / "listener.service").read_text().replace(PROGRAM, "/bin/true").replace("RestartSec", "RestartSecs")
    )
    done = subprocess.run(
        [str(SYSTEMD), "verify", "--man=no", str(spoilt)], capture_output=True, text=True, check=False
    )
    assert "RestartSecs" in done.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_of_ours_as_nobody_in_particular(path: Path) -> None:
    service = unit(path)["Service"]
    program, *words = shlex.split(service["ExecStart"][0])
    assert program == PROGRAM
    assert options_of(words) >= {word for word in words if word.startswith("--")}
    assert service["User"] == ["listener"]
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_what_a_unit_sets_is_read(path: Path, tmp_path: Path) -> None:
    given = dict(value.split("=", 1) for value in unit(path)["Service"]["Environment"])
    given.pop("MALLOC_ARENA_MAX", None)
    assert given == {"LISTENER_CONFIG": "/etc/listener", "LISTENER_DATABASE": "/var/lib/listener/listener.db"}
    loaded = settings.trace(folder(tmp_path), environ=given)
    assert str(loaded.settings.database) == given["LISTENER_DATABASE"]
    assert loaded.unused == ()


def test_only_what_time_heals_is_tried_again() -> None:
    kept_down = unit(OPS / "listener.service")["Service"]["RestartPreventExitStatus"][0].split()
    assert {int(code) for code in kept_down} == {Exit.USAGE, Exit.CREDENTIALS}


class TestContainer:
    TEXT = (OPS / "Containerfile").read_text(encoding="utf-8")

    def test_everything_it_copies_is_there(self) -> None:
        named = [name for found in COPY.findall(self.TEXT) for name in found.split()]
        assert len(named) >= 7
        assert [name for name in named if not (ROOT / name).exists()] == []

    def test_it_holds_all_that_the_build_needs(self) -> None:
        copied = " ".join(COPY.findall(self.TEXT)).split()
        stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        wheel = stated["tool"]["hatch"]["build"]["targets"]["wheel"]
        needed = {
            stated["project"]["readme"],
            *stated["project"]["license-files"],
            "pyproject.toml",
            "requirements.lock",
        }
        assert needed | {*wheel["packages"], *wheel["force-include"]} == set(copied)

    def test_it_runs_commands_of_ours_without_being_root(self) -> None:
        entry = re.search(r'(?m)^ENTRYPOINT \["listener"\]\nCMD \["(\w+)"\]', self.TEXT)
        health = re.search(r'HEALTHCHECK .*CMD \["listener", "(\w+)", "(--\w+)"\]', self.TEXT)
        assert entry
        assert health
        assert options_of([entry[1]]) is not None
        assert health[2] in options_of([health[1]])
        assert self.TEXT.index("\nUSER listener") > self.TEXT.rindex("\nRUN ")

    def test_what_it_sets_is_read(self, tmp_path: Path) -> None:
        given = dict(re.findall(r"(LISTENER_\w+)=(\S+)", self.TEXT))
        assert set(given) == {"LISTENER_CONFIG", "LISTENER_DATABASE"}
        assert settings.trace(folder(tmp_path), environ=given).unused == ()

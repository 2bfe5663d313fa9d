"""Secrets come from the environment or an owner-only file, are refused elsewhere, and are never shown."""

import os
from pathlib import Path

import pytest

from listener import settings
from listener.domain.policy import Secret
from listener.settings import ConfigProblems
from tests.settings.folders import folder, loaded, problems

X = '[[source]]\nname = "x-search"\nconnector = "x"\n[[source]]\nname = "x-inbox"\nconnector = "x"\n'
TOKEN = "AAAA-very-secret"


def secrets_file(root: Path, content: str, mode: int = 0o600) -> None:
    path = root / "secrets.toml"
    path.write_text(content)
    path.chmod(mode)


def revealed(root: Path, environ: dict[str, str] | None = None) -> list[dict[str, str]]:
    return [{key: one.reveal() for key, one in source.secrets.items()} for source in loaded(root, environ).sources]


def test_a_connectors_secret_is_shared_and_a_sources_own_wins(tmp_path: Path) -> None:
    environ = {"LISTENER_SECRET_X_BEARER_TOKEN": "shared", "LISTENER_SECRET_X_INBOX_BEARER_TOKEN": "own"}
    root = folder(tmp_path, listener=X)
    assert revealed(root, environ) == [{"bearer_token": "shared"}, {"bearer_token": "own"}]


def test_the_environment_outranks_the_secrets_file(tmp_path: Path) -> None:
    root = folder(tmp_path, listener=X)
    secrets_file(root, '[x]\nbearer_token = "file"\n[x-inbox]\nextra = "more"\n')
    assert revealed(root) == [{"bearer_token": "file"}, {"bearer_token": "file", "extra": "more"}]
    assert revealed(root, {"LISTENER_SECRET_X_BEARER_TOKEN": "env"})[0] == {"bearer_token": "env"}


def test_an_alert_targets_url_is_a_secret(tmp_path: Path) -> None:
    root = folder(tmp_path, alerts='[[target]]\nname = "team-chat"\n[[target]]\nname = "mail"\n')
    secrets_file(root, '[target]\nmail = "mailto://file"\nteam-chat = "slack://file"\n')
    found = loaded(root, {"LISTENER_SECRET_TARGET_TEAM_CHAT": "slack://env"})
    assert [target.url.reveal() for target in found.alerts.targets] == ["slack://env", "mailto://file"]
    assert "slack" not in repr(found)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_H1_a_secrets_file_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    root = folder(tmp_path, listener=X)
    secrets_file(root, f'[x]\nbearer_token = "{TOKEN}"\n', mode)
    (problem,) = problems(root)
    assert str(problem).startswith(f"secrets.toml: readable by others (mode {mode:03o}), so it is not used → chmod 600")
    assert TOKEN not in str(problem)


def test_H1_a_secrets_file_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder(tmp_path, listener=X)
    secrets_file(root, f'[x]\nbearer_token = "{TOKEN}"\n')
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    (problem,) = problems(root)
    assert "belongs to another account" in problem.message


def test_H1_a_system_without_owners_leaves_only_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder(tmp_path, listener=X)
    secrets_file(root, f'[x]\nbearer_token = "{TOKEN}"\n')
    monkeypatch.delattr(os, "geteuid")
    (problem,) = problems(root)
    assert problem.fix.endswith("or use the environment")


@pytest.mark.parametrize(
    ("file", "content", "place", "fix"),
    [
        (
            "listener",
            f'{X}[source.options]\nbearer_token = "{TOKEN}"\n',
            "listener.toml:8: source[2].options.bearer_token",
            "LISTENER_SECRET_X_INBOX_BEARER_TOKEN",
        ),
        (
            "listener",
            f'[[source]]\nconnector = "reddit"\nclient_secret = "{TOKEN}"\n',
            "listener.toml:3: source[1].client_secret",
            "LISTENER_SECRET_REDDIT_CLIENT_SECRET",
        ),
        ("listener", f'api_key = "{TOKEN}"\n', "listener.toml:1: api_key", "LISTENER_SECRET_SOURCE_API_KEY"),
        ("alerts", f'[slack]\ntoken = "{TOKEN}"\n', "alerts.toml:2: slack.token", "LISTENER_SECRET_SLACK_TOKEN"),
        (
            "alerts",
            f'[[target]]\nname = "chat"\nurl = "slack://{TOKEN}"\n',
            "alerts.toml:3: target[1].url",
            "LISTENER_SECRET_TARGET_CHAT",
        ),
    ],
)
def test_H1_a_secret_in_an_ordinary_file_is_refused_and_told_where_to_go(
    tmp_path: Path, file: str, content: str, place: str, fix: str
) -> None:
    found = [str(problem) for problem in problems(folder(tmp_path, **{file: content}))]
    (line,) = [line for line in found if line.startswith(place)]
    assert fix in line
    assert TOKEN not in "".join(found)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[x]\nbearer_token = 5\n", "secrets.toml:2: x.bearer_token: expected text"),
        ('[x]\nbearer_token = " "\n', "secrets.toml:2: x.bearer_token: expected text"),
        (f'bearer_token = "{TOKEN}"\n', "secrets.toml:1: bearer_token: stands outside any table"),
        (f"[x]\nbearer_token = {TOKEN}\n", "secrets.toml:2: not valid TOML"),
    ],
)
def test_mistakes_in_the_secrets_file_are_told_without_its_contents(tmp_path: Path, content: str, said: str) -> None:
    root = folder(tmp_path, listener=X)
    secrets_file(root, content)
    (problem,) = problems(root)
    assert said in str(problem)
    assert TOKEN not in str(problem)


def test_H1_a_secret_is_nowhere_in_what_is_printed_of_the_settings(tmp_path: Path) -> None:
    found = settings.trace(folder(tmp_path, listener=X), environ={"LISTENER_SECRET_X_BEARER_TOKEN": TOKEN})
    assert TOKEN not in repr(found)
    assert TOKEN not in str(found)
    assert [one.value for one in found.traced if one.key == "source[1].bearer_token"] == [Secret(TOKEN)]


def test_an_empty_variable_is_no_secret(tmp_path: Path) -> None:
    assert revealed(folder(tmp_path, listener=X), {"LISTENER_SECRET_X_BEARER_TOKEN": " "}) == [{}, {}]


def test_H1_problems_elsewhere_never_carry_a_secret_along(tmp_path: Path) -> None:
    root = folder(tmp_path, listener=X + 'intervall = "1m"\n')
    with pytest.raises(ConfigProblems) as raised:
        settings.load(root, environ={"LISTENER_SECRET_X_BEARER_TOKEN": TOKEN})
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_H1_control_a_reader_that_takes_any_file_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setattr("listener.settings.secrets._exposed", lambda _found: "")
    with pytest.raises(AssertionError, match="nothing was found wrong"):
        test_H1_a_secrets_file_that_others_may_read_is_not_used(tmp_path, mode)

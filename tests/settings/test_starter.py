"""The settings that ship: they work, they explain every key, and what they say of defaults is true."""

import re
import tomllib
from pathlib import Path

import pytest

from listener import connectors, settings
from listener.connectors.options import problems
from listener.errors import ConfigError
from listener.matching import Matcher
from listener.matching.query import fault
from listener.settings import FILES, Checks
from listener.settings.starter import copy_to, shipped
from listener.settings.values import to_duration
from tests.builders import mention
from tests.settings.folders import folder

CHECKS = Checks(query=fault, connectors=connectors.names())
EXAMPLE = re.compile(r"(?m)^# \[\[(?:source|target)\]\]\n(?:# .*\n)*")
STATED = re.compile(r'Default: ("[^"]*"|\[[^\]]*\]|\d+(?:\.\d+)?|true|false)')

SECRETS = {
    "LISTENER_SECRET_X_BEARER_TOKEN": "t",
    "LISTENER_SECRET_YOUTUBE_API_KEY": "k",
    "LISTENER_SECRET_REDDIT_CLIENT_ID": "i",
    "LISTENER_SECRET_REDDIT_CLIENT_SECRET": "s",
    "LISTENER_SECRET_GOOGLEPLAY_SERVICE_ACCOUNT": "{}",
    "LISTENER_SECRET_FACEBOOK_ACCESS_TOKEN": "t",
    "LISTENER_SECRET_INSTAGRAM_ACCESS_TOKEN": "t",
    "LISTENER_SECRET_TARGET_TEAM_CHAT": "slack://t",
}


def key_name(path: str) -> str:
    return path.rpartition(".")[2].partition("[")[0]


def comment_above(text: str, key: str) -> str:
    """The comment lines right above a key's line."""
    above = text[: re.search(rf"(?m)^{key} =", text).start()].splitlines()  # type: ignore[union-attr]
    taken = 0
    while taken < len(above) and above[-1 - taken].startswith("#"):
        taken += 1
    return "\n".join(above[len(above) - taken :])


def test_the_starter_works_as_it_is() -> None:
    found = settings.load(shipped(), environ={}, checks=CHECKS)
    assert [source.name for source in found.sources if source.enabled] == ["hackernews", "reddit-search"]
    for source in found.sources:
        assert problems(connectors.describe(source.connector), source) == []
    (match,) = Matcher(found.brands).match(mention("my Northlight   Coffee grinder broke", platform="feed"))[:1]
    assert match.brand == "Northlight Coffee"


def test_its_examples_work_once_uncommented(tmp_path: Path) -> None:
    copy_to(tmp_path)
    for name in ("listener.toml", "alerts.toml"):
        path = tmp_path / name
        path.write_text(EXAMPLE.sub(lambda found: re.sub(r"(?m)^# ", "", found.group()), path.read_text()))
    found = settings.load(tmp_path, environ=SECRETS, checks=CHECKS)
    assert {source.connector for source in found.sources} == {
        "hackernews",
        "feed",
        "mastodon",
        "youtube",
        "reddit",
        "x",
        "bluesky",
        "appstore",
        "googleplay",
        "facebook",
        "instagram",
    }
    assert [target.name for target in found.alerts.targets] == ["console", "team-chat"]
    for source in found.sources:
        assert problems(connectors.describe(source.connector), source) == []


@pytest.mark.parametrize("file", FILES)
def test_every_key_that_is_read_is_explained_with_default_and_example(file: str) -> None:
    text = (shipped() / file).read_text()
    keys = {key_name(one.key) for one in settings.trace(shipped(), environ={}).traced if one.file == file}
    assert keys
    for key in sorted(keys - {"query", "url", "platform"} if file == "listener.toml" else keys):
        listed = re.search(rf"(?m)^#   {key} +\S.*(?:\n#    .*)*", text)
        said = listed.group() if listed else comment_above(text, key)
        assert re.search("Default|No default", said), f"{file}: {key} says nothing of its default"
        assert "default." in said.lower() or "Example:" in said or "No default" in said, f"{file}: {key} has no example"


def test_what_is_said_of_a_default_is_true(tmp_path: Path) -> None:
    plain = settings.trace(folder(tmp_path), environ={}).traced
    checked = 0
    for one in plain:
        text = (shipped() / one.file).read_text()
        if one.origin != "default" or not re.search(rf"(?m)^{key_name(one.key)} =", text):
            continue
        stated = STATED.search(comment_above(text, key_name(one.key)))
        if stated:
            said = tomllib.loads(f"value = {stated.group(1)}")["value"]
            assert one.value in (said, to_duration(said), tmp_path / str(said)), f"{one.file}: {one.key}"
            checked += 1
    assert checked > 25


class TestCopying:
    def test_all_files_arrive_and_load(self, tmp_path: Path) -> None:
        done = copy_to(tmp_path / "new" / "team")
        assert [path.name for path in done.written] == list(FILES)
        assert settings.load(tmp_path / "new" / "team", environ={}).brands

    def test_what_stands_there_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "brands.toml").write_text("mine")
        (tmp_path / "sla.toml").symlink_to(tmp_path / "nowhere.toml")
        done = copy_to(tmp_path)
        assert [path.name for path in done.kept] == ["brands.toml", "sla.toml"]
        assert (tmp_path / "brands.toml").read_text() == "mine"
        assert not (tmp_path / "nowhere.toml").exists()

    def test_a_folder_that_can_not_be_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(ConfigError, match="can't write to"):
            copy_to(tmp_path / "file")

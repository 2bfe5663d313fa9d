"""A source added by program reads back as it was meant, and nothing that stood there is touched."""

import stat
from pathlib import Path

import pytest

from listener import settings
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError
from listener.settings import copy_to
from listener.settings.writing import add_source

HOSTILE = 'a "quoted" \\ back\tslash\x7f ünï 🙂\n]'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    copy_to(tmp_path)
    return tmp_path


def source(name: str = "fresh", **more: object) -> SourceConfig:
    return SourceConfig(**{"name": name, "connector": "feed", "options": {"url": "https://a.example/feed"}, **more})  # type: ignore[arg-type]


def test_it_reads_back_as_it_was_meant(root: Path) -> None:
    options = {"url": HOSTILE, "tags": ["a", HOSTILE], "size": 5, "rate": 0.5, "on": True, "columns": {HOSTILE: "b"}}
    meant = source(
        options=options,
        secrets={"token": Secret('s3cr3t "q" \\')},
        reply=True,
        brand="Emberroast",
        reply_for=("Northlight Coffee",),
    )
    before = settings.load(root, environ={}).sources
    add_source(root, meant)
    *others, last = settings.load(root, environ={}).sources
    assert tuple(others) == before
    assert (last.name, last.brand, last.reply, last.reply_for) == ("fresh", "Emberroast", True, ("Northlight Coffee",))
    assert {**last.options} == options
    assert last.secrets == meant.secrets


def test_what_stood_there_stands_there_still(root: Path) -> None:
    before = (root / "listener.toml").read_text()
    add_source(root, source())
    assert (root / "listener.toml").read_text().startswith(before)
    assert not (root / "secrets.toml").exists()


def test_secrets_are_for_their_owners_eyes_and_nowhere_else(root: Path) -> None:
    add_source(root, source(secrets={"token": Secret("s3cr3t")}))
    add_source(root, source("second", secrets={"token": Secret("0ther")}))
    assert stat.S_IMODE((root / "secrets.toml").stat().st_mode) == 0o600
    assert "s3cr3t" not in (root / "listener.toml").read_text()
    held = {one.name: one.secrets for one in settings.load(root, environ={}).sources}
    assert (held["fresh"]["token"].reveal(), held["second"]["token"].reveal()) == ("s3cr3t", "0ther")


@pytest.mark.parametrize("name", ["hackernews", "HackerNews", "reddit_search"])
def test_a_name_that_is_taken_changes_nothing(root: Path, name: str) -> None:
    before = (root / "listener.toml").read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        add_source(root, source(name, secrets={"token": Secret("x")}))
    assert (root / "listener.toml").read_bytes() == before
    assert not (root / "secrets.toml").exists()


def test_secrets_of_that_name_are_not_overwritten(root: Path) -> None:
    (root / "secrets.toml").write_text('[fresh]\ntoken = "old"\n')
    (root / "secrets.toml").chmod(0o600)
    with pytest.raises(ConfigError, match=r"secrets\.toml holds secrets of 'fresh' already"):
        add_source(root, source(secrets={"token": Secret("new")}))
    assert "old" in (root / "secrets.toml").read_text()


def test_a_file_that_cant_be_read_is_named(root: Path) -> None:
    (root / "listener.toml").write_text("not toml [")
    with pytest.raises(ConfigError, match=r"listener\.toml can't be read"):
        add_source(root, source())

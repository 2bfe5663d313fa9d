"""Finding, describing and building connectors; what their options may say."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.catalogue import BUILT_IN
from listener.connectors.catalogue.file import INFO as FILE
from listener.connectors.catalogue.x import INFO as X
from listener.connectors.options import ConnectorInfo, Kind, Option, checked, problems
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError
from tests.builders import NOON
from tests.contracts.rigs import Purse


def source(connector: str, options: dict[str, object] | None = None, **secrets: str) -> SourceConfig:
    return SourceConfig(
        name="mine",
        connector=connector,
        options=options or {},
        secrets={name: Secret(value) for name, value in secrets.items()},
    )


def build(config: SourceConfig) -> object:
    return connectors.build(config, ledger=Purse(), clock=VirtualClock(NOON))


def test_importing_the_registry_imports_no_library_of_a_platform() -> None:
    program = (
        "import sys; from listener import connectors; [connectors.describe(n) for n in connectors.names()];"
        "print([m for m in ('tweepy','praw','prawcore','requests','feedparser','httpx') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_an_unknown_connector_is_answered_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=", ".join(connectors.names())):
        build(source("twitter"))


@pytest.mark.parametrize(("name", "library"), [("x", "tweepy"), ("reddit", "praw")])
def test_a_missing_library_is_answered_with_the_line_that_installs_it(
    name: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"listener.connectors.{name}", raising=False)
    with pytest.raises(ConfigError, match="pip install") as caught:
        build(source(name))
    assert caught.value.next_step == f"pip install 'social-support-listener[{name}]'"


def test_every_connector_says_what_it_needs_and_each_option_has_a_help() -> None:
    for name in connectors.names():
        info = connectors.describe(name)
        assert info.summary
        assert info.needs
        assert all(option.help for option in info.options)


def test_every_problem_is_listed_at_once_with_its_key_and_fix() -> None:
    config = source("file", {"pth": "x", "page_size": 0, "format": "xml", "columns": {"text": 1}, "hourly": "yes"})
    found = "; ".join(problems(FILE, config))
    for words in (
        "options.pth is unknown",
        "options.path is missing: add the file's path",
        "options.page_size is 0: use 1 or more",
        "use one of auto, jsonl, csv",
        "options.columns must be a table of texts",
        "options.hourly must be a true or false",
    ):
        assert words in found
    with pytest.raises(ConfigError, match=r"options\.pth"):
        checked(FILE, config)


def test_a_missing_secret_is_a_problem_and_says_where_to_get_it() -> None:
    assert problems(X, source("x", {"query": "a"})) == [
        "secret bearer_token is missing: create an app at developer.x.com and copy its bearer token"
    ]


def test_an_empty_required_option_is_a_problem() -> None:
    assert problems(FILE, source("file", {"path": ""})) == ["options.path is empty: add the file's path"]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Kind.TEXT, "a", 1),
        (Kind.WHOLE, 3, 3.5),
        (Kind.WHOLE, 3, True),
        (Kind.NUMBER, 3.5, "3.5"),
        (Kind.FLAG, True, 1),
        (Kind.TEXTS, ["a"], ["a", 1]),
        (Kind.TEXTS, ("a",), "a"),
        (Kind.TABLE, {"a": "b"}, {"a": 1}),
    ],
)
def test_an_option_is_checked_by_its_kind(kind: Kind, good: object, bad: object) -> None:
    info = ConnectorInfo(name="t", summary="t", needs="t", options=(Option(key="k", help="h", kind=kind),))
    assert problems(info, source("t", {"k": good})) == []
    assert len(problems(info, source("t", {"k": bad}))) == 1


def test_numbers_are_kept_within_their_range() -> None:
    assert problems(X, source("x", {"query": "a", "page_size": 500}, bearer_token="t")) == [
        "options.page_size is 500: use 100 or less"
    ]


def test_nan_is_within_no_range() -> None:
    found = problems(X, source("x", {"query": "a", "timeout": float("nan")}, bearer_token="t"))
    assert found == ["options.timeout is not a number"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x", {}),
        ("x", {"query": "a", "user_id": "1"}),
        ("reddit", {"user_agent": "a"}),
        ("reddit", {"user_agent": "a", "inbox": True}),
        ("feed", {"url": "file:///etc/passwd"}),
        ("feed", {"url": "https://me:secret@example.com/"}),
        ("file", {"path": "x.csv", "columns": {"colour": "c"}}),
    ],
)
def test_options_that_contradict_are_refused(name: str, options: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        build(source(name, options, bearer_token="t", client_id="i", client_secret="s"))
    assert "secret@" not in str(caught.value)


def third_party(config: SourceConfig, tools: connectors.Tools) -> object:
    return ("built", config.name, tools.clock.now())


def _with_entry_point(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint(name="acme", value=value, group=connectors.GROUP)

    def found(**wanted: str) -> list[EntryPoint]:
        return [point] if wanted.get("name") in (None, "acme") else []

    monkeypatch.setattr(connectors, "entry_points", found)


def test_a_third_party_adds_a_connector_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_entry_point(monkeypatch, f"{__name__}:third_party")
    assert "acme" in connectors.names()
    assert build(source("acme", {"anything": 1})) == ("built", "mine", NOON)
    assert problems(connectors.describe("acme"), source("acme", {"anything": 1})) == []


def test_a_third_party_may_describe_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(third_party, "info", BUILT_IN["file"], raising=False)
    _with_entry_point(monkeypatch, f"{__name__}:third_party")
    assert connectors.describe("acme") is BUILT_IN["file"]


@pytest.mark.parametrize("value", ["no.such.module:build", f"{__name__}:no_such_function"])
def test_a_broken_entry_point_is_a_configuration_error(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_entry_point(monkeypatch, value)
    with pytest.raises(ConfigError, match="acme"):
        build(source("acme"))

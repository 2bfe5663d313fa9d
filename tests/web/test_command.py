"""`listener webhook`: for whom it listens, and what it says where it can't."""

import socket
import sys
from pathlib import Path

import pytest

from listener import settings
from listener.cli import serving, webhook
from listener.errors import ConfigError
from listener.web.inboxes import inboxes

SOURCES = """
[[source]]
name = "page"
connector = "facebook"
[source.options]
page_id = "100"

[[source]]
name = "account"
connector = "instagram"
[source.options]
account_id = "17841"

[[source]]
name = "off"
connector = "facebook"
enabled = false
[source.options]
page_id = "100"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "listener.toml").write_text('agent = "ada"\n' + SOURCES)
    (tmp_path / "brands.toml").write_text("[[brand]]\nname = 'Acme'\nhandles = ['acme']\n")
    monkeypatch.setattr(webhook, "load_settings", lambda: settings.load(tmp_path, database=None))
    return tmp_path


def trust(monkeypatch: pytest.MonkeyPatch, *sources: str) -> None:
    for source in sources:
        for key in ("ACCESS_TOKEN", "APP_SECRET", "VERIFY_TOKEN"):
            monkeypatch.setenv(f"LISTENER_SECRET_{source}_{key}", "s3cr3t")


def test_only_enabled_sources_with_both_secrets_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trust(monkeypatch, "PAGE", "OFF")
    found = inboxes(settings.load(folder, database=None))
    assert [(one.source, one.kind, one.account) for one in found] == [("page", "page", "100")]
    assert found[0].spool.folder == folder / "listener.db.private" / "spool" / "page"


def test_without_any_such_source_it_says_what_is_missing(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        webhook.webhook(host="127.0.0.1", port=8090)
    assert "verify_token" in caught.value.next_step


@pytest.mark.parametrize("library", ["starlette", "uvicorn"])
def test_a_missing_library_is_answered_with_the_line_that_installs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, library, None)
    for name in ("inboxes", "serving", "webhook"):
        monkeypatch.delitem(sys.modules, f"listener.web.{name}", raising=False)
    with pytest.raises(ConfigError) as caught:
        webhook.webhook(host="127.0.0.1", port=8090)
    assert caught.value.next_step == "pip install 'social-support-listener[webhook]'"


def test_a_port_that_is_taken_is_no_bug(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trust(monkeypatch, "PAGE", "ACCOUNT")
    monkeypatch.setattr(serving.signal, "signal", lambda *_: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="can't listen"):
            webhook.webhook(host="127.0.0.1", port=taken.getsockname()[1])
    said = capsys.readouterr().err
    assert "page: events of facebook 100" in said
    assert "account: events of instagram 17841" in said
    assert "s3cr3t" not in said


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("web", False),
    ],
)
def test_any_other_address_than_this_machines_own_is_warned_of(host: str, loopback: bool) -> None:
    assert serving.is_loopback(host) == loopback

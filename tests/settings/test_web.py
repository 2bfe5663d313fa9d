"""`[web]` and its token."""

from pathlib import Path

import pytest

from listener import settings
from listener.settings import ConfigProblems

TOKEN = "0123456789abcdefghij"


def load(folder: Path, text: str, **variables: str) -> settings.Settings:
    (folder / "listener.toml").write_text(text)
    (folder / "brands.toml").write_text("[[brand]]\nname = 'Acme'\nhandles = ['acme']\n")
    return settings.load(folder, environ=variables)


def test_without_a_word_this_machine_alone_may_look(tmp_path: Path) -> None:
    policy = load(tmp_path, "").web
    assert (policy.names, policy.trusted_proxies, bool(policy.token)) == ((), (), False)


def test_names_proxies_and_the_token_are_read(tmp_path: Path) -> None:
    text = (
        '[web]\nnames = ["support.example.com"]\ntrusted_proxies = ["10.0.0.5", "fd00::1"]\nuser_header = "Remote-User"'
    )
    policy = load(tmp_path, text, LISTENER_SECRET_WEB_TOKEN=TOKEN).web
    assert policy.names == ("support.example.com",)
    assert policy.trusted_proxies == ("10.0.0.5", "fd00::1")
    assert policy.user_header == "Remote-User"
    assert policy.token.reveal() == TOKEN
    assert TOKEN not in repr(policy)


def test_the_token_may_stand_in_the_secrets_file(tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").write_text(f'[web]\ntoken = "{TOKEN}"\n')
    (tmp_path / "secrets.toml").chmod(0o600)
    assert load(tmp_path, "").web.token.reveal() == TOKEN


@pytest.mark.parametrize(
    ("text", "token", "says"),
    [
        ('[web]\ntrusted_proxies = ["proxy.example"]', "", '"proxy.example" is no address'),
        ("", TOKEN[:-1], "shorter than 20 characters"),
        ('[web]\ntoken = "0123456789abcdefghij"', "", "this file is no place for one"),
        ('[[source]]\nname = "web"\nconnector = "feed"', "", '"web" is taken'),
    ],
)
def test_what_would_let_strangers_in_is_refused(tmp_path: Path, text: str, token: str, says: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load(tmp_path, text, LISTENER_SECRET_WEB_TOKEN=token)
    assert says in str(caught.value)
    assert not token or token not in str(caught.value)

"""Names that are kept among the secrets."""

from pathlib import Path

from listener import settings
from listener.redaction import hide, remember

PASSWORD = "abcd-efgh-ijkl-mnop"


def test_a_brands_own_handle_is_not_hidden_where_posts_say_it(tmp_path: Path) -> None:
    (tmp_path / "listener.toml").write_text('[[source]]\nconnector = "bluesky"\n[source.options]\nmentions = true\n')
    (tmp_path / "brands.toml").write_text("[[brand]]\nname = 'Acme'\nhandles = ['acme']\n")
    given = {
        "LISTENER_SECRET_BLUESKY_HANDLE": "acme-support.bsky.social",
        "LISTENER_SECRET_BLUESKY_APP_PASSWORD": PASSWORD,
    }
    (source,) = settings.load(tmp_path, environ=given).sources
    assert source.secrets["handle"].reveal() == "acme-support.bsky.social"
    assert hide(f"@acme-support.bsky.social is late {PASSWORD}") == "@acme-support.bsky.social is late ***"


def test_nor_is_what_our_account_is_called_on_its_network() -> None:
    did, token = "did:plc:abcdefghijklmnopqrstuvwx", "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOi"
    remember(f'{{"did": "{did}", "accessJwt": "{token}"}}')
    assert hide(f"https://bsky.app/profile/{did}/post/1 {token}") == f"https://bsky.app/profile/{did}/post/1 ***"
